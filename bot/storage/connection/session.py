"""The session of the control connection, which several parts of a process use: their statements go one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import asyncpg

if TYPE_CHECKING:
    from asyncpg.prepared_stmt import PreparedStatement


class Session:
    """A connection of asyncpg, one statement after the other."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()
        self._prepared: dict[str, PreparedStatement[Any]] = {}

    async def fetch(self, sql: str, *arguments: object) -> list[Any]:
        """Return the rows of a statement, which is prepared the first time."""
        async with self._turn:
            statement = self._prepared.get(sql)
            if statement is None:
                statement = self._prepared[sql] = await self._connection.prepare(sql)
            return await statement.fetch(*arguments)

    async def fetchval(self, sql: str, *arguments: object) -> Any:
        """Return the first value of a statement."""
        async with self._turn:
            return await self._connection.fetchval(sql, *arguments)

    async def execute(self, sql: str, *arguments: object) -> None:
        """Run a statement."""
        async with self._turn:
            await self._connection.execute(sql, *arguments)

    async def listen(self, channel: str, told: Callable[[str], None]) -> None:
        """Have `told` called with every notification."""

        def notified(_connection: object, _pid: int, _channel: str, payload: object) -> None:
            told(str(payload))

        async with self._turn:
            await self._connection.add_listener(channel, notified)

    def terminate(self) -> None:
        """End it without waiting for the server."""
        self._connection.terminate()
