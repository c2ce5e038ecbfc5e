"""Many people, several processes, one chat: nobody's change is lost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest

from bot.environment import Environment
from bot.errors import Overtaken
from bot.storage.configs.repository import ChatConfigs
from bot.storage.configs.revisions import Change
from bot.storage.connection import availability
from bot.storage.connection.availability import Pool
from tests.conftest import environment_for, pooled

CHAT = -1001
# Two hundred calls on one row queue up; on a busy machine longer than a person should wait.
PATIENCE = 60.0
NewPool = Callable[[], Awaitable[Pool]]


@pytest.fixture
def environment(database: str, monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.setattr(availability, "ACQUIRE_SECONDS", PATIENCE)
    return pooled(environment_for(database, database_command_timeout=PATIENCE))


async def processes(new_pool: NewPool, number: int) -> list[ChatConfigs]:
    return [ChatConfigs(await new_pool()) for _ in range(number)]


async def at_once(calls: Iterable[Awaitable[Any]]) -> list[Any]:
    async with asyncio.timeout(PATIENCE):
        return await asyncio.gather(*calls)


def replayed(history: list[Change]) -> dict[str, Any]:
    """Return what the changes lead to, having checked that each began where the one before ended."""
    config: dict[str, Any] = {}
    for expected, change in enumerate(reversed(history), start=1):
        assert change.revision == expected
        assert {key: config[key] for key in change.keys if key in config} == change.before
        config = {key: value for key, value in config.items() if key not in change.before} | dict(change.after)
    return config


async def test_200_writers_of_50_keys_lose_nothing(new_pool: NewPool) -> None:
    bots = await processes(new_pool, 4)
    writers = [(n % 50, n // 50) for n in range(200)]
    random.shuffle(writers)
    made = await at_once(
        bots[n % 4].change(CHAT, {f"key_{key}": value}, by=n, via="menu") for n, (key, value) in enumerate(writers)
    )
    history = await bots[0].history(CHAT, limit=1_000)
    stored = await bots[0].read(CHAT)
    assert stored.revision == len([one for one in made if one]) == len(history) == 200
    assert sorted(history, key=lambda one: one.revision) == sorted(made, key=lambda one: one.revision)
    assert replayed(history) == stored.chosen
    assert set(stored.chosen) == {f"key_{key}" for key in range(50)}


async def test_first_changes_made_at_once_all_count(new_pool: NewPool) -> None:
    bots = await processes(new_pool, 3)
    for chat_id in range(-30, 0):
        changes = [bot.change(chat_id, {f"key_{n}": 1, "same": n}, by=n, via="menu") for n, bot in enumerate(bots)]
        made = await at_once(changes)
        stored = await bots[0].read(chat_id)
        assert sorted(one.revision for one in made) == [1, 2, 3]
        assert replayed(await bots[1].history(chat_id)) == stored.chosen
        assert set(stored.chosen) == {"key_0", "key_1", "key_2", "same"}


async def test_of_many_who_apply_the_same_file_one_succeeds(new_pool: NewPool) -> None:
    bots = await processes(new_pool, 2)

    async def apply(n: int) -> bool:
        try:
            return bool(await bots[n % 2].change(CHAT, {"a": n}, by=n, via="import", expected_revision=0))
        except Overtaken:
            return False

    assert sum(await at_once(apply(n) for n in range(20))) == 1
    assert (await bots[0].read(CHAT)).revision == 1


async def test_one_undo_button_pressed_by_many_undoes_once(new_pool: NewPool) -> None:
    bots = await processes(new_pool, 2)
    await bots[0].change(CHAT, {"a": 1}, by=1, via="menu")
    results = await asyncio.gather(*(bots[n % 2].undo(CHAT, 1, by=n) for n in range(20)), return_exceptions=True)
    assert [type(one) for one in results].count(Change) == 1
    assert (await bots[0].read(CHAT)).revision == 2


async def test_one_update_handled_twice_at_once_changes_once(new_pool: NewPool) -> None:
    bots = await processes(new_pool, 2)
    for update_id in range(1, 30):
        pair = (bot.change(CHAT, {"a": f"{update_id}"}, by=1, via="menu", update_id=update_id) for bot in bots)
        noise = bots[0].change(CHAT, {"a": "noise"}, by=2, via="menu")
        await at_once([*pair, noise])
    history = await bots[0].history(CHAT, limit=1_000)
    assert replayed(history) == (await bots[0].read(CHAT)).chosen
    assert len([one for one in history if one.changed_by == 1]) == 29


async def test_no_write_is_left_behind_under_the_old_id_of_a_moving_chat(new_pool: NewPool, pool: Pool) -> None:
    bots = await processes(new_pool, 2)
    for round_number in range(25):
        old, new = -1 - round_number, -1_000 - round_number
        if round_number % 2:
            await bots[0].change(old, {"before": 1}, by=1, via="menu")
        writes = [bots[n % 2].change(old if n % 3 else new, {f"key_{n}": n}, by=n, via="menu") for n in range(12)]
        moves = [bots[n].move(old, new) for n in range(2)]
        calls = [*writes, *moves]
        random.shuffle(calls)
        await at_once(calls)
        stored = await bots[0].read(old)
        assert stored.chat_id == new
        assert set(stored.chosen) - {"before"} == {f"key_{n}" for n in range(12)}
        history = await bots[0].history(new, limit=100)
        assert sorted(key for one in history for key in one.after) == sorted(stored.chosen)
        assert stored.revision >= history[0].revision
    assert (
        await pool.connections.fetchval(
            "SELECT count(*) FROM chat_configs JOIN chat_aliases ON old_chat_id = chat_configs.chat_id"
        )
        == 0
    )


async def test_moves_that_cross_end_without_deadlock_at_one_chat(new_pool: NewPool) -> None:
    bots = await processes(new_pool, 2)
    for first in range(-400, 0, 20):
        chats = list(range(first, first + 4))
        for chat_id in chats:
            await bots[0].change(chat_id, {f"key_{chat_id}": 1}, by=1, via="menu")
        pairs = [(chats[0], chats[1]), (chats[1], chats[2]), (chats[2], chats[3]), (chats[3], chats[0])]
        random.shuffle(pairs)
        await at_once(bots[n % 2].move(old, new) for n, (old, new) in enumerate(pairs * 2))
        states = [await bots[0].read(chat_id) for chat_id in chats]
        assert len({one.chat_id for one in states}) == 1
        assert set(states[0].chosen) == {f"key_{chat_id}" for chat_id in chats}


async def test_reading_while_a_chat_moves_never_shows_defaults(new_pool: NewPool) -> None:
    bots = await processes(new_pool, 2)
    for old in range(-30, 0):
        await bots[0].change(old, {"welcome": "everyone"}, by=1, via="menu")
        *reads, _ = await at_once([*(bots[1].read(old) for _ in range(8)), bots[0].move(old, old - 1_000)])
        assert {one.config.welcome for one in reads} == {"everyone"}
