"""How many commands of one person in a group are answered: nobody talks the bot out of its breath for all others.

Telegram lets a bot write 20 messages a minute in a group (see `pace`); without this, one member who repeats a command
would have all of them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from aiogram import BaseMiddleware, Bot
from aiogram.enums import ChatType
from aiogram.types import Message, TelegramObject

from bot.lru import LruCache
from bot.telegram.screens import Screen, whisper
from bot.updates.prefilter import Interest
from bot.words import N_, Words

AT_ONCE = 6
"""Commands of one person in one group that are answered however fast they come."""

EVERY = 6.0
"""Seconds after which one more is answered."""

TOLD_EVERY = 60.0
"""Seconds for which somebody who was told to slow down is not told so again."""


def affordable(left: float, since: float) -> float:
    """Return how many commands somebody has free who had `left` so many seconds ago."""
    return min(AT_ONCE, left + since / EVERY)


class CommandLimit(BaseMiddleware):
    """Outer middleware of messages: what goes beyond somebody's budget in a group is passed over.

    Its author is told so once in a while, where that can be said to them alone; everybody else hears nothing of it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left: LruCache[tuple[int, int], tuple[float, float]] = LruCache()
        self._told: LruCache[tuple[int, int], float] = LruCache()

    def interests(self) -> Iterable[Interest]:
        """Nothing of its own: it only stands between a command and who would answer it."""
        return ()

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        """Let a message pass that is no command, or is paid for."""
        if isinstance(event, Message) and _is_command_in_a_group(event) and not self._pays(event):
            await self._tell(event, data["bot"], data["words"])
            return None
        return await handler(event, data)

    async def _tell(self, message: Message, bot: Bot, words: Words) -> None:
        key, now = _whose(message), self._clock()
        told = self._told.get(key)
        if told is not None and now - told < TOLD_EVERY:
            return
        self._told.put(key, now)
        text = words(N_("That is too fast for me. Give me {n} seconds, then ask again."), n=math.ceil(EVERY))
        await whisper(bot, message, Screen(text))

    def _pays(self, message: Message) -> bool:
        key, now = _whose(message), self._clock()
        left, at = self._left.get(key) or (float(AT_ONCE), now)
        free = affordable(left, now - at)
        self._left.put(key, (free - 1 if free >= 1 else free, now))
        return free >= 1


def _whose(message: Message) -> tuple[int, int]:
    author = message.sender_chat or message.from_user
    return message.chat.id, author.id if author else 0


def _is_command_in_a_group(message: Message) -> bool:
    return message.chat.type != ChatType.PRIVATE and (message.text or message.caption or "").startswith("/")
