"""Who may poll: one process of the bot at a time."""

from __future__ import annotations

import asyncio
from typing import Protocol


class LeaderLock(Protocol):
    """The right to ask Telegram for updates; at most one process has it.

    Whoever lost it must not ask any more, not even to confirm what is finished, but for as long as it lingers.
    """

    async def acquire(self) -> asyncio.Event:
        """Wait, for days if need be, until this process leads. Return the event that is set when it leads no more."""
        ...

    def held(self) -> bool:
        """Whether this process leads for sure at this instant; False when that was not checked of late."""
        ...

    def lingers(self) -> float:
        """Return for how many seconds yet nobody else asks, since the lead was lost this very moment; 0 otherwise."""
        ...

    async def release(self) -> None:
        """Let the next one lead, and want the lead no more."""
        ...

    def contested(self) -> None:
        """Telegram says that another process polls."""
        ...


class OnlyProcess:
    """The lead of a process that shares its bot with no other."""

    def __init__(self) -> None:
        self._leads = False

    async def acquire(self) -> asyncio.Event:
        """LeaderLock at once, for ever."""
        self._leads = True
        return asyncio.Event()

    def held(self) -> bool:
        """Whether it has the lead."""
        return self._leads

    def lingers(self) -> float:
        """It is never lost."""
        return 0.0

    async def release(self) -> None:
        """LeaderLock no more."""
        self._leads = False

    def contested(self) -> None:
        """A foreign process; it is told in the log."""
