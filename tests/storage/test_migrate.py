"""The schema is brought up to date once, whole or not at all, however many processes start."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from bot.environment import Environment
from bot.errors import StartupError
from bot.storage.configs.repository import ChatConfigs
from bot.storage.connection.availability import Pool
from bot.storage.connection.pool import close_pool
from bot.storage.schema.migrate import MIGRATIONS, migrate, migrations_in
from tests.conftest import create_pool, database_url, environment_for

# What a process of the bot does at start, with the database's URL and the folder as arguments.
PROCESS = """
import asyncio, sys
from pathlib import Path
from bot.environment import Environment
from bot.storage.schema.migrate import migrate
from bot.storage.connection.availability import Pool
from bot.storage.connection.pool import close_pool, open_pool

async def main():
    environment = Environment.model_validate({"bot_token": "1:" + "x" * 30, "database_url": sys.argv[1]})
    pool = Pool()
    await open_pool(pool, environment)
    print(*await migrate(pool, Path(sys.argv[2])))
    await close_pool(pool)

asyncio.run(main())
"""


@pytest.fixture
async def empty(postgres: str, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The URL of a database without any table."""
    name = f"empty_{os.getpid()}_{abs(hash(request.node.nodeid))}"
    connection = await asyncpg.connect(postgres)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
        yield database_url(postgres, name)
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await connection.close()


@pytest.fixture
async def pool(empty: str) -> AsyncIterator[Pool]:
    pool = await create_pool(environment_for(empty))
    yield pool
    await close_pool(pool)


def folder_with(folder: Path, *files: str) -> Path:
    """Write numbered migrations with these texts."""
    for number, sql in enumerate(files, start=1):
        (folder / f"{number:04d}_step.sql").write_text(sql)
    return folder


async def tables(pool: Pool) -> set[str]:
    return {
        row["tablename"]
        for row in await pool.connections.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    }


async def test_an_empty_database_gets_every_file_and_each_is_recorded(pool: Pool) -> None:
    names = [file.name for file in sorted(MIGRATIONS.glob("*.sql"))]
    assert await migrate(pool) == names
    rows = await pool.connections.fetch("SELECT number, name, applied_at FROM schema_migrations ORDER BY number")
    assert [(row["number"], row["name"]) for row in rows] == list(enumerate(names, start=1))
    assert await migrate(pool) == []
    assert await ChatConfigs(pool).change(1, {"a": 1}, by=1, via="menu")


async def test_five_processes_starting_at_once_apply_each_file_once(empty: str, pool: Pool, tmp_path: Path) -> None:
    slow = "CREATE TABLE first (n int); INSERT INTO first VALUES (1); SELECT pg_sleep(0.1)"
    folder = folder_with(tmp_path, slow, "CREATE TABLE second (n int)", "INSERT INTO second VALUES (2)")
    command = [sys.executable, "-c", PROCESS, empty, str(folder)]
    started = [await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE) for _ in range(5)]
    said = [(await process.communicate())[0].decode().strip() for process in started]
    assert [process.returncode for process in started] == [0] * 5
    assert sorted(said) == ["", "", "", "", "0001_step.sql 0002_step.sql 0003_step.sql"]
    assert [row["n"] for row in await pool.connections.fetch("SELECT n FROM first UNION ALL SELECT n FROM second")] == [
        1,
        2,
    ]


async def test_a_failing_file_undoes_all_and_names_itself_and_the_line(pool: Pool, tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "CREATE TABLE good ()", "-- Größe\nCREATE TABLE also_good ();\n\nSELECT nonsense;")
    with pytest.raises(StartupError) as failed:
        await migrate(pool, folder)
    assert str(failed.value) == (
        'Migration 0002_step.sql failed at line 4, nothing was applied: column "nonsense" does not exist.'
    )
    assert await tables(pool) == set()
    folder_with(tmp_path, "CREATE TABLE good ()", "CREATE TABLE also_good ()")
    assert await migrate(pool, folder) == ["0001_step.sql", "0002_step.sql"]


async def test_a_file_that_fails_without_a_line_is_named_too(pool: Pool, tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "DO $$ BEGIN RAISE EXCEPTION 'no room'; END $$")
    with pytest.raises(StartupError, match=r"0001_step\.sql failed, nothing was applied: no room"):
        await migrate(pool, folder)


