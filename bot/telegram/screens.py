"""Screens: a text with buttons, and the ways to put one before a person.

In a group a screen is ephemeral wherever Telegram allows it: only the person who asked sees it. Rules:
https://core.telegram.org/bots/api#ephemeral-messages-and-commands
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from aiogram import Bot
from aiogram.enums import ChatType
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import (
    BufferedInputFile,
    CallbackQuery,
    Chat,
    EphemeralMessageParameters,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
    User,
)

from bot.client.raw_call import call
from bot.kinds.filling import cut
from bot.telegram.access import author
from bot.words import Html

Json = dict[str, Any]

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
# Telegram refuses longer pop-ups (https://core.telegram.org/bots/api#answercallbackquery).
MOST_OF_AN_ANSWER = 200


class Button(NamedTuple):
    """A button under a message; see `button` and `link`."""

    text: str
    callback_data: str | None = None
    url: str | None = None
    style: str | None = None


@dataclass(frozen=True, slots=True)
class Screen:
    """A text in Telegram HTML, at most 4,096 characters, with rows of buttons; `ask` opens the person's reply field."""

    text: Html
    rows: tuple[tuple[Button, ...], ...] = ()
    ask: bool = False

    def keyboard(self) -> Json | None:
        """Return the keyboard as Telegram takes it."""
        if not self.rows:
            return None
        keyboard: Json = {"inline_keyboard": [[_as_json(one) for one in row] for row in self.rows]}
        if self.ask:
            keyboard["force_reply"] = True
        return keyboard

    def markup(self) -> InlineKeyboardMarkup | None:
        """Return the keyboard as aiogram's methods take it."""
        return InlineKeyboardMarkup.model_validate(self.keyboard()) if self.rows else None


def _as_json(one: Button) -> Json:
    as_json = {"text": one.text}
    if one.callback_data is not None:
        as_json["callback_data"] = one.callback_data
    if one.url is not None:
        as_json["url"] = one.url
    if one.style is not None:
        as_json["style"] = one.style
    return as_json


def button(label: str, data: str, style: str | None = None) -> Button:
    """Return a button that carries callback data; `style` is "primary", "success" or "danger"."""
    return Button(label, data, None, style)


def link(label: str, url: str) -> Button:
    """Return a button that opens a link."""
    return Button(label, None, url)


def is_private(message: Message) -> bool:
    """Say whether a message stands in a person's chat with the bot."""
    return message.chat.type == ChatType.PRIVATE


async def reply(bot: Bot, message: Message, screen: Screen, quote: Message | None = None) -> None:
    """Answer a message where it stands: to its author only if it was ephemeral itself, else for everyone there."""
    only = _only_for_author(message) if message.ephemeral_message_id else None
    await _send(bot, message.chat.id, screen, topic=topic(message), quote=quote or message, only=only)


async def post(bot: Bot, message: Message, screen: Screen) -> None:
    """Say something to everybody where a message stands, even if only its author saw that one."""
    await _send(bot, message.chat.id, screen, topic=topic(message))


async def whisper(bot: Bot, message: Message, screen: Screen, quote: Message | None = None) -> bool:
    """Answer a message in a group so that only its author sees it; False where Telegram does not allow it here.

    With `quote` the answer is a reply to that message instead.
    """
    only = _only_for_author(message)
    if only is None:
        return False
    quote = quote or (message if message.ephemeral_message_id else None)
    try:
        await _send(bot, message.chat.id, screen, topic=topic(message), quote=quote, only=only)
    except TelegramBadRequest:
        return False
    return True


async def answer(bot: Bot, message: Message, screen: Screen, quote: Message | None = None) -> None:
    """Answer a message to its author only, or where Telegram does not allow that, for everyone there."""
    if not await whisper(bot, message, screen, quote):
        await reply(bot, message, screen, quote)


