"""Screens: a text with buttons, and the ways to put one before a person.

In a group a screen is ephemeral wherever Telegram allows it: only the person who asked sees it. Rules:
https://core.telegram.org/bots/api#ephemeral-messages-and-commands
"""

from __future__ import annotations

from dataclasses import dataclass

from aiogram import Bot
from aiogram.enums import ChatType
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import (
    BufferedInputFile,
    CallbackQuery,
    Chat,
    EphemeralMessageParameters,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
    User,
)

from bot.kinds.filling import cut
from bot.telegram.access import author
from bot.words import Html

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
# Telegram refuses longer pop-ups (https://core.telegram.org/bots/api#answercallbackquery).
MOST_OF_AN_ANSWER = 200


@dataclass(frozen=True, slots=True)
class Screen:
    """A text in Telegram HTML, at most 4,096 characters, with rows of buttons; `ask` opens the person's reply field."""

    text: Html
    rows: tuple[tuple[InlineKeyboardButton, ...], ...] = ()
    ask: bool = False

    def markup(self) -> InlineKeyboardMarkup | None:
        """Return the keyboard as Telegram takes it."""
        if not self.rows:
            return None
        return InlineKeyboardMarkup(inline_keyboard=[list(row) for row in self.rows], force_reply=self.ask or None)


def button(label: str, data: str, style: str | None = None) -> InlineKeyboardButton:
    """Return a button that carries callback data; `style` is "primary", "success" or "danger"."""
    return InlineKeyboardButton(text=label, callback_data=data, style=style)


def link(label: str, url: str) -> InlineKeyboardButton:
    """Return a button that opens a link."""
    return InlineKeyboardButton(text=label, url=url)


def is_private(message: Message) -> bool:
    """Say whether a message stands in a person's chat with the bot."""
    return message.chat.type == ChatType.PRIVATE


async def reply(bot: Bot, message: Message, screen: Screen, quote: Message | None = None) -> Message:
    """Answer a message where it stands: to its author only if it was ephemeral itself, else for everyone there."""
    return await bot.send_message(
        message.chat.id,
        screen.text,
        reply_markup=screen.markup(),
        message_thread_id=topic(message),
        reply_parameters=quoting(quote or message),
        ephemeral_message_parameters=_only_for_author(message) if message.ephemeral_message_id else None,
        link_preview_options=NO_PREVIEW,
    )


async def post(bot: Bot, message: Message, screen: Screen) -> Message:
    """Say something to everybody where a message stands, even if only its author saw that one."""
    return await bot.send_message(
        message.chat.id,
        screen.text,
        reply_markup=screen.markup(),
        message_thread_id=topic(message),
        link_preview_options=NO_PREVIEW,
    )


async def whisper(bot: Bot, message: Message, screen: Screen, quote: Message | None = None) -> Message | None:
    """Answer a message in a group so that only its author sees it; None where Telegram does not allow it here.

    With `quote` the answer is a reply to that message instead.
    """
    only = _only_for_author(message)
    if only is None:
        return None
    try:
        return await bot.send_message(
            message.chat.id,
            screen.text,
            reply_markup=screen.markup(),
            message_thread_id=topic(message),
            reply_parameters=quoting(quote or message) if quote or message.ephemeral_message_id else None,
            ephemeral_message_parameters=only,
            link_preview_options=NO_PREVIEW,
        )
    except TelegramBadRequest:
        return None


async def answer(bot: Bot, message: Message, screen: Screen, quote: Message | None = None) -> Message:
    """Answer a message to its author only, or where Telegram does not allow that, for everyone there."""
    return await whisper(bot, message, screen, quote) or await reply(bot, message, screen, quote)


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


async def whisper_back(bot: Bot, query: CallbackQuery, screen: Screen, *, instead: bool = False) -> Message | None:
    """Answer a press in a group so that only the presser sees it; None where Telegram does not allow it.

    `instead` shows it to the presser in place of the pressed ordinary message.
    """
    message = query.message
    if message is None or message.chat.type == ChatType.PRIVATE:
        return None
    from_ephemeral = isinstance(message, Message) and message.ephemeral_message_id is not None
    try:
        return await bot.send_message(
            message.chat.id,
            screen.text,
            reply_markup=screen.markup(),
            message_thread_id=topic(message) if isinstance(message, Message) else None,
            ephemeral_message_parameters=EphemeralMessageParameters(
                receiver_user_id=query.from_user.id,
                callback_query_id=query.id,
                replace_callback_query_message=True if instead and not from_ephemeral else None,
            ),
            link_preview_options=NO_PREVIEW,
        )
    except TelegramBadRequest:
        return None


async def redraw(bot: Bot, query: CallbackQuery, screen: Screen) -> None:
    """Put another screen in the place of the one that was pressed; where that is gone, show it to the presser anew."""
    message = query.message
    if message is None:
        return
    if isinstance(message, Message) and message.ephemeral_message_id is not None:
        edited: object = await bot.edit_ephemeral_message_text(
            message.chat.id,
            query.from_user.id,
            message.ephemeral_message_id,
            text=screen.text,
            reply_markup=screen.markup(),
            link_preview_options=NO_PREVIEW,
        )
    else:
        edited = await bot.edit_message_text(
            screen.text,
            chat_id=message.chat.id,
            message_id=message.message_id,
            reply_markup=screen.markup(),
            link_preview_options=NO_PREVIEW,
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
    if message.ephemeral_message_id is not None:
        return ReplyParameters(ephemeral_message_id=message.ephemeral_message_id)
    return ReplyParameters(message_id=message.message_id, allow_sending_without_reply=True)


def _only_for_author(message: Message) -> EphemeralMessageParameters | None:
    person = author(message)
    if person is None or is_private(message):
        return None
    return EphemeralMessageParameters(receiver_user_id=person.id)
