"""What waits to be sent to one recipient: in order, at Telegram's rate, the newest of several edits only."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from contextvars import Context, ContextVar
from typing import Any, Protocol

from bot.client.attempts import Entry, Outcome, Verdict
from bot.client.connectivity import Connectivity
from bot.client.outgoing import Combiner, Recipient, recipient_of
from bot.client.rate_limits import RecipientRate, SharedRate

logger = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.3, 30.0
"""Between two attempts of one recipient's messages that fail: doubled from the first to the longest."""

SENDING: ContextVar[bool] = ContextVar("a call of the outbox", default=False)
"""Set in the tasks that send, so that their calls are told from those that have yet to be queued."""


class Sending(Protocol):
    """What the queues of all recipients share."""

    rate: SharedRate
    connectivity: Connectivity
    leading: asyncio.Event
    """Set while this process may send."""

    async def claim(self, entry: Entry) -> bool:
        """Begin an attempt; False where the message was said before."""
        ...

    def taken_early(self, combiner: Combiner) -> list[Entry]:
        """Return the entries of a combiner whose time has not come yet; they are said with the others."""
        ...

    async def attempt(self, batch: Sequence[Entry]) -> Outcome:
        """Make the call of an entry, or the one that says several."""
        ...

    def postponed(self, entry: Entry, outcome: Outcome) -> bool:
        """An entry is to wait for another attempt; False where a newer one has taken its place."""
        ...

    def finished(self, entry: Entry, outcome: Outcome) -> None:
        """An entry has its final outcome."""
        ...

    def abandoned(self, entry: Entry) -> None:
        """An entry was cut off in the middle of an attempt."""
        ...

    def moved_on(self, entry: Entry) -> None:
        """An entry goes to another recipient's queue."""
        ...


