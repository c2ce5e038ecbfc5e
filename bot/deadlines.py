"""Many deadlines with one timer: one timer each would cost more than most of what is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar

K = TypeVar("K")
T = TypeVar("T")

CHECK_EVERY_SECONDS = 0.25
"""How often the deadlines are checked, and so how late `late` is called at most."""


class Deadlines(Generic[K]):
    """Calls `late(what)` for everything watched that is not done by its deadline."""

    def __init__(self) -> None:
        self._watched: dict[K, tuple[float, Callable[[K], None]]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def watch(self, what: K, seconds: float, late: Callable[[K], None]) -> None:
        """Call `late(what)` unless it is done in so many seconds."""
        loop = asyncio.get_running_loop()
        self._watched[what] = (loop.time() + seconds, late)
        if self._timer is None or self._loop is not loop:
            self._timer, self._loop = loop.call_later(CHECK_EVERY_SECONDS, self._check), loop

    def done(self, what: K) -> bool:
        """Stop watching this; return False if it was late, or not watched."""
        return self._watched.pop(what, None) is not None

    def clear(self) -> None:
        """Stop watching everything."""
        self._watched.clear()

    def _check(self) -> None:
        loop = asyncio.get_running_loop()
        # Before `late` is called: if one of the calls fails, the rest are made at the next check.
        self._timer, self._loop = loop.call_later(CHECK_EVERY_SECONDS, self._check), loop
        now = loop.time()
        for what, (at, late) in list(self._watched.items()):
            if at <= now and self.done(what):
                late(what)
        if not self._watched:
            self._timer.cancel()
            self._timer = None


async def unless(stop: asyncio.Event, doing: Coroutine[Any, Any, T]) -> T | None:
    """Return what `doing` returns, or None when `stop` is set first; then it is cancelled."""
    task = asyncio.create_task(doing)
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        await cancelled(task, stopped)


async def within(seconds: float, waiting: Awaitable[Any]) -> bool:
    """Wait, and say whether the end came in time."""
    try:
        async with asyncio.timeout(seconds):
            await waiting
    except TimeoutError:
        return False
    return True


async def cancelled(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait for their end."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
