"""What only reads all chats does so on a stand-by, where there is one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.commandline.check_database import database_findings
from bot.commandline.stats import stats
from bot.commandline.transfer import export_to, import_from
from bot.environment import Environment
from bot.errors import StartupError
from bot.storage.bulk.export import export
from bot.storage.configs.repository import ChatConfigs
from bot.storage.connection.availability import Pool
from bot.storage.database import opened_for_bulk
from tests.conftest import create_pool
from tests.storage.server import Server, server_folder

GROUP = -100


@pytest.fixture
def stand_by(server: Server) -> Iterator[Server]:
    with server_folder() as folder:
        other = server.stand_by(folder)
        yield other
        other.stop("immediate")


@pytest.fixture
async def both(impatient: Environment, server: Server, stand_by: Server) -> Environment:
    """A database with a chat, as an operator has it who names a stand-by."""
    await server.execute("DROP DATABASE IF EXISTS replicated", "CREATE DATABASE replicated")
    first, second = (SecretStr(one.url(database="replicated")) for one in (server, stand_by))
    environment = impatient.model_copy(
        update={"database_url": first, "database_replica_url": second, "database_wait": 30.0}
    )
    async with opened_for_bulk(environment, writing=True) as pool:
        await ChatConfigs(pool).change(GROUP, {"goodbye": True}, by=1, via="menu")
    await replayed(server, stand_by)
    return environment


async def replayed(server: Server, stand_by: Server) -> None:
    """Wait until the stand-by has what the server has."""
    written = await server.fetch("SELECT pg_current_wal_insert_lsn()::text")
    deadline = time.monotonic() + 60
    while not await stand_by.fetch(f"SELECT pg_last_wal_replay_lsn() >= '{written}'::pg_lsn"):
        assert time.monotonic() < deadline, "the stand-by does not follow"


async def test_an_export_and_figures_come_from_the_stand_by(
    both: Environment, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reading = both.model_copy(update={"database_url": SecretStr("postgres://nobody@127.0.0.1:1/nothing")})
    await export_to(reading, tmp_path / "replica.jsonl")
    await stats(reading)
    assert "goodbye" in capsys.readouterr().out
    await export_to(both.model_copy(update={"database_replica_url": None}), tmp_path / "primary.jsonl")
    assert (tmp_path / "replica.jsonl").read_bytes() == (tmp_path / "primary.jsonl").read_bytes()
    # What writes never goes there.
    await import_from(both, tmp_path / "replica.jsonl", replace=True)


async def test_of_several_servers_a_stand_by_is_taken(both: Environment, server: Server, stand_by: Server) -> None:
    url = f"postgres://postgres@localhost:{server.port},localhost:{stand_by.port}/replicated"
    async with opened_for_bulk(both.model_copy(update={"database_replica_url": SecretStr(url)})) as pool:
        assert await pool.connections.fetchval("SELECT pg_is_in_recovery()")


async def test_an_export_that_the_stand_by_cannot_go_on_with_says_what_to_do(
    both: Environment, server: Server, stand_by: Server
) -> None:
    await stand_by.execute("ALTER SYSTEM SET max_standby_streaming_delay = 0", "SELECT pg_reload_conf()")
    primary = await create_pool(both.model_copy(update={"database_replica_url": None}))

    async def export_while_rows_are_removed(pool: Pool) -> None:
        async with export(pool) as exported:
            await exported.counts()
            await ChatConfigs(primary).change(GROUP, {"goodbye": False}, by=1, via="menu")
            await primary.connections.execute("VACUUM chat_configs")
            await replayed(server, stand_by)
            async for _ in exported.records():
                pass

    async with opened_for_bulk(both) as pool:
        with pytest.raises(StartupError, match="hot_standby_feedback=on"):
            await export_while_rows_are_removed(pool)
    await primary.connections.close()


async def test_check_tries_the_stand_by(both: Environment, server: Server) -> None:
    async def said(**changed: object) -> list[str]:
        environment = both.model_copy(update=changed)
        return [f"{one.kind}: {one.text}" async for one in database_findings(environment)]

    assert "ok: Stand-by: stats and export read there." in await said()
    away = SecretStr("postgres://u:secret-word@127.0.0.1:1/nothing")
    (wrong,) = [one for one in await said(database_replica_url=away) if one.startswith("wrong")]
    assert "host and port of DATABASE_REPLICA_URL" in wrong
    assert "secret-word" not in wrong
    assert any("leads to no stand-by" in one for one in await said(database_replica_url=both.database_url))


async def test_a_stand_by_that_does_not_answer_is_named_by_its_variable(both: Environment) -> None:
    away = both.model_copy(
        update={"database_replica_url": SecretStr("postgres://nobody@127.0.0.1:1/nothing"), "database_wait": 0.0}
    )
    with pytest.raises(StartupError, match="host and port of DATABASE_REPLICA_URL"):
        async with opened_for_bulk(away):
            pass
