"""A progress bar on stderr, where somebody looks at it."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self, TextIO

DRAW_EVERY_SECONDS = 0.1
WIDTH = 24


class Progress:
    """Shows how many of `total` are done while it is open; elsewhere than in a terminal it shows nothing."""

    def __init__(self, total: int, stream: TextIO | None = None) -> None:
        self._total = total
        self._done = 0
        self._stream = stream or sys.stderr
        self._seen = self._stream.isatty()
        self._drawn_at = -DRAW_EVERY_SECONDS
        self._started_at = time.monotonic()

    def __enter__(self) -> Self:
        self.add(0)
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _place: TracebackType | None) -> None:
        if self._seen:
            self._draw()
            self._stream.write("\n")
            self._stream.flush()

    def add(self, count: int = 1) -> None:
        """Count what was done since the last call."""
        self._done += count
        if self._seen and (now := time.monotonic()) - self._drawn_at >= DRAW_EVERY_SECONDS:
            self._drawn_at = now
            self._draw()

    def _draw(self) -> None:
        self._stream.write(f"\r\x1b[K{bar(self._done, self._total, time.monotonic() - self._started_at)}")
        self._stream.flush()


def bar(done: int, total: int, seconds: float) -> str:
    """Return the line for so many done in so many seconds."""
    share = min(done / total, 1.0) if total else 1.0
    filled = round(share * WIDTH)
    left = seconds * (1 - share) / share if share else 0.0
    rest = f", about {_duration(left)} left" if 0 < share < 1 and seconds >= 1 else ""
    return f"{'█' * filled}{'░' * (WIDTH - filled)} {share:4.0%}  {done:,} of {total:,} lines{rest}"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