class RecipientQueue:
    """The entries of one recipient and the task that sends them, while there are any."""

    def __init__(self, recipient: Recipient, rate: RecipientRate | None, sending: Sending) -> None:
        self.recipient = recipient
        self.entries: deque[Entry] = deque()
        self.worker: asyncio.Task[None] | None = None
        self._rate = rate
        self._sending = sending
        self._closed_until = 0.0  # Telegram said so
        self._paused_until = 0.0  # something failed
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        """How many messages wait; those that are said in one count as one."""
        combiners = [each.message.combiner for each in self.entries if each.message.combiner is not None]
        return len(self.entries) - len(combiners) + len(set(combiners))

    def holds(self, combiner: Combiner | None) -> bool:
        """Say whether something waits here with which others can be said in one message."""
        return combiner is not None and any(each.message.combiner is combiner for each in self.entries)

    def idle(self, now: float) -> bool:
        """Say whether it can be forgotten."""
        return (
            self.worker is None
            and now >= max(self._closed_until, self._paused_until)
            and (self._rate is None or self._rate.idle(now))
        )

    def wait_seconds(self, now: float, *, by_admin: bool, ahead: int = 0) -> float:
        """Return how long a message has to wait at least that is the next, or has so many others ahead of it."""
        free = now if self._rate is None else self._rate.free_at(now, by_admin=by_admin, ahead=ahead)
        return max(self._closed_until, self._paused_until, free) - now

    def close_for(self, seconds: float) -> None:
        """Send nothing for so long."""
        self._closed_until = max(self._closed_until, _now() + seconds)

    def reopen(self) -> None:
        """Try again at once: what failed works again."""
        self._paused_until = 0.0
        self._changed.set()

    def put(self, entry: Entry) -> None:
        """Have an entry sent after those that are there."""
        self.entries.append(entry)
        self._changed.set()
        if self.worker is None:
            # In a context of its own: what it sends has nothing to do with the update that is in hand right now.
            self.worker = asyncio.create_task(self._work(), name="messages to a recipient", context=Context())

    def withdraw(self, entry: Entry) -> None:
        """Do not send an entry that waits here."""
        if entry in self.entries:
            self.entries.remove(entry)
            self._changed.set()

    def cancel(self) -> None:
        """Send nothing any more."""
        self.entries.clear()
        if self.worker is not None:
            self.worker.cancel()
            self.worker = None

    async def _work(self) -> None:
        SENDING.set(True)
        backlog = False  # once there was one, until the queue is empty
        try:
            while self.entries:
                if not self._sending.leading.is_set():
                    await self._sending.leading.wait()
                entry = self._next_fresh()
                if entry is None:
                    return
                wait = self.wait_seconds(_now(), by_admin=entry.message.by_admin)
                if wait > 0:
                    backlog = True
                    await self._wait(min(wait, min(each.expires for each in self.entries) - _now()))
                    continue
                backlog = backlog or len(self.entries) > 1
                if await self._turn(entry, backlog=backlog):
                    self.entries.remove(entry)
                    await self._send(entry)
        finally:
            if self.worker is asyncio.current_task():
                self.worker = None

    async def _turn(self, entry: Entry, *, backlog: bool) -> bool:
        """Wait for Telegram and an entry's turn among all recipients; False where it is not to be sent any more."""
        waited = self._sending.connectivity.in_doubt()
        if waited:
            await self._sending.connectivity.until_answered()
        if self._rate is not None and not self._sending.rate.take(backlog=backlog):
            await self._sending.rate.turn(backlog=backlog)
            waited = True
        if waited and (entry not in self.entries or _now() >= entry.expires or not self._sending.leading.is_set()):
            return False
        if self._rate is not None:
            self._rate.count(_now(), by_admin=entry.message.by_admin)
        return True

    async def _wait(self, seconds: float) -> None:
        """Wait, but no longer than until another entry comes, which may be an admin's."""
        self._changed.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    def _next_fresh(self) -> Entry | None:
        """Return the first entry; those that have expired are given up. An admin's goes first where only those may."""
        now = _now()
        for entry in [each for each in self.entries if now >= each.expires]:
            self.entries.remove(entry)
            self._sending.finished(entry, Outcome(Verdict.EXPIRED))
        if not self.entries:
            return None
        first = self.entries[0]
        if not first.message.by_admin and self.wait_seconds(now, by_admin=False) > 0:
            return next((each for each in self.entries if each.message.by_admin), first)
        return first

    def _batch(self, entry: Entry) -> list[Entry]:
        """Return an entry that was taken out, with all that are said in one message with it, in their order."""
        combiner = entry.message.combiner
        if combiner is None:
            return [entry]
        others = [each for each in self.entries if each.message.combiner is combiner]
        for each in others:
            self.entries.remove(each)
        return sorted([entry, *others, *self._sending.taken_early(combiner)], key=lambda each: each.seq)

    async def _send(self, entry: Entry) -> None:
        batch = self._batch(entry)
        try:
            unsaid = [each for each in batch if await self._unsaid(each)]
            if unsaid:
                self._conclude(unsaid, await self._sending.attempt(unsaid))
        except asyncio.CancelledError:
            for each in batch:
                self._sending.abandoned(each)
            raise
        except Exception as error:
            # The queue goes on with the next message, whatever happened to this one.
            logger.exception("Chat %s: a message (%s) failed.", entry.recipient.chat_id, entry.message.kind)
            self._finish(batch, Outcome(Verdict.UNKNOWN, error=error))

    async def _unsaid(self, entry: Entry) -> bool:
        if await self._sending.claim(entry):
            return True
        self._sending.finished(entry, Outcome(Verdict.SENT))
        return False

    def _conclude(self, batch: Sequence[Entry], outcome: Outcome) -> None:
        first = batch[0]
        match outcome.verdict:
            case Verdict.REFUSED if first.next_alternative(_now()):
                self._turn_to_alternative(batch)
            case Verdict.UNKNOWN if first.message.policy.repeat:
                self._postpone(batch, outcome)
            case Verdict.LATER:
                self._postpone(batch, outcome)
            case Verdict.FORBIDDEN:
                self._finish([*batch, *self.entries], outcome)
                self.entries.clear()
            case _:
                self._finish(batch, outcome)

    def _finish(self, batch: Sequence[Entry], outcome: Outcome) -> None:
        for each in batch:
            self._sending.finished(each, outcome)

    def _turn_to_alternative(self, batch: Sequence[Entry]) -> None:
        first = batch[0]
        to = recipient_of(first.call)
        if to == self.recipient:
            self.entries.extendleft(reversed(batch))
        else:
            first.recipient, first.place = to, None
            self._sending.moved_on(first)

    def _postpone(self, batch: Sequence[Entry], outcome: Outcome) -> None:
        if outcome.wait_seconds:
            self.close_for(outcome.wait_seconds)
        else:
            pause = min(FIRST_PAUSE_SECONDS * 2.0 ** min(batch[0].attempts, 10), LONGEST_PAUSE_SECONDS)
            self._paused_until = _now() + pause
        for entry in reversed(batch):
            entry.attempts += 1
            if self._sending.postponed(entry, outcome):
                self.entries.appendleft(entry)
            else:
                self._sending.finished(entry, outcome)


def answer_of(outcome: Outcome) -> Any:
    """Return Telegram's answer, or raise the error that made it impossible."""
    if outcome.verdict is not Verdict.SENT and outcome.error is not None:
        raise outcome.error
    return outcome.result


def _now() -> float:
    return asyncio.get_running_loop().time()
