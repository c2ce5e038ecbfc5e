"""Which process may poll: one of the bot at a time."""

from __future__ import annotations

import asyncio
from typing import Protocol


class LeaderLock(Protocol):
    """The right to poll. At most one process has it, and only that one may call getUpdates."""

    async def acquire(self) -> asyncio.Event:
        """Wait, perhaps for days, until this process leads. Return an event that is set when it stops leading."""
        ...

    def held(self) -> bool:
        """Whether it is certain that this process leads now; False if that was not checked lately."""
        ...

    def grace_seconds(self) -> float:
        """Return for how long nobody else can lead yet after this process lost the leadership just now; 0 otherwise."""
        ...

    async def release(self) -> None:
        """Give the leadership up, or stop waiting for it."""
        ...

    def report_conflict(self) -> None:
        """Tell that another process polls: Telegram says so."""
        ...


class OnlyProcess:
    """The leadership of a bot that runs in one process only."""

    def __init__(self) -> None:
        self._leads = False

    async def acquire(self) -> asyncio.Event:
        """Lead at once, and for ever."""
        self._leads = True
        return asyncio.Event()

    def held(self) -> bool:
        """Whether it leads."""
        return self._leads

    def grace_seconds(self) -> float:
        """Return 0: the leadership is never lost."""
        return 0.0

    async def release(self) -> None:
        """Stop leading."""
        self._leads = False

    def report_conflict(self) -> None:
        """Do nothing: it is another bot's program, and logged as an error of getUpdates."""
