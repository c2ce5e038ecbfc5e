"""Which update told of a join first, whichever process got it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.storage.connection.availability import Pool
from bot.storage.greeted import Greeted
from bot.storage.outbox import MOST_ROWS_IN_CHAT, OutboxRows
from bot.storage.privacy import Privacy
from tests.storage.test_outbox import BOT, ROW
from tests.unit.sending import ANNA, BEN, GROUP

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def greeted(pool: Pool) -> Greeted:
    return Greeted(pool, BOT)


async def first(greeted: Greeted, way: str, update_id: int, seconds: float = 0.0, **changed: Any) -> set[int]:
    """Tell of Anna's join, so many seconds after noon."""
    given = {"chat_id": GROUP, "people": [ANNA], "what": "join", **changed}
    return await greeted.first_told(**given, way=way, update_id=update_id, at=NOON + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-2.0, 0.0, 10.0])
async def test_the_other_way_tells_of_the_same_join(greeted: Greeted, seconds: float) -> None:
    assert await first(greeted, "message", 1) == {ANNA}
    assert await first(greeted, "chat_member", 2, seconds) == set()
    assert await first(greeted, "chat_member", 2, seconds) == set(), "delivered again"


async def test_the_update_that_told_first_may_be_handled_again(greeted: Greeted) -> None:
    for _ in range(2):
        assert await first(greeted, "chat_member", 1) == {ANNA}
    assert await first(greeted, "message", 2) == set()


async def test_who_left_and_joins_again_is_told_of_once_more(greeted: Greeted) -> None:
    assert await first(greeted, "message", 1) == {ANNA}
    assert await first(greeted, "message", 3, 2) == {ANNA}, "by the same way it is another join, however soon"
    assert await first(greeted, "chat_member", 4, 2) == set()
    assert await first(greeted, "chat_member", 6, 60) == {ANNA}, "by the other way it is, a minute later"
    assert await first(greeted, "message", 7, 60) == set()


async def test_who_is_shown_in_a_greeting_is_not_told_of_again_until_they_come_anew(greeted: Greeted) -> None:
    assert await first(greeted, "message", 1, people=[ANNA, BEN]) == {ANNA, BEN}
    await greeted.note_shown(GROUP, [ANNA], "join")
    assert await first(greeted, "message", 1, people=[ANNA, BEN]) == {BEN}
    assert await first(greeted, "chat_member", 2) == set()
    assert await first(greeted, "leave", 3, 20, what="leave") == {ANNA}
    assert await first(greeted, "chat_member", 4, 30) == {ANNA}
    assert await first(greeted, "chat_member", 4, 30) == {ANNA}, "not shown yet"


async def test_people_chats_bots_joins_and_leaves_are_told_apart(greeted: Greeted, pool: Pool) -> None:
    assert await first(greeted, "message", 1) == {ANNA}
    assert await first(greeted, "chat_member", 2, people=[ANNA, BEN]) == {BEN}
    assert await first(greeted, "chat_member", 3, chat_id=GROUP - 1) == {ANNA}
    assert await first(greeted, "chat_member", 4, what="leave") == {ANNA}
    assert await first(Greeted(pool, BOT + 1), "chat_member", 5) == {ANNA}


async def test_nothing_of_it_is_sent_and_it_takes_no_room_of_what_waits(greeted: Greeted, pool: Pool) -> None:
    rows = OutboxRows(pool, BOT)
    await first(greeted, "message", 1, people=range(1, MOST_ROWS_IN_CHAT + 100))
    assert await rows.store([ROW])
    assert [row.key for row in await rows.waiting(10)] == [ROW.key]
    assert not await rows.due_deletions(3_600, 10)


async def test_who_has_their_traces_deleted_leaves_nothing_of_it(greeted: Greeted, pool: Pool) -> None:
    await first(greeted, "message", 1, people=[ANNA, BEN])
    await Privacy(pool).erase_person(ANNA)
    assert [row["receiver_id"] for row in await pool.connections.fetch("SELECT receiver_id FROM outbox")] == [BEN]


async def test_it_is_kept_for_an_hour(greeted: Greeted, pool: Pool) -> None:
    await first(greeted, "message", 1)
    left = await pool.connections.fetchval("SELECT expires_at - clock_timestamp() FROM outbox")
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    await pool.connections.execute("UPDATE outbox SET expires_at = now() - interval '1 second'")
    assert await OutboxRows(pool, BOT).purge() == 1
