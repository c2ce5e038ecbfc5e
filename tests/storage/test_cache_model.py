"""Random stories of two processes and a person at the database: a memory is never behind what it was told."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bot.environment import Environment
from bot.errors import BotError
from bot.storage.configs.cache import CachedConfigs
from bot.storage.configs.repository import ChatConfigs
from bot.storage.configs.revisions import Stored
from bot.storage.connection.availability import Pool
from bot.storage.connection.control import Control
from bot.storage.connection.leadership import Leadership
from bot.storage.connection.pool import close_pool
from bot.storage.privacy import Privacy
from tests.conftest import NOW, create_pool

CHATS = range(4)
_STORIES = itertools.count(1)

chats = st.sampled_from(CHATS)
mine = st.booleans()
patches = st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from([1, 2]), max_size=2)


class Slow(CachedConfigs):
    """A memory whose queries can be held back after the database answered them."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool, most=6)
        self.way_home = asyncio.Event()
        self.way_home.set()
        self.heard_all = asyncio.Event()

    def on_notification(self, chat_id: int, revision: int) -> None:
        super().on_notification(chat_id, revision)
        if chat_id == 0:
            self.heard_all.set()


class Stories(RuleBasedStateMachine):
    """Our own process writes and reads through the memory, another one through the repository, a person by hand.

    Readings begin, are overtaken by changes, and come home later. Own changes have to be seen at once, those of others
    as soon as they are heard of.
    """

    runner: asyncio.Runner
    configs: Slow
    plain: ChatConfigs
    pool: Pool

    @initialize()
    def begin(self) -> None:
        self.first = -next(_STORIES) * 10
        self.slow: list[asyncio.Task[Stored]] = []

    def do(self, call: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(call)

    def id(self, chat: int) -> int:
        return self.first + chat

    @rule(chat=chats, patch=patches, ours=mine)
    def change(self, chat: int, patch: dict[str, int], ours: bool) -> None:
        self.write(ours, lambda configs: configs.change(self.id(chat), patch, by=1, via="menu"))

    @rule(chat=chats, ours=mine)
    def reset(self, chat: int, ours: bool) -> None:
        self.write(ours, lambda configs: configs.reset(self.id(chat), None, by=1, via="menu"))

    @rule(chat=chats, revision=st.integers(1, 4), ours=mine)
    def undo(self, chat: int, revision: int, ours: bool) -> None:
        self.write(ours, lambda configs: configs.undo(self.id(chat), revision, by=1))

    @rule(old=chats, new=chats, ours=mine)
    def move(self, old: int, new: int, ours: bool) -> None:
        self.write(ours, lambda configs: configs.move(self.id(old), self.id(new)))

    @rule(chat=chats, ours=mine)
    def leave(self, chat: int, ours: bool) -> None:
        self.write(ours, lambda configs: configs.mark_left(self.id(chat), NOW))

    @rule(chat=chats, ours=mine)
    def come_back(self, chat: int, ours: bool) -> None:
        self.write(ours, lambda configs: configs.unmark_left(self.id(chat), NOW))

    @rule(chat=chats)
    def change_by_hand(self, chat: int) -> None:
        sql = "UPDATE chat_configs SET config = config || '{\"a\": 3}' WHERE chat_id = $1"
        self.do(self.pool.connections.execute(sql, self.id(chat)))
        self.do(self.hear())

    @rule(chat=chats)
    def erase(self, chat: int) -> None:
        self.do(Privacy(self.pool).erase_chat(self.id(chat)))
        self.do(self.hear())

    @rule(chat=chats)
    def begin_reading(self, chat: int) -> None:
        self.do(self.hold(chat))

    @rule()
    def end_readings(self) -> None:
        self.do(self.let_home())

    @rule()
    def lose_and_find_the_control_connection(self) -> None:
        self.do(self.lose_control())
        self.do(self.hear())
        self.configs.on_listening()

    def write(self, ours: bool, call: Any) -> None:
        try:
            self.do(self.write_here(call(self.configs)) if ours else call(self.plain))
        except BotError:
            return
        if not ours:
            self.do(self.hear())

    async def write_here(self, call: Coroutine[Any, Any, Any]) -> None:
        """Write while readings are on their way; a write that itself has to read first waits for them."""
        writing = asyncio.create_task(call)
        await asyncio.wait([writing], timeout=None if self.configs.way_home.is_set() else 0.02)
        if not writing.done():
            await self.let_home()
        await writing

    async def hold(self, chat: int) -> None:
        """Send a query for the chat whose answer comes home later."""
        self.configs.way_home.clear()
        self.slow.append(asyncio.create_task(self.configs.read_or_last_known(self.id(chat))))
        await asyncio.sleep(0)

    async def let_home(self) -> None:
        self.configs.way_home.set()
        await asyncio.gather(*self.slow)
        self.slow.clear()

    async def lose_control(self) -> None:
        self.configs.on_disconnect()

    async def hear(self) -> None:
        """Return when everything that was told so far is heard."""
        self.configs.heard_all.clear()
        await self.pool.connections.execute("NOTIFY chat_configs, '0 0'")
        async with asyncio.timeout(10):
            await self.configs.heard_all.wait()

    @invariant()
    def nothing_is_behind(self) -> None:
        self.do(self.compare())

    async def compare(self) -> None:
        for chat in CHATS:
            known = self.configs.cached(self.id(chat))
            if known is not None:
                assert known == await self.plain.read(self.id(chat))

    def teardown(self) -> None:
        self.do(self.let_home())
        self.do(self.compare())
        for chat in CHATS:
            assert self.do(self.configs.read(self.id(chat))) == self.do(self.plain.read(self.id(chat)))


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_random_stories_of_several_writers_leave_no_memory_behind(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain_read = ChatConfigs.read

    async def held_back(self: ChatConfigs, chat_id: int) -> Stored:
        stored = await plain_read(self, chat_id)
        if isinstance(self, Slow):
            await self.way_home.wait()
        return stored

    monkeypatch.setattr(ChatConfigs, "read", held_back)
    with asyncio.Runner() as runner:
        pool: Pool = runner.run(create_pool(environment))
        Stories.runner, Stories.pool, Stories.plain = runner, pool, ChatConfigs(pool)
        Stories.configs = runner.run(_made(Slow, pool))
        control = Control(environment, Leadership(1), Stories.configs)
        runner.run(control.open())
        limits = settings(
            stateful_step_count=20,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )
        try:
            run_state_machine_as_test(Stories, settings=limits)
        finally:
            runner.run(control.close())
            runner.run(close_pool(pool))


async def _made(kind: type[Slow], pool: Pool) -> Slow:
    return kind(pool)
