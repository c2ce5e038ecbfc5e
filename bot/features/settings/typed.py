"""Typed values: the question is a message, and the reply to it is the answer, also after a restart of the bot.

Nothing is kept in memory: the question's own buttons say which setting of which chat it asks about.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import CallbackQuery, Message

from bot.errors import Overtaken, Refused
from bot.features.settings import screens
from bot.features.settings.announcing import announce
from bot.features.settings.changing import after, change
from bot.features.settings.view import View, view_of
from bot.storage.configs.repository import ChatConfigs
from bot.telegram.callback_data import Press
from bot.telegram.formatting import typed_html
from bot.telegram.names import KnownNames
from bot.telegram.screens import Screen, answer, is_private, redraw, reply, whisper_back
from bot.updates.prefilter import RawFilter
from bot.updates.raw_conditions import RawEvent
from bot.words import Words


class AnswersPrompt(RawFilter):
    """Routes replies to a question of this bot: for a value of a setting, or for what `about` names.

    Hands over what the question's buttons say as `press`.
    """

    def __init__(self, about: str = "") -> None:
        self._about = about

    def may_match(self, event: RawEvent) -> bool:
        """Only a reply to a message with buttons can be one."""
        asked = event.get("reply_to_message")
        return asked is not None and "reply_markup" in asked

    async def __call__(self, message: Message, bot: Bot) -> bool | dict[str, Any]:
        """Read the buttons of the message that is replied to."""
        asked = message.reply_to_message
        if asked is None or asked.from_user is None or asked.from_user.id != bot.id or asked.reply_markup is None:
            return False
        for row in asked.reply_markup.inline_keyboard:
            for one in row:
                try:
                    press = Press.unpack(one.callback_data)
                except Refused:
                    continue
                if (
                    press.action == screens.CANCEL
                    and press.value == self._about
                    and bool(press.key) != bool(self._about)
                ):
                    return {"press": press}
        return False


async def ask(query: CallbackQuery, press: Press, bot: Bot, view: View) -> None:
    """Ask for a value: as a message of its own, since a reply field opens with new messages only."""
    screen = screens.prompt(view, view.setting(press.key))
    if not await whisper_back(bot, query, screen):
        await _ask_openly(bot, query, screen)
    await query.answer()


async def _ask_openly(bot: Bot, query: CallbackQuery, screen: Screen) -> None:
    message = query.message
    if not isinstance(message, Message):
        await redraw(bot, query, screen)
        return
    # In a group the reply field would open for everyone; there the text alone has to do.
    await reply(bot, message, Screen(screen.text, screen.rows, ask=is_private(message)))


async def reply_to_prompt(
    message: Message,
    press: Press,
    bot: Bot,
    configs: ChatConfigs,
    known_names: KnownNames,
    words: Words,
    update_id: int,
) -> None:
    """Take the reply as the value; what cannot be accepted is asked for again."""
    view = await view_of(message, bot, configs, known_names, words, press.chat_id, change=True)
    setting = view.setting(press.key)
    typed = typed_html(message) if setting.kind.markup else message.text or ""
    try:
        value = setting.kind.parse(typed, words)
        done = await change(
            configs, view, {setting.key: value}, via="reply", update_id=update_id, drawn_from=press.revision
        )
    except (Refused, Overtaken) as refused:
        fresh = await after(configs, view, None)
        note = words(refused.message, **refused.values)
        await answer(bot, message, screens.prompt(fresh, setting, note))
        return
    fresh = await after(configs, view, done)
    await answer(bot, message, screens.editor(fresh, setting, screens.saved(fresh, setting)))
    await _take_away(bot, message)
    await announce(bot, view, fresh, done)


async def _take_away(bot: Bot, message: Message) -> None:
    """Delete the answered question; where that fails it stays, and a second reply is only a second change."""
    asked = message.reply_to_message
    if asked is None:
        return
    with suppress(TelegramBadRequest):
        if asked.ephemeral_message_id is not None and message.from_user is not None:
            await bot.delete_ephemeral_message(message.chat.id, message.from_user.id, asked.ephemeral_message_id)
        else:
            await bot.delete_message(message.chat.id, asked.message_id)
