"""What waits to be sent to one recipient: in order, at Telegram's rate, the newest of several edits only."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextvars import Context, ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from bot.client.attempts import Outcome, Verdict
from bot.client.connectivity import Connectivity
from bot.client.methods import Method
from bot.client.outgoing import EPHEMERAL_REPLY_SECONDS, Outgoing, Recipient, recipient_of
from bot.client.rate_limits import RecipientRate, SharedRate
from bot.settling import Settling

logger = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.3, 30.0
"""Between two attempts of one recipient's messages that fail: doubled from the first to the longest."""

SENDING: ContextVar[bool] = ContextVar("a call of the outbox", default=False)
"""Set in the tasks that send, so that their calls are told from those that have yet to be queued."""

QueueKey = tuple[str, Recipient]
Place = tuple[QueueKey, str]


@dataclass(eq=False, slots=True)
class Entry:
    """A message in memory. Times are those of the event loop."""

    message: Outgoing
    key: str
    recipient: Recipient
    seq: int
    since: float
    due: float
    expires: float
    update: Settling | None = None
    update_id: int | None = None
    alternative: int = 0
    attempts: int = 0
    row: tuple[int, int] | None = None
    """Id and version of its copy in the database."""
    place: Place | None = None
    """Its queue and its key there, worked out once."""
    done: bool = False
    outcome: asyncio.Future[Outcome] | None = None

    @property
    def call(self) -> Method:
        """The call to make next."""
        return self.message.calls[self.alternative]

    def settle(self) -> None:
        """Let the update be confirmed as far as this message is concerned."""
        if self.update is not None:
            self.update.closed()
            self.update = None

    def next_alternative(self, now: float) -> bool:
        """Turn to the next call; False where none is left. What came late for one person is not shown to everybody."""
        late = now - self.since > EPHEMERAL_REPLY_SECONDS
        private = recipient_of(self.message.calls[0]).receiver_id != 0
        while self.alternative + 1 < len(self.message.calls):
            self.alternative += 1
            to = recipient_of(self.call)
            public = to.receiver_id == 0 and isinstance(to.chat_id, int) and to.chat_id < 0
            if not (late and private and public):
                return True
        return False


class Sending(Protocol):
    """What the queues of all recipients share."""

    rate: SharedRate
    connectivity: Connectivity
    leading: asyncio.Event
    """Set while this process may send."""

    async def claim(self, entry: Entry) -> bool:
        """Begin an attempt; False where the message was said before."""
        ...

    async def attempt(self, entry: Entry) -> Outcome:
        """Make the call of an entry."""
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
        return len(self.entries)

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
        waited = False
        try:
            while self.entries:
                if not self._sending.leading.is_set():
                    await self._sending.leading.wait()
                entry = self._next_fresh()
                if entry is None:
                    return
                wait = self.wait_seconds(_now(), by_admin=entry.message.by_admin)
                if wait > 0:
                    waited = True
                    await self._wait(min(wait, min(each.expires for each in self.entries) - _now()))
                elif await self._turn(entry, backlog=waited or len(self.entries) > 1):
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
            self._sending.finished(entry, Outcome(Verdict.NEXT))
        if not self.entries:
            return None
        first = self.entries[0]
        if not first.message.by_admin and self.wait_seconds(now, by_admin=False) > 0:
            return next((each for each in self.entries if each.message.by_admin), first)
        return first

    async def _send(self, entry: Entry) -> None:
        try:
            if not await self._sending.claim(entry):
                self._sending.finished(entry, Outcome(Verdict.SENT))
                return
            self._conclude(entry, await self._sending.attempt(entry))
        except asyncio.CancelledError:
            self._sending.abandoned(entry)
            raise
        except Exception as error:
            # The queue goes on with the next message, whatever happened to this one.
            logger.exception("Chat %s: a message (%s) failed.", entry.recipient.chat_id, entry.message.kind)
            self._sending.finished(entry, Outcome(Verdict.UNKNOWN, error=error))

    def _conclude(self, entry: Entry, outcome: Outcome) -> None:
        match outcome.verdict:
            case Verdict.NEXT if entry.next_alternative(_now()):
                self._turn_to_alternative(entry)
            case Verdict.UNKNOWN if entry.message.policy.repeat:
                self._postpone(entry, outcome)
            case Verdict.LATER:
                self._postpone(entry, outcome)
            case Verdict.FORBIDDEN:
                for each in (entry, *self.entries):
                    self._sending.finished(each, outcome)
                self.entries.clear()
            case _:
                self._sending.finished(entry, outcome)

    def _turn_to_alternative(self, entry: Entry) -> None:
        to = recipient_of(entry.call)
        if to == self.recipient:
            self.entries.appendleft(entry)
        else:
            entry.recipient, entry.place = to, None
            self._sending.moved_on(entry)

    def _postpone(self, entry: Entry, outcome: Outcome) -> None:
        if outcome.wait_seconds:
            self.close_for(outcome.wait_seconds)
        else:
            pause = min(FIRST_PAUSE_SECONDS * 2.0 ** min(entry.attempts, 10), LONGEST_PAUSE_SECONDS)
            self._paused_until = _now() + pause
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
