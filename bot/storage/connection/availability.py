"""Connections of the pool, lent for a statement; the one place where "the database is away" becomes an answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

from bot.errors import Unavailable
from bot.storage.connection.breaker import UNAVAILABLE, Breaker
from bot.storage.connection.queries import Queries
from bot.words import N_

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

ACQUIRE_SECONDS = 3.0
"""How long a call queues for one of the pool's connections, a new one included."""

RELEASE_SECONDS = 0.3

PROBE_SECONDS = 1.0
"""How long the question whether the database is there may take, and before it a connection to ask on."""

UNCERTAIN = N_("The database did not confirm that change. Please look at /settings in a moment to see what holds.")

# TimeoutError is an OSError. An InterfaceError is what a connection killed in the middle of something raises; that it
# may also be a mistake of ours is told apart below. ObjectNotInPrerequisiteState is what a database says that lets
# nobody in for now, is recovering, or whose rows are locked for longer than its own limit. A password that was right at
# the start and is refused now was changed meanwhile.
AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.exceptions.ReadOnlySQLTransactionError,
    asyncpg.InvalidAuthorizationSpecificationError,
)


def is_away(error: BaseException) -> bool:
    """Tell a database that is away, overloaded or shutting down from a mistake in a statement or its arguments."""
    return isinstance(error, AWAY) and not isinstance(error, ValueError)


def reason(error: Exception) -> str:
    """Return why the database did not answer, in words that hold no part of its URL."""
    match error:
        case asyncpg.InvalidAuthorizationSpecificationError():
            return "it no longer accepts the user or the password of DATABASE_URL"
        case asyncpg.PostgresError():
            return message(error)
        case TimeoutError():
            return "no answer in time"
        case ConnectionRefusedError():
            return "connection refused"
        case OSError(strerror=str(words)):
            return words
        case OSError():
            return "no connection"
        case asyncpg.InterfaceError() | asyncpg.InternalClientError():
            return "the connection broke"
    return type(error).__name__


def message(error: asyncpg.PostgresError) -> str:
    """Return what the server said."""
    return str(error.args[0]) if error.args else type(error).__name__


class Pool:
    """The connections to the database, from `open_pool` to `close_pool`.

    It is handed out when the bot is wired and filled when it starts. Its `breaker` says whether there is use in asking
    for a connection. `queries` counts what was asked; `waiting` callers wait for a connection.
    """

    def __init__(self) -> None:
        self.breaker = Breaker(self._probe)
        self.queries = Queries()
        self.waiting = 0
        self._connections: asyncpg.Pool | None = None

    @property
    def opened(self) -> bool:
        """Whether there are connections, or were."""
        return self._connections is not None

    @property
    def connections(self) -> asyncpg.Pool:
        """asyncpg's pool."""
        if self._connections is None:
            raise RuntimeError("the pool has not been opened")
        return self._connections

    @connections.setter
    def connections(self, connections: asyncpg.Pool) -> None:
        self._connections = connections

    async def _probe(self) -> str | None:
        try:
            conn = await self.connections.acquire(timeout=PROBE_SECONDS)
            try:
                await conn.fetchval("-- connection.probe\nSELECT 1", timeout=PROBE_SECONDS)
            finally:
                await self.connections.release(conn, timeout=RELEASE_SECONDS)
        except (*AWAY, asyncpg.PostgresError) as error:
            return reason(error)
        return None


@asynccontextmanager
async def connection(pool: Pool, *, writing: bool = False) -> AsyncIterator[PoolConnectionProxy]:
    """Lend a connection of the pool for one statement or transaction.

    Raises `Unavailable` when the database is away, within limits of time even when it is frozen, and at once when that
    is known. `writing` makes its sentence honest where a statement was sent and no answer came: a server that wakes up
    may still carry it out.
    """
    sent = False
    await pool.breaker.admit()
    try:
        conn = await _acquired(pool)
        try:
            sent = True
            yield conn
        finally:
            await pool.connections.release(conn, timeout=RELEASE_SECONDS)
    except AWAY as error:
        if not is_away(error):
            raise
        if sent and isinstance(error, TimeoutError):
            # The other connections may lead nowhere too, after a failover for example.
            await pool.connections.expire_connections()
        pool.breaker.suspect(reason(error))
        answered = isinstance(error, asyncpg.PostgresError) and not isinstance(error, asyncpg.PostgresConnectionError)
        raise Unavailable(UNCERTAIN if writing and sent and not answered else UNAVAILABLE) from error


async def _acquired(pool: Pool) -> PoolConnectionProxy:
    pool.waiting += 1
    try:
        return await pool.connections.acquire(timeout=ACQUIRE_SECONDS)
    finally:
        pool.waiting -= 1
