"""Prompts: a question that is answered by a reply to it, also after a restart of the bot.

Nothing is kept in memory: the prompt's own buttons say which setting of which chat it asks about.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aiogram import Bot
from aiogram.types import CallbackQuery, Message

from bot.client.outgoing import Kind
from bot.errors import Overtaken, Refused
from bot.features.settings.changing import change, refreshed
from bot.features.settings.context import Context
from bot.features.settings.menu.editors import asked_again, editor, prompt, saved
from bot.telegram.callback_data import Action, Press
from bot.telegram.formatting import typed_html
from bot.telegram.screens import Screen, answer, answer_press, delete, is_private, redraw, say
from bot.updates.prefilter import RawFilter
from bot.updates.raw_conditions import RawEvent

FOR_FILE = "import"
"""The value of the Cancel button under a prompt for a file; that of a prompt for a setting names the setting."""


class AnswersPrompt(RawFilter):
    """Routes replies to a prompt of this bot, and hands over what the prompt's button says as `press`."""

    def may_match(self, event: RawEvent) -> bool:
        """Refuse what is no reply to a message with buttons."""
        asked = event.get("reply_to_message")
        return asked is not None and "reply_markup" in asked

    async def __call__(self, message: Message, bot: Bot) -> bool | dict[str, Any]:
        """Read the buttons of the message that is replied to."""
        asked = message.reply_to_message
        if asked is None or asked.from_user is None or asked.from_user.id != bot.id or asked.reply_markup is None:
            return False
        for one in (one for row in asked.reply_markup.inline_keyboard for one in row):
            try:
                press = Press.unpack(one.callback_data)
            except Refused:
                continue
            if press.action == Action.CANCEL and bool(press.key) != (press.value == FOR_FILE):
                return {"press": press}
        return False


async def send_prompt(query: CallbackQuery, ctx: Context, screen: Screen) -> None:
    """Send a prompt as a message of its own, since a reply field opens with new messages only."""
    message = query.message
    if isinstance(message, Message):
        # In a group the reply field would open for everyone; there the text alone has to do.
        answer_press(ctx.outbox, query, screen, openly=replace(screen, ask=is_private(message)))
    else:
        redraw(ctx.outbox, query, screen)
    say(ctx.outbox, query)


async def ask_for_value(query: CallbackQuery, ctx: Context) -> None:
    """Ask for the value of a setting."""
    await send_prompt(query, ctx, prompt(ctx.view, ctx.view.setting(ctx.press.key)))


async def take_value(message: Message, ctx: Context) -> None:
    """Take the reply as the value; what cannot be accepted is asked for again."""
    setting, words = ctx.view.setting(ctx.press.key), ctx.words
    typed = typed_html(message) if setting.kind.markup else message.text or ""
    try:
        patch = {setting.key: setting.kind.parse(typed, words)}
        fresh, _ = await change(ctx, patch, via="reply", drawn_from=ctx.press.revision)
    except (Refused, Overtaken) as refused:
        answer(ctx.outbox, message, asked_again(await refreshed(ctx), setting, refused))
        return
    answer(ctx.outbox, message, editor(fresh, setting, saved(fresh, setting)), kind=Kind.CONFIRMATION)
    # Where that fails the prompt stays, and a second reply is only a second change.
    if message.reply_to_message is not None:
        delete(ctx.outbox, message.reply_to_message, ctx.view.person.id)
