"""What the repository promises for one chat, one caller at a time."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from bot.errors import Overtaken, Refused
from bot.settings import ChatConfig
from bot.storage.configs.repository import ChatConfigs
from bot.storage.connection.availability import Pool
from bot.storage.known_chats import KnownChats
from tests.conftest import NOW

CHAT = -1001234567890
ADA, BOB = 4242424242, 7
HOUR = timedelta(hours=1)


@pytest.fixture
async def psql(database: str) -> AsyncIterator[asyncpg.Connection]:
    """A person at the database's own prompt."""
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


async def test_a_chat_that_never_chose_has_the_defaults_of_today(configs: ChatConfigs) -> None:
    stored = await configs.read(CHAT)
    assert (stored.chat_id, stored.revision, stored.chosen) == (CHAT, 0, {})
    assert stored.config == ChatConfig()
    assert stored.updated_at is None
    assert stored.left_at is None


async def test_a_change_is_read_back_and_told_with_before_and_after(configs: ChatConfigs) -> None:
    begun = datetime.now(UTC) - timedelta(seconds=1)
    change = await configs.change(CHAT, {"welcome": "everyone", "goodbye": True}, by=ADA, via="menu")
    assert change is not None
    assert (change.chat_id, change.revision, change.changed_by, change.via) == (CHAT, 1, ADA, "menu")
    assert change.before == {}
    assert change.after == {"welcome": "everyone", "goodbye": True}
    assert change.keys == ("goodbye", "welcome")
    assert begun < change.changed_at < datetime.now(UTC) + timedelta(seconds=1)
    stored = await configs.read(CHAT)
    assert stored.config.welcome == "everyone"
    assert stored.config.goodbye is True
    assert (stored.revision, stored.updated_at) == (1, change.changed_at)


async def test_only_the_keys_that_really_change_are_told(configs: ChatConfigs) -> None:
    await configs.change(CHAT, {"a": 1, "b": 2}, by=ADA, via="menu")
    change = await configs.change(CHAT, {"a": 1, "b": 3, "c": 4}, by=BOB, via="menu")
    assert change is not None
    assert change.before == {"b": 2}
    assert change.after == {"b": 3, "c": 4}


async def test_a_write_that_changes_nothing_raises_no_revision_and_writes_no_history(configs: ChatConfigs) -> None:
    first = await configs.change(CHAT, {"a": 1, "b": "x"}, by=ADA, via="menu")
    assert await configs.change(CHAT, {"a": 1}, by=BOB, via="menu") is None
    assert await configs.change(CHAT, {}, by=BOB, via="menu") is None
    assert await configs.reset(CHAT, ["c"], by=BOB, via="menu") is None
    assert await configs.reset(CHAT, [], by=BOB, via="menu") is None
    assert await configs.history(CHAT) == [first]
    assert (await configs.read(CHAT)).revision == 1


async def test_nothing_is_stored_for_a_chat_where_a_write_changes_nothing(
    configs: ChatConfigs, psql: asyncpg.Connection
) -> None:
    assert await configs.change(CHAT, {}, by=ADA, via="menu") is None
    assert await configs.reset(CHAT, None, by=ADA, via="menu") is None
    assert await psql.fetchval("SELECT count(*) FROM chat_configs") == 0


async def test_a_chosen_value_stays_even_when_it_equals_the_default(configs: ChatConfigs) -> None:
    default = ChatConfig().welcome
    assert await configs.change(CHAT, {"welcome": default}, by=ADA, via="menu")
    assert (await configs.read(CHAT)).chosen == {"welcome": default}


async def test_true_and_one_are_different_values(configs: ChatConfigs) -> None:
    await configs.change(CHAT, {"a": True}, by=ADA, via="menu")
    change = await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
    assert change is not None
    assert change.after["a"] is not True


async def test_resetting_keys_takes_their_choice_back(configs: ChatConfigs) -> None:
    await configs.change(CHAT, {"a": 1, "b": 2}, by=ADA, via="menu")
    change = await configs.reset(CHAT, ["a", "c"], by=BOB, via="command")
    assert change is not None
    assert (change.revision, change.before, change.after) == (2, {"a": 1}, {})
    assert (await configs.read(CHAT)).chosen == {"b": 2}


async def test_resetting_all_takes_unknown_keys_along(configs: ChatConfigs) -> None:
    await configs.change(CHAT, {"welcome": "everyone", "of_a_later_release": 2}, by=ADA, via="menu")
    change = await configs.reset(CHAT, None, by=BOB, via="command")
    assert change is not None
    assert change.before == {"welcome": "everyone", "of_a_later_release": 2}
    assert change.after == {}
    assert (await configs.read(CHAT)).chosen == {}


