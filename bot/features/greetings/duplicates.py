"""One event that Telegram tells of twice: told apart from one that happened twice.

Of a join the bot may get the service message, a `chat_member` update, or both; which one is not known beforehand
(service messages are missing in large groups, `chat_member` comes to administrators only). The database knows which
update told of it first, for every process (`Greeted`); what this process noted there it need not ask for again.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from bot.lru import LruCache
from bot.storage.greeted import SAME_EVENT_WITHIN

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Heard:
    """When something happened, by which way it was heard of, and the update that told of it by the other one."""

    at: datetime
    way: str
    again: int | None = None


class Duplicates(Generic[K]):
    """Remembers what this process noted lately, by key."""

    def __init__(self, most: int = 10_000) -> None:
        self._heard: LruCache[K, Heard] = LruCache(most)

    def note(self, key: K, way: str, at: datetime) -> None:
        """Remember what an update told of as the first one."""
        self._heard.put(key, Heard(at, way))

    def told(self, key: K, way: str, update_id: int, at: datetime) -> bool:
        """Say whether an update tells by the other way what was noted; by each way something is told once."""
        known = self._heard.get(key)
        if known is None or known.way == way or abs(at - known.at) > SAME_EVENT_WITHIN:
            return False
        if known.again is None:
            self._heard.put(key, Heard(known.at, known.way, update_id))
            return True
        return known.again == update_id
