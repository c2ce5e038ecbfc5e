"""What becomes of an error of a handler: the person gets an answer, the log the place."""

from __future__ import annotations

import logging

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramForbiddenError, TelegramRetryAfter
from aiogram.types import CallbackQuery, ErrorEvent, Message

from bot.errors import BotError, NotAllowed
from bot.telegram.screens import Screen, answer, is_private, say
from bot.words import N_, Catalogues, Words

logger = logging.getLogger(__name__)
_SORRY = N_("Something went wrong on my side. Please try again; my operator finds it in the log.")


async def reply_to_error(event: ErrorEvent, bot: Bot, catalogues: Catalogues, words: Words | None = None) -> bool:
    """Tell the person: the sentence of a `BotError`, else an apology, and log what nobody expected."""
    spoken = words or catalogues.words(None)
    error = event.exception
    if isinstance(error, TelegramForbiddenError):
        # Removed, blocked or muted in between: nothing is wrong, but there is nobody to tell by a message.
        logger.info("Update %s: the bot may not write there.", event.update.update_id)
        error = NotAllowed(N_("I may not write in that chat (any more)."))
        if event.update.callback_query is None:
            return True
    elif isinstance(error, TelegramRetryAfter):
        # So much waits for that chat that nothing more is taken: an apology would wait behind it.
        logger.warning("Update %s: too much is to be said in its chat at once.", event.update.update_id)
        return True
    elif not isinstance(error, BotError):
        logger.error("Update %s failed.", event.update.update_id, exc_info=error)
    message, values = (error.message, error.values) if isinstance(error, BotError) else (_SORRY, {})
    try:
        if event.update.callback_query is not None:
            await say(event.update.callback_query, spoken.plain(message, **values), alert=True)
        elif event.update.message is not None and _awaits_answer(event.update.message):
            await answer(bot, event.update.message, Screen(spoken(message, **values)))
    except TelegramAPIError as failed:
        logger.warning("Update %s: its sender could not be told: %s.", event.update.update_id, failed)
    return True


def _awaits_answer(message: Message) -> bool:
    """Say whether the author expects an answer: of a private message, a command, or an answer to a prompt."""
    text = message.text or message.caption or ""
    answered = message.reply_to_message is not None and message.reply_to_message.reply_markup is not None
    return is_private(message) or text.startswith("/") or answered


async def answer_unknown_press(query: CallbackQuery, words: Words) -> None:
    """Answer a press that no feature knows: a button of another version, or forged data."""
    text = words.plain(N_("This button is not from this version of me. Send /settings for a fresh menu."))
    await say(query, text, alert=True)
