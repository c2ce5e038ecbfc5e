"""The configurations of chats in memory: read once, then a look-up in a dictionary for as long as nothing changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.errors import Unavailable
from bot.storage.configs.memory import DISTRUSTED, MOST_BYTES, MOST_CHATS, Memory
from bot.storage.configs.repository import ChatConfigs
from bot.storage.configs.revisions import Change, Stored
from bot.storage.connection.availability import Pool

PATIENCE = 1.0
"""Seconds a database may take to answer before what is remembered of the chat is taken for an answer."""


class CachedConfigs(ChatConfigs):
    """The repository with a memory in front of `read`; a `Listener` of the control connection.

    - What is remembered is trusted while changes are heard: this process's own are seen at once, those of others as
      soon as the database has told of them. Without the control connection every read goes to the database.
    - However many ask for a chat that is not remembered, one query is sent for all of them.
    - A reading during which the chat changed is handed to those who waited for it, but not remembered.
    - At most `most` chats and about `most_bytes` are remembered; the least recently used ones go first.
    - What `digest` makes of a configuration is small and remembered for more chats, just as trusted: see `Memory`.

    `read` never returns what may be outdated and raises `Unavailable` instead; `read_or_last_known` prefers an old
    answer to none.
    """

    def __init__(
        self,
        pool: Pool,
        *,
        most: int = MOST_CHATS,
        most_bytes: int = MOST_BYTES,
        digest: Callable[[Stored], object] | None = None,
    ) -> None:
        super().__init__(pool)
        self._memory = Memory(most, most_bytes, digest)
        self._readings: dict[int, _Reading] = {}
        self._under_way: set[_Reading] = set()  # those in `_readings`, and those a change made useless for newcomers
        self._writings: set[_Writing] = set()
        self._epoch = 0  # of the entries that are trusted; raised when the control connection comes and goes
        self._listening = False

    def __len__(self) -> int:
        """How many chats are remembered."""
        return len(self._memory)

    def cached(self, chat_id: int) -> Stored | None:
        """Return the configuration if it is remembered and trusted."""
        entry = self._memory.get(chat_id)
        return entry.stored if entry is not None and entry.epoch == self._epoch else None

    def cached_digest(self, chat_id: int) -> object | None:
        """Return what the digest made of the configuration, if that is remembered and trusted."""
        return self._memory.digests.get(chat_id)

    async def read(self, chat_id: int) -> Stored:
        """Return the configuration of a chat, from memory where that is trusted."""
        return self.cached(chat_id) or await self._read_through(chat_id)

    async def read_or_last_known(self, chat_id: int) -> Stored:
        """Return the configuration as `read` does; while the database is away, as it was last known.

        For what the bot shows and does by itself. Whether somebody may change something is not decided by this.
        """
        known = self._memory.get(chat_id)
        if known is None:
            return await self._read_through(chat_id)
        if known.epoch == self._epoch or not self._pool.breaker.closed:
            return known.stored
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._read_through(chat_id)
        except TimeoutError:
            self._pool.breaker.suspect("slow to answer")
        except Unavailable:
            pass
        return known.stored

    async def change(
        self,
        chat_id: int,
        patch: Mapping[str, Any],
        *,
        by: int | None,
        via: str,
        remove: Collection[str] = (),
        update_id: int | None = None,
        expected_revision: int | None = None,
    ) -> Change | None:
        """Set and remove keys; see `ChatConfigs.change`."""
        async with self._changing(chat_id) as writing:
            done = writing.done = await super().change(
                chat_id,
                patch,
                by=by,
                via=via,
                remove=remove,
                update_id=update_id,
                expected_revision=expected_revision,
            )
        return done

    async def reset(
        self,
        chat_id: int,
        keys: Collection[str] | None,
        *,
        by: int | None,
        via: str,
        update_id: int | None = None,
        expected_revision: int | None = None,
    ) -> Change | None:
        """Take choices back; see `ChatConfigs.reset`."""
        async with self._changing(chat_id) as writing:
            done = writing.done = await super().reset(
                chat_id, keys, by=by, via=via, update_id=update_id, expected_revision=expected_revision
            )
        return done

    async def undo(
        self, chat_id: int, revision: int, *, by: int | None, via: str = "undo", update_id: int | None = None
    ) -> Change:
        """Take one revision back; see `ChatConfigs.undo`."""
        async with self._changing(chat_id) as writing:
            done = writing.done = await super().undo(chat_id, revision, by=by, via=via, update_id=update_id)
        return done

    async def move(self, old_id: int, new_id: int) -> bool:
        """Carry everything over to the new id; see `ChatConfigs.move`."""
        async with self._changing(old_id, new_id):
            return await super().move(old_id, new_id)

    async def mark_left(self, chat_id: int) -> bool:
        """Mark a chat the bot was removed from; see `ChatConfigs.mark_left`."""
        async with self._changing(chat_id):
            return await super().mark_left(chat_id)

    async def unmark_left(self, chat_id: int) -> bool:
        """Take that mark off; see `ChatConfigs.unmark_left`."""
        async with self._changing(chat_id):
            return await super().unmark_left(chat_id)

    def on_listening(self) -> None:
        """Every change is told from now on; what was read before is not trusted, something may have been missed."""
        self._next_epoch(listening=True)

    def on_notification(self, chat_id: int, revision: int) -> None:
        """Somebody changed this chat, perhaps we ourselves."""
        if self._memory.is_own_notification(chat_id, revision, self._epoch):
            return
        for writing in self._writings:
            if writing.chat_id == chat_id:
                writing.told.append(revision)
        self._outdate(chat_id)

    def on_disconnect(self) -> None:
        """Nothing is told any more: what is remembered is kept for `read_or_last_known` only."""
        self._next_epoch(listening=False)
        self._pool.breaker.suspect("the control connection is lost")

    def _next_epoch(self, *, listening: bool) -> None:
        self._epoch += 1
        self._listening = listening
        self._readings.clear()
        self._memory.digests.clear()

    async def _read_through(self, chat_id: int) -> Stored:
        """Read the chat, together with all who ask for it at this time."""
        reading = self._readings.get(chat_id) or self._begin(chat_id)
        # The reading is nobody's own: whoever gives up leaves it to the others.
        stored = await asyncio.shield(reading.task)
        if stored.chat_id != chat_id and stored.chat_id in reading.changed:
            # That it is an old id of the changed chat was not known when the change came.
            return await super().read(chat_id)
        return stored

    def _begin(self, chat_id: int) -> _Reading:
        task = asyncio.get_running_loop().create_task(super().read(chat_id), name=f"configuration of {chat_id}")
        reading = _Reading(chat_id, task, self._epoch if self._listening else DISTRUSTED)
        self._readings[chat_id] = reading
        self._under_way.add(reading)
        task.add_done_callback(lambda _: self._end(reading))
        return reading

    def _end(self, reading: _Reading) -> None:
        self._under_way.discard(reading)
        useful = self._readings.get(reading.chat_id) is reading
        if useful:
            del self._readings[reading.chat_id]
        if not reading.task.cancelled() and reading.task.exception() is None and useful:
            stored = reading.task.result()
            if stored.chat_id not in reading.changed:
                self._memory.put(reading.chat_id, stored, reading.epoch)

    @asynccontextmanager
    async def _changing(self, *chats: int) -> AsyncIterator[_Writing]:
        """Whatever is written in here, nothing that was read before the end of it is trusted.

        What was `done` is remembered, where it followed what was remembered and nothing else happened meanwhile.
        """
        for chat_id in chats:
            if self._listening and self.cached(chat_id) is None:
                # So that it is known whose old id it is, if it is one.
                await self.read(chat_id)
        writing = _Writing(chats[0], self.cached(chats[0]), self._epoch)
        self._writings.add(writing)
        try:
            yield writing
        except BaseException:
            # Perhaps it was written all the same. The old value is better than none until the database is back.
            self._changed(*chats, keep=True)
            raise
        finally:
            self._writings.discard(writing)
        self._changed(*chats)
        left = writing.result()
        if left is not None and writing.epoch == self._epoch:
            self._memory.put(writing.chat_id, left, self._epoch, echo=None if writing.told else left.revision)

    def _changed(self, *chats: int, keep: bool = False) -> None:
        """Trust nothing that was read of these chats until now, nor what is being written of them."""
        self._outdate(*chats, keep=keep)
        for writing in self._writings:
            writing.alone = writing.alone and writing.chat_id not in chats

    def _outdate(self, *chats: int, keep: bool = False) -> None:
        """Trust nothing that was read of these chats until now, by whichever of their ids."""
        for each in set().union(*(self._memory.ids_of(chat_id) for chat_id in chats)):
            self._readings.pop(each, None)
            for reading in self._under_way:
                reading.changed.add(each)
            if keep:
                self._memory.distrust(each)
            else:
                self._memory.drop(each)


@dataclass(eq=False, slots=True)
class _Writing:
    """A change on its way: what was remembered of the chat before it, and what happened to the chat meanwhile."""

    chat_id: int
    before: Stored | None
    epoch: int
    done: Change | None = None
    told: list[int] = field(default_factory=list)  # the revisions of changes we were told of
    alone: bool = True

    def result(self) -> Stored | None:
        """Return the configuration as it was left; None where that is not known for sure."""
        before, done = self.before, self.done
        # Where nothing was changed, somebody else may have done it before, of whom we have yet to hear.
        if before is None or done is None or not self.alone or self.told not in ([], [done.revision]):
            return None
        follows = done.chat_id == before.chat_id == self.chat_id and done.revision == before.revision + 1
        return before.after(done) if follows else None


@dataclass(eq=False, slots=True)
class _Reading:
    """A query on its way, and the chats that changed since it was sent."""

    chat_id: int
    task: asyncio.Task[Stored]
    epoch: int
    changed: set[int] = field(default_factory=set)
