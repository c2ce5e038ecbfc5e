"""Prompts: a question that is answered by a reply to it, also after a restart of the bot.

Nothing is kept in memory: the prompt's own buttons say which setting of which chat it asks about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from aiogram import Bot
from aiogram.types import CallbackQuery, Chat, MaybeInaccessibleMessageUnion, Message

from bot.client.outgoing import MessageKind
from bot.errors import Overtaken, Refused
from bot.features.settings.changing import change, refreshed
from bot.features.settings.context import Context, Draw, Services, said
from bot.features.settings.layout import with_undo
from bot.features.settings.menu.editors import all_saved, asked_again, copy_prompt, editor, prompt
from bot.features.settings.menu.previewing import preview_what_was_set
from bot.features.settings.received import received
from bot.features.settings.view import View
from bot.kinds import Setting, Value
from bot.storage.configs.revisions import Change
from bot.telegram.callback_data import UNKNOWN_BUTTON, Action, Press
from bot.telegram.commands import is_command
from bot.telegram.places import packed_place, redraw_place
from bot.telegram.screens import Screen, answer_press, delete, hint, say
from bot.updates.prefilter import RawFilter
from bot.updates.raw_conditions import RawEvent
from bot.words import N_, Html, escape

_MOST_SHOWN = 200
FOR_FILE = "import"
"""The value of the Cancel button under a prompt for a file.