async def test_setting_and_removing_keys_is_one_revision_and_setting_wins(configs: ChatConfigs) -> None:
    await configs.change(CHAT, {"a": 1, "b": 2}, by=ADA, via="menu")
    change = await configs.change(CHAT, {"b": 3, "c": 4}, by=ADA, via="import", remove=["a", "b"])
    assert change is not None
    assert (change.revision, change.before, change.after) == (2, {"a": 1, "b": 2}, {"b": 3, "c": 4})
    assert (await configs.read(CHAT)).chosen == {"b": 3, "c": 4}


async def test_a_change_for_an_expected_revision_happens_only_at_that_revision(configs: ChatConfigs) -> None:
    assert await configs.change(CHAT, {"a": 1}, by=ADA, via="import", expected_revision=0)
    with pytest.raises(Overtaken):
        await configs.change(CHAT, {"a": 2}, by=BOB, via="import", expected_revision=0)
    assert await configs.change(CHAT, {"b": 1}, by=ADA, via="menu", expected_revision=1)
    with pytest.raises(Overtaken) as overtaken:
        await configs.reset(CHAT, None, by=BOB, via="import", expected_revision=1)
    assert (overtaken.value.keys, overtaken.value.revision, overtaken.value.changed_by) == (("b",), 2, ADA)
    with pytest.raises(Overtaken):
        await configs.change(-5, {"a": 1}, by=BOB, via="import", expected_revision=3)
    assert (await configs.read(CHAT)).chosen == {"a": 1, "b": 1}
    assert await configs.change(CHAT, {"b": 1}, by=BOB, via="import", expected_revision=2) is None


async def test_an_update_delivered_twice_changes_once_and_is_answered_alike(configs: ChatConfigs) -> None:
    first = await configs.change(CHAT, {"a": 1}, by=ADA, via="menu", update_id=100)
    other = await configs.change(CHAT, {"a": 2}, by=BOB, via="menu", update_id=101)
    assert await configs.change(CHAT, {"a": 1}, by=ADA, via="menu", update_id=100) == first
    assert await configs.reset(CHAT, None, by=BOB, via="menu", update_id=101) == other
    undone = await configs.undo(CHAT, 2, by=ADA, update_id=102)
    assert await configs.undo(CHAT, 2, by=ADA, update_id=102) == undone
    assert (await configs.read(CHAT)).chosen == {"a": 1}
    assert [change.revision for change in await configs.history(CHAT)] == [3, 2, 1]


async def test_the_same_update_may_change_two_chats(configs: ChatConfigs) -> None:
    assert await configs.change(CHAT, {"a": 1}, by=ADA, via="copy", update_id=100)
    assert await configs.change(-5, {"a": 1}, by=ADA, via="copy", update_id=100)


async def test_the_history_is_paged_newest_first(configs: ChatConfigs) -> None:
    made = [await configs.change(CHAT, {"a": n}, by=ADA, via="menu") for n in range(5)]
    newest = list(reversed(made))
    assert await configs.history(CHAT, limit=2) == newest[:2]
    assert await configs.history(CHAT, before=4, limit=2) == newest[2:4]
    assert await configs.history(CHAT, before=1) == []
    assert await configs.history(-5) == []


async def test_what_is_newer_than_a_page_of_the_history_is_found_oldest_first(configs: ChatConfigs) -> None:
    for patch in ({"goodbye": True}, {"rules": "Be kind."}, {"goodbye": False}):
        await configs.change(CHAT, patch, by=ADA, via="menu")
    assert await configs.newer(CHAT, 2, limit=10) == [2, 3]
    assert await configs.newer(CHAT, 1, limit=2) == [1, 2]
    assert await configs.newer(CHAT, 1, limit=10, key="goodbye") == [1, 3]


async def test_the_history_keeps_the_last_200_revisions(configs: ChatConfigs) -> None:
    for n in range(205):
        await configs.change(CHAT, {"a": n}, by=ADA, via="menu")
    kept = [change.revision for change in await configs.history(CHAT, limit=1_000)]
    assert kept == list(range(205, 5, -1))


async def test_a_change_by_hand_is_recorded_and_raises_the_revision(
    configs: ChatConfigs, psql: asyncpg.Connection
) -> None:
    await configs.change(CHAT, {"a": 1, "b": 1}, by=ADA, via="menu", update_id=100)
    await psql.execute("""UPDATE chat_configs SET config = '{"a": 2, "c": 3}'""")
    (latest, _) = await configs.history(CHAT)
    assert (latest.revision, latest.changed_by, latest.via) == (2, None, "database")
    assert (latest.before, latest.after) == ({"a": 1, "b": 1}, {"a": 2, "c": 3})
    assert (await configs.read(CHAT)).revision == 2
    undone = await configs.undo(CHAT, 2, by=BOB)
    assert undone.after == {"a": 1, "b": 1}


