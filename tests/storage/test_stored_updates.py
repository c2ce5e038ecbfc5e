"""Updates that were confirmed before they were handled, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Awaitable

import pytest

from bot.errors import Unavailable
from bot.storage.connection.availability import Pool
from bot.storage.privacy import Privacy
from bot.storage.stored_updates import StoredUpdate, StoredUpdates

ANNA, BEN, GROUP = 11, 12, -100


def update(number: int, chat_id: int | None = GROUP, user_id: int | None = ANNA, tries: int = 0) -> StoredUpdate:
    return StoredUpdate({"update_id": number, "message": {"text": "привет 🎉"}}, chat_id, user_id, tries)


@pytest.fixture
def updates(pool: Pool) -> StoredUpdates:
    return StoredUpdates(pool, 1)


async def test_updates_are_returned_as_they_came_oldest_first(updates: StoredUpdates) -> None:
    await updates.store([update(3), update(1), update(2, chat_id=None, user_id=None)])
    assert await updates.load(10) == [update(1), update(2, chat_id=None, user_id=None), update(3)]
    assert await updates.load(2) == [update(1), update(2, chat_id=None, user_id=None)]


async def test_an_update_is_stored_once_with_its_last_number_of_tries(updates: StoredUpdates) -> None:
    await updates.store([update(1)])
    await updates.store([update(1, tries=2), update(2)])
    assert await updates.load(10) == [update(1, tries=2), update(2)]


async def test_what_is_done_with_is_deleted(updates: StoredUpdates) -> None:
    await updates.store([update(1), update(2), update(3)])
    await updates.delete([1, 3, 4])
    assert await updates.load(10) == [update(2)]


async def test_what_is_older_than_a_day_is_deleted_as_telegram_does(updates: StoredUpdates, pool: Pool) -> None:
    await updates.store([update(1), update(2)])
    await pool.connections.execute(
        "UPDATE stored_updates SET stored_at = stored_at - interval '25 hours' WHERE update_id = 1"
    )
    assert await updates.load(10) == [update(2)]
    assert await pool.connections.fetchval("SELECT count(*) FROM stored_updates") == 1


async def test_two_bots_have_their_own(updates: StoredUpdates, pool: Pool) -> None:
    others = StoredUpdates(pool, 2)
    await updates.store([update(1)])
    await others.store([update(1, tries=1)])
    await updates.delete([1])
    assert await updates.load(10) == []
    assert await others.load(10) == [update(1, tries=1)]


async def test_who_has_their_traces_deleted_leaves_no_update(updates: StoredUpdates, pool: Pool) -> None:
    await updates.store([update(1), update(2, chat_id=ANNA), update(3, user_id=BEN), update(4, -200, BEN)])
    await Privacy(pool).erase_person(ANNA)
    assert await updates.load(10) == [update(3, user_id=BEN), update(4, -200, BEN)]
    await Privacy(pool).erase_chat(GROUP)
    assert await updates.load(10) == [update(4, -200, BEN)]


async def test_every_method_says_that_the_database_is_away(updates: StoredUpdates, pool: Pool) -> None:
    await pool.connections.close()
    asked: list[Awaitable[object]] = [updates.store([update(1)]), updates.delete([1]), updates.load(1)]
    for each in asked:
        with pytest.raises(Unavailable):
            await each
