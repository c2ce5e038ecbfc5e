"""Which updates are stored, and the writing of their rows: beside the handling, together, until it has worked."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from bot.errors import Unavailable
from bot.storage.stored_updates import StoredUpdate
from bot.updates.raw_updates import MOST_STORED, RawUpdate, Storage, to_be_stored

logger = logging.getLogger(__name__)

RETRY_STORING_SECONDS, LAST_WRITES_SECONDS = 0.5, 1.0


class Storing:
    """The rows of updates that are in hand here.

    `confirm(update_id)` lets Telegram forget an update; `ended(update_id)` says that nothing of it is left, here or in
    the database; `deleted(update_id)` that its row is gone.
    """

    def __init__(
        self,
        storage: Storage,
        *,
        confirm: Callable[[int], None],
        ended: Callable[[int], None],
        deleted: Callable[[int], None],
    ) -> None:
        self.storage = storage
        self.tries: dict[int, int] = {}
        """How often handling each stored update was given up."""
        self._confirm = confirm
        self._ended = ended
        self._deleted = deleted
        self._to_store: dict[int, StoredUpdate] = {}
        self._on_its_way: set[int] = set()
        self._to_delete: set[int] = set()
        self._writing: asyncio.Task[None] | None = None

    @property
    def has_room(self) -> bool:
        """Whether another update may be stored."""
        return len(self.tries) + len(self._to_store) < MOST_STORED

    def store(self, updates: Iterable[RawUpdate]) -> None:
        """Store updates and confirm them then, but for those that are stored, and for what there is no room for."""
        for update in updates:
            if not self.has_room:
                break
            if update["update_id"] not in self.tries and update["update_id"] not in self._to_store:
                self._to_store[update["update_id"]] = to_be_stored(update)
        self._write()

    async def store_now(self, update: RawUpdate, tries: int) -> None:
        """Store that handling an update was given up; raises `Unavailable`."""
        await self.storage.store([to_be_stored(update, tries)])
        self._note(update["update_id"], tries)

    def settled(self, update_id: int) -> None:
        """An update is done with: have it confirmed, or its row deleted."""
        if self._to_store:
            self._to_store.pop(update_id, None)
        if self.tries.pop(update_id, None) is not None:
            self.forget(update_id)
        elif update_id in self._on_its_way:
            self._confirm(update_id)  # and its row, if there is one by now, is deleted
        else:
            self._ended(update_id)

    def forget(self, update_id: int) -> None:
        """Delete the row of an update that was handled."""
        self._to_delete.add(update_id)
        self._write()

    def forgets(self, update_id: int) -> bool:
        """Say whether the row of an update is about to be deleted."""
        return update_id in self._to_delete

    def drop(self) -> None:
        """Forget everything: another process goes on with what is stored."""
        self.tries.clear()
        self._to_store.clear()
        self._on_its_way = set()  # their rows stay: these were not handled

    async def finish(self) -> None:
        """Wait a moment until everything is written."""
        if self._writing is not None:
            await asyncio.wait([self._writing], timeout=LAST_WRITES_SECONDS)

    async def close(self) -> None:
        """Write no more."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.wait([self._writing])

    def _note(self, update_id: int, tries: int) -> None:
        fresh = update_id not in self.tries
        self.tries[update_id] = tries
        if fresh:
            self._confirm(update_id)

    def _write(self) -> None:
        if self._writing is None and (self._to_store or self._to_delete):
            self._writing = asyncio.create_task(self._write_all(), name="stored updates")

    async def _write_all(self) -> None:
        try:
            while self._to_store or self._to_delete:
                try:
                    await self._write_once()
                except Unavailable:
                    await asyncio.sleep(RETRY_STORING_SECONDS)
                except Exception:
                    logger.exception("Storing updates failed; they are handled all the same.")
                    self._to_store.clear()
                    while self._to_delete:
                        self._deleted(self._to_delete.pop())
        finally:
            self._writing = None

    async def _write_once(self) -> None:
        if stored := dict(self._to_store):
            self._on_its_way = set(stored)
            try:
                await self.storage.store(list(stored.values()))
            finally:
                # What was done with meanwhile may have been stored, also where no answer came.
                self._to_delete |= self._on_its_way - self._to_store.keys()
                self._on_its_way = set()
            for update_id, each in stored.items():
                if self._to_store.get(update_id) is each:
                    del self._to_store[update_id]
                    self._note(update_id, each.tries)
        if deleted := list(self._to_delete):
            await self.storage.delete(deleted)
            self._to_delete.difference_update(deleted)
            for update_id in deleted:
                self._deleted(update_id)
