"""Deletes messages when their time has come, also those that a former process of the bot has sent."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramBadRequest, TelegramForbiddenError, TelegramNotFound
from aiogram.types import Message

from bot.errors import Unavailable
from bot.storage.deletions import Due, DueDeletions

logger = logging.getLogger(__name__)

LONGEST_SLEEP = 30.0
"""Seconds after which the database is asked again: another process may have left something behind."""

AFTER_TROUBLE = 2.0
"""Seconds until the next turn while the database is away."""


class Deletions:
    """`schedule` in handlers, and `run` once beside the polling.

    A deletion is tried until Telegram says yes or no: a message is at worst deleted late, or twice, which does no harm.
    """

    def __init__(self, repository: DueDeletions) -> None:
        self._repository = repository
        self._scheduled = asyncio.Event()

    async def schedule(self, message: Message, after: timedelta) -> None:
        """Have a message of the bot deleted so much later; raises `Unavailable` when that cannot be stored."""
        await self._repository.schedule(_due(message), after)
        self._scheduled.set()

    async def run(self, bot: Bot, stop: asyncio.Event) -> None:
        """Delete what is due, until told to stop."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                self._scheduled.clear()
                await self._rest(await self._turn(bot), stopping)
        finally:
            stopping.cancel()

    async def _turn(self, bot: Bot) -> float:
        """Delete what is due now; return for how many seconds there is nothing to do."""
        try:
            for message in await self._repository.due():
                if await _deleted(bot, message):
                    await self._repository.done(message)
            seconds = await self._repository.next_in()
        except Unavailable:
            return AFTER_TROUBLE
        return LONGEST_SLEEP if seconds is None else min(seconds, LONGEST_SLEEP)

    async def _rest(self, seconds: float, stopping: asyncio.Task[bool]) -> None:
        woken = asyncio.create_task(self._scheduled.wait())
        try:
            await asyncio.wait({woken, stopping}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()


def _due(message: Message) -> Due:
    if message.ephemeral_message_id is not None and message.receiver_user is not None:
        return Due(message.chat.id, message.ephemeral_message_id, message.receiver_user.id)
    return Due(message.chat.id, message.message_id)


async def _deleted(bot: Bot, message: Due) -> bool:
    """Say whether there is nothing left to do about a message: it is gone, or Telegram does not let it go."""
    try:
        if message.receiver_id is None:
            await bot.delete_message(message.chat_id, message.message_id)
        else:
            await bot.delete_ephemeral_message(message.chat_id, message.receiver_id, message.message_id)
    except (TelegramBadRequest, TelegramForbiddenError, TelegramNotFound) as error:
        logger.info("Chat %s: a message could not be deleted in time: %s", message.chat_id, error)
    except TelegramAPIError as error:
        logger.info("Chat %s: a message is to be deleted later: %s", message.chat_id, error)
        return False
    return True
