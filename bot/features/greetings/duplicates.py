"""One event that Telegram tells of twice, and maybe delivers again: told apart from one that happened twice.

Of a join the bot may get the service message, a `chat_member` update, or both; which one is not known beforehand
(service messages are missing in large groups, `chat_member` comes to administrators only).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from bot.lru import LruCache

K = TypeVar("K", bound=Hashable)

# The two ways carry the same second, or neighbouring ones where the servers' clocks differ.
SAME_EVENT_WITHIN = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Heard:
    """When something happened, and the update that told of it by each way."""

    at: datetime
    updates: Mapping[str, int]


def tells_again(known: Heard | None, way: str, update_id: int, at: datetime) -> bool:
    """Say whether an update tells of what is known already.

    By the same way only if it is the same update, delivered again; by the other way if it is about the same moment.
    """
    if known is None:
        return False
    if way in known.updates:
        return known.updates[way] == update_id
    return abs(at - known.at) <= SAME_EVENT_WITHIN


class Duplicates(Generic[K]):
    """Remembers lately told events by key, until a restart; of an update that is delivered again its row knows.

    An event whose two updates are handled by two processes is told twice.
    """

    def __init__(self, most: int = 10_000) -> None:
        self._heard: LruCache[K, Heard] = LruCache(most)

    def is_news(self, key: K, way: str, update_id: int, at: datetime) -> bool:
        """Return False where the event was told before; remember it."""
        known = self._heard.get(key)
        if known is not None and tells_again(known, way, update_id, at):
            self._heard.put(key, Heard(known.at, {**known.updates, way: update_id}))
            return False
        self._heard.put(key, Heard(at, {way: update_id}))
        return True
