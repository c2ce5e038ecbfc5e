"""The locks of chats, on a real PostgreSQL: one process at a time, none left behind, the others told in time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import asyncpg
import pytest

from bot.environment import Environment
from bot.errors import Unavailable
from bot.storage.connection.availability import Pool
from bot.storage.connection.chat_locks import ChatLocks
from bot.storage.connection.control import Control
from bot.storage.connection.leadership import Leadership
from bot.storage.outbox import OutboxRows, Row
from bot.storage.stored_updates import StoredUpdate, StoredUpdates

BOT, GROUP, OTHER = 7, -100, -200
ROW = Row(GROUP, 0, "u1.1", 1, "answer", [("sendMessage", {"text": "hello"})], due_in=0.0, expires_in=100.0)
UPDATE = StoredUpdate({"update_id": 5, "message": {}}, GROUP, 11)


class Member:
    """One of several processes; `stored` are the chats it was told of."""

    def __init__(self, environment: Environment, bot_id: int, *, polls: bool) -> None:
        self.locks = ChatLocks(bot_id, member=not polls)
        self.control = Control(environment, Leadership(bot_id), None, self.locks)
        self.stored: asyncio.Queue[int] = asyncio.Queue()
        self.lost = asyncio.Event()
        self.locks.on_stored = self.stored.put_nowait
        self.locks.on_change = lambda connected: None if connected else self.lost.set()


Join = Callable[..., Awaitable[Member]]


@pytest.fixture
async def join(environment: Environment) -> AsyncIterator[Join]:
    members: list[Member] = []

    async def join(bot_id: int = BOT, *, polls: bool = False) -> Member:
        members.append(Member(environment, bot_id, polls=polls))
        await members[-1].control.open()
        return members[-1]

    yield join
    for member in members:
        await member.control.close()


async def end_session(database: str, number: int | None) -> None:
    connection = await asyncpg.connect(database)
    await connection.fetch("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE objid = $1::bigint::oid", number)
    await connection.close()


async def test_a_chat_is_held_by_one_process_until_it_gives_it_back(join: Join) -> None:
    first, second, foreign = await join(), await join(), await join(BOT + 1)
    assert await first.locks.take([GROUP, OTHER]) == {GROUP: False, OTHER: False}
    assert await first.locks.take([GROUP]) == {GROUP: False}, "held already"
    assert await second.locks.take([GROUP, -300]) == {-300: False}
    assert await foreign.locks.take([GROUP]) == {GROUP: False}, "another bot's chat"
    await first.locks.give_back([GROUP], [])
    assert await second.locks.take([GROUP, OTHER]) == {GROUP: False}
    assert (first.locks.held, second.locks.held) == ({OTHER}, {GROUP, -300})


async def test_whoever_gets_a_chat_has_been_told_what_was_handled_there(join: Join) -> None:
    first, second, foreign = await join(), await join(polls=True), await join(BOT + 1)
    for number in range(50):
        await first.locks.take([GROUP])
        await first.locks.give_back([GROUP], [number, 1_000 + number])
        await foreign.locks.take([OTHER])
        await second.locks.take([GROUP])
        assert second.locks.handled(number)
        assert second.locks.handled(1_000 + number)
        await second.locks.give_back([GROUP], [])
    assert not foreign.locks.handled(1)


async def test_all_are_told_of_what_was_stored_for_others_once(join: Join, pool: Pool) -> None:
    first, second, foreign = await join(), await join(), await join(BOT + 1)
    updates = StoredUpdates(pool, BOT)
    await updates.forward([UPDATE, replace(UPDATE, body={"update_id": 6})])
    await updates.forward([UPDATE])
    await StoredUpdates(pool, BOT + 1).forward([replace(UPDATE, chat_id=OTHER)])
    async with asyncio.timeout(20):
        assert [await each.stored.get() for each in (first, second, foreign)] == [GROUP, GROUP, OTHER]
    assert first.stored.empty()
    assert await first.locks.take([GROUP, OTHER]) == {GROUP: True, OTHER: False}
    assert [each.body["update_id"] for each in await updates.of_chats([GROUP], 10)] == [5, 6]
    assert await updates.chats(10) == [GROUP]


async def test_a_session_that_ends_holds_nothing_and_its_process_knows_at_once(join: Join, database: str) -> None:
    first, second = await join(), await join()
    await first.locks.take([GROUP])
    await end_session(database, first.locks.number)
    async with asyncio.timeout(20):
        await first.lost.wait()
    assert not first.locks.held
    with pytest.raises(Unavailable):
        await first.locks.take([GROUP])
    assert await second.locks.take([GROUP]) == {GROUP: False}


async def test_a_process_knows_how_many_there_are_and_whether_others_are_busy(join: Join) -> None:
    first, second, polling = await join(), await join(), await join(polls=True)
    await join(BOT + 1)
    assert await first.locks.members() == await polling.locks.members() == 2
    assert not await polling.locks.others_busy()
    await first.locks.take([GROUP])
    assert await polling.locks.others_busy()
    assert await second.locks.others_busy()
    assert not await first.locks.others_busy()


async def test_what_another_process_has_in_hand_is_not_loaded(join: Join, pool: Pool) -> None:
    member, updates = await join(), StoredUpdates(pool, BOT)
    await updates.forward([UPDATE])
    await member.locks.take([GROUP])
    with pytest.raises(Unavailable):
        await updates.load(10)
    await member.locks.give_back([GROUP], [])
    assert await updates.load(10) == [UPDATE]


async def test_messages_are_read_by_the_leader_only_when_their_holder_is_gone(join: Join, pool: Pool) -> None:
    member, leader = await join(), await join()
    theirs, ours = OutboxRows(pool, BOT), OutboxRows(pool, BOT)
    theirs.holder, ours.holder = member.locks.number, leader.locks.number
    soon, far = replace(ROW, key="delete:1", kind="deletion"), replace(ROW, key="delete:2", kind="deletion", due_in=90)
    await theirs.store([ROW, soon, far])
    assert not await ours.waiting(10)
    assert [row.key for row in await ours.due_deletions(100, 10)] == ["delete:2"], "which nobody has in memory"
    assert not await ours.free_held()
    await member.control.close()
    assert await ours.free_held()
    assert [row.key for row in await ours.waiting(10)] == ["u1.1"]
    assert [row.key for row in await ours.due_deletions(100, 10)] == ["delete:1", "delete:2"]
    assert not await ours.waiting(10), "it is ours now"
