"""The database's faults under load of settings changes, with `python -m bot`."""

from __future__ import annotations

import asyncio
import time

import asyncpg
import pytest

from sandbox import Sandbox
from tests.faults.changing import Changing
from tests.faults.conftest import Instance, Launch, Numbers, Row, came
from tests.storage.server import Server

pytestmark = pytest.mark.timeout(400)

KNOWN = 10.0
"""Seconds after which the bot knows of an outage of any kind, and answers at once."""


@pytest.fixture
async def bot(launch: Launch, dsn: str) -> Instance:
    instance: Instance = await launch(real=True, DATABASE_URL=dsn)
    await instance.says("Polling for")
    return instance


async def recovered(changing: Changing, numbers: Numbers, since: float) -> float:
    """Wait for the next saved change of every admin; return after how many seconds the first came, of six a second."""
    before = {id(admin): len(admin.saved) for admin in changing.admins}
    await came(lambda: any(len(admin.saved) > before[id(admin)] for admin in changing.admins))
    took = time.monotonic() - since
    numbers["first saved after"] = f"{took:.1f} s"
    await came(lambda: all(len(admin.saved) > before[id(admin)] for admin in changing.admins))
    return took


@pytest.mark.slow
async def test_a_restart_of_the_database(telegram: Sandbox, bot: Instance, server: Server, dsn: str, row: Row) -> None:
    with row("PostgreSQL: fast restart", "pg_ctl stop -m fast, start, three times under load") as numbers:
        changing = Changing(telegram)
        async with changing:
            for _ in range(3):
                await recovered(changing, numbers, time.monotonic())
                await asyncio.to_thread(server.stop)
                await asyncio.to_thread(server.start)
                await recovered(changing, numbers, time.monotonic())
        await telegram.settled(60)
        numbers.update(await changing.check(dsn, all_handled=False))
        assert bot.process.returncode is None


async def test_killed_backends(telegram: Sandbox, bot: Instance, dsn: str, row: Row) -> None:
    with row("PostgreSQL: killed backends", "pg_terminate_backend on all of the bot's, 20 times under load") as numbers:
        changing = Changing(telegram)
        other = await asyncpg.connect(dsn)
        async with changing:
            for _ in range(20):
                await asyncio.sleep(0.2)
                await other.fetch(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
            await recovered(changing, numbers, time.monotonic())
        await other.close()
        await telegram.settled(60)
        numbers.update(await changing.check(dsn, all_handled=False))
        assert bot.process.returncode is None


@pytest.mark.parametrize("seconds", [5, pytest.param(30, marks=pytest.mark.slow)])
@pytest.mark.parametrize("fault", ["down", "frozen"])
async def test_a_database_that_is_away_for_long(
    telegram: Sandbox, bot: Instance, server: Server, dsn: str, row: Row, fault: str, seconds: int
) -> None:
    how = "pg_ctl stop, start" if fault == "down" else "SIGSTOP to all of its processes, SIGCONT"
    with row(f"PostgreSQL: {fault} for {seconds} s", f"{how}, under load") as numbers:
        changing = Changing(telegram)
        async with changing:
            await recovered(changing, numbers, time.monotonic())
            await asyncio.to_thread(server.stop if fault == "down" else server.freeze)
            answered, away = changing.answers, time.monotonic()
            await asyncio.sleep(seconds)
            back = time.monotonic()
            numbers["answers while it was away"] = changing.answers - answered
            await asyncio.to_thread(server.start if fault == "down" else server.thaw)
            assert await recovered(changing, numbers, time.monotonic()) < 2.0
        await telegram.settled(60)
        numbers.update(await changing.check(dsn, all_handled=False))
        assert bot.process.returncode is None
        assert bot.said("was given up") == 0
        # Whoever comes first waits 5 s for the statement nobody answers, and a moment more on a busy machine; then the
        # process finds out whether it still leads.
        first, later = changing.longest(away, away + KNOWN), changing.longest(away + KNOWN, back)
        numbers["longest wait for an answer"] = f"{first:.1f} s, after {KNOWN:.0f} s {later:.1f} s"
        assert first < 6.5
        assert later < 1.5


@pytest.mark.slow
async def test_too_many_connections(telegram: Sandbox, bot: Instance, dsn: str, row: Row) -> None:
    how = "another client takes every connection and all of the bot's are ended; 5 s later it lets them go"
    with row("PostgreSQL: too many connections", how) as numbers:
        changing = Changing(telegram)
        async with changing:
            await recovered(changing, numbers, time.monotonic())
            greedy = await _take_all(dsn)
            await asyncio.sleep(5)
            began = time.monotonic()
            await asyncio.gather(*(connection.close() for connection in greedy))
            await recovered(changing, numbers, began)
        await telegram.settled(60)
        numbers.update(await changing.check(dsn, all_handled=False))
        assert bot.process.returncode is None


async def _take_all(dsn: str) -> list[asyncpg.Connection]:
    taken = [await asyncpg.connect(dsn)]
    sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'telegram-bot%'"
    misses = 0
    while misses < 3:
        try:
            await taken[0].fetch(sql)
            taken.append(await asyncpg.connect(dsn, timeout=5))
        except asyncpg.TooManyConnectionsError:
            misses += 1
    return taken
