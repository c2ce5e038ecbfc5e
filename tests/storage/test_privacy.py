"""What refers to a person or a chat can be seen and deleted."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable
from typing import Any

import asyncpg
import pytest

from bot.errors import Refused
from bot.storage import privacy as privacy_module
from bot.storage.configs.repository import ChatConfigs
from bot.storage.configs.revisions import Change
from bot.storage.connection.availability import Pool, connection
from bot.storage.known_chats import KnownChats
from bot.storage.privacy import FORMER_ADMIN, MOST_COUNTED, Privacy, Traces
from tests.conftest import NOW

ANNA, BEN, GROUP = 11, 12, -1001
TABLES = ("chat_configs", "config_changes", "chat_aliases", "known_chats")


@pytest.fixture
def privacy(pool: Pool) -> Privacy:
    return Privacy(pool)


async def test_a_person_sees_what_refers_to_them(privacy: Privacy, configs: ChatConfigs, pool: Pool) -> None:
    await configs.change(GROUP, {"goodbye": True}, by=ANNA, via="menu")
    await configs.change(ANNA, {"timezone": "Europe/Berlin"}, by=ANNA, via="menu")
    await KnownChats(pool).remember(ANNA, GROUP, "Book club")
    assert await privacy.traces(ANNA) == Traces(changes=2, chats=1, settings=1)
    assert not await privacy.traces(BEN)


async def test_a_deleted_person_is_a_former_admin_and_their_changes_stay(
    privacy: Privacy, configs: ChatConfigs, pool: Pool
) -> None:
    await configs.change(GROUP, {"goodbye": True}, by=ANNA, via="menu")
    await configs.change(GROUP, {"clean_joins": True}, by=BEN, via="menu")
    await configs.change(ANNA, {"timezone": "Europe/Berlin"}, by=ANNA, via="menu")
    await KnownChats(pool).remember(ANNA, GROUP, "Book club")
    await privacy.erase_person(ANNA)
    assert not await privacy.traces(ANNA)
    stored = await configs.read(GROUP)
    assert (stored.config.goodbye, stored.revision) == (True, 2)
    assert [one.changed_by for one in await configs.history(GROUP)] == [BEN, FORMER_ADMIN]
    assert (await configs.undo(GROUP, 1, by=BEN)).before == {"goodbye": True}
    assert (await configs.read(ANNA)).revision == 0


async def test_a_deleted_chat_leaves_nothing_but_the_number_of_its_revision(
    privacy: Privacy, configs: ChatConfigs, pool: Pool
) -> None:
    await configs.change(-1, {"goodbye": True}, by=ANNA, via="menu")
    await configs.move(-1, GROUP)
    await KnownChats(pool).remember(ANNA, -1, "Book club")
    await KnownChats(pool).remember(ANNA, GROUP, "Book club")
    revision = (await configs.read(GROUP)).revision
    await privacy.erase_chat(GROUP)
    for table in ("config_changes", "outbox", "stored_updates", "known_chats"):
        assert await pool.connections.fetchval(f"SELECT count(*) FROM {table}") == 0, table  # noqa: S608 - our own names
    row = dict(await pool.connections.fetchrow("SELECT * FROM chat_configs") or {})
    assert row.pop("chat_id") == GROUP
    assert row.pop("revision") > revision
    row.pop("updated_at")
    assert not any(row.pop(name) for name in ("config", "before", "after"))
    nobody = {"changed_by": None, "update_id": None, "anonymous_revision": None, "refused_topic": None}
    assert row == {**nobody, "left_at": None, "via": "move"}


async def test_an_undo_button_from_before_a_deletion_means_no_later_change(
    privacy: Privacy, configs: ChatConfigs
) -> None:
    for value in (True, False):
        await configs.change(GROUP, {"goodbye": value}, by=ANNA, via="menu")
    await privacy.erase_chat(GROUP)
    await configs.change(GROUP, {"rules_text": "Be kind."}, by=ANNA, via="menu")
    for revision in (1, 2):
        with pytest.raises(Refused):
            await configs.undo(GROUP, revision, by=ANNA)


async def let_time_pass(pool: Pool, days: int) -> None:
    await pool.connections.execute("UPDATE chat_configs SET left_at = left_at - make_interval(days => $1)", days)


async def rows_in(pool: Pool, table: str) -> list[dict[str, Any]]:
    rows = await pool.connections.fetch(f"SELECT * FROM {table}")  # noqa: S608 - our own names
    return [dict(row) for row in rows]


async def test_30_days_after_the_bot_left_a_chat_nothing_refers_to_it(
    privacy: Privacy, configs: ChatConfigs, pool: Pool
) -> None:
    await configs.change(-1, {"goodbye": True}, by=ANNA, via="menu")
    await KnownChats(pool).remember(ANNA, -1, "Book club")
    await configs.move(-1, GROUP)
    await KnownChats(pool).remember(BEN, GROUP, "Book club")
    await configs.mark_left(GROUP, NOW)
    await let_time_pass(pool, 29)
    assert await privacy.purge() == 0
    await let_time_pass(pool, 2)
    assert await privacy.purge() == 1
    assert [table for table in TABLES if await rows_in(pool, table)] == []
    again = await configs.change(GROUP, {"goodbye": True}, by=ANNA, via="menu")
    assert isinstance(again, Change)
    assert again.revision == 1


@pytest.mark.parametrize("upgraded", [False, True])
async def test_a_chat_that_never_chose_anything_is_purged_all_the_same(
    privacy: Privacy, configs: ChatConfigs, pool: Pool, upgraded: bool
) -> None:
    await KnownChats(pool).remember(ANNA, -1, "Book club")
    await KnownChats(pool).remember(ANNA, -2, "Chess club")
    if upgraded:
        await configs.move(-1, GROUP)
    assert await configs.mark_left(GROUP if upgraded else -1, NOW)
    await let_time_pass(pool, 31)
    assert await privacy.purge() == 1
    assert [row["title"] for row in await rows_in(pool, "known_chats")] == ["Chess club"]
    assert not await rows_in(pool, "chat_configs") + await rows_in(pool, "chat_aliases")


async def test_the_list_of_who_blocked_the_bot_goes_and_their_changes_are_a_former_admins(
    privacy: Privacy, configs: ChatConfigs, pool: Pool
) -> None:
    await configs.change(GROUP, {"goodbye": True}, by=ANNA, via="menu")
    await KnownChats(pool).remember(ANNA, GROUP, "Book club")
    await KnownChats(pool).remember(BEN, GROUP, "Book club")
    assert await configs.mark_left(ANNA, NOW)
    await let_time_pass(pool, 31)
    assert await privacy.purge() == 1
    assert not await privacy.traces(ANNA)
    assert [one.changed_by for one in await configs.history(GROUP)] == [FORMER_ADMIN]
    assert [row["user_id"] for row in await rows_in(pool, "known_chats")] == [BEN]


async def test_who_comes_back_in_time_loses_nothing_and_keeps_no_empty_row(configs: ChatConfigs, pool: Pool) -> None:
    await KnownChats(pool).remember(ANNA, GROUP, "Book club")
    for chat in (ANNA, GROUP):
        assert await configs.mark_left(chat, NOW)
        assert (await configs.read(chat)).left_at is not None
        assert await configs.unmark_left(chat, NOW) is False
        assert (await configs.read(chat)).left_at is None
    assert await rows_in(pool, "chat_configs") == []
    assert len(await rows_in(pool, "known_chats")) == 1


async def test_a_first_change_in_a_marked_chat_is_its_first_revision(configs: ChatConfigs, pool: Pool) -> None:
    await KnownChats(pool).remember(ANNA, GROUP, "Book club")
    await configs.mark_left(GROUP, NOW)
    change = await configs.change(GROUP, {"goodbye": True}, by=ANNA, via="menu", expected_revision=0)
    assert change is not None
    assert (change.revision, (await configs.read(GROUP)).left_at) == (1, None)


async def test_an_old_id_of_a_group_is_not_marked(configs: ChatConfigs, pool: Pool) -> None:
    await KnownChats(pool).remember(ANNA, -1, "Book club")
    await configs.move(-1, GROUP)
    assert await configs.mark_left(-1, NOW) is False


async def test_more_than_one_statement_deletes_are_deleted_in_several(
    privacy: Privacy, configs: ChatConfigs, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privacy_module, "PURGED_AT_ONCE", 2)
    for chat in range(1, 8):
        await configs.change(chat, {"a": 1}, by=chat, via="menu")
        await configs.mark_left(chat, NOW)
    await let_time_pass(pool, 31)
    await configs.unmark_left(7, NOW)
    assert await privacy.purge() == 6
    assert [row["chat_id"] for row in await rows_in(pool, "config_changes")] == [7]


async def test_what_somebody_is_just_changing_is_not_purged(privacy: Privacy, configs: ChatConfigs, pool: Pool) -> None:
    await configs.change(GROUP, {"a": 1}, by=ANNA, via="menu")
    await configs.mark_left(GROUP, NOW)
    await let_time_pass(pool, 31)
    async with connection(pool) as busy, busy.transaction():
        await busy.execute("SELECT FROM chat_configs FOR UPDATE")
        assert await privacy.purge() == 0


async def test_many_changes_are_erased_in_steps(
    privacy: Privacy, configs: ChatConfigs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privacy_module, "CHANGES_AT_ONCE", 2)
    for chat in range(-5, 0):
        for value in (True, False):
            await configs.change(chat, {"goodbye": value}, by=ANNA, via="menu")
    monkeypatch.setattr(privacy_module, "ERASE_SECONDS", 0.0)
    assert await privacy.erase_person(ANNA) is False
    assert 0 < (await privacy.traces(ANNA)).changes < 10
    monkeypatch.undo()
    assert await privacy.erase_person(ANNA) is True
    assert not await privacy.traces(ANNA)
    for chat in range(-5, 0):
        assert [one.changed_by for one in await configs.history(chat)] == [FORMER_ADMIN] * 2


@pytest.fixture
async def busy_years(pool: Pool) -> asyncpg.Pool:
    """Thousands of changes of others, and more of Anna's than are counted."""
    async with connection(pool) as conn, conn.transaction():
        await conn.execute(
            """
            SET LOCAL session_replication_role = replica;
            INSERT INTO chat_configs (chat_id, changed_by, config)
            SELECT -n, 1000 + n, '{"goodbye": true}' FROM generate_series(1, 4000) AS n;
            INSERT INTO config_changes (chat_id, revision, changed_at, changed_by, via, before, after)
            SELECT -n, revision, now(), CASE WHEN n % 4 = 0 THEN 11 ELSE 1000 + n END, 'menu', '{}', '{}'
            FROM generate_series(1, 4000) AS n, generate_series(1, 5) AS revision;
            INSERT INTO known_chats (user_id, chat_id, title)
            SELECT person, -n, 'Club'
            FROM generate_series(1, 4000) AS n, LATERAL (VALUES (11), (1000 + n), (1001 + n)) AS people (person);
            INSERT INTO chat_aliases (old_chat_id, chat_id) SELECT -10000 - n, -n FROM generate_series(1, 2000) AS n;
            """
        )
    await pool.connections.execute("ANALYZE")
    return pool.connections


