"""Telegram's limits on what a bot may write, kept before Telegram has to say so.

About one message a second in a chat with short bursts, 20 a minute in a group, 30 a second in all; edits count alike
(https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this). All times in seconds of one clock.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import astuple, dataclass

from bot.client.outgoing import Recipient

MARGIN = 1.05
"""How much longer than Telegram's our periods are: a message that travelled fast must not come too early."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be written: (messages, seconds). `queues_in_all` is what recipients with a backlog share.

    In a chat so many may go at once, and then one at a time, evenly over the seconds.
    Of a group's rate, what answers people who are no admins gets `others_in_group`.
    """

    in_all: tuple[int, float] = (30, 1.0)
    queues_in_all: tuple[int, float] = (20, 1.0)
    in_chat: tuple[int, float] = (3, 3.0)
    in_group: tuple[int, float] = (20, 60.0)
    others_in_group: tuple[int, float] = (12, 60.0)

    def faster(self, times: float) -> Limits:
        """Return the same numbers in shorter times: what is tried takes less long, the rules are the same."""
        return Limits(*((number, seconds / times) for number, seconds in astuple(self)))


class SlidingWindow:
    """At most `limit` in any `period_seconds`."""

    def __init__(self, limit: int, period_seconds: float) -> None:
        self._limit = limit
        self._period = period_seconds * MARGIN
        self._times: deque[float] = deque(maxlen=limit)

    def free_at(self, now: float, ahead: int = 0) -> float:
        """Return when the next one may go; with others `ahead` of it, the earliest time at which it may."""
        index = len(self._times) + ahead - self._limit
        if index < 0:
            return now
        return max(now, self._times[index] + self._period) if index < len(self._times) else now + self._period

    def count(self, at: float) -> None:
        """Count one at this time."""
        self._times.append(at)

    def idle(self, now: float) -> bool:
        """Say whether everything it remembers is long past."""
        return not self._times or self._times[-1] + self._period < now


class TokenBucket:
    """A burst of at most `limit`, and `limit` in any `period_seconds` in the long run, one after the other."""

    def __init__(self, limit: int, period_seconds: float) -> None:
        self._interval = period_seconds * MARGIN / limit
        self._burst = (limit - 1) * self._interval
        self._full_at = 0.0  # when another burst may go

    def free_at(self, now: float, ahead: int = 0) -> float:
        """Return when the next one may go; with others `ahead` of it, the earliest time at which it may."""
        return max(now, max(now, self._full_at) + ahead * self._interval - self._burst)

    def count(self, at: float) -> None:
        """Count one at this time."""
        self._full_at = max(at, self._full_at) + self._interval

    def idle(self, now: float) -> bool:
        """Say whether everything it remembers is long past."""
        return self._full_at < now


class RecipientRate:
    """The limits on one recipient.

    What one person alone sees in a group counts for that person: nothing says that it counts for the group, where 20
    presses a minute are soon made in a menu. Should Telegram mind, it says so by a 429.
    """

    def __init__(self, recipient: Recipient, limits: Limits) -> None:
        chat = recipient.chat_id
        shared = recipient.receiver_id == 0 and (isinstance(chat, str) or chat < 0)
        self._all: list[SlidingWindow | TokenBucket] = [TokenBucket(*limits.in_chat)]
        if shared:
            self._all.append(SlidingWindow(*limits.in_group))
        self._others = [SlidingWindow(*limits.others_in_group)] if shared else []

    def free_at(self, now: float, *, by_admin: bool, ahead: int = 0) -> float:
        """Return when the next message may go, or the one with so many others ahead of it."""
        return max(now, *(window.free_at(now, ahead) for window in self._counting(by_admin=by_admin)))

    def count(self, now: float, *, by_admin: bool) -> None:
        """Count a message that goes now."""
        for window in self._counting(by_admin=by_admin):
            window.count(now)

    def idle(self, now: float) -> bool:
        """Say whether it can be forgotten."""
        return all(window.idle(now) for window in (*self._all, *self._others))

    def _counting(self, *, by_admin: bool) -> Iterable[SlidingWindow | TokenBucket]:
        return self._all if by_admin else (*self._all, *self._others)


class SharedRate:
    """The limit on everything together. Recipients with a backlog wait behind the others and get a part of it only."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.divide(1)
        self._waiting: dict[bool, deque[asyncio.Future[None]]] = {False: deque(), True: deque()}
        self._timer: asyncio.TimerHandle | None = None
        self._closed_until = 0.0

    def divide(self, processes: int) -> None:
        """Take one of so many equal parts: that many processes send to Telegram."""
        (in_all, seconds), (backlog, backlog_seconds) = self._limits.in_all, self._limits.queues_in_all
        self._all = SlidingWindow(max(1, in_all // processes), seconds)
        self._backlog = SlidingWindow(max(1, backlog // processes), backlog_seconds)

    def close_for(self, seconds: float) -> None:
        """Let nothing pass for so long: Telegram said so to several recipients at once."""
        self._closed_until = max(self._closed_until, asyncio.get_running_loop().time() + seconds)

    def take(self, *, backlog: bool) -> bool:
        """Return True where a message may go this instant, and count it."""
        now = asyncio.get_running_loop().time()
        if self._free_at(now, backlog=backlog) > now or self._waiting[False] or (backlog and self._waiting[True]):
            return False
        self._count(now, backlog=backlog)
        return True

    async def turn(self, *, backlog: bool) -> None:
        """Wait until a message may go, and count it."""
        if self.take(backlog=backlog):
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[backlog].append(turn)
        self._schedule()
        await turn

    def _free_at(self, now: float, *, backlog: bool) -> float:
        free = max(self._closed_until, self._all.free_at(now))
        return max(free, self._backlog.free_at(now)) if backlog else free

    def _count(self, now: float, *, backlog: bool) -> None:
        self._all.count(now)
        if backlog:
            self._backlog.count(now)

    def _schedule(self) -> None:
        """Set the timer for the next turn."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        loop = asyncio.get_running_loop()
        times = [self._free_at(loop.time(), backlog=backlog) for backlog, queue in self._waiting.items() if queue]
        if times:
            self._timer = loop.call_at(min(times), self._let_pass)

    def _let_pass(self) -> None:
        now = asyncio.get_running_loop().time()
        for backlog in (False, True):
            queue = self._waiting[backlog]
            while queue and self._free_at(now, backlog=backlog) <= now:
                turn = queue.popleft()
                if not turn.done():  # cancelled: whoever waited is gone
                    self._count(now, backlog=backlog)
                    turn.set_result(None)
        self._timer = None
        self._schedule()
