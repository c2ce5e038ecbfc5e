"""SIGTERM, SIGINT and SIGHUP, from the program's first line on; standard library only, so that nothing comes before.

    from bot import signals
    signals.install()            # before any other import: aiogram alone takes seconds
    ...
    signals.stop_sets(stop)      # inside the event loop: from now on a signal sets the event

Before `stop_sets` a signal ends the process at once, with the exit code a shell expects (143 or 130): nothing has been
opened yet. Afterwards it sets the event, and every further signal does nothing. Process 1 of a
container has no default action for signals: without a handler Linux drops them.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)
# A closed terminal; under nohup it is ignored. Windows does not have it.
_HANG_UP = getattr(signal, "SIGHUP", None)


def _end_now(number: int) -> None:
    for undo in _at_the_end:
        undo()
    # Not SystemExit: raised in the middle of an import, library code may catch it.
    os._exit(128 + number)


_act: Callable[[int], None] = _end_now


_at_the_end: list[Callable[[], None]] = []


@contextmanager
def undone(undo: Callable[[], None]) -> Iterator[None]:
    """Have `undo` called where a signal ends the process at once while this lasts."""
    _at_the_end.append(undo)
    try:
        yield
    finally:
        _at_the_end.remove(undo)


def install() -> None:
    """Take the signals; call it before anything else."""
    for number in SIGNALS:
        signal.signal(number, _received)
    if _HANG_UP is not None and signal.getsignal(_HANG_UP) != signal.SIG_IGN:
        signal.signal(_HANG_UP, _received)


def stop_sets(stop: asyncio.Event) -> None:
    """Have a signal set `stop` from now on. Call it inside the running event loop, in the main thread."""
    global _act  # noqa: PLW0603 - a process has one set of signal handlers
    loop = asyncio.get_running_loop()

    def set_stop(_: int) -> None:
        # The loop is closed at the very end of the process: a signal then has nothing left to stop.
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)

    _act = set_stop
    install()


def _received(number: int, _: FrameType | None) -> None:
    _act(number)
