"""Every query has a name, is counted by it, and is named in the log where it was slow."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from bot.storage.configs.repository import ChatConfigs
from bot.storage.connection.availability import Pool, connection
from bot.storage.connection.queries import OTHER, name_of
from tests.watching import Lines

STORAGE = Path(__file__).parents[2] / "bot" / "storage"
SQL = re.compile(r"^\s*(-- .*\n\s*)*(SELECT|INSERT|UPDATE|DELETE|WITH)\s")


def statements(file: Path) -> Iterator[str]:
    """The SQL of a module."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value):
            yield node.value


def test_every_statement_has_a_name_of_its_own() -> None:
    found = [(file.name, sql) for file in sorted(STORAGE.rglob("*.py")) for sql in statements(file)]
    assert len(found) > 30
    unnamed = [(file, sql.strip()[:60]) for file, sql in found if name_of(sql) == OTHER]
    assert not unnamed, 'the first line of a statement is its name: """-- configs.read'
    names = [name_of(sql) for _, sql in found]
    assert sorted(names) == sorted(set(names)), "two statements have the same name"


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("-- configs.read\nSELECT 1", "configs.read"),
        ("\n        -- configs.read\n        SELECT 1", "configs.read"),
        ("-- Something else.\nSELECT 1", OTHER),
        ("BEGIN;", "begin"),
        ("COMMIT;", "commit"),
        ("ROLLBACK;", "rollback"),
        ("SELECT '-- configs.read\n'", OTHER),
        ("", OTHER),
    ],
)
def test_a_name_is_read_from_the_first_line_only(sql: str, name: str) -> None:
    assert name_of(sql) == name


async def test_whoever_counts_queries_is_told_of_each_with_its_name_time_and_failure(
    pool: Pool, configs: ChatConfigs
) -> None:
    told: list[tuple[str, bool]] = []
    seconds: list[float] = []

    def observe(name: str, took: float, failed: bool, _slow: bool) -> None:
        told.append((name, failed))
        seconds.append(took)

    pool.queries.observe = observe
    await configs.change(-100, {"goodbye": True}, by=1, via="test")
    await configs.read(-100)
    await configs.read(-101)
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with connection(pool) as conn:
            await conn.fetchval("-- test.fail\nSELECT 1 / 0")
    async with connection(pool):
        pass  # asyncpg tells of a query a turn of the loop later
    ours = [each for each in told if each[0] != OTHER]
    assert ours == [("configs.change", False), ("configs.read", False), ("configs.read", False), ("test.fail", True)]
    assert all(took > 0 for took in seconds)


async def test_a_slow_query_is_named_in_one_line_however_often_it_is_slow(pool: Pool, logged: Lines) -> None:
    pool.queries.slow_after = 0.01
    for _ in range(3):
        async with connection(pool) as conn:
            await conn.execute("-- test.sleep\nSELECT pg_sleep(0.02), 'Anna'")
    async with connection(pool):
        pass  # asyncpg tells of a query a turn of the loop later
    lines = [line for line in logged.lines if "A slow query: test.sleep" in line]
    assert len(lines) == 2, "once as text and once as JSON"
    assert re.search(r'"seconds": [0-9.]+}', lines[1])
    assert "Anna" not in "".join(lines)
