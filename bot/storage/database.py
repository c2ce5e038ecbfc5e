"""The database of a process: opened once at start, closed once in the end."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from pydantic import SecretStr

from bot.environment import DatabaseEnvironment
from bot.storage.connection.availability import Pool
from bot.storage.connection.dsn import REPLICA
from bot.storage.connection.pool import close_pool, open_pool
from bot.storage.schema.embedded import start_embedded
from bot.storage.schema.migrate import migrate, require_migrated

logger = logging.getLogger(__name__)

BULK_SECONDS = 600.0
"""For one statement of a command that reads or writes all chats."""


@asynccontextmanager
async def connected(
    pool: Pool, environment: DatabaseEnvironment, variable: str = "DATABASE_URL"
) -> AsyncIterator[DatabaseEnvironment]:
    """Connect the pool, whatever the schema is; raises `StartupError`.

    Where the environment names no database, the embedded server is started. Yields the environment with its URL.
    `variable` is where the URL of the environment came from.
    """
    async with AsyncExitStack() as stack:
        if environment.database_url is None:
            logger.info("DATABASE_URL is not set: starting the embedded PostgreSQL.")
            embedded = await start_embedded(environment.data_dir)
            stack.push_async_callback(embedded.stop)
            environment = environment.model_copy(update={"database_url": SecretStr(embedded.dsn)})
        await open_pool(pool, environment, variable)
        stack.push_async_callback(close_pool, pool)
        yield environment


@asynccontextmanager
async def opened(pool: Pool, environment: DatabaseEnvironment) -> AsyncIterator[DatabaseEnvironment]:
    """Connect the pool as `connected` does and bring the schema up to date."""
    async with connected(pool, environment) as database:
        applied = await migrate(pool)
        logger.info("The database is ready%s.", f"; applied {', '.join(applied)}" if applied else "")
        yield database


@asynccontextmanager
async def opened_for_bulk(environment: DatabaseEnvironment, *, writing: bool = False) -> AsyncIterator[Pool]:
    """Yield a pool of one connection, beside the bot's own, on which a statement may take minutes.

    What only reads is done on the stand-by where the environment names one; the schema of what writes is migrated, and
    one older than this release is refused otherwise. Raises `StartupError`.
    """
    few = {"database_pool_min": 1, "database_pool_max": 1}
    slow = {"database_command_timeout": BULK_SECONDS, "slow_query_seconds": BULK_SECONDS}
    pool, environment = Pool(), environment.model_copy(update={**few, **slow})
    if writing:
        async with opened(pool, environment):
            yield pool
        return
    replica, variable = environment.database_replica_url, "DATABASE_URL"
    if replica is not None:
        environment, variable = environment.model_copy(update={"database_url": replica}), REPLICA
    async with connected(pool, environment, variable):
        await require_migrated(pool)
        yield pool


async def migrate_only(environment: DatabaseEnvironment) -> None:
    """Bring the schema up to date and close the database again, as a release phase does."""
    async with opened(Pool(), environment):
        pass
