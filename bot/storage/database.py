"""The database of a process: opened once at start, closed once in the end."""

from __future__ import annotations

import logging

from pydantic import SecretStr

from bot.environment import Environment
from bot.storage.connection.availability import Pool
from bot.storage.connection.control import Control, Listener
from bot.storage.connection.leadership import Leadership
from bot.storage.connection.pool import close_pool, create_pool
from bot.storage.schema.embedded import EmbeddedPostgres, start_embedded
from bot.storage.schema.migrate import migrate

logger = logging.getLogger(__name__)


class Database:
    """Pool, schema and control connection; the embedded server where the environment names no database.

    `leadership` is the right to poll among the processes that share the database.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.leadership = Leadership(environment.bot_id)
        self._embedded: EmbeddedPostgres | None = None
        self._pool: Pool | None = None
        self._control: Control | None = None

    async def open(self) -> Pool:
        """Connect, bring the schema up to date and return the pool; raises `StartupError`."""
        if self._environment.database_url is None:
            logger.info("DATABASE_URL is not set: starting the embedded PostgreSQL.")
            self._embedded = await start_embedded(self._environment.data_dir)
            dsn = SecretStr(self._embedded.dsn)
            self._environment = self._environment.model_copy(update={"database_url": dsn})
        self._pool = await create_pool(self._environment)
        applied = await migrate(self._pool)
        logger.info("The database is ready%s.", f"; applied {', '.join(applied)}" if applied else "")
        return self._pool

    async def listen(self, listener: Listener | None = None) -> None:
        """Open the control connection: it tells the listener of changes, and the lead lives on it."""
        self._control = Control(self._environment, self.leadership, listener)
        await self._control.open()

    async def close(self) -> None:
        """Close what was opened, each within a few seconds."""
        if self._control is not None:
            await self._control.close()
        if self._pool is not None:
            await close_pool(self._pool)
        if self._embedded is not None:
            await self._embedded.stop()
        self._control = self._pool = self._embedded = None
