"""The database of a process: opened once at start, closed once in the end."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from pydantic import SecretStr

from bot.environment import Environment
from bot.storage.connection.availability import Pool
from bot.storage.connection.pool import close_pool, open_pool
from bot.storage.schema.embedded import start_embedded
from bot.storage.schema.migrate import migrate

logger = logging.getLogger(__name__)


@asynccontextmanager
async def opened(pool: Pool, environment: Environment) -> AsyncIterator[Environment]:
    """Connect the pool and bring the schema up to date; raises `StartupError`.

    Where the environment names no database, the embedded server is started. Yields the environment with its URL.
    """
    async with AsyncExitStack() as stack:
        if environment.database_url is None:
            logger.info("DATABASE_URL is not set: starting the embedded PostgreSQL.")
            embedded = await start_embedded(environment.data_dir)
            stack.push_async_callback(embedded.stop)
            environment = environment.model_copy(update={"database_url": SecretStr(embedded.dsn)})
        await open_pool(pool, environment)
        stack.push_async_callback(close_pool, pool)
        applied = await migrate(pool)
        logger.info("The database is ready%s.", f"; applied {', '.join(applied)}" if applied else "")
        yield environment
