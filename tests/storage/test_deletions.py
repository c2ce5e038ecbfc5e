"""Messages to be deleted later: none forgotten, none taken by two at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.errors import Unavailable
from bot.storage.connection.availability import Pool
from bot.storage.deletions import Due, DueDeletions

NOW, LATER = timedelta(0), timedelta(minutes=5)


@pytest.fixture
def deletions(pool: Pool) -> DueDeletions:
    return DueDeletions(pool)


async def test_a_message_is_due_when_its_time_has_come(deletions: DueDeletions) -> None:
    await deletions.schedule(Due(-1, 10), NOW)
    await deletions.schedule(Due(-1, 11), LATER)
    assert await deletions.due() == [Due(-1, 10)]


async def test_an_ephemeral_message_keeps_its_receiver(deletions: DueDeletions) -> None:
    await deletions.schedule(Due(-1, 10), NOW)
    await deletions.schedule(Due(-1, 10, receiver_id=7), NOW)
    assert set(await deletions.due()) == {Due(-1, 10), Due(-1, 10, 7)}


async def test_what_is_taken_is_not_handed_out_again_until_its_process_must_be_gone(
    deletions: DueDeletions, pool: Pool
) -> None:
    await deletions.schedule(Due(-1, 10), NOW)
    assert await deletions.due()
    assert not await deletions.due()
    await pool.connections.execute("UPDATE due_deletions SET taken_until = clock_timestamp()")
    assert await deletions.due() == [Due(-1, 10)]


async def test_what_is_done_is_forgotten(deletions: DueDeletions) -> None:
    await deletions.schedule(Due(-1, 10, 7), NOW)
    await deletions.done(Due(-1, 10))
    assert await deletions.next_in() == 0
    await deletions.done(Due(-1, 10, 7))
    assert await deletions.next_in() is None


async def test_another_time_replaces_the_first(deletions: DueDeletions) -> None:
    await deletions.schedule(Due(-1, 10), NOW)
    await deletions.schedule(Due(-1, 10), LATER)
    assert not await deletions.due()
    assert LATER.total_seconds() - 5 < (await deletions.next_in() or 0) <= LATER.total_seconds()


async def test_the_next_turn_is_when_the_earliest_is_due_or_given_back(deletions: DueDeletions) -> None:
    await deletions.schedule(Due(-1, 10), NOW)
    await deletions.schedule(Due(-1, 11), LATER)
    assert await deletions.next_in() == 0
    await deletions.due()
    assert 50 < (await deletions.next_in() or 0) <= 60


async def test_processes_share_the_work_without_overlap(new_pool: Callable[[], Awaitable[Pool]]) -> None:
    processes = [DueDeletions(await new_pool()) for _ in range(3)]
    messages = [Due(-1, number) for number in range(60)]
    await asyncio.gather(*(processes[0].schedule(message, NOW) for message in messages))
    taken = await asyncio.gather(*(process.due(20) for process in processes))
    rest = await processes[0].due()
    every = [message for part in (*taken, rest) for message in part]
    assert sorted(message.message_id for message in every) == list(range(60))


async def test_a_database_that_is_away_is_told_apart(deletions: DueDeletions, pool: Pool) -> None:
    await pool.connections.close()
    for attempt in (
        deletions.schedule(Due(-1, 1), NOW),
        deletions.due(),
        deletions.done(Due(-1, 1)),
        deletions.next_in(),
    ):
        with pytest.raises(Unavailable):
            await attempt
