"""The one place where "the database is away" becomes an answer to a person."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

from bot.errors import Unavailable
from bot.words import N_

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

logger = logging.getLogger(__name__)


class OneLineIn(logging.Filter):
    """Lets one record pass in so many seconds: in an outage every chat would write its own."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds
        self._quiet_until = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record is the first of its time."""
        if record.created < self._quiet_until:
            return False
        self._quiet_until = record.created + self._seconds
        return True


logger.addFilter(OneLineIn(5.0))

# How long a call queues for one of the pool's connections (a new one included), and how long giving it back may take.
ACQUIRE_SECONDS = 5.0
RELEASE_SECONDS = 1.0

UNAVAILABLE = N_("The database cannot be reached at the moment, so nothing was changed. Please try again shortly.")
UNCERTAIN = N_("The database did not confirm that change. Please look at /settings in a moment to see what holds.")

# TimeoutError is an OSError. An InterfaceError is what a connection killed in the middle of something raises; that it
# may also be a mistake of ours is told apart below.
AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.exceptions.ReadOnlySQLTransactionError,
)


def is_away(error: BaseException) -> bool:
    """Tell a database that is away, overloaded or shutting down from a mistake in a statement or its arguments."""
    return isinstance(error, AWAY) and not isinstance(error, ValueError)


@asynccontextmanager
async def connection(pool: asyncpg.Pool, *, writing: bool = False) -> AsyncIterator[PoolConnectionProxy]:
    """Lend a connection of the pool for one statement or transaction.

    Raises `Unavailable` when the database is away, within limits of time even when it is frozen. `writing` makes its
    sentence honest where a statement was sent and no answer came: a server that wakes up may still carry it out.
    """
    sent = False
    try:
        lent = await pool.acquire(timeout=ACQUIRE_SECONDS)
        try:
            sent = True
            yield lent
        finally:
            await pool.release(lent, timeout=RELEASE_SECONDS)
    except AWAY as error:
        if not is_away(error):
            raise
        logger.warning("The database is not available: %s", type(error).__name__)
        answered = isinstance(error, asyncpg.PostgresError) and not isinstance(error, asyncpg.PostgresConnectionError)
        raise Unavailable(UNCERTAIN if writing and sent and not answered else UNAVAILABLE) from error
