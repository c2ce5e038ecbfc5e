"""What each of several processes does beside the updates, and what one of them does alone: the one that leads."""

from __future__ import annotations

from collections.abc import Callable

from bot.client.outbox import Outbox
from bot.storage.connection.chat_locks import ChatLocks
from bot.storage.stored_updates import StoredUpdates
from bot.updates.leader_lock import LeaderLock
from bot.updates.raw_updates import MOST_STORED

SWEEP_SECONDS, SHARE_SECONDS = 1.0, 3.0
"""How often the leader looks for stored updates of chats nobody holds, and each process for how many there are."""


class Duties:
    """Turns for `Background`; `look(chat_id)` is told of each chat of which something is stored."""

    def __init__(
        self,
        leadership: LeaderLock,
        locks: ChatLocks,
        outbox: Outbox,
        storage: StoredUpdates,
        look: Callable[[int], None],
    ) -> None:
        self._leadership = leadership
        self._locks = locks
        self._outbox = outbox
        self._storage = storage
        self._look = look

    async def lead(self) -> float:
        """Stand by, and then read what nobody holds for as long as this process leads."""
        lost = await self._leadership.acquire()
        self._outbox.lead()
        await lost.wait()
        self._outbox.follow()
        return 0.0

    async def sweep(self) -> float:
        """Look for the stored updates of processes that are gone, as the leader."""
        if self._leadership.held():
            for chat_id in await self._storage.chats(MOST_STORED):
                if chat_id not in self._locks.held:
                    self._look(chat_id)
        return SWEEP_SECONDS

    async def share(self) -> float:
        """Keep to this process's part of Telegram's rate."""
        self._outbox.share(max(1, await self._locks.members()))
        return SHARE_SECONDS
