"""Every call to Telegram passes here: at Telegram's rate, repeated where that is safe, without meaningless errors."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from typing import Any

from aiogram import Bot
from aiogram.client.session.middlewares.base import NextRequestMiddlewareType
from aiogram.exceptions import TelegramBadRequest, TelegramMigrateToChat, TelegramNetworkError, TelegramRetryAfter
from aiogram.methods import TelegramMethod

from bot.client import rate_limits
from bot.client.message_queue import KEEP, PATIENCE, Line
from bot.client.methods import (
    Method,
    belated,
    destination,
    harmless,
    line_of,
    moved,
    name_of,
    repeatable,
    worth_repeating,
    writes,
)
from bot.deadlines import Deadlines
from bot.errors import BotError

logger = logging.getLogger(__name__)

PER_CHAT, IN_ALL = 20, 1000
"""How many messages may wait in memory; more are refused like a flood wait."""

ATTEMPT = 3.0
"""Seconds one attempt of a call may take that can be repeated: a lost packet must not cost a handler all its time."""

TRIES = 3

Migrated = Callable[[int, int], Awaitable[object]]


class Requests:
    """A session middleware: `bot.session.middleware(requests)`.

    - Messages and edits go through the line of their chat (see `Line`), at Telegram's rate; a lone one goes at once. Of
      several edits of one message only the newest is sent. A handler is held for `PATIENCE` seconds at most: then an
      edit returns True, and a call that returns a message raises `Later`, which ends the handler without an error; the
      message follows, for up to `KEEP` seconds.
    - Everything else goes at once. After a network error or a 5xx it is repeated where that cannot do harm. A flood
      wait of up to `PATIENCE` seconds is waited; deletions wait longer in the background, other calls raise the error.
    - "Not modified" and the like are answered with True, "nothing there to edit" and late callback answers with False.
    - An ephemeral answer that comes later than 15 s after its question is sent as administrators may send one.
    - A group that became a supergroup: `migrated(old, new)` is told, and the call is repeated there.
    """

    def __init__(self, migrated: Migrated | None = None) -> None:
        self._migrated = migrated
        self._overall = rate_limits.for_all()
        self._deadlines: Deadlines[asyncio.Future[None]] = Deadlines()
        self._lines: dict[Hashable, Line] = {}
        self._sweep_at = 1000

    async def __call__(
        self, make_request: NextRequestMiddlewareType[Any], bot: Bot, method: TelegramMethod[Any]
    ) -> Any:
        """Make the call, now or in its turn."""
        if name_of(method) == "getUpdates":
            return await make_request(bot, method)

        send = partial(self._send, make_request, bot)
        key = line_of(method)
        if key is not None and writes(method):
            return await self._line(key, method).write(method, send)
        return await self._at_once(method, send)

    @property
    def waiting(self) -> int:
        """How many messages wait for their turn."""
        return sum(len(line) for line in self._lines.values())

    async def close(self, within: float = 5.0) -> None:
        """Send what can be sent within so many seconds and give up the rest."""
        workers = [line.worker for line in self._lines.values() if line.worker is not None]
        if not workers:
            return
        _, late = await asyncio.wait(workers, timeout=within)
        if late:
            logger.warning("%d messages that had to wait are given up.", self.waiting + len(late))
            for worker in late:
                worker.cancel()
            await asyncio.wait(late)

    def _line(self, key: Hashable, method: Method) -> Line:
        """Return the line of a chat; refuse when too much waits already."""
        now = asyncio.get_running_loop().time()
        if len(self._lines) >= self._sweep_at:
            self._lines = {each: line for each, line in self._lines.items() if not line.idle(now)}
            self._sweep_at = max(1000, 2 * len(self._lines))
        if key not in self._lines:
            windows = tuple(rate_limits.for_chat(key)) if writes(method) else ()
            self._lines[key] = Line(key, windows, self._overall, self._deadlines)
        line = self._lines[key]
        delay = line.delay(now)
        if len(line) >= PER_CHAT or delay > KEEP or (delay > 0 and self.waiting >= IN_ALL):
            raise TelegramRetryAfter(method, "too much waits already", math.ceil(delay) or 1)
        return line

    async def _at_once(self, method: Method, send: Callable[[Method], Awaitable[Any]]) -> Any:
        tries = 0
        while True:
            tries += 1
            try:
                async with asyncio.timeout(ATTEMPT if repeatable(method) else None):
                    return await send(method)
            except TelegramRetryAfter as error:
                if error.retry_after > PATIENCE or tries == TRIES:
                    return await self._after_a_flood_wait(method, error, send)
                await asyncio.sleep(error.retry_after)
            except TimeoutError as error:
                if tries == TRIES:
                    raise TelegramNetworkError(method, "no answer in time") from error
            except Exception as error:
                if tries == TRIES or not worth_repeating(method, error):
                    raise
                await asyncio.sleep(0.3 * tries)

    async def _after_a_flood_wait(
        self, method: Method, error: TelegramRetryAfter, send: Callable[[Method], Awaitable[Any]]
    ) -> Any:
        name = name_of(method)
        if name == "answerCallbackQuery":
            return False
        if not name.startswith("delete") or error.retry_after > KEEP:
            raise error
        line = self._line((name, destination(method)), method)
        line.close_for(error.retry_after, asyncio.get_running_loop().time())
        return await line.write(method, send)

    async def _send(self, make_request: NextRequestMiddlewareType[Any], bot: Bot, method: Method) -> Any:
        """Make one attempt, in the chat that a group became if need be."""
        try:
            return await make_request(bot, method)
        except TelegramBadRequest as error:
            value = harmless(method, error)
            if value is not None:
                return value
            free = belated(method, error)
            if free is None:
                raise
            return await self._send(make_request, bot, free)
        except TelegramMigrateToChat as error:
            old = destination(method)
            if not isinstance(old, int):
                raise
            await self._tell_migrated(old, error.migrate_to_chat_id)
            return await self._send(make_request, bot, moved(method, error.migrate_to_chat_id))

    async def _tell_migrated(self, old: int, new: int) -> None:
        if self._migrated is None:
            return
        try:
            await self._migrated(old, new)
        except BotError as error:
            # The service messages in both chats tell it again.
            logger.warning("The move of %d to %d could not be stored: %s", old, new, error)
