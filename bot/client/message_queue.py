"""What waits to be written in one chat: in order, at Telegram's rate, the newest of several edits only."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from aiogram.dispatcher.event.bases import CancelHandler
from aiogram.exceptions import TelegramRetryAfter

from bot.client.methods import Method, edits, name_of, supersedes, worth_repeating, writes
from bot.client.rate_limits import SlidingWindow
from bot.deadlines import Deadlines

logger = logging.getLogger(__name__)

PATIENCE = 5.0
"""Seconds a handler is held by a message that has to wait; then the message waits alone."""

KEEP = 120.0
"""Seconds a message is worth sending; what would have to wait longer is given up."""

Send = Callable[[Method], Awaitable[Any]]


class Later(CancelHandler):
    """The message has to wait (flood control, an outage) and is sent as soon as it may be; the handler ends here.

    Raised by the calls that return a message; edits and deletions return True instead. `outcome` is done with the
    message when it is sent, or with the error when it is given up.
    """

    def __init__(self, method: Method, outcome: asyncio.Future[Any]) -> None:
        super().__init__(f"{name_of(method)} has to wait")
        self.outcome = outcome


@dataclass(eq=False, slots=True)
class Waiting:
    """One message on its way, and what became of it. Calls superseded by another one share it."""

    method: Method
    send: Send
    since: float
    held: list[asyncio.Future[None]] = field(default_factory=list)  # of the handlers that wait for it
    tries: int = 0
    ended: bool = False
    _result: Any = None
    _error: BaseException | None = None
    _outcome: asyncio.Future[Any] | None = None

    def result(self) -> Any:
        """Return Telegram's answer, or raise the error; for a message that `ended`."""
        if self._error is not None:
            raise self._error
        return self._result

    def outcome(self) -> asyncio.Future[Any]:
        """Return a future of the answer, for who does not wait for it here."""
        if self._outcome is None:
            self._outcome = asyncio.get_running_loop().create_future()
            self._outcome.add_done_callback(_mark_as_seen)
        return self._outcome

    def let_go(self) -> None:
        """Hold no handler any longer."""
        for held in self.held:
            _let_go(held)

    def end(self, result: Any, error: BaseException | None = None) -> None:
        """Note what became of it and tell everybody."""
        self.ended, self._result, self._error = True, result, error
        self.let_go()
        outcome = self._outcome
        if outcome is None or outcome.done():
            return
        if error is None:
            outcome.set_result(result)
        elif isinstance(error, asyncio.CancelledError):
            outcome.cancel()
        else:
            outcome.set_exception(error)


class Line:
    """The queue of one chat.

    `overall` is the rate limit of all queues together, `limits` are its own; they share `deadlines`, too.
    """

    def __init__(
        self,
        key: Hashable,
        limits: tuple[SlidingWindow, ...],
        overall: SlidingWindow,
        deadlines: Deadlines[asyncio.Future[None]],
    ) -> None:
        self.key = key
        self._pace = limits
        self._overall = overall
        self._deadlines = deadlines
        self._queue: deque[Waiting] = deque()
        self._closed_until = 0.0
        self._worker: asyncio.Task[None] | None = None
        self._shut = False  # while its callers must not be held

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def worker(self) -> asyncio.Task[None] | None:
        """The task that empties the queue, while there is one."""
        return self._worker

    def idle(self, now: float) -> bool:
        """Whether it can be forgotten."""
        return self._worker is None and now >= self._closed_until and all(window.idle(now) for window in self._pace)

    def delay(self, now: float) -> float:
        """Return how long the next message has to wait at least."""
        return max(self._closed_until, *(window.free_at(now) for window in self._pace), now) - now

    async def write(self, method: Method, send: Send) -> Any:
        """Have the message sent in its turn and return Telegram's answer; see `Later`."""
        waiting = self._put(method, send)
        if not self._shut:
            await self._hold(waiting)
        if waiting.ended:
            return waiting.result()
        if edits(method) or not writes(method):
            return True
        raise Later(method, waiting.outcome())

    async def _hold(self, waiting: Waiting) -> None:
        """Wait for the end of a message, but not beyond `PATIENCE` and not while the line is shut."""
        held: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting.held.append(held)
        self._deadlines.watch(held, PATIENCE, _let_go)
        try:
            await held
        except asyncio.CancelledError:
            self._withdraw(waiting)
            raise
        finally:
            self._deadlines.done(held)
            waiting.held.remove(held)

    def close_for(self, seconds: float, now: float) -> None:
        """Send nothing for so long: Telegram said so."""
        self._closed_until = max(self._closed_until, now + seconds)

    def _put(self, method: Method, send: Send) -> Waiting:
        now = asyncio.get_running_loop().time()
        waiting = next((each for each in self._queue if supersedes(method, each.method)), None)
        if waiting is not None:
            waiting.method, waiting.send, waiting.since = method, send, now
        else:
            waiting = Waiting(method, send, now)
            self._queue.append(waiting)
        if self._worker is None:
            self._worker = asyncio.create_task(self._work(), name=f"messages for {self.key}")
        return waiting

    def _withdraw(self, waiting: Waiting) -> None:
        """Take out what only a cancelled handler wanted, unless it is on its way."""
        if len(waiting.held) == 1 and waiting in self._queue:
            self._queue.remove(waiting)
            waiting.end(None, asyncio.CancelledError())

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._queue:
                delay = self.delay(loop.time())
                if delay > 0:
                    await self._wait(delay)
                    continue
                waiting = self._queue.popleft()
                at = self._overall.free_at(loop.time())
                self._overall.count(at)
                for window in self._pace:
                    window.count(at)
                if at > loop.time():
                    await asyncio.sleep(at - loop.time())
                await self._send(waiting)
        finally:
            self._worker = None

    async def _wait(self, delay: float) -> None:
        if delay > PATIENCE:
            self._shut = True
            for waiting in self._queue:
                waiting.let_go()
        try:
            await asyncio.sleep(delay)
        finally:
            self._shut = False

    async def _send(self, waiting: Waiting) -> None:
        try:
            result = await waiting.send(waiting.method)
        except asyncio.CancelledError as error:
            waiting.end(None, error)
            raise
        except Exception as error:  # noqa: BLE001 - a background loop's turn
            self._failed(waiting, error)
        else:
            waiting.end(result)

    def _failed(self, waiting: Waiting, error: Exception) -> None:
        now = asyncio.get_running_loop().time()
        pause = self._pause(waiting, error)
        if pause is not None and now + pause - waiting.since <= KEEP:
            self.close_for(pause, now)
            waiting.tries += 1
            logger.warning(
                "%s in %s waits %.1f s (%s).", name_of(waiting.method), self.key, pause, type(error).__name__
            )
            self._queue.appendleft(waiting)
            return
        if not waiting.held or pause is not None:
            logger.warning("%s in %s is given up (%s).", name_of(waiting.method), self.key, type(error).__name__)
        waiting.end(None, error)

    def _pause(self, waiting: Waiting, error: Exception) -> float | None:
        if isinstance(error, TelegramRetryAfter):
            return float(error.retry_after)
        if worth_repeating(waiting.method, error):
            return min(0.3 * 2.0**waiting.tries, 5.0)
        return None


def _let_go(held: asyncio.Future[None]) -> None:
    if not held.done():
        held.set_result(None)


def _mark_as_seen(outcome: asyncio.Future[Any]) -> None:
    """Keep asyncio from reporting an error nobody waited for; it is in the log."""
    if not outcome.cancelled():
        outcome.exception()
