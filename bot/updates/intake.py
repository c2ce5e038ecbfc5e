"""What comes in: shared out fairly between people, and stored where it would hold up everybody else's.

Telegram hands out only the 100 oldest unconfirmed updates. So what is to be handled later is stored and confirmed: what
waits behind somebody's share, what waits in the queues of busy chats, and what a handler could not do in time.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Hashable

from bot.errors import Unavailable
from bot.storage.stored_updates import StoredUpdate
from bot.updates.chat_queues import ChatQueues, Work
from bot.updates.handling import Result, Watch
from bot.updates.raw_updates import MOST_STORED, RawUpdate, Storage
from bot.updates.shares import Counted, Decision, Shares
from bot.updates.storing import Storing

logger = logging.getLogger(__name__)

MOST_DEFERRED_OF_ADMIN, MOST_DEFERRED_OF_UNKNOWN = 500, 20
"""Updates of one person that wait behind their share; of an admin of the chat, or of somebody who may be one."""

TRIES, PAUSE_AFTER_TRY_SECONDS = 3, 5.0
"""Times an update is handled that takes too long, the first one included; and the pause after the first one."""

MOST_BEHIND = 20
"""Updates of one person in a chat that wait behind one that is handled once more. A command or press beyond that is
refused; anything else, which changes no setting, is handled before them."""


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
        self._ended = ended or confirm
        self._storing = Storing(storage, confirm=confirm, ended=self._ended, deleted=ended or (lambda _: None))
        self.queues = ChatQueues(
            prepare,
            self._storing.settled,
            deadline=deadline,
            wants=wants,
            is_admin=shares.is_admin,
            gave_up=self._gave_up,
            watch=self._watch,
        )
        self._shares = shares
        self._tell = tell
        self._deferred: dict[Hashable, deque[tuple[RawUpdate, Counted]]] = {}
        self._timers: dict[Hashable, asyncio.TimerHandle] = {}
        self._loaded: set[int] = set()
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
            self._handle(update, counted)
            return
        if counted.person in self._deferred and not counted.press:
            decision = Decision.DEFER if self._may_defer(counted) else Decision.REFUSE
        else:
            decision = self._shares.decide(counted)
        if decision is Decision.HANDLE:
            self._handle(update, counted)
        elif decision is Decision.DEFER and self._may_defer(counted):
            self._defer(update, counted)
            self._storing.store([update])
        else:
            self._refuse(update, counted)

    def relieve(self) -> None:
        """Store what is being handled or waits for that, so that it can be confirmed."""
        self._storing.store(self.queues.in_hand())

    def forget(self, update_id: int) -> None:
        """Delete the row of an update that was handled."""
        self._storing.forget(update_id)

    def _handle(self, update: RawUpdate, counted: Counted | None) -> None:
        crowded = self.queues.behind(update) > MOST_BEHIND
        if crowded and counted is not None:
            self._refuse(update, counted)
        else:
            self.queues.add(update, ahead=crowded)

    def _gave_up(self, update: RawUpdate) -> bool:
        """Handling took too long: True where the update is to be stored and handled once more, after a pause."""
        tries = self._storing.tries.get(update["update_id"], 0) + 1
        if tries >= TRIES or len(self._storing.tries) >= MOST_STORED:
            return False
        storing = asyncio.create_task(self._try_again(update, tries), name="storing an update that was given up")
        self._trying.add(storing)
        storing.add_done_callback(self._trying.discard)
        return True

    async def _try_again(self, update: RawUpdate, tries: int) -> None:
        try:
            await self._storing.store_now(update, tries)
        except Exception as error:
            if not isinstance(error, Unavailable):  # else it may be the database that it waited for
                logger.exception("Update %d could not be stored.", update["update_id"])
            self.queues.let_go(update)
            self._storing.settled(update["update_id"])
            return
        key = ("another try", update["update_id"])

        def again() -> None:
            del self._timers[key]
            self.queues.go_on(update)

        self._timers[key] = asyncio.get_running_loop().call_later(PAUSE_AFTER_TRY_SECONDS * tries, again)

    async def load(self) -> None:
        """Go on with what a former process stored; raises `Unavailable`."""
        for each in await self._storing.storage.load(MOST_STORED):
            if each.body["update_id"] not in self._storing.tries:
                self._loaded.add(each.body["update_id"])
                self.take_stored(each)

    def take_stored(self, stored: StoredUpdate) -> None:
        """Go on with an update that is stored."""
        update_id = stored.body["update_id"]
        if self._storing.forgets(update_id):
            return
        self._storing.tries[update_id] = stored.tries
        counted = self._shares.counted(stored.body)
        if counted is None or self._shares.decide(counted) is Decision.HANDLE:
            self._handle(stored.body, counted)
        else:
            self._defer(stored.body, counted)

    def note_stored(self, stored: StoredUpdate) -> None:
        """An update in hand was stored by another process, to which Telegram delivered it, too."""
        self._storing.tries.setdefault(stored.body["update_id"], stored.tries)

    def drop(self) -> None:
        """Forget everything in memory: another process goes on with what is stored."""
        self.queues.drop()
        for timer in self._timers.values():
            timer.cancel()
        for task in self._trying:
            task.cancel()
        self._timers.clear()
        self._deferred.clear()
        self._storing.drop()

    def leave_stored(self) -> None:
        """Leave what is stored and waits for its time to the process that leads now, which has read it."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        for person, waiting in list(self._deferred.items()):
            rest = deque(each for each in waiting if each[0]["update_id"] not in self._storing.tries)
            if rest:
                self._deferred[person] = rest
                self._schedule(rest[0][1])
            else:
                del self._deferred[person]
        self.queues.let_go_all(but=self._storing.tries.keys())
        self._storing.tries.clear()

    async def close(self) -> None:
        """Finish writing, and end everything else."""
        await self._storing.finish()
        self.drop()
        if self._trying:
            await asyncio.wait(self._trying)  # they were cancelled
        await self._storing.close()

    def _may_defer(self, counted: Counted) -> bool:
        most = MOST_DEFERRED_OF_ADMIN if counted.by_admin else MOST_DEFERRED_OF_UNKNOWN
        return (
            counted.by_admin is not False
            and self._storing.has_room
            and len(self._deferred.get(counted.person, ())) < most
        )

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
            self._handle(update, again)
        else:
            self._deferred.setdefault(person, waiting).appendleft((update, counted))
        if person in self._deferred:
            self._schedule(counted)

    def _refuse(self, update: RawUpdate, counted: Counted) -> None:
        if self._shares.to_be_told(counted):
            self._tell(update)
        self._watch.passed_over(update, Result.REFUSED)
        self._storing.settled(update["update_id"])