That of a prompt for a setting names the setting, and as its value the place of the editor above.
"""


VALID_SECONDS = 3_600
"""A prompt is answered within an hour, or else asked for again."""


class AnswersPrompt(RawFilter):
    """Routes replies to a prompt of this bot, and hands over what the prompt's button says as `press`.

    A reply that begins with one of our commands is none; `by_command` routes only those.
    """

    def __init__(self, *, by_command: bool = False) -> None:
        self._by_command = by_command

    def may_match(self, event: RawEvent) -> bool:
        """Refuse what is no reply to a message with buttons."""
        asked = event.get("reply_to_message")
        return asked is not None and "reply_markup" in asked

    async def __call__(self, message: Message, bot: Bot) -> bool | dict[str, Any]:
        """Read the buttons of the message that is replied to."""
        asked = message.reply_to_message
        if asked is None or asked.from_user is None or asked.from_user.id != bot.id or asked.reply_markup is None:
            return False
        if is_command(message.text or message.caption or "", (await bot.me()).username) is not self._by_command:
            return False
        press = cancel_of(asked)
        return False if press is None else {"press": press}


def cancel_of(message: MaybeInaccessibleMessageUnion | None) -> Press | None:
    """Return what the Cancel button under a prompt says; None for a message that is no prompt."""
    markup = message.reply_markup if isinstance(message, Message) else None
    for one in (one for row in markup.inline_keyboard for one in row) if markup else ():
        try:
            press = Press.unpack(one.callback_data)
        except Refused:
            continue
        if press.action == Action.CANCEL and bool(press.key) != (press.value == FOR_FILE):
            return press
    return None


def replace_prompt(query: CallbackQuery, ctx: Context, draw: Draw, view: View) -> None:
    """Show a screen and delete the prompt that was pressed: an edit would leave its reply field open."""
    if query.message is not None:
        screen, languages = said(draw, view)
        answer_press(ctx.outbox, query, screen, languages, openly=screen)
        delete(ctx.outbox, query.message, ctx.view.person.id)
    say(ctx.outbox, query)


async def send_prompt(query: CallbackQuery, ctx: Context, question: Draw, pop_up: str = "") -> None:
    """Send a prompt as a message of its own, since a reply field opens with new messages only."""
    message = query.message
    if isinstance(message, Message):
        # In a group the reply field would open for everyone; there the text alone has to do.
        draw, languages = said(question, ctx.view)
        answer_press(ctx.outbox, query, draw, languages, openly=lambda words: replace(draw(words), ask=False))
    else:
        ctx.redraw(query, question)
    say(ctx.outbox, query, pop_up, alert=bool(pop_up))


async def ask_with_copy(query: CallbackQuery, ctx: Context) -> None:
    """Ask for a text by showing the present one."""
    setting = ctx.view.setting(ctx.press.key)
    if not setting.kind.markup or not ctx.view.value(setting):
        raise Refused(UNKNOWN_BUTTON)
    above = packed_place(query.message) if isinstance(query.message, Message) else ""
    how = N_("Copy the whole message below, change the text, and send it as a reply to that message.")
    await send_prompt(query, ctx, partial(copy_prompt, setting=setting, above=above), ctx.view.words.plain(how))


async def ask_for_value(query: CallbackQuery, ctx: Context) -> None:
    """Ask for the value of a setting."""
    above = packed_place(query.message) if isinstance(query.message, Message) else ""
    await send_prompt(query, ctx, partial(prompt, setting=ctx.view.setting(ctx.press.key), above=above))


async def take_value(message: Message, ctx: Context) -> None:
    """Take the reply as the value; what cannot be accepted is asked for again."""
    setting, words, above = ctx.view.setting(ctx.press.key), ctx.view.words, ctx.press.value
    try:
        patch = received(message, setting, words, ctx.bot.id)
        if setting.key in patch:
            patch[setting.key] = setting.kind.added(ctx.view.value(setting), patch[setting.key])
        fresh, done = await change(ctx, patch, via="reply", drawn_from=ctx.press.revision)
    except (Refused, Overtaken) as refused:
        question = partial(asked_again, setting=setting, refused=refused, above=above)
        ask_again(message, ctx, question, await refreshed(ctx))
        return
    draw = partial(_after_change, setting=setting, patch=patch, done=done)
    ctx.answer(message, draw, fresh, kind=MessageKind.CONFIRMATION)
    await preview_what_was_set(message, ctx, fresh, patch)
    # Where that fails the prompt stays, and a second reply is only a second change.
    tidy_away(message, ctx)
    redraw_above(message.chat, ctx, above, setting, fresh)


def redraw_above(chat: Chat, ctx: Context, above: str, setting: Setting, view: View) -> None:
    """Show the new value also in the editor from which was asked for it; `above` is the value of the Cancel button."""
    draw, languages = said(partial(editor, setting=setting), view)
    redraw_place(ctx.outbox, chat, above, draw, languages, receiver_id=view.person.id)


def _after_change(view: View, setting: Setting, patch: Mapping[str, Value], done: Change | None) -> Screen:
    return with_undo(editor(view, setting, all_saved(view, patch)), view, done, setting.key)


def require_fresh(message: Message, ctx: Context) -> None:
    """Refuse the answer to a prompt that is too old; nobody remembers what it asked."""
    asked = message.reply_to_message
    if asked is not None and (message.date - asked.date).total_seconds() > VALID_SECONDS:
        tidy_away(message, ctx)
        raise Refused(N_("That question is more than an hour old, so nothing was changed. Send /settings to go on."))


def ask_again(message: Message, ctx: Context, question: Draw, view: View | None = None) -> None:
    """Put a new prompt in the place of the one that was answered by something that cannot be accepted."""
    ctx.answer(message, question, view)
    tidy_away(message, ctx)


def tidy_away(message: Message, ctx: Context) -> None:
    """Delete the prompt that a message answers."""
    if message.reply_to_message is not None:
        delete(ctx.outbox, message.reply_to_message, ctx.view.person.id)


def explain_command(services: Services, message: Message, setting: Setting) -> None:
    """Say to the author alone how to set a text that begins with a command."""
    text = (message.text or message.caption or "")[:_MOST_SHOWN]
    command = Html(f"<code>/settings {setting.key} {escape(text)}</code>")
    title = services.words(setting.title)
    note = N_("I took that as a command. To set it as “{title}”, send: {command}")
    hint(services.outbox, message, services.words(note, title=title, command=command))
