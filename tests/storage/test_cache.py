"""The memory in front of the repository: what it answers by itself, when it asks, and that it is never behind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from bot.environment import Environment
from bot.errors import Overtaken, Refused, Unavailable
from bot.storage.configs.cache import CachedConfigs
from bot.storage.configs.repository import ChatConfigs
from bot.storage.configs.revisions import Stored
from bot.storage.connection.availability import Pool
from bot.storage.connection.control import Control
from bot.storage.connection.leadership import Leadership
from bot.storage.privacy import Privacy
from tests.conftest import NOW

CHAT, OTHER, NEW, ADA = -1, -2, -1001, 7

Start = Callable[..., Awaitable[CachedConfigs]]


@dataclass
class Wire:
    """The queries that read one chat: counted, and held back on their way home while `held` is set."""

    queries: list[int] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    def hold(self) -> None:
        self.open.clear()
        self.arrived.clear()


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    wire, read = Wire(), ChatConfigs.read
    wire.open.set()

    async def watched(self: ChatConfigs, chat_id: int) -> Stored:
        wire.queries.append(chat_id)
        try:
            return await read(self, chat_id)
        finally:
            wire.arrived.set()
            await wire.open.wait()

    monkeypatch.setattr(ChatConfigs, "read", watched)
    yield wire
    wire.open.set()


@pytest.fixture
async def start(
    environment: Environment, new_pool: Callable[[], Awaitable[Pool]]
) -> AsyncIterator[Callable[..., Awaitable[CachedConfigs]]]:
    """Start what one process has of the database: a pool, and a memory that hears of changes."""
    controls: list[Control] = []

    async def start(**options: Any) -> CachedConfigs:
        configs = CachedConfigs(await new_pool(), **options)
        controls.append(Control(environment, Leadership(1), configs))
        await controls[-1].open()
        return configs

    yield start
    await asyncio.gather(*(control.close() for control in controls))


@pytest.fixture
async def configs(start: Start) -> CachedConfigs:
    return await start()


@pytest.fixture
def others(pool: Pool) -> ChatConfigs:
    """Another process, which writes and remembers nothing."""
    return ChatConfigs(pool)


async def heard_everything(configs: CachedConfigs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Return when every change so far was told, our own ones included."""
    told, notified = asyncio.Event(), configs.on_notification

    def hear(chat_id: int, revision: int) -> None:
        notified(chat_id, revision)
        if chat_id == 0:
            told.set()

    with monkeypatch.context() as listening:
        listening.setattr(configs, "on_notification", hear)
        await configs._pool.connections.execute("NOTIFY chat_configs, '0 0'")
        async with asyncio.timeout(10):
            await told.wait()


async def became(condition: Callable[[], bool], within: float = 20.0) -> None:
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - a state, not an event
            await asyncio.sleep(0.001)


