"""`/settings …` of an anonymous admin: a public button tells who they are, and does what was typed for who pressed it.

Nothing is remembered: the button carries what was typed, or is under a reply to it and knows it again by its hash.
Whoever presses has to have the right to do it, and sees what is set before it is set: another admin may have typed it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, Message

from bot.errors import Ambiguous, Refused
from bot.features.settings.commands import SUBCOMMANDS, Subcommand, find_subcommand, set_or_explain, sets
from bot.features.settings.context import Context, Services
from bot.features.settings.menu import opening
from bot.features.settings.transfer import block
from bot.features.settings.transfer.preview import preview
from bot.features.settings.typed import Line, arguments, first, several
from bot.kinds import Setting
from bot.kinds.filling import cut, safe_name
from bot.kinds.kind import bare
from bot.naming import matching
from bot.settings import visible_settings
from bot.storage.configs.revisions import Stored
from bot.telegram.callback_data import Action, Press
from bot.telegram.screens import Screen, button, close, say
from bot.words import N_, Words

# What a button carries of what follows a subcommand: the key of a setting, say.
_CARRIED = re.compile(r"[A-Za-z0-9_]{0,20}")
_MOST_SHOWN = 28
_GONE = N_(
    "I can no longer read that command, so nothing was done. Send it again, or choose this group in our private chat."
)


async def ask_who(message: Message, command: CommandObject, services: Services, stored: Stored) -> None:
    """`/settings …`: a button for the one who wrote it."""
    args = (command.args or "").strip()
    if not args:
        draw: Callable[[Words], Screen] = partial(opening.public_button, stored)
    else:
        label, data = _subcommand_button(message, args, stored) or _setting_button(message, args, services, stored)
        draw = partial(_button, label, data)
    opening.open_for_anybody(message, services, draw)


async def carry_out(query: CallbackQuery, ctx: Context) -> None:
    """The press on that button: does what was typed as if the presser had typed it. It goes away then."""
    asked = query.message
    if not isinstance(asked, Message):
        raise Refused(_GONE)
    subcommand = SUBCOMMANDS.get(ctx.press.key)
    if subcommand is not None and not ctx.press.value.startswith(block.BLOCK_VERSION):
        typed, args = asked, f"{ctx.press.key} {ctx.press.value}"
    else:
        typed = _origin(asked, ctx.press.value)
        args = arguments(typed)
    own = typed.model_copy(update={"from_user": query.from_user, "sender_chat": None})
    ctx = replace(ctx, press_id=query.id)
    if subcommand is not None:
        await _do(query, ctx, own, subcommand, find_subcommand(args)[1])
    else:
        await _set(query, ctx, own, typed)
    if ctx.view.editable:
        close(ctx.outbox, query)


async def _do(query: CallbackQuery, ctx: Context, own: Message, subcommand: Subcommand, rest: str) -> None:
    if subcommand.change:
        ctx = replace(await ctx.open_for_presser(query, ctx.press, change=True), press_id=query.id)
        if ctx.press.revision != ctx.view.stored.revision:
            raise Refused(N_("The settings were changed meanwhile, so nothing was done. Send the command again."))
    if subcommand.by_press is not None:
        await subcommand.by_press(query, ctx)
        return
    await subcommand.handler(own, replace(ctx, typed=rest))
    say(ctx.outbox, query)


async def _set(query: CallbackQuery, ctx: Context, own: Message, typed: Message) -> None:
    """Show what would be set; what names no setting, or no value, is answered as ever."""
    view, args = ctx.view, arguments(typed)
    lines = several(args, view.settings, view.words) or [first(args, view.settings, view.words)]
    if any(sets(typed, line) for line in lines):
        ctx = replace(await ctx.open_for_presser(query, ctx.press, change=True), press_id=query.id)
    if typed.text is not None and any(line.setting is not None and line.begin < line.end for line in lines):
        ctx.answer(own, partial(preview, source=block.read_block(typed, ctx.view, lines, ctx.bot.id)), quote=typed)
    else:
        # A photo that is to be set stands above the button.
        await set_or_explain(own, ctx, args)
    say(ctx.outbox, query)


def _origin(asked: Message, version: str) -> Message:
    """Return the command under which the button stands, if it still says the same."""
    origin = asked.reply_to_message
    if origin is None or block.version_of(arguments(origin)) != version:
        raise Refused(_GONE)
    return origin


def _subcommand_button(message: Message, args: str, stored: Stored) -> tuple[str, str] | None:
    subcommand, rest = find_subcommand(args)
    if subcommand is None:
        return None
    if subcommand.private_only:
        raise Refused(N_("Ask me that in our private chat, please."))
    carried = _CARRIED.fullmatch(rest) is not None and message.document is None
    value = rest if carried else block.version_of(arguments(message))
    word = args.split(maxsplit=1)[0].casefold()
    return _shown(args), Press(Action.CARRY_OUT, stored.chat_id, stored.revision, word, value).pack()


def _setting_button(message: Message, args: str, services: Services, stored: Stored) -> tuple[str, str]:
    """Return the button that opens the editor of a setting and offers the value, or else shows what would be set."""
    known, words = visible_settings(private=False), services.words
    line = first(args, known, words)
    named = [line.setting] if line.setting else matching(args, known, words)
    alone = len(named) == 1 and message.text is not None and not several(arguments(message), known, words)
    carried = _value(args, line, words) if alone else None
    if carried is None:
        version = block.version_of(arguments(message))
        return _shown(args), Press(Action.CARRY_OUT, stored.chat_id, stored.revision, value=version).pack()
    (setting,) = named
    data = Press(Action.OPEN, stored.chat_id, stored.revision, setting.key, carried).pack()
    return words.plain(N_("⚙️ {title}"), title=words.plain(setting.title)), data


def _value(args: str, line: Line, words: Words) -> str | None:
    """Return the value that was typed as a button carries it, empty where there is none; None where it carries none."""
    setting: Setting | None = line.setting
    if setting is None or line.begin == line.end:
        return ""
    if setting.kind.multiline or setting.kind.media or setting.kind.here:
        return None
    try:
        return setting.kind.pack(setting.kind.parse(bare(args[line.begin : line.end]), words))
    except Ambiguous:
        return None


def _shown(args: str) -> str:
    return f"▶️ /settings {safe_name(cut(args, _MOST_SHOWN))}"


def _button(label: str, data: str, words: Words) -> Screen:
    return Screen(words(N_("⚙️ You write anonymously. Press the button to go on.")), ((button(label, data),),))
