"""What becomes of an error of a handler: the person gets an answer, the log the place."""

from __future__ import annotations

import logging

from aiogram.exceptions import TelegramForbiddenError, TelegramRetryAfter
from aiogram.types import CallbackQuery, ErrorEvent, Message, Update

from bot.client.outbox import Outbox
from bot.errors import BotError, NotAllowed, Unavailable
from bot.telegram.screens import Screen, answer, is_private, say
from bot.words import N_, Catalogues, Languages, Words

logger = logging.getLogger(__name__)
_SORRY = N_("Something went wrong on my side. Please try again; my operator finds it in the log.")


async def reply_to_error(
    event: ErrorEvent, outbox: Outbox, catalogues: Catalogues, languages: Languages | None = None
) -> bool:
    """Tell the person: the sentence of a `BotError`, else an apology, and log what nobody expected.

    Raises `Unavailable` for what must be stored although nobody waits for an answer: it is handled again.
    """
    if languages is None:
        languages = Languages(catalogues.words(None), catalogues.words(None))
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
    if event.update.callback_query is not None:
        say(outbox, event.update.callback_query, languages.own.plain(message, **values), alert=True)
    elif event.update.message is not None and _awaits_answer(event.update.message):
        answer(outbox, event.update.message, lambda words: Screen(words(message, **values)), languages)
    elif isinstance(error, Unavailable) and _is_news(event.update):
        raise error
    return True


def _is_news(update: Update) -> bool:
    """Say whether Telegram tells something that has to be stored, or answered later: who came, went or moved."""
    message = update.message
    if message is None:
        return update.my_chat_member is not None or update.chat_member is not None
    told = (
        message.migrate_to_chat_id,
        message.migrate_from_chat_id,
        message.new_chat_members,
        message.left_chat_member,
    )
    return any(told)


def _awaits_answer(message: Message) -> bool:
    """Say whether the author expects an answer: of a private message, a command, or an answer to a prompt."""
    text = message.text or message.caption or ""
    answered = message.reply_to_message is not None and message.reply_to_message.reply_markup is not None
    return is_private(message) or text.startswith("/") or answered


async def answer_unknown_press(query: CallbackQuery, outbox: Outbox, words: Words) -> None:
    """Answer a press that no feature knows: a button of another version, or forged data."""
    text = words.plain(N_("This button is not from this version of me. Send /settings for a fresh menu."))
    say(outbox, query, text, alert=True)