async def send_file(
    bot: Bot, chat: Chat, person: User, file: BufferedInputFile, caption: Html, query_id: str | None = None
) -> bool:
    """Send a file to one person: in their private chat, or so that nobody else in the group sees it.

    False where Telegram allows neither.
    """
    private = chat.type == ChatType.PRIVATE
    only = EphemeralMessageParameters(receiver_user_id=person.id, callback_query_id=query_id)
    try:
        await bot.send_document(chat.id, file, caption=caption, ephemeral_message_parameters=None if private else only)
    except TelegramBadRequest:
        return False
    return True


async def whisper_back(bot: Bot, query: CallbackQuery, screen: Screen, *, instead: bool = False) -> bool:
    """Answer a press in a group so that only the presser sees it; False where Telegram does not allow it.

    `instead` shows it to the presser in place of the pressed ordinary message.
    """
    message = query.message
    if message is None or message.chat.type == ChatType.PRIVATE:
        return False
    only: Json = {"receiver_user_id": query.from_user.id, "callback_query_id": query.id}
    if instead and not _is_ephemeral(message):
        only["replace_callback_query_message"] = True
    try:
        await _send(
            bot, message.chat.id, screen, topic=topic(message) if isinstance(message, Message) else None, only=only
        )
    except TelegramBadRequest:
        return False
    return True


async def redraw(bot: Bot, query: CallbackQuery, screen: Screen) -> None:
    """Put another screen in the place of the one that was pressed; where that is gone, show it to the presser anew."""
    message = query.message
    if message is None:
        return
    if isinstance(message, Message) and message.ephemeral_message_id is not None:
        place: Json = {"receiver_user_id": query.from_user.id, "ephemeral_message_id": message.ephemeral_message_id}
        edited = await call(bot, "editEphemeralMessageText", chat_id=message.chat.id, **place, **_content(screen))
    else:
        edited = await call(
            bot, "editMessageText", chat_id=message.chat.id, message_id=message.message_id, **_content(screen)
        )
    # False is what the request layer makes of "message to edit not found".
    if edited is False:
        await whisper_back(bot, query, screen)


async def close(bot: Bot, query: CallbackQuery) -> None:
    """Take the pressed screen away."""
    message = query.message
    if message is None:
        return
    if isinstance(message, Message) and message.ephemeral_message_id is not None:
        await bot.delete_ephemeral_message(message.chat.id, query.from_user.id, message.ephemeral_message_id)
    else:
        await bot.delete_message(message.chat.id, message.message_id)


async def say(query: CallbackQuery, text: str, *, alert: bool = False) -> None:
    """Answer a press by a short pop-up, an `alert` that stays until it is confirmed."""
    await query.answer(cut(text, MOST_OF_AN_ANSWER), show_alert=alert)


def topic(message: Message) -> int | None:
    """Return the forum topic to answer in."""
    return message.message_thread_id if message.is_topic_message else None


def quoting(message: Message) -> ReplyParameters:
    """Return how to reply to a message, be it ephemeral, and even if it is deleted meanwhile."""
    return ReplyParameters.model_validate(_quoting(message))


def _is_ephemeral(message: object) -> bool:
    return isinstance(message, Message) and message.ephemeral_message_id is not None


async def _send(
    bot: Bot,
    chat_id: int,
    screen: Screen,
    *,
    topic: int | None = None,
    quote: Message | None = None,
    only: Json | None = None,
) -> None:
    """Send a screen; `quote` is the message it replies to, `only` says who alone sees it."""
    await call(
        bot,
        "sendMessage",
        chat_id=chat_id,
        message_thread_id=topic,
        disable_notification=None,
        reply_parameters=_quoting(quote) if quote else None,
        ephemeral_message_parameters=only,
        **_content(screen),
    )


def _content(screen: Screen) -> Json:
    return {
        "text": screen.text,
        "parse_mode": "HTML",
        "reply_markup": screen.keyboard(),
        "link_preview_options": {"is_disabled": True},
    }


def _quoting(message: Message) -> Json:
    if message.ephemeral_message_id is not None:
        return {"ephemeral_message_id": message.ephemeral_message_id}
    return {"message_id": message.message_id, "allow_sending_without_reply": True}


def _only_for_author(message: Message) -> Json | None:
    person = author(message)
    if person is None or is_private(message):
        return None
    return {"receiver_user_id": person.id}
