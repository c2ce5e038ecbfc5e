"""The database goes away in the middle of it: every call ends in time, says so, and works again afterwards."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable

import asyncpg
import psutil  # type: ignore[import-untyped]
import pytest
from pydantic import SecretStr

from bot.environment import Environment
from bot.errors import Unavailable
from bot.storage.configs.repository import ChatConfigs
from bot.storage.connection import availability
from bot.storage.connection.availability import UNCERTAIN, Pool
from bot.storage.connection.breaker import UNAVAILABLE
from bot.storage.connection.pool import close_pool
from bot.storage.privacy import Privacy
from bot.storage.schema.migrate import migrate
from tests.conftest import create_pool
from tests.storage.server import Server

CHAT, ADA = -1, 1


@pytest.fixture
async def pool(impatient: Environment, server: Server) -> AsyncIterator[Pool]:
    await server.execute("DROP DATABASE IF EXISTS shop WITH (FORCE)", "CREATE DATABASE shop")
    url = SecretStr(server.url(database="shop"))
    pool = await create_pool(impatient.model_copy(update={"database_url": url}))
    await migrate(pool)
    yield pool
    await close_pool(pool, within=1)


async def refused_within(seconds: float, call: Awaitable[object]) -> str:
    begun = time.monotonic()
    with pytest.raises(Unavailable) as refused:
        await call
    assert time.monotonic() - begun < seconds
    return refused.value.message


async def heals(configs: ChatConfigs) -> None:
    """Answers again within two seconds."""
    async with asyncio.timeout(2):
        while True:
            try:
                await configs.read(CHAT)
            except Unavailable:
                await asyncio.sleep(0.01)
            else:
                return


async def test_a_stopped_server_is_said_at_once_and_used_when_it_is_back(configs: ChatConfigs, server: Server) -> None:
    await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
    server.stop()
    for _ in range(3):
        assert await refused_within(1, configs.read(CHAT)) == UNAVAILABLE
        await refused_within(1, configs.change(CHAT, {"a": 2}, by=ADA, via="menu"))
        await refused_within(1, configs.undo(CHAT, 1, by=ADA))
        await refused_within(1, configs.history(CHAT))
        await refused_within(1, configs.move(CHAT, -2))
        await refused_within(1, Privacy(configs._pool).purge())
    server.start()
    await heals(configs)
    assert (await configs.read(CHAT)).chosen == {"a": 1}


async def test_a_killed_connection_changes_nothing_and_is_replaced(configs: ChatConfigs, server: Server) -> None:
    await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'shop' AND pid <> pg_backend_pid()"
    locker = await asyncpg.connect(server.url(database="shop"))
    async with locker.transaction():
        await locker.execute("SELECT FROM chat_configs FOR UPDATE")
        writing = asyncio.create_task(configs.change(CHAT, {"a": 2}, by=ADA, via="menu"))
        await _until_waiting(locker)
        await locker.execute(kill)
        await refused_within(1, writing)
    await locker.close()
    assert (await configs.read(CHAT)).chosen == {"a": 1}


async def test_a_write_that_waits_too_long_is_taken_back(configs: ChatConfigs, server: Server) -> None:
    await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
    locker = await asyncpg.connect(server.url(database="shop"))
    async with locker.transaction():
        await locker.execute("SELECT FROM chat_configs FOR UPDATE")
        await refused_within(4, configs.change(CHAT, {"a": 2}, by=ADA, via="menu"))
    await locker.close()
    assert (await configs.read(CHAT)).chosen == {"a": 1}


async def test_a_frozen_server_hangs_no_call_and_heals(configs: ChatConfigs, server: Server) -> None:
    await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
    server.freeze()
    sentence = await refused_within(4, configs.change(CHAT, {"b": 1}, by=ADA, via="menu"))
    assert sentence == UNCERTAIN
    assert await refused_within(4, configs.read(CHAT)) == UNAVAILABLE
    await refused_within(4, configs.move(CHAT, -2))
    server.thaw()
    await heals(configs)
    assert (await configs.read(CHAT)).chosen["a"] == 1


async def test_after_the_first_refusal_of_a_frozen_server_the_next_ones_come_at_once(
    configs: ChatConfigs, server: Server
) -> None:
    server.freeze()
    await refused_within(4, configs.change(CHAT, {"a": 1}, by=ADA, via="menu"))
    await refused_within(4, configs.read(CHAT))  # waits until it is known that nothing else is answered either
    for _ in range(20):
        assert await refused_within(0.1, configs.change(CHAT, {"b": 1}, by=ADA, via="menu")) == UNAVAILABLE
        await refused_within(0.1, configs.read(CHAT))
    server.thaw()
    await heals(configs)
    assert "b" not in (await configs.read(CHAT)).chosen


async def test_a_connection_that_swallows_everything_is_the_only_one_refused(
    configs: ChatConfigs, pool: Pool, server: Server
) -> None:
    """What a firewall does that forgot a connection: one backend is frozen, the others are not."""
    async with pool.connections.acquire() as lent, pool.connections.acquire() as other:
        pids = [await lent.fetchval("SELECT pg_backend_pid()"), await other.fetchval("SELECT pg_backend_pid()")]
    for pid in pids:
        psutil.Process(pid).suspend()
    refused = asyncio.create_task(refused_within(4, configs.change(CHAT, {"a": 1}, by=ADA, via="menu")))
    assert await refused == UNCERTAIN
    async with asyncio.timeout(2):
        assert (await configs.read(CHAT)).revision == 0
        await configs.change(CHAT, {"b": 1}, by=ADA, via="menu")
    for pid in pids:
        psutil.Process(pid).resume()


async def test_a_database_that_lets_nobody_in_is_away(configs: ChatConfigs, pool: Pool, server: Server) -> None:
    await server.execute("ALTER DATABASE shop ALLOW_CONNECTIONS false")
    await pool.connections.expire_connections()
    assert await refused_within(1, configs.read(CHAT)) == UNAVAILABLE
    await server.execute("ALTER DATABASE shop ALLOW_CONNECTIONS true")
    await heals(configs)


async def test_many_calls_on_a_frozen_server_all_end_in_time(
    configs: ChatConfigs, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(availability, "ACQUIRE_SECONDS", 1.0)
    server.freeze()
    begun = time.monotonic()
    answers = await asyncio.gather(*(configs.read(-n) for n in range(200)), return_exceptions=True)
    assert time.monotonic() - begun < 4
    assert {type(answer) for answer in answers} == {Unavailable}
    server.thaw()
    await heals(configs)


async def test_a_frozen_server_does_not_hold_the_goodbye_up(pool: Pool, server: Server) -> None:
    server.freeze()
    begun = time.monotonic()
    await close_pool(pool, within=0.5)
    assert time.monotonic() - begun < 1.5


async def test_a_mistake_of_ours_is_not_taken_for_an_outage(pool: Pool) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        async with availability.connection(pool) as lent:
            await lent.execute("SELECT FROM nowhere")
    with pytest.raises(asyncpg.exceptions.DataError):
        async with availability.connection(pool) as lent:
            await lent.fetchval("SELECT $1::bigint", "seven")


async def test_a_server_that_only_reads_refuses_writes_plainly(configs: ChatConfigs, server: Server) -> None:
    await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
    await server.execute("ALTER DATABASE shop SET default_transaction_read_only = on")
    await configs._pool.connections.expire_connections()
    assert await refused_within(1, configs.change(CHAT, {"a": 2}, by=ADA, via="menu")) == UNAVAILABLE
    assert (await configs.read(CHAT)).chosen == {"a": 1}


async def _until_waiting(connection: asyncpg.Connection) -> None:
    async with asyncio.timeout(5):
        while not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
            pass
