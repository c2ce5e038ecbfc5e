"""The configurations of chats in memory: read once, then a look-up in a dictionary for as long as nothing changes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.errors import Unavailable
from bot.storage.configs.memory import MOST_BYTES, MOST_CHATS, UNTRUSTED, Memory
from bot.storage.configs.repository import ChatConfigs, Write
from bot.storage.configs.revisions import Stored
from bot.storage.connection.availability import Pool

SLOW_AFTER_SECONDS = 1.0
"""After this time without an answer of the database, the last known configuration is taken for one."""


class CachedConfigs(ChatConfigs):
    """The repository with a cache in front of `read`; a `Listener` of the control connection.

    - What is cached is trusted while changes are notified: this process's own are seen at once, those of others as soon
      as the database notifies of them. Without the control connection every read goes to the database.
    - However many ask for a chat that is not cached, one query is sent for all of them.
    - The result of a query during which the chat changed is handed to those who waited for it, but not cached.
    - At most `most` chats and about `most_bytes` are cached; the least recently used ones go first.
    - What `digest` makes of a configuration is small and cached for more chats, just as trusted: see `Memory`.

    `read` never returns what may be outdated and raises `Unavailable` instead; `read_or_last_known` prefers an old
    answer to none.

    `hits` and `misses` count the reads that were answered from memory and those that asked the database, `revisions`
    what this process wrote, by the way people took.
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
        self._queries: dict[int, _Query] = {}  # by the id asked for; new callers wait for these
        self._in_flight: set[_Query] = set()  # all, those too whose results a change made outdated
        self._writes: set[_CachedWrite] = set()
        self._epoch = 0  # of the entries that are trusted; raised when the control connection comes and goes
        self._listening = False
        self.hits = self.misses = 0
        self.revisions: Counter[str] = Counter()

    def __len__(self) -> int:
        """How many chats are cached."""
        return len(self._memory)

    def cached(self, chat_id: int) -> Stored | None:
        """Return the configuration if it is cached and trusted."""
        entry = self._memory.get(chat_id)
        return entry.stored if entry is not None and entry.epoch == self._epoch else None

    def cached_digest(self, chat_id: int) -> object | None:
        """Return what the digest made of the configuration, if that is cached and trusted."""
        return self._memory.digests.get(chat_id)

    async def read(self, chat_id: int) -> Stored:
        """Return the configuration of a chat, from the cache where that is trusted."""
        stored = self.cached(chat_id)
        if stored is None:
            return await self._query(chat_id)
        self.hits += 1
        return stored

    async def read_or_last_known(self, chat_id: int) -> Stored:
        """Return the configuration as `read` does; while the database is away, as it was last known.

        For what the bot shows and does by itself. Whether somebody may change something is not decided by this.
        """
        known = self._memory.get(chat_id)
        if known is None:
            return await self._query(chat_id)
        if known.epoch == self._epoch or not self._pool.breaker.closed:
            self.hits += 1
            return known.stored
        try:
            async with asyncio.timeout(SLOW_AFTER_SECONDS):
                return await self._query(chat_id)
        except TimeoutError:
            self._pool.breaker.suspect("slow to answer")
        except Unavailable:
            pass
        return known.stored

    def on_listening(self) -> None:
        """Trust nothing that was read before: a change may have been missed."""
        self._next_epoch(listening=True)

    def on_notification(self, chat_id: int, revision: int) -> None:
        """Somebody changed this chat, perhaps this process."""
        if self._memory.is_own_notification(chat_id, revision, self._epoch):
            return
        for write in self._writes:
            if write.chat_id == chat_id:
                write.notified.append(revision)
        self._invalidate(chat_id)

    def on_disconnect(self) -> None:
        """Keep what is cached for `read_or_last_known` only."""
        self._next_epoch(listening=False)
        self._pool.breaker.suspect("the control connection is lost")

    def _next_epoch(self, *, listening: bool) -> None:
        self._epoch += 1
        self._listening = listening
        self._queries.clear()
        self._memory.digests.clear()

    async def _query(self, chat_id: int) -> Stored:
        """Read the chat, together with all who ask for it at this time."""
        self.misses += 1
        query = self._queries.get(chat_id) or self._send_query(chat_id)
        # Shielded: one that is cancelled must not cancel the query for the others.
        stored = await asyncio.shield(query.task)
        if stored.chat_id != chat_id and stored.chat_id in query.changed:
            # That it is an old id of the changed chat was not known when the change came.
            return await super().read(chat_id)
        return stored

    def _send_query(self, chat_id: int) -> _Query:
        task = asyncio.get_running_loop().create_task(super().read(chat_id), name=f"configuration of {chat_id}")
        query = _Query(chat_id, task, self._epoch if self._listening else UNTRUSTED)
        self._queries[chat_id] = query
        self._in_flight.add(query)
        task.add_done_callback(lambda _: self._end_query(query))
        return query

    def _end_query(self, query: _Query) -> None:
        self._in_flight.discard(query)
        if self._queries.get(query.chat_id) is not query:
            return
        del self._queries[query.chat_id]
        if not query.task.cancelled() and query.task.exception() is None:
            stored = query.task.result()
            if stored.chat_id not in query.changed:
                self._memory.put(query.chat_id, stored, query.epoch)

    @asynccontextmanager
    async def _writing(self, *chats: int) -> AsyncIterator[Write]:
        """Trust nothing that was read before the end of a write.

        Its result is cached where it followed what was cached and nothing else happened meanwhile.
        """
        for chat_id in chats:
            if self._listening and self.cached(chat_id) is None:
                # So that it is known whose old id it is, if it is one.
                await self.read(chat_id)
        write = _CachedWrite(chat_id=chats[0], before=self.cached(chats[0]), epoch=self._epoch)
        self._writes.add(write)
        try:
            yield write
        except BaseException:
            # Perhaps it was written all the same. The old value is better than none until the database is back.
            self._invalidate_with_writes(*chats, keep=True)
            raise
        finally:
            self._writes.discard(write)
        self._invalidate_with_writes(*chats)
        self._count(write)
        result = write.result()
        if result is not None and write.epoch == self._epoch:
            own_revision = None if write.notified else result.revision
            self._memory.put(write.chat_id, result, self._epoch, own_revision=own_revision)

    def _count(self, write: _CachedWrite) -> None:
        # A change that was made before, by the same update, is returned once more.
        if write.done is not None and (write.before is None or write.done.revision > write.before.revision):
            self.revisions[write.done.via] += 1

    def _invalidate_with_writes(self, *chats: int, keep: bool = False) -> None:
        """Trust nothing that was read of these chats until now, nor what is being written to them."""
        self._invalidate(*chats, keep=keep)
        for write in self._writes:
            write.undisturbed = write.undisturbed and write.chat_id not in chats

    def _invalidate(self, *chats: int, keep: bool = False) -> None:
        """Trust nothing that was read of these chats until now, by whichever of their ids."""
        for each in set().union(*(self._memory.ids_of(chat_id) for chat_id in chats)):
            self._queries.pop(each, None)
            for query in self._in_flight:
                query.changed.add(each)
            if keep:
                self._memory.distrust(each)
            else:
                self._memory.drop(each)


@dataclass(eq=False, kw_only=True, slots=True)
class _CachedWrite(Write):
    """A write with what was cached of the chat before it, and what happened to the chat meanwhile."""

    chat_id: int
    before: Stored | None
    epoch: int
    notified: list[int] = field(default_factory=list)  # revisions
    undisturbed: bool = True  # by another write of this process

    def result(self) -> Stored | None:
        """Return the configuration as it was left; None where that is not known for sure."""
        before, done = self.before, self.done
        # Where nothing was changed, somebody else may have done it before, and the notification is yet to come.
        if before is None or done is None or not self.undisturbed or self.notified not in ([], [done.revision]):
            return None
        follows = done.chat_id == before.chat_id == self.chat_id and done.revision == before.revision + 1
        return before.after(done) if follows else None


@dataclass(eq=False, slots=True)
class _Query:
    """A query on its way, and the chats that changed since it was sent."""

    chat_id: int
    task: asyncio.Task[Stored]
    epoch: int
    changed: set[int] = field(default_factory=set)