async def test_a_row_made_and_deleted_by_hand_does_no_harm(configs: ChatConfigs, psql: asyncpg.Connection) -> None:
    await psql.execute("""INSERT INTO chat_configs (chat_id, config) VALUES ($1, '{"a": 1}')""", CHAT)
    (change,) = await configs.history(CHAT)
    assert (change.revision, change.changed_by, change.via, change.after) == (1, None, "database", {"a": 1})
    await psql.execute("DELETE FROM chat_configs")
    assert (await configs.read(CHAT)).revision == 0
    assert await configs.history(CHAT) == []
    assert await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")


async def test_every_change_is_told_to_whoever_listens(
    configs: ChatConfigs, psql: asyncpg.Connection, database: str
) -> None:
    told: asyncio.Queue[object] = asyncio.Queue()
    await psql.add_listener("chat_configs", lambda *heard: told.put_nowait(heard[-1]))
    other = await asyncpg.connect(database)
    async with asyncio.timeout(5):
        await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
        assert await told.get() == f"{CHAT} 1"
        await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
        await other.execute("""UPDATE chat_configs SET config = '{"a": 2}'""")
        assert await told.get() == f"{CHAT} 2"
        await configs.mark_left(CHAT, NOW)
        assert await told.get() == f"{CHAT} 2"
        await configs.move(CHAT, -5)
        assert {await told.get() for _ in range(4)} >= {f"{CHAT} 2", "-5 3"}
        while not told.empty():
            told.get_nowait()
        await configs.change(-5, {"a": 9}, by=ADA, via="menu")
        assert {await told.get(), await told.get()} == {f"{CHAT} 4", "-5 4"}
        await other.execute("DELETE FROM chat_configs")
        assert {await told.get(), await told.get()} == {f"{CHAT} 4", "-5 4"}
    assert told.empty()
    await other.close()


