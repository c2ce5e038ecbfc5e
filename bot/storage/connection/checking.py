"""Whether the database answers, for those who watch the bot: asked once a second at most, however many want to know."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import asyncpg

from bot.errors import Unavailable
from bot.storage.connection.availability import Pool, connection

ASK_EVERY_SECONDS = 1.0

ANSWER_WITHIN_SECONDS = 0.7
"""Without an answer in that time the database counts as away. With the second above: an outage is told within two."""


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """What is known of the database; seconds that its answer took, and its version as it says it itself."""

    healthy: bool = False
    latency: float | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class PoolFigures:
    """The connections of the pool, and how many callers wait for one."""

    min: int = 0
    max: int = 0
    size: int = 0
    idle: int = 0
    in_use: int = 0
    waiting: int = 0


class DatabaseCheck:
    """Asks the database through the pool, as everything else does."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._last = DatabaseState()
        self._asking: asyncio.Task[None] | None = None
        self._asked_at = -ASK_EVERY_SECONDS

    async def state(self) -> DatabaseState:
        """Return the state, of the last second or asked for now; takes less than a second whatever is wrong."""
        if not self._pool.opened:
            return DatabaseState()
        loop = asyncio.get_running_loop()
        if self._asking is None and loop.time() - self._asked_at >= ASK_EVERY_SECONDS:
            self._asked_at = loop.time()
            self._asking = loop.create_task(self._ask(), name="asking the database for its state")
        if self._asking is not None:
            await asyncio.wait([self._asking], timeout=max(0.0, self._asked_at + ANSWER_WITHIN_SECONDS - loop.time()))
        if self._asking is not None or self._pool.breaker.open:
            return replace(self._last, healthy=False, latency=None)
        return self._last

    def figures(self) -> PoolFigures:
        """Return what the pool says of itself."""
        if not self._pool.opened:
            return PoolFigures()
        pool = self._pool.connections
        size, idle = pool.get_size(), pool.get_idle_size()
        return PoolFigures(pool.get_min_size(), pool.get_max_size(), size, idle, size - idle, self._pool.waiting)

    async def close(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])

    async def _ask(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with connection(self._pool) as conn:
                began = loop.time()
                # With the time any statement has: a slow database is not cut off because somebody watches it.
                version = await conn.fetchval("-- connection.check\nSELECT current_setting('server_version')")
                self._last = DatabaseState(healthy=True, latency=loop.time() - began, version=version)
        except (Unavailable, asyncpg.PostgresError, asyncpg.InterfaceError):
            self._last = replace(self._last, healthy=False, latency=None)
        finally:
            self._asking = None
