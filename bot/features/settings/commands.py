"""The text commands: `/settings` with what may follow it, and `/help`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, Message

from bot.client.outbox import Outbox
from bot.client.outgoing import MessageKind
from bot.errors import Ambiguous, Refused
from bot.features.settings import history
from bot.features.settings.changing import AsksFirst, ask_first, change
from bot.features.settings.check import check_by_command, lacking_right, warning
from bot.features.settings.context import Context, Draw, Services
from bot.features.settings.layout import in_fitting_rows, undo_button
from bot.features.settings.menu import groups, opening, screens
from bot.features.settings.menu.editors import all_saved, explanation, which_value
from bot.features.settings.menu.previewing import preview_what_was_set
from bot.features.settings.received import received, sent_for
from bot.features.settings.transfer import block, copying, files, posting
from bot.features.settings.typed import Line, arguments, first, several
from bot.features.settings.view import View
from bot.kinds import Section, Setting, Value
from bot.kinds.kind import bare
from bot.naming import matching, named, nearest
from bot.settings import visible_settings
from bot.storage.configs.revisions import Change
from bot.telegram.callback_data import Action, Press
from bot.telegram.commands import COMMANDS
from bot.telegram.screens import Screen, answer, button, is_private
from bot.words import N_, Html, Languages, Words


@dataclass(frozen=True, slots=True)
class Subcommand:
    """What `/settings WORD …` does: its handler, a line of help, and whether it may change settings.

    `by_press` does it for who pressed a button under the command, where that is not done as for who wrote it.
    """

    handler: Callable[[Message, Context], Awaitable[None]]
    help: str
    change: bool = False
    private_only: bool = False
    by_press: Callable[[CallbackQuery, Context], Awaitable[None]] | None = None


async def handle_settings(message: Message, command: CommandObject, services: Services) -> None:
    """`/settings …`: find the subcommand and open the settings for the author."""
    args = command.args or ""
    if not args.strip():
        await opening.open_menu(message, await services.open_for_author(message))
        return
    subcommand, rest = find_subcommand(args)
    if subcommand is None:
        known = visible_settings(private=is_private(message))
        line = first(args, known, services.words)
        await set_or_explain(message, await services.open_for_author(message, change=sets(message, line)), args)
        return
    if subcommand.private_only and not is_private(message):
        raise Refused(N_("Ask me that in our private chat, please."))
    ctx = await services.open_for_author(message, change=subcommand.change)
    await subcommand.handler(message, replace(ctx, typed=rest))


def find_subcommand(args: str) -> tuple[Subcommand | None, str]:
    """Return the subcommand that begins what follows `/settings`, None where none does, and what follows it."""
    word, *rest = args.split(maxsplit=1)
    return SUBCOMMANDS.get(word.casefold()), "".join(rest)


async def set_or_explain(message: Message, ctx: Context, args: str) -> None:
    """What is no subcommand: a setting to explain or to set, or several of them."""
    if lines := several(arguments(message), ctx.view.settings, ctx.words):
        await block.set_several(message, ctx, lines)
    else:
        await _explain_or_set(message, ctx, first(args, ctx.view.settings, ctx.words), args)


async def _explain_or_set(message: Message, ctx: Context, line: Line, args: str) -> None:
    """`/settings KEY` explains a setting, `/settings KEY VALUE` sets it."""
    view, words = ctx.view, ctx.words
    name = args if line.begin == line.end else line.name
    matches = [line.setting] if line.setting else matching(name, view.settings, words)
    if elsewhere := _only_in_groups(view, line.name if line.setting is None else name, matches):
        ctx.answer(message, elsewhere)
        return
    if len(matches) > 1 and line.begin == line.end:
        ctx.answer(message, lambda view: screens.found(view, name, matches))
        return
    setting = line.setting or (matches[0] if len(matches) == 1 and line.begin == line.end else None)
    if setting is None:
        close = nearest(args, view.settings, words, others=SUBCOMMANDS)
        ctx.answer(message, lambda view: screens.unknown(view, args, close))
        return
    if not sets(message, line):
        ctx.answer(message, lambda view: explanation(view, setting))
        return
    try:
        patch = _patch(message, ctx, setting, line, args)
        fresh, done = await change(ctx, patch, via="command")
    except Ambiguous as ambiguous:
        ctx.answer(message, partial(which_value, setting=setting, ambiguous=ambiguous))
        return
    except AsksFirst as asked:
        value = setting.kind.pack(getattr(asked.after, setting.key))
        press = Press(Action.SET, view.chat_id, key=setting.key, value=value)
        ctx.answer(message, partial(ask_first, asked=asked, press=press))
        return
    lacking = await lacking_right(ctx.bot, fresh, setting)
    draw = partial(_after_change, setting=setting, patch=patch, done=done, lacking=lacking)
    ctx.answer(message, draw, fresh, kind=MessageKind.CONFIRMATION)
    await preview_what_was_set(message, ctx, fresh, patch)


async def _reset(message: Message, ctx: Context) -> None:
    """`/settings reset KEY` takes one choice back, `/settings reset` asks before it takes back all of them."""
    view = ctx.view
    if not ctx.typed.strip():
        draw = partial(screens.ask_reset, shown=None) if view.stored.chosen else screens.home
        ctx.answer(message, draw)
        return
    setting = _named(message, ctx)
    if setting is None:
        return
    try:
        fresh, done = await change(ctx, {}, remove=[setting.key], via="command")
    except AsksFirst as asked:
        press = Press(Action.DEFAULT, view.chat_id, key=setting.key)
        ctx.answer(message, partial(ask_first, asked=asked, press=press))
        return
    draw = partial(_after_change, setting=setting, patch={setting.key: ""}, done=done)
    ctx.answer(message, draw, fresh, kind=MessageKind.CONFIRMATION)


async def _history(message: Message, ctx: Context) -> None:
    """`/settings history KEY` lists the changes of one setting, `/settings history` all."""
    setting = _named(message, ctx) if ctx.typed.strip() else None
    if setting is not None or not ctx.typed.strip():
        await history.list_history(message, ctx, setting)


def _named(message: Message, ctx: Context) -> Setting | None:
    """Return the setting that is named after a subcommand; None where that was answered, as there is no such one."""
    name, known = bare(ctx.typed), ctx.view.settings
    matches = [one] if (one := named(name, known, ctx.words)) else matching(name, known, ctx.words)
    if len(matches) == 1:
        return matches[0]
    close = nearest(name, known, ctx.words, others=SUBCOMMANDS)
    ctx.answer(message, lambda view: screens.unknown(view, name, close))
    return None


async def _list_keys(message: Message, ctx: Context) -> None:
    """`/settings keys`."""
    ctx.answer(message, screens.keys)


async def _help(message: Message, ctx: Context) -> None:
    """`/settings help`."""
    await handle_help(message, ctx.outbox, ctx.languages)


SUBCOMMANDS: Mapping[str, Subcommand] = {
    "keys": Subcommand(_list_keys, N_("all settings with their keys")),
    "help": Subcommand(_help, N_("shows this help")),
    "history": Subcommand(_history, N_("who changed what, with buttons to undo it; with a KEY only that setting")),
    "undo": Subcommand(history.undo_last, N_("undoes the last change"), change=True),
    "card": Subcommand(
        posting.show_card_by_command, N_("everything that is set, at a glance"), by_press=posting.show_card_by_press
    ),
    "check": Subcommand(check_by_command, N_("checks whether I have the rights I need")),
    "export": Subcommand(files.export_by_command, N_("the settings as a file"), by_press=files.export_by_press),
    "import": Subcommand(files.import_by_command, N_("applies such a file"), change=True),
    "copy": Subcommand(copying.copy_by_command, N_("copies the settings of another group"), change=True),
    "reset": Subcommand(_reset, N_("resets everything, or with a KEY only that setting"), change=True),
    "chats": Subcommand(
        groups.list_groups, N_("your groups, or with a WORD only those with it in the title"), private_only=True
    ),
}
"""What may follow `/settings` other than the key of a setting; a test checks that no setting has such a name."""


async def handle_help(message: Message, outbox: Outbox, languages: Languages) -> None:
    """`/help`."""
    private = is_private(message)
    answer(outbox, message, lambda words: Screen(help_text(words, private=private)), languages)


def help_text(words: Words, *, private: bool) -> Html:
    """Return what `/help` says: the commands, and everything that can be set."""
    commands = [
        f"/{one.name} – {words(one.description)}" for one in COMMANDS if (one.private if private else one.group)
    ]
    settings = visible_settings(private=False).values()
    sections = [
        f"{section.emoji} <b>{words(section.title)}</b>: {words.joined(titles)}"
        for section in Section
        if (titles := [words(one.title) for one in settings if one.section is section and not one.variant_of])
    ]
    can_be_set = words(N_("What can be set in a group:"))
    how = words(N_("/settings opens the menu. /settings KEY explains one setting, /settings KEY VALUE sets it."))
    subcommands = [
        f"/settings {word} – {words(one.help)}" for word, one in SUBCOMMANDS.items() if private or not one.private_only
    ]
    parts = [commands, [can_be_set, *sections], [how, *subcommands]]
    return words.led(Html("\n\n".join("\n".join(part) for part in parts)))


def _after_change(
    view: View, setting: Setting, patch: Mapping[str, Value], done: Change | None, lacking: str | None = None
) -> Screen:
    """Return what a patch set, with a button to the editor and one that takes the change back."""
    label = view.words.plain(N_("⚙️ {title}"), title=view.words.plain(setting.title))
    lines = [all_saved(view, patch), *([warning(view.words, lacking)] if lacking else [])]
    undo = [undo_button(view, done, setting.key)] if done else []
    editor = button(label, view.press(Action.EDITOR, setting.key))
    return Screen(Html("\n\n".join(lines)), tuple(in_fitting_rows([*undo, editor])))


def _only_in_groups(view: View, typed: str, matches: list[Setting]) -> Draw | None:
    """Return the way to a setting that only groups have, asked for in private; None where there is nothing to say."""
    if matches or not view.private:
        return None
    meant = matching(typed, visible_settings(private=False), view.words)
    return partial(screens.only_in_groups, meant=meant) if meant else None


def sets(message: Message, line: Line) -> bool:
    """Say whether a value follows the key: something typed, or a photo, GIF or video for a setting that is one."""
    setting = line.setting
    return line.begin < line.end or (
        setting is not None and setting.kind.media and sent_for(setting, message, 0) is not None
    )


def _patch(message: Message, ctx: Context, setting: Setting, line: Line, args: str) -> dict[str, Value]:
    """Return what a command sets; a photo, GIF or video may be in the message that it replies to."""
    offset = len(message.text or message.caption or "") - len(args)
    return received(message, setting, ctx.words, ctx.bot.id, offset + line.begin, offset + line.end)