async def test_a_chat_is_asked_for_once_also_one_that_never_chose_anything(
    configs: CachedConfigs, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    await configs.change(CHAT, {"welcome": "everyone"}, by=ADA, via="menu")
    await heard_everything(configs, monkeypatch)
    for _ in range(100):
        assert (await configs.read(CHAT)).config.welcome == "everyone"
        assert (await configs.read_or_last_known(OTHER)).revision == 0
    assert wire.queries == [CHAT, OTHER]


async def test_however_many_ask_at_once_one_query_is_sent(configs: CachedConfigs, wire: Wire) -> None:
    answers = await asyncio.gather(*(configs.read(CHAT) for _ in range(1_000)))
    assert wire.queries == [CHAT]
    assert len({id(one) for one in answers}) == 1


async def test_who_gives_up_waiting_leaves_the_answer_to_the_others(configs: CachedConfigs, wire: Wire) -> None:
    wire.hold()
    first = asyncio.create_task(configs.read(CHAT))
    await wire.arrived.wait()
    second = asyncio.create_task(configs.read(CHAT))
    first.cancel()
    await asyncio.wait([first])
    wire.open.set()
    assert (await second).revision == 0
    assert wire.queries == [CHAT]
    assert configs.cached(CHAT) is not None


async def test_a_failed_reading_is_not_remembered(
    configs: CachedConfigs, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as outage:
        outage.setattr(ChatConfigs, "read", _unavailable)
        for answer in await asyncio.gather(*(configs.read(CHAT) for _ in range(3)), return_exceptions=True):
            assert isinstance(answer, Unavailable)
    assert (await configs.read(CHAT)).revision == 0


async def _unavailable(self: ChatConfigs, chat_id: int) -> Stored:
    raise Unavailable("away")


async def test_own_writes_are_seen_at_once(configs: CachedConfigs) -> None:
    async def chosen() -> object:
        return dict((await configs.read(CHAT)).chosen)

    assert await chosen() == {}
    await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
    assert await chosen() == {"a": 1}
    await configs.change(CHAT, {"b": 2}, remove=["a"], by=ADA, via="menu")
    assert await chosen() == {"b": 2}
    await configs.undo(CHAT, 2, by=ADA)
    assert await chosen() == {"a": 1}
    await configs.reset(CHAT, None, by=ADA, via="menu")
    assert await chosen() == {}
    await configs.undo(CHAT, 4, by=ADA)
    await configs.mark_left(CHAT, NOW)
    assert (await configs.read(CHAT)).left_at is not None
    await configs.unmark_left(CHAT, NOW)
    assert (await configs.read(CHAT)).left_at is None
    await configs.read(NEW)
    await configs.move(CHAT, NEW)
    assert [(await configs.read(one)).chat_id for one in (CHAT, NEW)] == [NEW, NEW]
    assert await chosen() == {"a": 1}
    await configs.mark_left(NEW, NOW)
    assert (await configs.read(CHAT)).left_at is not None


@pytest.mark.parametrize("known", [(), (CHAT,), (NEW,), (CHAT, NEW)])
@pytest.mark.parametrize("asked", [CHAT, NEW])
async def test_a_write_by_one_id_is_seen_by_the_other(
    configs: CachedConfigs, others: ChatConfigs, known: tuple[int, ...], asked: int
) -> None:
    await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
    await configs.move(CHAT, NEW)
    for each in known:
        await configs.read(each)
    await configs.change(asked, {"a": 2}, by=ADA, via="menu")
    assert [(await configs.read(one)).chosen["a"] for one in (NEW, CHAT)] == [2, 2]
    await configs.mark_left(NEW, NOW)
    await configs.unmark_left(asked, NOW)
    assert [(await configs.read(one)).left_at for one in (NEW, CHAT)] == [None, None]


@pytest.mark.parametrize(("reads", "writes"), [(CHAT, NEW), (NEW, CHAT)])
async def test_a_reading_that_began_before_a_write_does_not_bring_the_old_value_back(
    configs: CachedConfigs, wire: Wire, reads: int, writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await configs.move(CHAT, NEW)
    await heard_everything(configs, monkeypatch)
    await configs.read(writes)
    configs._memory.drop(reads)
    wire.hold()
    slow = asyncio.create_task(configs.read(reads))
    await wire.arrived.wait()
    await configs.change(writes, {"a": 1}, by=ADA, via="menu")
    wire.open.set()
    await slow
    assert (await configs.read(reads)).chosen == {"a": 1}
    assert (await configs.read(writes)).chosen == {"a": 1}


async def test_whoever_asks_after_a_write_does_not_get_the_answer_of_a_reading_from_before(
    configs: CachedConfigs, wire: Wire
) -> None:
    await configs.read(CHAT)
    configs.on_notification(CHAT, 1)
    wire.hold()
    slow = asyncio.create_task(configs.read(CHAT))
    await wire.arrived.wait()
    await ChatConfigs(configs._pool).change(CHAT, {"a": 1}, by=ADA, via="menu")
    configs.on_notification(CHAT, 1)
    quick = asyncio.create_task(configs.read(CHAT))
    await became(lambda: len(wire.queries) == 3)
    wire.open.set()
    assert (await slow).chosen == {}
    assert (await quick).chosen == {"a": 1}
    assert (await configs.read(CHAT)).chosen == {"a": 1}


async def test_writes_of_others_are_seen_within_a_tenth_of_a_second(
    configs: CachedConfigs, others: ChatConfigs
) -> None:
    worst = 0.0
    for value in range(50):
        await configs.read(CHAT)
        await others.change(CHAT, {"a": value}, by=ADA, via="menu")
        begun = time.perf_counter()
        await became(lambda: configs.cached(CHAT) is None)
        worst = max(worst, time.perf_counter() - begun)
        assert (await configs.read(CHAT)).chosen == {"a": value}
    assert worst < 0.1


async def test_changes_by_hand_erasures_and_moves_elsewhere_are_heard_of(
    configs: CachedConfigs, others: ChatConfigs, pool: Pool
) -> None:
    async def chosen_after(change: Awaitable[object], by_id: int = CHAT) -> object:
        await configs.read(by_id)
        await change
        await became(lambda: configs.cached(by_id) is None)
        return dict((await configs.read(by_id)).chosen)

    assert await chosen_after(others.change(CHAT, {"a": 1}, by=ADA, via="menu")) == {"a": 1}
    by_hand = pool.connections.execute("UPDATE chat_configs SET config = '{\"a\": 2}' WHERE chat_id = $1", CHAT)
    assert await chosen_after(by_hand) == {"a": 2}
    await others.move(CHAT, NEW)
    assert await chosen_after(others.change(NEW, {"a": 3}, by=ADA, via="menu"), CHAT) == {"a": 3}
    assert await chosen_after(others.mark_left(NEW, NOW), NEW) == {"a": 3}
    assert await chosen_after(Privacy(pool).purge(timedelta(0)), CHAT) == {}
    await others.change(NEW, {"a": 4}, by=ADA, via="menu")
    assert await chosen_after(Privacy(pool).erase_chat(NEW), NEW) == {}
    await others.change(ADA, {"timezone": "Europe/Rome"}, by=ADA, via="menu")
    assert await chosen_after(Privacy(pool).erase_person(ADA), ADA) == {}


async def test_a_topic_that_refuses_in_one_process_is_known_to_the_other_and_cleared_by_either(
    configs: CachedConfigs, others: ChatConfigs
) -> None:
    await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
    await others.note_topic(CHAT, 5, refused=True)
    await became(lambda: configs.cached(CHAT) is None)
    assert await configs.note_topic(CHAT, 5, refused=True) is False
    assert (await configs.read(CHAT)).refused_topic == 5
    await configs.change(CHAT, {"a": 2}, by=ADA, via="menu")
    assert (await configs.read(CHAT)).refused_topic == 5
    assert await configs.note_topic(CHAT, 5, refused=False) is True
    assert (await configs.read(CHAT)).refused_topic is None
    assert (await others.read(CHAT)).refused_topic is None


async def test_without_the_control_connection_every_reading_goes_to_the_database(
    configs: CachedConfigs, others: ChatConfigs, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    await configs.read(CHAT)
    configs.on_disconnect()
    await others.change(CHAT, {"a": 1}, by=ADA, via="menu")
    assert (await configs.read(CHAT)).chosen == {"a": 1}
    await others.change(CHAT, {"a": 2}, by=ADA, via="menu")
    assert (await configs.read_or_last_known(CHAT)).chosen == {"a": 2}
    await heard_everything(configs, monkeypatch)
    wire.queries.clear()
    configs.on_listening()
    await configs.read(CHAT)
    await configs.read(CHAT)
    assert wire.queries == [CHAT]


async def test_a_reading_across_the_return_of_the_control_connection_is_not_trusted(
    configs: CachedConfigs, wire: Wire
) -> None:
    configs.on_disconnect()
    wire.hold()
    slow = asyncio.create_task(configs.read(CHAT))
    await wire.arrived.wait()
    await ChatConfigs(configs._pool).change(CHAT, {"a": 1}, by=ADA, via="menu")
    configs.on_listening()
    quick = asyncio.create_task(configs.read(CHAT))
    await became(lambda: len(wire.queries) == 2)
    wire.open.set()
    assert (await slow).chosen == {}
    assert (await quick).chosen == {"a": 1}
    assert (await configs.read(CHAT)).chosen == {"a": 1}


async def test_after_a_cut_control_connection_nothing_of_before_is_trusted(
    configs: CachedConfigs, others: ChatConfigs, pool: Pool
) -> None:
    await configs.read(CHAT)
    await pool.connections.execute(
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'telegram-bot control' AND datname = current_database()
        """
    )
    await became(lambda: configs.cached(CHAT) is None)
    await others.change(CHAT, {"a": 1}, by=ADA, via="menu")
    assert (await configs.read(CHAT)).chosen == {"a": 1}
    await became(lambda: configs._listening)
    await configs.read(CHAT)
    assert configs.cached(CHAT) is not None


async def test_a_conflict_makes_it_ask_again(
    configs: CachedConfigs, others: ChatConfigs, monkeypatch: pytest.MonkeyPatch
) -> None:
    await configs.read(CHAT)
    monkeypatch.setattr(configs, "on_notification", lambda chat_id, revision: None)  # news that takes its time
    await others.change(CHAT, {"a": 1}, by=ADA, via="menu")
    with pytest.raises(Overtaken):
        await configs.change(CHAT, {"a": 2}, by=ADA, via="menu", expected_revision=0)
    assert (await configs.read(CHAT)).revision == 1


async def test_a_refused_write_keeps_what_holds(configs: CachedConfigs) -> None:
    await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
    with pytest.raises(Refused):
        await configs.change(CHAT, {"a": "x" * 70_000}, by=ADA, via="menu")
    assert (await configs.read(CHAT)).chosen == {"a": 1}


async def test_a_change_that_followed_what_is_remembered_is_not_read_again(
    configs: CachedConfigs, others: ChatConfigs, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    for write in (
        configs.change(CHAT, {"a": 1, "b": 1}, by=ADA, via="menu"),
        configs.change(CHAT, {"a": 2}, by=ADA, via="menu", remove=["b"]),
        configs.undo(CHAT, 2, by=ADA),
        configs.reset(CHAT, ["a"], by=ADA, via="menu"),
    ):
        await write
        await heard_everything(configs, monkeypatch)  # one that comes after the next write is taken for news
    remembered = configs.cached(CHAT)
    await heard_everything(configs, monkeypatch)
    assert configs.cached(CHAT) is remembered
    assert wire.queries == [CHAT]
    assert remembered == await others.read(CHAT)


@pytest.mark.parametrize("told", [True, False], ids=["told", "not told"])
@pytest.mark.parametrize("answered", [True, False], ids=["before its answer", "after its answer"])
async def test_what_happens_beside_an_own_change_is_not_missed(
    answered: bool, told: bool, configs: CachedConfigs, others: ChatConfigs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else takes note that the bot has left: the revision stays, so the word on it looks like our own echo."""
    await configs.read(CHAT)
    write = configs._fetchrow

    async def hindered(sql: str, *values: object) -> Any:
        row = await write(sql, *values)
        if answered:
            await others.mark_left(CHAT, NOW)
        if told:
            await heard_everything(configs, monkeypatch)
        return row

    with monkeypatch.context() as hindering:
        hindering.setattr(configs, "_fetchrow", hindered)
        await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
    if not answered:
        await others.mark_left(CHAT, NOW)
    await heard_everything(configs, monkeypatch)
    assert (await configs.read(CHAT)).left_at is not None


async def test_what_somebody_else_set_just_before_is_seen_by_who_sets_it_again(
    configs: CachedConfigs, others: ChatConfigs, monkeypatch: pytest.MonkeyPatch
) -> None:
    await configs.read(CHAT)
    monkeypatch.setattr(configs, "on_notification", lambda *_: None)  # the word on it is still on its way
    await others.change(CHAT, {"a": 1}, by=ADA, via="menu")
    assert await configs.change(CHAT, {"a": 1}, by=ADA, via="menu") is None
    assert (await configs.read(CHAT)).chosen == {"a": 1}


async def test_own_changes_beside_each_other_are_seen_at_once(
    configs: CachedConfigs, monkeypatch: pytest.MonkeyPatch
) -> None:
    await configs.read(CHAT)
    write = configs._fetchrow

    async def hindered(sql: str, *values: object) -> Any:
        row = await write(sql, *values)
        monkeypatch.undo()
        await configs.mark_left(CHAT, NOW)
        return row

    monkeypatch.setattr(configs, "_fetchrow", hindered)
    await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
    assert (await configs.read(CHAT)).left_at is not None


async def test_the_least_recently_used_chats_go_first(start: Start, wire: Wire) -> None:
    configs = await start(most=3)
    for chat in (1, 2, 3):
        await configs.read(chat)
    await configs.read(1)
    await configs.read(4)
    assert len(configs) == 3
    assert configs.cached(2) is None
    assert all(configs.cached(chat) for chat in (1, 3, 4))


async def test_a_digest_outlives_its_configuration_and_no_change(start: Start, others: ChatConfigs) -> None:
    configs = await start(most=1, digest=lambda stored: stored.chosen.get("a", 0))

    async def reread() -> object:
        await configs.read(CHAT)
        await configs.read(OTHER)
        assert configs.cached(CHAT) is None
        return configs.cached_digest(CHAT)

    assert await reread() == 0
    await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
    assert configs.cached_digest(CHAT) == 1
    assert await reread() == 1
    await others.change(CHAT, {"a": 2}, by=ADA, via="menu")
    await became(lambda: configs.cached_digest(CHAT) is None)
    assert await reread() == 2
    configs.on_disconnect()
    assert await reread() is None
    configs.on_listening()
    assert await reread() == 2


async def test_an_old_id_of_a_chat_has_no_digest(start: Start, others: ChatConfigs) -> None:
    configs = await start(digest=lambda stored: stored.chosen.get("a", 0))
    await others.change(CHAT, {"a": 1}, by=ADA, via="menu")
    await others.move(CHAT, NEW)
    assert (await configs.read(CHAT)).chosen == {"a": 1}
    assert configs.cached_digest(CHAT) is None


async def test_large_documents_count_for_more(start: Start) -> None:
    configs = await start(most_bytes=200_000)
    for chat in range(100):
        await configs.change(chat, {"rules_text": "x" * 10_000}, by=ADA, via="menu")
        await configs.read(chat)
    assert 10 < len(configs) < 20
    for chat in range(1_000, 2_000):
        await configs.read(chat)
    assert len(configs) > 300


async def test_old_ids_are_forgotten_with_what_was_known_of_them(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    configs = await start(most=10)
    for chat in range(1, 50):
        await configs.move(-chat, -1_000 - chat)
        await heard_everything(configs, monkeypatch)  # what comes later would drop what is read now
        await configs.read(-chat)
    assert 8 <= len(configs) <= 10
    assert len(configs._memory._old_ids) <= 10
