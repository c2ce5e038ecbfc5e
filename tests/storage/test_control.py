"""The control connection on a real server: who leads, what is heard, and what becomes of both when things break."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from bot import background
from bot.environment import Environment
from bot.errors import StartupError
from bot.storage.configs.repository import ChatConfigs
from bot.storage.connection import leadership as leadership_module
from bot.storage.connection.control import Control
from bot.storage.connection.leadership import LAST_WORD_SECONDS, LEASE_SECONDS, Leadership
from tests.conftest import environment_for
from tests.storage.server import Front, Server
from tests.unit.clockwork import FastLoop, in_no_time
from tests.watching import Lines

Start = Callable[..., Awaitable["Process"]]


class Process:
    """What one process of the bot has of the database beside its pool; it notes what it hears."""

    def __init__(self, environment: Environment, bot_id: int) -> None:
        self.leadership = Leadership(bot_id)
        self.control = Control(environment, self.leadership, self)
        self.notes: asyncio.Queue[str] = asyncio.Queue()

    def on_listening(self) -> None:
        self.notes.put_nowait("listening")

    def on_notification(self, chat_id: int, revision: int) -> None:
        self.notes.put_nowait(f"{chat_id} {revision}")

    def on_disconnect(self) -> None:
        self.notes.put_nowait("disconnected")

    async def hears(self, note: str, within: float = 20.0) -> None:
        async with asyncio.timeout(within):
            while await self.notes.get() != note:
                pass

    async def leads(self, within: float = 30.0) -> asyncio.Event:
        async with asyncio.timeout(within):
            return await self.leadership.acquire()


async def became(condition: Callable[[], bool], within: float = 20.0) -> None:
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - a state, not an event
            await asyncio.sleep(0.01)


async def end_sessions(dsn: str, application: str = "telegram-bot control") -> None:
    connection = await asyncpg.connect(dsn)
    sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1"
    await connection.fetch(sql, application)
    await connection.close()


@pytest.fixture
async def start(environment: Environment) -> AsyncIterator[Start]:
    processes: list[Process] = []

    async def start(bot_id: int = 1, where: Environment = environment) -> Process:
        processes.append(Process(where, bot_id))
        await processes[-1].control.open()
        return processes[-1]

    yield start
    await asyncio.gather(*(process.control.close() for process in processes))


async def test_the_end_of_a_process_is_no_loss_of_its_connection(start: Start) -> None:
    process = await start()
    await process.hears("listening")
    await process.control.close()
    assert process.notes.empty()


async def test_an_unpooled_url_that_the_server_refuses_is_told_at_the_start(server: Server) -> None:
    wrong = SecretStr(server.url("locked:open%20barley"))
    control = Control(environment_for(server.url(), database_unpooled_url=wrong), Leadership(1))
    with pytest.raises(StartupError, match="the password of DATABASE_UNPOOLED_URL; copy it anew"):
        await control.open()
    await control.close()


async def test_one_leads_and_the_next_takes_over_when_it_is_let(start: Start) -> None:
    first, second, other = await start(), await start(), await start(bot_id=2)
    await first.leads()
    waits = asyncio.create_task(second.leads())
    await other.leads()
    await asyncio.sleep(1)
    assert not second.leadership.held()
    await first.leadership.release()
    await asyncio.wait_for(waits, 3.0)
    assert not first.leadership.held()


async def test_a_leader_that_ends_without_a_word_is_followed_soon(start: Start) -> None:
    first, second = await start(), await start()
    await first.leads()
    waits = asyncio.create_task(second.leads())
    await first.control.close()
    await asyncio.wait_for(waits, 3.0)


async def test_who_lost_its_session_has_a_moment_before_the_next_one_leads(
    start: Start, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await start(), await start()
    lost = await first.leads()
    waits = asyncio.create_task(second.leads())
    await became(lambda: second.leadership._stood_by)
    assert not first.leadership.grace_seconds()
    monkeypatch.setattr(first.control, "_connect", asyncio.Event().wait)  # it is slow to come back
    connection = await asyncpg.connect(database)
    await connection.fetch("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
    await connection.close()
    await asyncio.wait_for(lost.wait(), 5)
    assert 0 < first.leadership.grace_seconds() <= LAST_WORD_SECONDS
    assert not second.leadership.held()
    await asyncio.wait_for(waits, 20)
    assert not first.leadership.grace_seconds()


async def test_a_leader_whose_session_is_cut_leads_again_or_not_but_never_beside_another(
    start: Start, database: str
) -> None:
    first, second = await start(), await start()
    lost = await first.leads()
    waits = asyncio.create_task(second.leads())
    for _ in range(5):
        await end_sessions(database)
        await asyncio.wait_for(lost.wait(), 5)
        again = asyncio.create_task(first.leads())
        await asyncio.wait({again, waits}, return_when=asyncio.FIRST_COMPLETED, timeout=20)
        assert first.leadership.held() != second.leadership.held()
        assert not (second.leadership.held() and first.leadership.grace_seconds())
        if waits.done():
            again.cancel()
            return
        lost = again.result()
    waits.cancel()


async def test_while_the_database_is_away_the_last_leader_stands_in_and_stays_the_one(
    start: Start, server: Server
) -> None:
    where = environment_for(server.url())
    first, second = await start(where=where), await start(where=where)
    lost = await first.leads()
    waits = asyncio.create_task(second.leads())
    server.stop()
    await asyncio.wait_for(lost.wait(), 5)
    lost = await first.leads()
    assert not second.leadership.held()
    server.start()
    await second.hears("listening")
    await second.hears("listening")
    await asyncio.sleep(0.5)
    assert first.leadership.held()
    assert not lost.is_set()
    await first.leadership.release()
    await asyncio.wait_for(waits, 10)


async def test_a_frozen_database_is_noticed_and_the_leader_stands_in(start: Start, server: Server) -> None:
    first = await start(where=environment_for(server.url()))
    lost = await first.leads()
    server.freeze()
    await asyncio.wait_for(lost.wait(), 15)
    await first.leads()
    server.thaw()
    await first.hears("listening")
    await first.hears("listening")
    await became(first.leadership.held)


async def test_who_stands_in_gives_way_to_another_that_polls(start: Start, server: Server) -> None:
    first = await start(where=environment_for(server.url()))
    lost = await first.leads()
    first.leadership.report_conflict()
    assert not lost.is_set()
    server.stop()
    await asyncio.wait_for(lost.wait(), 5)
    lost = await first.leads()
    first.leadership.report_conflict()
    assert lost.is_set()
    assert not first.leadership.held()


async def test_a_leader_that_gives_no_sign_of_life_is_ended(
    start: Start, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leadership_module, "DEAD_AFTER_SECONDS", 1.0)
    frozen = await asyncpg.connect(database)
    assert await frozen.fetchval("SELECT pg_try_advisory_lock($1::int, $2::int)", leadership_module._LOCK, 1)
    second = await start()
    await second.leads()
    await became(frozen.is_closed)


async def test_a_leader_that_was_frozen_is_not_sure(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await start()
    await first.leads()
    monkeypatch.setattr(leadership_module, "LEASE_SECONDS", -1.0)
    assert not first.leadership.held()
    monkeypatch.undo()
    await first.leads()


async def test_every_change_is_heard_whoever_makes_it(start: Start, configs: ChatConfigs, database: str) -> None:
    listening = await start()
    await listening.hears("listening")
    await configs.change(-5, {"language": "de"}, by=1, via="menu")
    await listening.hears("-5 1")
    await end_sessions(database)
    await listening.hears("disconnected")
    await listening.hears("listening")
    await configs.reset(-5, ["language"], by=1, via="menu")
    await listening.hears("-5 2")


class Pooler(Front):
    """What a connection pooler in transaction mode does to LISTEN: it is accepted, and nothing is ever heard."""

    def changed(self, data: bytes) -> bytes:
        return data.replace(b'LISTEN "control_check"', b'LISTEN "somebody_else"')


async def test_a_pooler_in_transaction_mode_is_told_at_the_start(environment: Environment, server: Server) -> None:
    async with Pooler(server) as pooler:
        control = Control(environment_for(pooler.url()), Leadership(1))
        with pytest.raises(StartupError, match="set DATABASE_UNPOOLED_URL"):
            await control.open()
        await control.close()
        direct = environment_for(pooler.url(), database_unpooled_url=SecretStr(server.url()))
        control = Control(direct, Leadership(1))
        await control.open()
        await control.close()


@in_no_time
async def test_the_lease_counts_from_the_question_and_not_from_its_answer() -> None:
    leadership, running = Leadership(1), asyncio.get_running_loop()
    assert isinstance(running, FastLoop)
    loop: FastLoop = running

    class Frozen:
        """A connection on which the process is frozen between a question and its answer."""

        seconds = 0.0

        async def fetchval(self, *_: object) -> bool:
            loop.stand_still(self.seconds)
            return True

        async def fetch(self, *_: object) -> list[object]:
            return []

    connection: Any = Frozen()
    waits = asyncio.create_task(leadership.acquire())
    await asyncio.sleep(0)
    await leadership.turn(connection)
    assert leadership.held()
    connection.seconds = LEASE_SECONDS + 1
    await leadership.turn(connection)
    assert not leadership.held()
    connection.seconds = LEASE_SECONDS - 1
    await leadership.turn(connection)
    assert leadership.held()
    loop.stand_still(2)
    assert not leadership.held()
    waits.cancel()


async def test_an_error_nobody_expects_does_not_end_the_control_connection(
    start: Start, database: str, monkeypatch: pytest.MonkeyPatch, logged: Lines
) -> None:
    monkeypatch.setattr(background, "FIRST_RETRY_SECONDS", 0.01)
    first = await start()
    await first.hears("listening")

    async def fail(_: object) -> None:
        raise LookupError("a mistake")

    with monkeypatch.context() as mistake:
        mistake.setattr(first.control, "_use", fail)
        await end_sessions(database)
        await became(lambda: len(logged.errors) > 2)
    await first.hears("listening")
    await first.leads()
    assert all("The control connection failed; retrying" in line for line in logged.errors)
    logged.errors.clear()
