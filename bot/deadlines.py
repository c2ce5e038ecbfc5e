"""Many waits with a limit of time, and one timer for all: a timer for each costs more than most of the waits do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")

CHECK_EVERY_SECONDS = 0.25
"""Seconds between two looks at the clock, and so the most that a limit is passed by."""


class Deadlines(Generic[K]):
    """Calls `late(what)` for each thing watched that is not done within its time."""

    def __init__(self) -> None:
        self._watched: dict[K, tuple[float, Callable[[K], None]]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def watch(self, what: K, seconds: float, late: Callable[[K], None]) -> None:
        """Call `late` when this is not done in so many seconds."""
        loop = asyncio.get_running_loop()
        self._watched[what] = (loop.time() + seconds, late)
        if self._timer is None or self._loop is not loop:
            self._timer, self._loop = loop.call_later(CHECK_EVERY_SECONDS, self._look), loop

    def done(self, what: K) -> bool:
        """Watch this no longer; False when it was late, or not watched."""
        return self._watched.pop(what, None) is not None

    def clear(self) -> None:
        """Watch nothing any more."""
        self._watched.clear()

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        # Before the others are told: should one of them fail, the rest have their turn at the next look.
        self._timer, self._loop = loop.call_later(CHECK_EVERY_SECONDS, self._look), loop
        now = loop.time()
        for what, (at, late) in list(self._watched.items()):
            if at <= now and self.done(what):
                late(what)
        if not self._watched:
            self._timer.cancel()
            self._timer = None
