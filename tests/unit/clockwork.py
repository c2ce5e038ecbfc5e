"""An event loop whose clock jumps: when everything waits, the next timer is due at once."""

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

P = ParamSpec("P")


class _Jumping(selectors.DefaultSelector):
    skipped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if not events and timeout is None:
            # Nothing is due and no timer is set: only another thread could wake the loop.
            events = super().select(5)
            assert events, "everything waits for ever"
        if not events and timeout:
            self.skipped += timeout
        return events


class FastLoop(asyncio.SelectorEventLoop):
    """Seconds pass in no time; their order and their sums are right to the microsecond of computing."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.skipped

    def stand_still(self, seconds: float) -> None:
        """Pass time without a turn of the loop, as a process that is stopped."""
        self._jumping.skipped += seconds


def in_no_time(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run a test on a loop whose clock stands still while it computes and jumps while it waits."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=FastLoop) as runner:
            runner.run(test(*args, **kwargs))

    return run


def now() -> float:
    return asyncio.get_running_loop().time()
