"""How configurations are cached: bounded in number and bytes, and small where nothing was chosen."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from bot.settings import ChatConfig
from bot.storage.configs.revisions import Stored

MOST_CHATS = 200_000
MOST_BYTES = 16 * 2**20

MOST_DIGESTS = 200_000
"""About a hundred bytes each."""

# In bytes: an entry where nothing is chosen, and what a choice adds beside its values. A test measures them.
_SMALLEST = 340
_CHOSEN = 1_050

# Most chats never choose anything; all of those share these two.
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_DEFAULTS = ChatConfig()

UNTRUSTED = -1
"""The epoch of what was read while changes are not notified, or has perhaps changed since."""


@dataclass(slots=True)
class _Entry:
    stored: Stored
    epoch: int
    size: int
    own_revision: int | None = None  # of a write of this process that is yet to be notified


class Memory:
    """Configurations by the id they were asked by, least recently used first. Old ids of a chat have own entries.

    `digests` holds, by chat, what the digest made of a trusted configuration. A digest stays when its configuration has
    to make room, and goes with a change.
    """

    def __init__(self, most: int, most_bytes: int, digest: Callable[[Stored], object] | None = None) -> None:
        self.digests: dict[int, object] = {}
        self._digest = digest
        self._entries: OrderedDict[int, _Entry] = OrderedDict()
        self._old_ids: dict[int, set[int]] = {}
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, chat_id: int) -> _Entry | None:
        """Return the entry of a chat, which now is the last to make room."""
        entry = self._entries.get(chat_id)
        if entry is not None:
            self._entries.move_to_end(chat_id)
        return entry

    def put(self, chat_id: int, stored: Stored, epoch: int, *, own_revision: int | None = None) -> None:
        """Cache a configuration, and let the least recently used ones make room.

        `own_revision` is one that this process wrote, and of which it will be notified itself.
        """
        self.drop(chat_id)
        if not stored.chosen:
            stored = replace(stored, chosen=_NOTHING, config=_DEFAULTS)
        entry = self._entries[chat_id] = _Entry(stored, epoch, _size(stored), own_revision)
        self._bytes += entry.size
        if stored.chat_id != chat_id:
            self._old_ids.setdefault(stored.chat_id, set()).add(chat_id)
        elif self._digest is not None and epoch != UNTRUSTED:
            # Not of an old id: once its configuration made room, no notification would be known to concern it.
            self._keep(chat_id, self._digest(stored))
        while len(self._entries) > self._most or self._bytes > self._most_bytes:
            self._evict(next(iter(self._entries)))

    def drop(self, chat_id: int) -> None:
        """Drop the entry of a chat that changed."""
        self.digests.pop(chat_id, None)
        self._evict(chat_id)

    def _keep(self, chat_id: int, digest: object) -> None:
        if len(self.digests) >= MOST_DIGESTS:
            del self.digests[next(iter(self.digests))]
        self.digests[chat_id] = digest

    def _evict(self, chat_id: int) -> None:
        entry = self._entries.pop(chat_id, None)
        if entry is None:
            return
        self._bytes -= entry.size
        current = entry.stored.chat_id
        if current != chat_id:
            self._old_ids[current].discard(chat_id)
            if not self._old_ids[current]:
                del self._old_ids[current]

    def is_own_notification(self, chat_id: int, revision: int, epoch: int) -> bool:
        """Say whether this is the notification of a write that is cached already; it is expected once."""
        entry = self._entries.get(chat_id)
        if entry is None or entry.own_revision != revision or entry.epoch != epoch:
            return False
        entry.own_revision = None
        return True

    def distrust(self, chat_id: int) -> None:
        """Keep the entry for want of a better one: the chat has perhaps changed."""
        self.digests.pop(chat_id, None)
        entry = self._entries.get(chat_id)
        if entry is not None:
            entry.epoch = UNTRUSTED

    def ids_of(self, chat_id: int) -> set[int]:
        """Return the ids under which this chat is or was cached, as far as that is known."""
        entry = self._entries.get(chat_id)
        current = entry.stored.chat_id if entry is not None else chat_id
        return {chat_id, current, *self._old_ids.get(current, ())}


def _size(stored: Stored) -> int:
    """Return about how many bytes an entry takes."""
    return _SMALLEST + (_CHOSEN + sys.getsizeof(repr(stored.chosen)) if stored.chosen else 0)
