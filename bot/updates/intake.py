"""What comes in: shared out fairly between people, and stored where it would hold up everybody else's.

Telegram hands out only the 100 oldest unconfirmed updates. So what is to be handled later is stored and confirmed: what
waits behind somebody's share, what waits in the queues of busy chats, and what a handler could not do in time.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Hashable, Iterable

from bot.errors import Unavailable
from bot.storage.stored_updates import StoredUpdate
from bot.updates.chat_queues import ChatQueues, Work
from bot.updates.handling import Result, Watch
from bot.updates.raw_updates import MOST_STORED, RawUpdate, Storage, to_be_stored
from bot.updates.shares import Counted, Decision, Shares

logger = logging.getLogger(__name__)

MOST_DEFERRED_OF_ADMIN, MOST_DEFERRED_OF_UNKNOWN = 500, 20
"""Updates of one person that wait behind their share; of an admin of the chat, or of somebody who may be one."""

TRIES = 3
"""Times an update is handled that takes too long; the first one included."""

PAUSE_AFTER_TRY_SECONDS, RETRY_STORING_SECONDS, LAST_WRITES_SECONDS = 5.0, 0.5, 1.0


class Intake:
    """Between the poller and the queues of chats, in which `prepare` makes work of an update (see `ChatQueues`).

    `confirm(update_id)` lets Telegram forget an update; `ended(update_id)` says that nothing of it is left, here or in
    the database. `tell(update)` tells a person that something of theirs was passed over.
    """

    def __init__(
        self,
        prepare: Callable[[RawUpdate], Work],
        shares: Shares,
        storage: Storage,
        *,
        deadline: float,
        wants: Callable[[RawUpdate], bool],
        confirm: Callable[[int], None],
        tell: Callable[[RawUpdate], None],
        ended: Callable[[int], None] | None = None,
        watch: Watch | None = None,
    ) -> None:
        self._watch = watch or Watch()
        self.queues = ChatQueues(
            prepare,
            self._settled,
            deadline=deadline,
            wants=wants,
            is_admin=shares.is_admin,
            gave_up=self._gave_up,
            watch=self._watch,
        )
        self._add = self.queues.add
        self._shares = shares
        self._storage = storage
        self._confirm = confirm
        self._ended, self._deleted = ended or confirm, ended or (lambda _: None)
        self._tell = tell
        self._deferred: dict[Hashable, deque[tuple[RawUpdate, Counted]]] = {}
        self._timers: dict[Hashable, asyncio.TimerHandle] = {}
        self._stored: dict[int, int] = {}  # the tries of each stored update
        self._loaded: set[int] = set()
        self._to_store: dict[int, StoredUpdate] = {}
        self._storing: set[int] = set()  # on its way to the database
        self._to_delete: set[int] = set()
        self._writing: asyncio.Task[None] | None = None
        self._trying: set[asyncio.Task[None]] = set()

    def take(self, update: RawUpdate) -> None:
        """Queue an update, defer it, or pass it over."""
        # What was loaded was stored, but not confirmed any more.
        if self.queues.passes_over(update) or (self._loaded and update["update_id"] in self._loaded):
            self._ended(update["update_id"])
            if self._watch.note is not None:
                self._watch.passed_over(update, Result.IGNORED)
            return
        counted = self._shares.counted(update)
        if counted is None:
            self._add(update)
            return
        if counted.person in self._deferred and not counted.press:
            decision = Decision.DEFER if self._may_defer(counted) else Decision.REFUSE
        else:
            decision = self._shares.decide(counted)
        if decision is Decision.HANDLE:
            self._add(update)
        elif decision is Decision.DEFER and self._may_defer(counted):
            self._defer(update, counted)
            self._store([update])
        else:
            self._refuse(update, counted)

    def relieve(self) -> None:
        """Store what is being handled or waits for that, so that it can be confirmed."""
        known = self._stored.keys() | self._to_store.keys()
        self._store([each for each in self.queues.in_hand() if each["update_id"] not in known])

    def _settled(self, update_id: int) -> None:
        """An update is done with: have it confirmed, or its row deleted."""
        if self._to_store:
            self._to_store.pop(update_id, None)
        if self._stored.pop(update_id, None) is not None:
            self.forget(update_id)
        elif update_id in self._storing:
            self._confirm(update_id)  # and its row, if there is one by now, is deleted
        else:
            self._ended(update_id)

    def forget(self, update_id: int) -> None:
        """Delete the row of an update that was handled."""
        self._to_delete.add(update_id)
        self._write()

    def _gave_up(self, update: RawUpdate) -> bool:
        """Handling took too long: True where the update is to be stored and handled once more, after a pause."""
        tries = self._stored.get(update["update_id"], 0) + 1
        if tries >= TRIES or len(self._stored) >= MOST_STORED:
            return False
        storing = asyncio.create_task(self._try_again(update, tries), name="storing an update that was given up")
        self._trying.add(storing)
        storing.add_done_callback(self._trying.discard)
        return True

    async def _try_again(self, update: RawUpdate, tries: int) -> None:
        try:
            await self._storage.store([to_be_stored(update, tries)])
        except Unavailable:
            self._settled(update["update_id"])  # it may be the database that it waited for
            return
        except Exception:
            logger.exception("Update %d could not be stored.", update["update_id"])
            self._settled(update["update_id"])
            return
        self._note_stored(update["update_id"], tries)
        key = ("another try", update["update_id"])

        def again() -> None:
            del self._timers[key]
            self._add(update)

        self._timers[key] = asyncio.get_running_loop().call_later(PAUSE_AFTER_TRY_SECONDS * tries, again)

    async def load(self) -> None:
        """Go on with what a former process stored; raises `Unavailable`."""
        for each in await self._storage.load(MOST_STORED):
            if each.body["update_id"] not in self._stored:
                self._loaded.add(each.body["update_id"])
                self.take_stored(each)

    def take_stored(self, stored: StoredUpdate) -> None:
        """Go on with an update that is stored."""
        update_id = stored.body["update_id"]
        if update_id in self._to_delete:
            return
        self._stored[update_id] = stored.tries
        counted = self._shares.counted(stored.body)
        if counted is None or self._shares.decide(counted) is Decision.HANDLE:
            self._add(stored.body)
        else:
            self._defer(stored.body, counted)

    def note_stored(self, stored: StoredUpdate) -> None:
        """An update in hand was stored by another process, to which Telegram delivered it, too."""
        self._stored.setdefault(stored.body["update_id"], stored.tries)

    def drop(self) -> None:
        """Forget everything in memory: another process goes on with what is stored."""
        self.queues.drop()
        for timer in self._timers.values():
            timer.cancel()
        for task in self._trying:
            task.cancel()
        self._timers.clear()
        self._deferred.clear()
        self._stored.clear()
        self._to_store.clear()
        self._storing = set()  # their rows stay: these were not handled

    def leave_stored(self) -> None:
        """Leave what is stored and waits for its time to the process that leads now, which has read it."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        for person, waiting in list(self._deferred.items()):
            rest = deque(each for each in waiting if each[0]["update_id"] not in self._stored)
            if rest:
                self._deferred[person] = rest
                self._schedule(rest[0][1])
            else:
                del self._deferred[person]
        self._stored.clear()

    async def close(self) -> None:
        """Finish writing, and end everything else."""
        if self._writing is not None:
            await asyncio.wait([self._writing], timeout=LAST_WRITES_SECONDS)
        self.drop()
        writing = [*self._trying, *([self._writing] if self._writing is not None else [])]
        for task in writing:
            task.cancel()
        if writing:
            await asyncio.wait(writing)

    def _may_defer(self, counted: Counted) -> bool:
        most = MOST_DEFERRED_OF_ADMIN if counted.by_admin else MOST_DEFERRED_OF_UNKNOWN
        room = len(self._stored) + len(self._to_store) < MOST_STORED
        return counted.by_admin is not False and room and len(self._deferred.get(counted.person, ())) < most

    def _defer(self, update: RawUpdate, counted: Counted) -> None:
        self._deferred.setdefault(counted.person, deque()).append((update, counted))
        if counted.person not in self._timers:
            self._schedule(counted)

    def _schedule(self, counted: Counted) -> None:
        wait = self._shares.seconds_until_next(counted)
        self._timers[counted.person] = asyncio.get_running_loop().call_later(wait, self._release, counted.person)

    def _release(self, person: Hashable) -> None:
        """Hand over the next deferred update of a person, who by now may be known not to be an admin."""
        del self._timers[person]
        waiting = self._deferred[person]
        update, counted = waiting.popleft()
        if not waiting:
            del self._deferred[person]
        again = self._shares.counted(update) or counted
        if again.by_admin is False:
            self._refuse(update, again)
        elif self._shares.decide(again) is Decision.HANDLE:
            self._add(update)
        else:
            self._deferred.setdefault(person, waiting).appendleft((update, counted))
        if person in self._deferred:
            self._schedule(counted)

    def _refuse(self, update: RawUpdate, counted: Counted) -> None:
        if self._shares.to_be_told(counted):
            self._tell(update)
        self._watch.passed_over(update, Result.REFUSED)
        self._settled(update["update_id"])

    def _store(self, updates: Iterable[RawUpdate]) -> None:
        for update in updates:
            if len(self._stored) + len(self._to_store) >= MOST_STORED:
                break
            self._to_store[update["update_id"]] = to_be_stored(update)
        self._write()

    def _note_stored(self, update_id: int, tries: int) -> None:
        fresh = update_id not in self._stored
        self._stored[update_id] = tries
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
            self._storing = set(stored)
            try:
                await self._storage.store(list(stored.values()))
            finally:
                # What was done with meanwhile may have been stored, also where no answer came.
                self._to_delete |= self._storing - self._to_store.keys()
                self._storing = set()
            for update_id, each in stored.items():
                if self._to_store.get(update_id) is each:
                    del self._to_store[update_id]
                    self._note_stored(update_id, each.tries)
        if deleted := list(self._to_delete):
            await self._storage.delete(deleted)
            self._to_delete.difference_update(deleted)
            for update_id in deleted:
                self._deleted(update_id)