async def test_what_is_counted_is_bounded(privacy: Privacy, busy_years: asyncpg.Pool) -> None:
    assert await privacy.traces(ANNA) == Traces(MOST_COUNTED + 1, MOST_COUNTED + 1, 0)


async def test_nothing_of_it_reads_a_whole_table(
    privacy: Privacy, configs: ChatConfigs, busy_years: asyncpg.Pool
) -> None:
    """The plans of every statement, with the values it was run with."""
    queries: list[tuple[str, tuple[Any, ...]]] = []

    def note(record: Any) -> None:
        if re.match(r"\s*(--.*\n\s*)*(SELECT|WITH|UPDATE|INSERT|DELETE)\b", record.query) and record.args:
            queries.append((record.query, record.args))

    async with busy_years.acquire() as first, busy_years.acquire() as second:
        logged = [first, second]
        for each in logged:
            each.add_query_logger(note)
    for step in _everything(privacy, configs):
        await step
    assert len(queries) > 8
    async with busy_years.acquire() as conn:
        for query, values in queries:
            plan = await conn.fetchval(f"EXPLAIN (FORMAT JSON) {query}", *values)
            scanned = _scanned_whole(json.loads(plan)) & {*TABLES}
            assert not scanned, f"{scanned} is read whole by {query}"


def _everything(privacy: Privacy, configs: ChatConfigs) -> list[Awaitable[object]]:
    return [
        privacy.traces(ANNA),
        configs.mark_left(-1, NOW),
        configs.mark_left(1004, NOW),
        configs.unmark_left(-1, NOW),
        privacy.erase_chat(-2),
        privacy.erase_person(1003),
        privacy.purge(),
    ]


def _scanned_whole(plan: Any) -> set[str]:
    """The tables that a plan reads from beginning to end."""
    if isinstance(plan, list):
        return set().union(*map(_scanned_whole, plan))
    if not isinstance(plan, dict):
        return set()
    own = {plan["Relation Name"]} if plan.get("Node Type") == "Seq Scan" else set()
    return own.union(*map(_scanned_whole, plan.values()))


async def test_however_many_ask_one_connection_is_used(privacy: Privacy, pool: Pool) -> None:
    most = 0
    asked = asyncio.gather(*(privacy.traces(ANNA) for _ in range(100)))
    while not asked.done():
        most = max(most, pool.connections.get_size() - pool.connections.get_idle_size())
        await asyncio.sleep(0)
    assert most == 1
