"""Rows of the outbox on a real PostgreSQL: what is stored when, and what a process goes on with after another one."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from bot.background import repeat
from bot.client.outbox import Outbox
from bot.client.outgoing import MessageKind, Outgoing
from bot.client.rate_limits import Limits
from bot.client.raw_call import raw_call
from bot.errors import Unavailable
from bot.storage.configs.repository import ChatConfigs
from bot.storage.connection.availability import Pool
from bot.storage.connection.breaker import UNAVAILABLE
from bot.storage.connection.pool import close_pool
from bot.storage.outbox import MOST_ROWS_IN_CHAT, OutboxRows, Row
from bot.storage.privacy import Privacy
from bot.storage.schema.migrate import MIGRATIONS, migrate
from tests.conftest import create_pool, database_url, environment_for
from tests.unit.sending import ANNA, BEN, GROUP, Answering, Updates, deletion, ephemeral, flood, redraw, text
from tests.unit.telegram_border import bot_on, nothing_migrated
from tests.watching import Lines

BOT = 123

AWAY = 502, "<html>Bad Gateway</html>"

ROW = Row(GROUP, 0, "u1.1", 1, "answer", [("sendMessage", {"text": "hello"})], due_in=0.0, expires_in=100.0)


@pytest.fixture
def rows(pool: Pool) -> OutboxRows:
    return OutboxRows(pool, BOT)


@asynccontextmanager
async def process(rows: OutboxRows, telegram: Answering, limits: Limits | None = None) -> AsyncIterator[Outbox]:
    """A process that leads; leaving kills it: what it has in memory is gone."""
    outbox = Outbox(bot_on(telegram), rows, nothing_migrated, limits)
    outbox.start()
    reading = asyncio.create_task(repeat("Reading the outbox", outbox.read))
    try:
        yield outbox
    finally:
        reading.cancel()
        await outbox.close()


async def stored(pool: Pool) -> list[asyncpg.Record]:
    return await pool.connections.fetch(
        """
        SELECT *, extract(epoch FROM due_at - clock_timestamp())::float8 AS due_in FROM outbox
        ORDER BY chat_id, receiver_id, seq
        """
    )


async def until(condition: Callable[[], Awaitable[bool] | bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while True:
            met = condition()
            if met if isinstance(met, bool) else await met:
                return
            await asyncio.sleep(0.02)


def has_rows(pool: Pool, number: int) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return len(await stored(pool)) == number

    return check


def _holds(pool: Pool, keys: list[str]) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return [row["key"] for row in await stored(pool)] == keys

    return check


async def end_pauses(pool: Pool) -> None:
    """Let the time pass for which rows wait."""
    await pool.connections.execute("UPDATE outbox SET due_at = clock_timestamp()")


async def test_an_ordinary_answer_writes_no_row_and_one_that_waits_for_longer_than_a_second_does(
    rows: OutboxRows, pool: Pool
) -> None:
    telegram, updates, settled = Answering(), Updates(), Updates()
    async with process(rows, telegram, Limits(in_chat=(3, 6.0))) as outbox:
        updates.handle(1, lambda: [outbox.deliver(text(ANNA, str(number))) for number in range(3)])
        await until(lambda: list(updates.settled) == [1])
        assert not await stored(pool)
        settled.handle(2, lambda: outbox.deliver(text(ANNA, "3")))
        await until(lambda: list(settled.settled) == [2])
        (row,) = await stored(pool)
        assert (row["key"], row["update_id"], row["kind"], row["state"]) == ("u2.1", 2, "answer", "waiting")
        assert row["calls"] == [["sendMessage", {"text": "3"}]]
        await until(has_rows(pool, 0))
    assert telegram.texts() == ["0", "1", "2", "3"]


async def test_what_turns_out_to_wait_is_stored_after_a_second(rows: OutboxRows, pool: Pool) -> None:
    telegram, updates = Answering(latency=4), Updates()
    async with process(rows, telegram) as outbox:
        updates.handle(1, lambda: outbox.deliver(text(ANNA, "slow")))
        await asyncio.sleep(0.7)
        assert not await stored(pool)
        await until(has_rows(pool, 1))
        assert list(updates.settled) == [1]
        await until(has_rows(pool, 0))


async def test_a_restart_within_a_flood_wait_makes_no_call_to_that_chat_before_its_end(
    rows: OutboxRows, pool: Pool
) -> None:
    telegram, updates = Answering(), Updates()
    telegram.fail("sendMessage", flood(60))
    async with process(rows, telegram) as outbox:
        updates.handle(1, lambda: [outbox.deliver(text(ANNA, words)) for words in ("one", "two")])
        await until(lambda: list(updates.settled) == [1])
        assert [50 < row["due_in"] <= 60 for row in await stored(pool)] == [True, True]
    async with process(rows, telegram) as outbox:
        await until(lambda: outbox.waiting == 2)
        outbox.deliver(text(ANNA, "three"))
        outbox.deliver(text(BEN, "hello"))
        await until(lambda: len(telegram.calls) == 2)
        await asyncio.sleep(0.3)
        assert telegram.texts() == ["one", "hello"]
        await until(has_rows(pool, 3))
    await end_pauses(pool)
    async with process(rows, telegram):
        await until(has_rows(pool, 0))
    assert telegram.texts(ANNA) == ["one", "one", "two", "three"]


async def test_what_waits_is_sent_by_the_next_process_in_order_and_once(rows: OutboxRows, pool: Pool) -> None:
    telegram = Answering()
    telegram.fail("sendMessage", flood(60))
    async with process(rows, telegram) as outbox:
        outbox.deliver(text(ANNA, "0"))
        await until(lambda: bool(telegram.calls))
        for number in range(1, 6):
            Updates().handle(number, lambda number=number: outbox.deliver(text(ANNA, str(number))))  # type: ignore[misc]
        await until(has_rows(pool, 6))
    await end_pauses(pool)
    async with process(rows, telegram, Limits(in_chat=(100, 1.0))):
        await until(has_rows(pool, 0))
    async with process(rows, telegram) as outbox:
        await asyncio.sleep(0.2)
        assert outbox.waiting == 0
    assert telegram.texts() == ["0", "0", "1", "2", "3", "4", "5"]


async def test_alternatives_and_what_follows_are_stored_and_a_late_ephemeral_answer_does_not_become_public(
    rows: OutboxRows, pool: Pool
) -> None:
    telegram = Answering()
    telegram.fail("sendMessage", flood(60))
    public = raw_call("sendMessage", chat_id=GROUP, text="for all")
    async with process(rows, telegram) as outbox:
        outbox.deliver(Outgoing(MessageKind.ANSWER, (ephemeral("seen by Anna"), public), by_admin=True))
        await until(has_rows(pool, 1))
        (row,) = await stored(pool)
        assert (row["receiver_id"], row["by_admin"], len(row["calls"])) == (ANNA, True, 2)
    await pool.connections.execute(
        "UPDATE outbox SET due_at = clock_timestamp(), created_at = created_at - interval '20 s'"
    )
    telegram.answers["sendMessage"] = lambda _: (400, '{"ok": false, "description": "Bad Request: no"}')
    async with process(rows, telegram):
        await until(has_rows(pool, 0))
    assert telegram.texts() == ["seen by Anna"] * 2


async def test_a_redraw_that_was_stored_is_replaced_by_a_newer_one_and_sent_once(rows: OutboxRows, pool: Pool) -> None:
    telegram = Answering()
    telegram.fail("editMessageText", flood(1))
    async with process(rows, telegram) as outbox:
        outbox.deliver(redraw("older"))
        await until(has_rows(pool, 1))
        outbox.deliver(redraw("newer"))
        await until(_has_text(pool, "newer"))
        await until(has_rows(pool, 0))
    assert telegram.texts() == ["older", "newer"]


async def test_an_older_redraw_on_its_way_does_not_delete_the_row_of_the_newer_one(
    rows: OutboxRows, pool: Pool
) -> None:
    telegram = Answering(latency=4)
    async with process(rows, telegram) as outbox:
        outbox.deliver(redraw("older"))
        await until(has_rows(pool, 1))
        for number in range(3):
            outbox.deliver(text(GROUP, str(number)))
        outbox.deliver(redraw("newer"))
        await until(_has_text(pool, "newer"))
        await until(lambda: telegram.texts()[-1:] == ["0"])
        assert "newer" in str([row["calls"] for row in await stored(pool)])
    telegram.latency = 0.0
    async with process(rows, telegram):
        await until(has_rows(pool, 0))
    assert telegram.texts().count("newer") == 1


def _has_text(pool: Pool, words: str) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return any(words in json.dumps(row["calls"]) for row in await stored(pool))

    return check


async def test_a_version_deletes_no_row_that_a_newer_one_replaced(rows: OutboxRows, pool: Pool) -> None:
    edit = replace(ROW, key="edit:text:7", kind="redraw")
    (older,) = (await rows.store([edit])).values()
    (newer,) = (await rows.store([replace(edit, calls=[("editMessageText", {"text": "newer"})])])).values()
    assert newer == (older[0], older[1] + 1)
    await rows.delete([older])
    assert len(await stored(pool)) == 1
    await rows.delete([newer])
    assert not await stored(pool)


async def test_a_deletion_in_a_day_is_kept_by_the_database_alone_and_done_by_whoever_leads_then(
    rows: OutboxRows, pool: Pool
) -> None:
    telegram = Answering()
    async with process(rows, telegram) as outbox:
        outbox.deliver(deletion(5, delay_seconds=86_400))
        outbox.deliver(text(GROUP, "an answer due now"))
        await until(has_rows(pool, 1))
        await until(lambda: outbox.waiting == 0)
    assert telegram.texts() == ["an answer due now"]
    (row,) = await stored(pool)
    assert 86_000 < row["due_in"] < 86_400
    await end_pauses(pool)
    async with process(rows, telegram):
        await until(has_rows(pool, 0))
    assert [call.arguments for call in telegram.named("deleteMessage")] == [{"chat_id": GROUP, "message_id": 5}]


async def test_another_time_for_a_deletion_replaces_the_one_that_is_stored(rows: OutboxRows, pool: Pool) -> None:
    async with process(rows, Answering()) as outbox:
        outbox.deliver(deletion(5, delay_seconds=86_400))
        await until(has_rows(pool, 1))
        await until(lambda: outbox.waiting == 0)
        outbox.deliver(deletion(5, delay_seconds=7_200))
        await until(lambda: outbox.waiting == 0)
    (row,) = await stored(pool)
    assert 7_000 < row["due_in"] < 7_200


async def test_a_greeting_is_deleted_in_time_also_by_another_process(rows: OutboxRows, pool: Pool) -> None:
    telegram, updates = Answering(), Updates()
    async with process(rows, telegram) as outbox:
        message = text(GROUP, "welcome", MessageKind.GREETING, delete_after_seconds=600)
        updates.handle(1, lambda: outbox.deliver(message))
        await until(lambda: list(updates.settled) == [1])
        outbox.confirmed(2)
        await until(_holds(pool, ["delete:1"]))
        await until(lambda: outbox.waiting == 0)
    await end_pauses(pool)
    async with process(rows, telegram):
        await until(has_rows(pool, 0))
    assert telegram.named("deleteMessage")


async def test_a_greeting_whose_sending_began_is_not_said_again_by_the_next_process(
    rows: OutboxRows, pool: Pool
) -> None:
    telegram, updates = Answering(), Updates()
    telegram.answers["sendMessage"] = lambda _: asyncio.sleep(3600)
    async with process(rows, telegram) as outbox:
        updates.handle(1, lambda: outbox.deliver(text(GROUP, "welcome", MessageKind.GREETING)))
        await until(lambda: bool(telegram.calls))
        (row,) = await stored(pool)
        assert (row["state"], row["calls"]) == ("claimed", []), "a proof needs neither texts nor names"
    sent = list[Any]()
    telegram.answers["sendMessage"] = telegram.reply
    async with process(rows, telegram) as outbox:
        updates.handle(1, lambda: outbox.deliver(text(GROUP, "welcome", MessageKind.GREETING, on_sent=sent.append)))
        await until(lambda: list(updates.settled) == [1])
    assert telegram.texts() == ["welcome"]
    assert sent == []


async def test_the_proof_of_a_greeting_goes_when_its_update_cannot_come_again(rows: OutboxRows, pool: Pool) -> None:
    telegram, updates = Answering(), Updates()
    async with process(rows, telegram) as outbox:
        updates.handle(7, lambda: outbox.deliver(text(GROUP, "welcome", MessageKind.GREETING)))
        await until(lambda: list(updates.settled) == [7])
        outbox.confirmed(7)
        await asyncio.sleep(0.1)
        assert len(await stored(pool)) == 1
        outbox.confirmed(8)
        await until(has_rows(pool, 0))


async def test_a_greeting_that_telegram_did_not_take_is_said_by_the_next_process(rows: OutboxRows, pool: Pool) -> None:
    telegram = Answering()
    telegram.fail("sendMessage", flood(60))
    async with process(rows, telegram) as outbox:
        outbox.deliver(text(GROUP, "welcome", MessageKind.GREETING))
        await until(lambda: bool(telegram.calls))
        await until(_is_released(pool))
    await end_pauses(pool)
    async with process(rows, telegram):
        await until(has_rows(pool, 0))
    assert telegram.texts() == ["welcome", "welcome"]


async def test_a_greeting_whose_attempt_failed_waits_with_what_it_says(rows: OutboxRows, pool: Pool) -> None:
    telegram = Answering()
    telegram.fail("sendMessage", AWAY)
    async with process(rows, telegram, Limits(in_group=(1, 60.0))) as outbox:
        outbox.deliver(text(GROUP, "welcome", MessageKind.GREETING))
        await until(_waits_with(pool, [["sendMessage", {"text": "welcome"}]]))
    async with process(rows, telegram):
        await until(has_rows(pool, 0))
    assert telegram.texts() == ["welcome", "welcome"]


def _waits_with(pool: Pool, calls: list[object]) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return [(row["state"], row["calls"]) for row in await stored(pool)] == [("waiting", calls)]

    return check


@pytest.mark.parametrize("holder", [None, 1])
async def test_what_was_said_is_kept_without_texts_by_several_processes_too(
    rows: OutboxRows, pool: Pool, holder: int | None
) -> None:
    telegram, updates, theirs = Answering(), Updates(), Updates()
    telegram.fail("sendMessage", AWAY)
    async with process(rows, telegram) as outbox:
        rows.holder = holder
        updates.handle(1, lambda: outbox.deliver(text(GROUP, "Welcome, Anna!", MessageKind.GREETING)))
        await until(lambda: list(updates.settled) == [1])
        await until(lambda: telegram.texts() == ["Welcome, Anna!"] * 2)
        await until(lambda: outbox.waiting == 0)
        assert [(row["key"], row["state"], row["calls"]) for row in await stored(pool)] == [("u1.1", "claimed", [])]
        theirs.handle(1, lambda: outbox.deliver(text(GROUP, "Welcome, Anna!", MessageKind.GREETING)))
        await until(lambda: list(theirs.settled) == [1])
    assert len(telegram.texts()) == 2


async def test_an_attempt_whose_message_is_too_large_to_wait_in_the_database_is_made_again(
    rows: OutboxRows, pool: Pool, logged: Lines
) -> None:
    telegram, updates = Answering(), Updates()
    telegram.fail("sendMessage", AWAY)
    async with process(rows, telegram) as outbox:
        updates.handle(1, lambda: outbox.deliver(text(GROUP, "я" * 40_000, MessageKind.GREETING)))
        await until(lambda: list(updates.settled) == [1])
        await until(lambda: len(telegram.texts()) == 2)
    assert any("cannot be stored: CheckViolationError" in line for line in logged.errors)
    assert not any("яяя" in line for line in logged.lines)
    logged.errors.clear()


def _is_released(pool: Pool) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return [(row["state"], row["due_in"] > 50) for row in await stored(pool)] == [("waiting", True)]

    return check


async def test_a_change_is_announced_once_however_often_its_update_is_handled(rows: OutboxRows, pool: Pool) -> None:
    telegram = Answering()
    for _ in range(3):
        async with process(rows, telegram) as outbox:
            updates = Updates()
            announced = text(GROUP, "changed", MessageKind.ANNOUNCEMENT, key="announce:5")
            updates.handle(1, lambda outbox=outbox, announced=announced: outbox.deliver(announced))  # type: ignore[misc]
            await until(lambda updates=updates: list(updates.settled) == [1])  # type: ignore[misc]
    assert telegram.texts() == ["changed"]


async def test_stopping_stores_what_waits(rows: OutboxRows, pool: Pool) -> None:
    telegram = Answering()
    telegram.fail("sendMessage", flood(60))
    async with process(rows, telegram) as outbox:
        for number in range(5):
            outbox.deliver(text(ANNA, str(number)))
        outbox.deliver(deletion(5, delay_seconds=50))
        await until(lambda: bool(telegram.calls))
        await outbox.finish(1.0)
    assert len(await stored(pool)) == 6


async def test_a_process_that_lost_the_lead_and_has_it_again_sends_what_it_stored_once(
    rows: OutboxRows, pool: Pool
) -> None:
    telegram = Answering()
    telegram.fail("sendMessage", flood(60))
    async with process(rows, telegram) as outbox:
        outbox.deliver(text(ANNA, "hello"))
        await until(has_rows(pool, 1))
        outbox.stop()
        assert outbox.waiting == 0
        await end_pauses(pool)
        async with process(rows, telegram):
            await until(has_rows(pool, 0))
        outbox.start()
        await asyncio.sleep(0.3)
    assert telegram.texts() == ["hello", "hello"]


class Interrupted(OutboxRows):
    """Rows of a database that is away from time to time."""

    away = False

    async def store(self, *args: Any, **options: Any) -> Any:
        if self.away:
            raise Unavailable(UNAVAILABLE)
        return await super().store(*args, **options)

    async def delete(self, *args: Any) -> None:
        if self.away:
            raise Unavailable(UNAVAILABLE)
        await super().delete(*args)


async def test_rows_are_written_and_deleted_when_the_database_is_back(pool: Pool) -> None:
    rows, telegram, updates = Interrupted(pool, BOT), Answering(), Updates()
    telegram.fail("sendMessage", flood(60), flood(3))
    async with process(rows, telegram) as outbox:
        rows.away = True
        updates.handle(1, lambda: outbox.deliver(text(ANNA, "later")))
        await asyncio.sleep(0.6)
        assert not await stored(pool)
        assert not updates.settled
        rows.away = False
        await until(has_rows(pool, 1))
        assert list(updates.settled) == [1]
        outbox.deliver(text(BEN, "soon"))
        await until(has_rows(pool, 2))
        rows.away = True
        await until(lambda: telegram.texts(BEN) == ["soon"] * 2)
        await asyncio.sleep(0.1)
        assert len(await stored(pool)) == 2
        rows.away = False
        await until(has_rows(pool, 1))


async def test_a_message_that_the_database_refuses_holds_up_neither_rows_nor_updates(
    rows: OutboxRows, pool: Pool, logged: Lines
) -> None:
    telegram, updates = Answering(), Updates()
    telegram.fail("sendMessage", flood(60), flood(60))
    async with process(rows, telegram) as outbox:
        updates.handle(1, lambda: outbox.deliver(text(ANNA, "я" * 40_000)))
        updates.handle(2, lambda: outbox.deliver(text(BEN, "hello")))
        await until(lambda: sorted(updates.settled) == [1, 2])
    assert [row["chat_id"] for row in await stored(pool)] == [BEN]
    assert all("cannot be stored: CheckViolationError" in line for line in logged.errors)
    assert not any("яяя" in line for line in logged.lines)
    logged.errors.clear()


async def test_two_bots_in_one_database_know_nothing_of_each_other(pool: Pool) -> None:
    ours, theirs = OutboxRows(pool, BOT), OutboxRows(pool, BOT + 1)
    for rows in (ours, theirs):
        assert await rows.store([ROW, replace(ROW, key="delete:1", kind="deletion")], claimed=rows is theirs)
    assert [row.key for row in await ours.waiting(10)] == ["u1.1"]
    assert [row.key for row in await ours.due_deletions(60, 10)] == ["delete:1"]
    assert not await theirs.waiting(10)
    assert not await theirs.due_deletions(60, 10)
    assert not await theirs.store([ROW], claimed=True)


async def test_a_message_that_two_processes_have_in_memory_is_claimed_by_one_and_by_that_one_again(pool: Pool) -> None:
    ours, theirs = OutboxRows(pool, BOT), OutboxRows(pool, BOT)
    ours.holder, theirs.holder = 1, 2
    await ours.store([ROW])
    ours.holder = None  # it is gone
    await ours.free_held()
    (known,) = await theirs.waiting(10)
    ours.holder = 3
    assert await ours.store([ROW], claimed=True), "its update came again"
    assert not await theirs.store([known], claimed=True)
    assert not await ours.store([ROW], claimed=True)
    (record,) = await stored(pool)
    mine = replace(ROW, id=record["id"], version=record["version"])
    assert await ours.store([mine], claimed=True), "the attempt failed, and begins once more"


async def test_deletions_of_the_release_before_are_adopted_by_the_bot_that_leads(rows: OutboxRows, pool: Pool) -> None:
    await OutboxRows(pool, 0).store([replace(ROW, key="delete:9", kind="deletion", calls=[_delete(9)])])
    telegram = Answering()
    async with process(rows, telegram):
        await until(has_rows(pool, 0))
    assert [call.arguments["message_id"] for call in telegram.named("deleteMessage")] == [9]


async def test_the_migration_keeps_the_deletions_that_the_release_before_promised(
    postgres: str, tmp_path: Path
) -> None:
    name = f"before_{os.getpid()}"
    server = await asyncpg.connect(postgres)
    await server.execute(f'CREATE DATABASE "{name}"')
    pool = await create_pool(environment_for(database_url(postgres, name)))
    for file in MIGRATIONS.glob("*.sql"):
        if file.name < "0006":
            shutil.copy(file, tmp_path)
    await migrate(pool, tmp_path)
    await pool.connections.execute(
        """
        INSERT INTO due_deletions (chat_id, message_id, receiver_id, due_at)
        VALUES (-100, 5, 0, now()), (-100, 6, 11, now()), (-100, 7, 0, now() + interval '1 day')
        """
    )
    await migrate(pool)
    telegram = Answering()
    async with process(OutboxRows(pool, BOT), telegram):
        await until(has_rows(pool, 1))
    only = {"chat_id": GROUP, "receiver_user_id": ANNA, "ephemeral_message_id": 6}
    assert [call.arguments for call in telegram.named("deleteMessage")] == [{"chat_id": GROUP, "message_id": 5}]
    assert [call.arguments for call in telegram.named("deleteEphemeralMessage")] == [only]
    await close_pool(pool)
    await server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await server.close()


def _delete(message_id: int) -> tuple[str, dict[str, int]]:
    return "deleteMessage", {"message_id": message_id}


async def test_a_kind_of_a_newer_release_is_sent_like_an_answer(rows: OutboxRows, pool: Pool) -> None:
    await rows.store([replace(ROW, kind="of the future")])
    telegram = Answering()
    async with process(rows, telegram):
        await until(has_rows(pool, 0))
    assert telegram.texts() == ["hello"]


async def test_what_waits_for_a_group_follows_it_when_it_is_upgraded(
    rows: OutboxRows, pool: Pool, configs: ChatConfigs
) -> None:
    edit, delete = replace(ROW, key="edit:text:7", kind="redraw"), replace(ROW, key="delete:1", kind="deletion")
    await rows.store([ROW, edit, delete, replace(ROW, receiver_id=ANNA)])
    await rows.store([replace(ROW, key="announce:1", kind="announcement")], claimed=True)
    await configs.change(GROUP, {"goodbye": True}, by=ANNA, via="menu")
    await configs.move(GROUP, -100_200)
    await configs.move(GROUP, -100_200)
    kept = {(row["chat_id"], row["receiver_id"], row["key"]) for row in await stored(pool)}
    assert kept == {(-100_200, 0, "u1.1"), (-100_200, ANNA, "u1.1"), (-100_200, 0, "announce:1")}
    telegram = Answering()
    async with process(rows, telegram):
        await until(has_rows(pool, 1))
    assert {call.arguments["chat_id"] for call in telegram.calls} == {-100_200}


async def test_who_has_their_traces_deleted_leaves_nothing_in_the_outbox(rows: OutboxRows, pool: Pool) -> None:
    await rows.store([ROW, replace(ROW, chat_id=ANNA), replace(ROW, receiver_id=ANNA), replace(ROW, chat_id=BEN)])
    await Privacy(pool).erase_person(ANNA)
    assert [(row["chat_id"], row["receiver_id"]) for row in await stored(pool)] == [(GROUP, 0), (BEN, 0)]
    await Privacy(pool).erase_chat(GROUP)
    assert [row["chat_id"] for row in await stored(pool)] == [BEN]


async def test_what_has_expired_is_purged(rows: OutboxRows, pool: Pool) -> None:
    await rows.store([ROW, replace(ROW, key="u1.2", expires_in=-1.0)])
    assert [row.key for row in await rows.waiting(10)] == ["u1.1"]
    assert await rows.purge() == 1
    assert [row["key"] for row in await stored(pool)] == ["u1.1"]


async def fill_chat(pool: Pool) -> None:
    await pool.connections.execute(
        """
        INSERT INTO outbox (bot_id, chat_id, key, seq, kind, calls, due_at, expires_at)
        SELECT $1, $2, 'delete:' || n, n, 'deletion', '[]', now() + interval '1 day', now() + interval '8 days'
        FROM generate_series(1, $3) AS n
        """,
        BOT,
        GROUP,
        MOST_ROWS_IN_CHAT,
    )


async def test_a_chat_cannot_fill_the_table_and_its_greetings_are_said_and_deleted_all_the_same(
    rows: OutboxRows, pool: Pool
) -> None:
    await fill_chat(pool)
    telegram, updates = Answering(), Updates()
    async with process(rows, telegram) as outbox:
        message = text(GROUP, "welcome", MessageKind.GREETING, delete_after_seconds=90)
        updates.handle(1, lambda: outbox.deliver(message))
        await until(lambda: list(updates.settled) == [1])
        outbox.confirmed(2)
        await until(has_rows(pool, MOST_ROWS_IN_CHAT))
        assert telegram.texts() == ["welcome"]
        assert outbox.waiting == 1  # its deletion, in memory
        assert not await rows.store([ROW])
        assert await rows.store([replace(ROW, chat_id=BEN)])


async def test_every_method_says_that_the_database_is_away(rows: OutboxRows, pool: Pool) -> None:
    await pool.connections.close()
    asked: list[Awaitable[object]] = [
        rows.store([ROW]), rows.release(1, ROW.calls, 1.0), rows.delete([(1, 1)]), rows.waiting(1),
        rows.due_deletions(1, 1), rows.purge(),
    ]  # fmt: skip
    for each in asked:
        with pytest.raises(Unavailable):
            await each


async def test_no_query_reads_the_whole_table(rows: OutboxRows, pool: Pool) -> None:
    """With 100,000 deletions of later on, of a few thousand chats and two bots, and some answers."""
    await pool.connections.execute(
        """
        INSERT INTO outbox (bot_id, chat_id, key, seq, kind, calls, due_at, expires_at)
        SELECT 123 + n % 2, -n % 4000, 'delete:' || n, n, CASE WHEN n % 5000 = 0 THEN 'answer' ELSE 'deletion' END,
            '[]', now() + make_interval(secs => 120 + n % 86400), now() + make_interval(secs => 604800 + n)
        FROM generate_series(1, 100000) AS n
        """
    )
    await pool.connections.execute("VACUUM ANALYZE outbox")
    queries: list[tuple[str, tuple[Any, ...]]] = []
    connections = [await pool.connections.acquire() for _ in range(pool.connections.get_max_size())]
    for each in connections:
        each.add_query_logger(lambda record: queries.append((record.query, record.args)))
        await pool.connections.release(each)
    await asyncio.gather(rows.waiting(5_000), rows.due_deletions(60.0, 5_000), rows.purge(), rows.store([ROW]))
    await rows.release(1, ROW.calls, 1.0)
    await rows.delete([(1, 1)])
    assert len(queries) >= 7
    async with pool.connections.acquire() as conn:
        for query, values in queries[:]:
            plan = json.loads(await conn.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", *values))
            read = max(_rows_read(plan), default=0)
            assert read < 1_500, f"{read} rows are read by {query}"


def _rows_read(plan: Any) -> list[float]:
    """How many rows each step of a plan takes from the table, those that it filters out included."""
    if isinstance(plan, list):
        return [number for each in plan for number in _rows_read(each)]
    if not isinstance(plan, dict):
        return []
    own = []
    if plan.get("Relation Name") == "outbox" and "Scan" in plan["Node Type"]:
        own = [(plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]]
    return own + [number for each in plan.values() for number in _rows_read(each)]
