"""Calls that write nothing: repeated where that is safe, and without errors that mean nothing."""

from __future__ import annotations

import asyncio
from typing import Any

from aiogram import Bot
from aiogram.client.session.middlewares.base import NextRequestMiddlewareType
from aiogram.exceptions import TelegramBadRequest, TelegramMigrateToChat, TelegramNetworkError, TelegramRetryAfter
from aiogram.methods import TelegramMethod

from bot.client.attempts import Migrated, after_upgrade
from bot.client.methods import harmless, name_of, repeatable, worth_repeating
from bot.client.recipient_queue import SENDING

ATTEMPT_SECONDS = 3.0
"""Seconds one attempt of a call may take that can be repeated: a lost packet must not cost a handler all its time."""

TRIES = 3

LONGEST_FLOOD_WAIT_SECONDS = 5.0
"""A longer one is raised: a handler cannot wait for it."""


class Retries:
    """A session middleware for what a handler asks Telegram, such as somebody's rights.

    After a network error or a 5xx a call is repeated where that cannot do harm. Short flood waits are waited for.
    "Message to delete not found" and the like are answered with True. A group that became a supergroup: `migrated(old,
    new)` is told, and the call is repeated there. What the outbox sends passes: it has its own ways.
    """

    def __init__(self, migrated: Migrated) -> None:
        self._migrated = migrated

    async def __call__(
        self, make_request: NextRequestMiddlewareType[Any], bot: Bot, method: TelegramMethod[Any]
    ) -> Any:
        """Make the call."""
        if SENDING.get() or name_of(method) == "getUpdates":
            return await make_request(bot, method)
        tries = 0
        while True:
            tries += 1
            try:
                async with asyncio.timeout(ATTEMPT_SECONDS if repeatable(method) else None):
                    return await self._attempt(make_request, bot, method)
            except TelegramRetryAfter as error:
                if error.retry_after > LONGEST_FLOOD_WAIT_SECONDS or tries == TRIES:
                    raise
                await asyncio.sleep(error.retry_after)
            except TimeoutError as error:
                if tries == TRIES:
                    raise TelegramNetworkError(method, "no answer in time") from error
            except Exception as error:
                if tries == TRIES or not worth_repeating(method, error):
                    raise
                await asyncio.sleep(0.3 * tries)

    async def _attempt(
        self, make_request: NextRequestMiddlewareType[Any], bot: Bot, method: TelegramMethod[Any]
    ) -> Any:
        try:
            return await make_request(bot, method)
        except TelegramBadRequest as error:
            value = harmless(method, error)
            if value is None:
                raise
            return value
        except TelegramMigrateToChat as error:
            there = await after_upgrade(method, error, self._migrated)
            if there is None:
                raise
            return await self._attempt(make_request, bot, there)
