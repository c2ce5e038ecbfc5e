"""Memory of what happened lately: bounded, and gone with the process, so nothing may depend on it for good."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The newest `most` entries by key; older ones are forgotten."""

    def __init__(self, most: int = 10_000) -> None:
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._most = most

    def get(self, key: K) -> V | None:
        """Return what is remembered of the key."""
        return self._entries.get(key)

    def put(self, key: K, entry: V) -> None:
        """Remember an entry as the newest."""
        self._entries[key] = entry
        self._entries.move_to_end(key)
        if len(self._entries) > self._most:
            self._entries.popitem(last=False)

    def pop(self, key: K) -> V | None:
        """Forget a key and return what was remembered of it."""
        return self._entries.pop(key, None)


class Once(Generic[K]):
    """Says of each key whether it is new, so that a log line is written once a chat and not with every message."""

    def __init__(self, most: int = 10_000) -> None:
        self._seen: Recent[K, bool] = Recent(most)

    def __call__(self, key: K) -> bool:
        """Return True the first time a key is asked for."""
        new = self._seen.get(key) is None
        self._seen.put(key, True)
        return new