async def test_stored_values_that_today_refuses_fall_back_and_are_logged_once(
    configs: ChatConfigs, psql: asyncpg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    stored = {"welcome": "to the moon", "goodbye": "secret", "clean_joins": True, "unknown": [1, {"x": None}]}
    await psql.execute("INSERT INTO chat_configs (chat_id, config) VALUES ($1, $2)", CHAT, json.dumps(stored))
    with caplog.at_level(logging.WARNING):
        first, second = await configs.read(CHAT), await configs.read(CHAT)
    assert first == second
    assert (first.config.welcome, first.config.goodbye, first.config.clean_joins) == ("off", False, True)
    assert first.chosen == stored
    logged = [record.args for record in caplog.records]
    assert sorted(logged, key=str) == [(CHAT, "goodbye"), (CHAT, "welcome")]
    assert "secret" not in caplog.text


@pytest.mark.parametrize("config", ['"text"', "[1]", "null", "7", '{"a": 1' + 5_000 * "0" + "}"])
async def test_rubbish_in_a_row_never_silences_a_chat(
    configs: ChatConfigs, psql: asyncpg.Connection, config: str
) -> None:
    await psql.execute("ALTER TABLE chat_configs DROP CONSTRAINT config_is_an_object")
    await psql.execute("INSERT INTO chat_configs (chat_id, config, via) VALUES ($1, $2, 'move')", CHAT, config)
    assert (await configs.read(CHAT)).config == ChatConfig()


@pytest.mark.parametrize(
    "patch",
    [
        {"a": "NUL \0 inside"},
        {"a": "\\\0"},
        {"k\0": 1},
        {"a": "lone \ud800"},
        {"a": "\udfff low"},
        {"k\ud800": 1},
        {"a": float("nan")},
        {"a": float("inf")},
        {"a": {"deep": ["x\0"]}},
        {"a": object()},
        {"a": "x" * 65_536},
        {"a": "€" * 22_000},
    ],
    ids=range(12),
)
async def test_what_cannot_be_stored_is_refused_before_the_database_has_to(
    configs: ChatConfigs, patch: dict[str, object]
) -> None:
    with pytest.raises(Refused):
        await configs.change(CHAT, patch, by=ADA, via="menu")
    assert (await configs.read(CHAT)).revision == 0


async def test_any_other_text_is_stored_as_it_is(configs: ChatConfigs) -> None:
    text = "\\u0000 \\\\u0000 \x01 \x7f \u2028 😀 \U0010ffff ' \" $1 %s {name} <b>"
    await configs.change(CHAT, {"a": text, "ключ": "значение"}, by=ADA, via="menu")
    assert (await configs.read(CHAT)).chosen == {"a": text, "ключ": "значение"}


async def test_a_document_that_grows_over_64_kilobytes_is_refused_and_stays(configs: ChatConfigs) -> None:
    await configs.change(CHAT, {"a": "x" * 40_000}, by=ADA, via="menu")
    with pytest.raises(Refused, match="too much text"):
        await configs.change(CHAT, {"b": "x" * 40_000}, by=ADA, via="menu")
    stored = await configs.read(CHAT)
    assert (stored.revision, set(stored.chosen)) == (1, {"a"})


async def test_the_database_itself_refuses_rubbish(configs: ChatConfigs, psql: asyncpg.Connection) -> None:
    for rubbish in ("[]", '"x"', "null", json.dumps({"a": "x" * 65_536})):
        with pytest.raises(asyncpg.CheckViolationError):
            await psql.execute("INSERT INTO chat_configs (chat_id, config) VALUES (1, $1)", rubbish)


async def test_a_chat_the_bot_left_is_as_it_was_when_it_comes_back(configs: ChatConfigs) -> None:
    change = await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
    assert await configs.mark_left(CHAT, NOW) is True
    assert await configs.mark_left(CHAT, NOW) is False
    left = await configs.read(CHAT)
    assert left.left_at is not None
    assert left.chosen == {"a": 1}
    assert await configs.unmark_left(CHAT, NOW) is True
    assert await configs.unmark_left(CHAT, NOW) is False
    back = await configs.read(CHAT)
    assert (back.left_at, back.chosen, back.revision) == (None, {"a": 1}, 1)
    assert await configs.history(CHAT) == [change]


@pytest.mark.parametrize("chosen", [{}, {"a": 1}])
async def test_what_is_told_late_of_an_arrival_takes_no_mark_of_a_later_removal_off(
    configs: ChatConfigs, pool: Pool, chosen: dict[str, int]
) -> None:
    await KnownChats(pool).remember(ADA, CHAT, "Book club")
    await configs.change(CHAT, chosen, by=ADA, via="menu")
    assert await configs.mark_left(CHAT, NOW - HOUR) is True
    assert await configs.mark_left(CHAT, NOW) is True
    assert await configs.unmark_left(CHAT, NOW - HOUR) is False
    assert (await configs.read(CHAT)).left_at == NOW
    assert await configs.mark_left(CHAT, NOW - HOUR) is False
    assert (await configs.read(CHAT)).left_at == NOW
    assert await configs.unmark_left(CHAT, NOW) is bool(chosen)
    assert (await configs.read(CHAT)).left_at is None


async def test_a_chat_without_settings_has_nothing_to_keep_or_to_restore(configs: ChatConfigs) -> None:
    assert await configs.mark_left(CHAT, NOW) is False
    assert await configs.unmark_left(CHAT, NOW) is False


async def test_a_change_takes_the_mark_of_a_false_removal_off(configs: ChatConfigs) -> None:
    await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
    await configs.mark_left(CHAT, NOW)
    await configs.change(CHAT, {"a": 2}, by=ADA, via="menu")
    assert (await configs.read(CHAT)).left_at is None


async def test_a_topic_that_refuses_is_news_once_and_is_so_until_another_or_until_it_takes_something(
    configs: ChatConfigs,
) -> None:
    first = await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
    assert await configs.note_topic(CHAT, 5, refused=False) is False
    assert await configs.note_topic(CHAT, 5, refused=True) is True
    assert await configs.note_topic(CHAT, 5, refused=True) is False
    assert await configs.note_topic(CHAT, 6, refused=False) is False
    await configs.change(CHAT, {"a": 2}, by=ADA, via="menu")
    assert (await configs.read(CHAT)).refused_topic == 5
    assert await configs.note_topic(CHAT, 6, refused=True) is True
    assert await configs.note_topic(CHAT, 6, refused=False) is True
    assert (await configs.read(CHAT)).refused_topic is None
    assert await configs.note_topic(CHAT - 1, 5, refused=True) is False, "a chat that chose nothing has no topic"
    assert (await configs.history(CHAT))[-1] == first
    assert len(await configs.history(CHAT)) == 2


async def test_a_renamed_setting_keeps_what_was_chosen_for_both_releases(
    configs: ChatConfigs, psql: asyncpg.Connection
) -> None:
    contributing = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    copied = contributing.partition("```sql\n")[2].partition("```")[0]
    await configs.change(CHAT, {"old_key": True}, by=ADA, via="menu")
    await configs.change(-2, {"old_key": True, "new_key": False}, by=ADA, via="menu")
    await configs.change(-3, {"clean_joins": True}, by=ADA, via="menu")
    await psql.execute(copied)
    assert (await configs.read(CHAT)).chosen == {"old_key": True, "new_key": True}
    assert (await configs.read(-2)).chosen == {"old_key": True, "new_key": False}
    assert [(await configs.read(each)).revision for each in (CHAT, -2, -3)] == [2, 1, 1]
    undone = await configs.undo(CHAT, 1, by=ADA)
    assert undone.before == {"old_key": True}
