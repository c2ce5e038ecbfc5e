"""Work that is repeated beside the polling: a turn that fails is logged, and the next one comes all the same."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType

from bot.errors import Unavailable

logger = logging.getLogger(__name__)

Turn = Callable[[], Awaitable[float | None]]
"""One turn of a loop; returns the seconds until the next one, None when there is nothing more to do."""

FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 60.0
OUTAGE_RETRY_SECONDS = 2.0
"""The pause while the database is away."""


async def repeat(name: str, turn: Turn) -> None:
    """Take one turn after another until one returns None; after a failure the pause doubles from try to try."""
    retry = FIRST_RETRY_SECONDS
    while True:
        try:
            pause = await turn()
        except Unavailable:
            pause = OUTAGE_RETRY_SECONDS  # the circuit breaker has logged it
        except Exception:
            pause, retry = retry, min(2 * retry, LONGEST_RETRY_SECONDS)
            logger.exception("%s failed; retrying in %.1f s.", name, pause)
        else:
            retry = FIRST_RETRY_SECONDS
        if pause is None:
            return
        await asyncio.sleep(pause)


class Background:
    """Repeats turns, each by itself, from `async with` on until its end, where what is under way is cancelled."""

    def __init__(self, turns: Mapping[str, Turn]) -> None:
        self._turns = turns
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> None:
        self._tasks = [asyncio.create_task(repeat(name, turn), name=name) for name, turn in self._turns.items()]

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, place: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
