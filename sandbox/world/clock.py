"""The world's time: the real time plus an offset that tests can increase."""

from __future__ import annotations

import time


class Clock:
    """Seconds since 1970, in UTC. `advance` makes hours pass at once; `frozen` stops the rest."""

    def __init__(self, start: float | None = None, *, frozen: bool = False) -> None:
        self._frozen = frozen
        self._offset = 0.0 if start is None else start - time.time()
        self._stopped_at = time.time() + self._offset

    def now(self) -> float:
        """Seconds since 1970 in this world."""
        return self._stopped_at if self._frozen else time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self._offset += seconds
        self._stopped_at += seconds
