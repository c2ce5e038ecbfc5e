"""Bounded memory of what happened lately. It is gone with the process, so nothing may depend on it for good."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """At most `size` entries by key; the one that was not used for longest is forgotten first."""

    def __init__(self, size: int = 10_000) -> None:
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._size = size

    def get(self, key: K) -> V | None:
        """Return the entry of a key; that counts as a use."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def peek(self, key: K) -> V | None:
        """Return the entry of a key; that does not count as a use."""
        return self._entries.get(key)

    def put(self, key: K, entry: V) -> None:
        """Remember an entry, as used last."""
        self._entries[key] = entry
        self._entries.move_to_end(key)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def pop(self, key: K) -> V | None:
        """Forget a key and return its entry."""
        return self._entries.pop(key, None)


class Once(Generic[K]):
    """Says of each key whether it is new, so that a log line is written once a chat and not with every message."""

    def __init__(self, size: int = 10_000) -> None:
        self._seen: LruCache[K, bool] = LruCache(size)

    def __call__(self, key: K) -> bool:
        """Return True the first time a key is asked for."""
        new = self._seen.get(key) is None
        self._seen.put(key, True)
        return new


class Seldom(Generic[K]):
    """Says of each key when it is its turn again, so that a log line is written every so many seconds at most."""

    def __init__(self, seconds: float, size: int = 1_000) -> None:
        self._seconds = seconds
        self._last: LruCache[K, tuple[float, int]] = LruCache(size)

    def __call__(self, key: K, now: float) -> int | None:
        """Return how often it was not a key's turn since the last time it was; None where it is not now."""
        last, left_out = self._last.get(key) or (-self._seconds, 0)
        if now - last < self._seconds:
            self._last.put(key, (last, left_out + 1))
            return None
        self._last.put(key, (now, 0))
        return left_out
