"""The smallest plan of a host: a server that allows 20 connections, three of them for its own superuser."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest

from sandbox import Sandbox
from tests.faults.changing import Changing
from tests.faults.conftest import Instance, Launch, Row
from tests.storage.server import Server

ALLOWED = 20
POOL = {"DATABASE_POOL_MIN": "5", "DATABASE_POOL_MAX": "5"}
"""Every connection that a process may have is open from its start on."""

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
async def small_plan(server: Server) -> AsyncIterator[str]:
    """The URL of a database of an ordinary user."""
    name = f"small_{time.time_ns()}"
    await server.execute(
        f'CREATE ROLE "{name}" LOGIN',
        f'CREATE DATABASE "{name}" OWNER "{name}"',
        f"ALTER SYSTEM SET max_connections = {ALLOWED}",
    )
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(server.start)
    yield server.url(name, name)
    await server.execute("ALTER SYSTEM RESET max_connections")
    await asyncio.to_thread(server.stop, "immediate")
    await asyncio.to_thread(server.start)


class Counting:
    """Asks now and then, as the superuser, how many connections the bot has; `most` were there at once."""

    def __init__(self, server: Server, user: str) -> None:
        self.most = 0
        self._server = server
        self._user = user

    async def run(self) -> None:
        connection = await asyncpg.connect(self._server.url(), ssl=False)
        try:
            while True:
                sql = "SELECT count(*) FROM pg_stat_activity WHERE usename = $1"
                self.most = max(self.most, await connection.fetchval(sql, self._user))
                await asyncio.sleep(0.05)
        finally:
            connection.terminate()


@pytest.mark.parametrize("restarts", [2, pytest.param(10, marks=pytest.mark.slow)])
async def test_two_instances_and_their_restarts_never_need_more_connections(
    telegram: Sandbox, launch: Launch, server: Server, small_plan: str, row: Row, restarts: int
) -> None:
    how = (
        f"{restarts} deploys: a second process comes, the first one goes; 5 connections each, 12 admins change settings"
    )
    with row(f"PostgreSQL: a server with {ALLOWED} connections", how) as numbers:
        counting = Counting(server, small_plan.rpartition("/")[2])
        counts = asyncio.create_task(counting.run())
        instances: list[Instance] = [await launch(real=True, DATABASE_URL=small_plan, **POOL)]
        await instances[-1].says("Polling for")
        changing = Changing(telegram, 12)
        async with changing:
            for _ in range(restarts):
                said = changing.answers
                instances.append(await launch(real=True, DATABASE_URL=small_plan, **POOL))
                await instances[-1].says("Standing by")
                assert await instances[-2].stopped() == 0
                await instances[-1].says("Polling for")
                async with asyncio.timeout(60):
                    while changing.answers < said + 3:  # noqa: ASYNC110 - of the next admins
                        await asyncio.sleep(0.05)
        await telegram.settled(60)
        counts.cancel()
        numbers.update(await changing.check(small_plan))
        numbers["most connections"] = counting.most
        assert numbers["refused"] == numbers["answered twice"] == numbers["not answered"] == 0
        lines = "\n".join(line for one in instances for line in one.lines)
        assert "too many" not in lines
        assert "slots" not in lines
        assert "sorry, too many clients" not in (server.data / "log").read_text()