async def test_a_file_that_finds_an_object_in_the_wrong_state_is_named_and_not_the_database(
    pool: Pool, tmp_path: Path
) -> None:
    folder = folder_with(tmp_path, "CREATE SEQUENCE numbers; SELECT currval('numbers')")
    with pytest.raises(StartupError, match=r"0001_step\.sql failed, nothing was applied: currval of sequence"):
        await migrate(pool, folder)


@pytest.mark.parametrize(
    ("beforehand", "said"),
    [
        ("REVOKE ALL ON SCHEMA public FROM public", "GRANT USAGE, CREATE ON SCHEMA public TO that user"),
        ("REVOKE CREATE ON SCHEMA public FROM public", "GRANT USAGE, CREATE ON SCHEMA public TO that user"),
        ("CREATE TABLE schema_migrations (version text)", "schema_migrations in this database is another program's"),
        ("CREATE TABLE outbox (id integer)", "if that is another program's, give the bot a database of its own"),
    ],
)
async def test_a_database_in_which_the_bot_may_not_do_what_it_needs_says_what_to_do(
    pool: Pool, beforehand: str, said: str
) -> None:
    await pool.connections.execute(
        """
        DO $$ BEGIN CREATE ROLE guest LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
        GRANT CREATE ON SCHEMA public TO public;
        """
    )
    before = await tables(pool)
    await pool.connections.execute(beforehand)
    added = await tables(pool) - before
    for table in added:
        await pool.connections.execute(f"ALTER TABLE {table} OWNER TO guest")
    await pool.connections.execute("SET SESSION AUTHORIZATION guest")
    with pytest.raises(StartupError, match=re.escape(said)):
        await migrate(pool)
    await pool.connections.execute("RESET SESSION AUTHORIZATION")
    assert await tables(pool) == before | added


async def test_a_database_that_takes_no_writes_is_not_taken_for_one_that_went_away(pool: Pool) -> None:
    await pool.connections.execute("SET default_transaction_read_only = on")
    with pytest.raises(StartupError, match="takes no writes"):
        await migrate(pool)


async def test_only_what_is_missing_is_applied(pool: Pool, tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "CREATE TABLE first ()")
    await migrate(pool, folder)
    folder_with(tmp_path, "CREATE TABLE first ()", "CREATE TABLE second ()")
    assert await migrate(pool, folder) == ["0002_step.sql"]


async def test_the_previous_release_runs_on_with_a_newer_database(pool: Pool, tmp_path: Path) -> None:
    await migrate(pool, folder_with(tmp_path, "CREATE TABLE first ()", "CREATE TABLE second ()"))
    (tmp_path / "0002_step.sql").unlink()
    assert await migrate(pool, tmp_path) == []


async def test_two_files_that_took_the_same_number_are_refused(pool: Pool, tmp_path: Path) -> None:
    await migrate(pool, folder_with(tmp_path, "CREATE TABLE first ()"))
    (tmp_path / "0001_step.sql").rename(tmp_path / "0001_other.sql")
    with pytest.raises(StartupError, match=r"0001_other\.sql cannot be applied: the database has 0001_step\.sql"):
        await migrate(pool, tmp_path)


async def test_a_file_edited_after_it_was_applied_is_a_warning(
    pool: Pool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await migrate(pool, folder_with(tmp_path, "CREATE TABLE first ()"))
    folder_with(tmp_path, "CREATE TABLE first (n int)")
    with caplog.at_level(logging.WARNING):
        assert await migrate(pool, tmp_path) == []
    assert "0001_step.sql was edited" in caplog.text


@pytest.mark.parametrize(
    "names",
    [
        ["0001_a.sql", "0003_b.sql"],
        ["0002_a.sql"],
        ["0001_a.sql", "0001_b.sql"],
        ["1_a.sql"],
        ["0001-a.sql"],
        [],
    ],
    ids=["a gap", "no first", "a double", "a short number", "a dash", "none"],
)
def test_files_that_do_not_count_up_are_refused(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1")
    with pytest.raises(StartupError):
        migrations_in(tmp_path)


async def test_the_schema_works_without_prepared_statements_as_behind_a_pooler(
    empty: str, environment: Environment
) -> None:
    pool = await create_pool(environment_for(empty, database_statement_cache=0))
    await migrate(pool)
    configs = ChatConfigs(pool)
    await configs.change(1, {"a": 1}, by=1, via="menu")
    await configs.undo(1, 1, by=1)
    await configs.move(1, 2)
    assert len(await configs.history(1)) == 2
    await close_pool(pool)
