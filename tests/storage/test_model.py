"""Random stories of several chats, told to the repository and to a simple model; both must agree."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from bot.environment import Environment
from bot.errors import BotError, Overtaken, Refused
from bot.storage.configs.repository import ChatConfigs
from bot.storage.connection.availability import Pool
from bot.storage.connection.pool import close_pool
from tests.conftest import NOW, create_pool

Document = dict[str, Any]
Entry = tuple[int, Document, Document]

CHATS = range(4)
_STORIES = itertools.count(1)


@dataclass
class Chat:
    """What one chat should hold: its document, revision, history and the updates it knows."""

    config: Document = field(default_factory=dict)
    revision: int = 0
    history: list[Entry] = field(default_factory=list)
    updates: dict[int, Entry] = field(default_factory=dict)

    def write(self, wanted: Document, update_id: int | None = None) -> Entry | None:
        if update_id in self.updates:
            return self.updates[update_id]
        if wanted == self.config:
            return None
        before = {key: value for key, value in self.config.items() if wanted.get(key) != value}
        after = {key: value for key, value in wanted.items() if self.config.get(key) != value}
        self.config, self.revision = wanted, self.revision + 1
        self.history.append((self.revision, before, after))
        if update_id is not None:
            self.updates[update_id] = self.history[-1]
        return self.history[-1]

    def undo(self, revision: int) -> Entry | type[BotError] | None:
        found = [entry for entry in self.history if entry[0] == revision]
        if not found:
            return Refused
        _, before, after = found[0]
        touched = before.keys() | after.keys()
        holds = {key: self.config[key] for key in touched if key in self.config}
        if holds != after:
            return Refused if holds == before else Overtaken
        return self.write({key: value for key, value in self.config.items() if key not in touched} | before)

    def take_over(self, old: Chat) -> None:
        highest = max(self.revision, old.revision)
        if self.history and old.history:
            both = [*old.history, *self.history]
            self.history = [(highest + n, before, after) for n, (_, before, after) in enumerate(both, start=1)]
            highest += len(both)
        else:
            self.history = self.history or old.history
        self.config = old.config | self.config
        self.revision = highest + 1 if highest else 0
        self.updates = {}


keys = st.sampled_from(["a", "b", "c"])
patches = st.dictionaries(keys, st.sampled_from([1, 2, "x"]), max_size=3)
chats = st.sampled_from(CHATS)
updates = st.none() | st.integers(1, 5)


class Stories(RuleBasedStateMachine):
    """Random changes, resets, undos and moves of four chats."""

    configs: ChatConfigs
    runner: asyncio.Runner

    @initialize()
    def begin(self) -> None:
        self.first = next(_STORIES) * len(CHATS)
        self.chats = {chat: Chat() for chat in CHATS}
        self.aliases = {chat: chat for chat in CHATS}
        self.moved: set[int] = set()

    def do(self, call: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(call)

    def chat(self, chat: int) -> Chat:
        return self.chats[self.aliases[chat]]

    @rule(chat=chats, patch=patches, removed=st.sets(keys, max_size=2), update_id=updates)
    def change(self, chat: int, patch: Document, removed: set[str], update_id: int | None) -> None:
        # A move keeps the numbers of updates too; the model does not follow them there.
        update_id = None if self.moved else update_id
        model = self.chat(chat)
        wanted = {key: value for key, value in model.config.items() if key not in removed} | patch
        call = self.configs.change(self.first + chat, patch, by=1, via="menu", remove=removed, update_id=update_id)
        self.agree(self.do(call), model.write(wanted, update_id))

    @rule(chat=chats, kept=st.none() | st.sets(keys, max_size=2), stale=st.booleans())
    def reset(self, chat: int, kept: set[str] | None, stale: bool) -> None:
        model = self.chat(chat)
        expected = model.revision + stale
        call = self.configs.reset(self.first + chat, kept, by=2, via="menu", expected_revision=expected)
        if stale:
            with pytest.raises(Overtaken):
                self.do(call)
            return
        left = {} if kept is None else {key: value for key, value in model.config.items() if key not in kept}
        self.agree(self.do(call), model.write(left))

    @rule(chat=chats, back=st.integers(0, 6))
    def undo(self, chat: int, back: int) -> None:
        model = self.chat(chat)
        revision = model.revision - back
        expected = model.undo(revision)
        call = self.configs.undo(self.first + chat, revision, by=3)
        if isinstance(expected, type):
            with pytest.raises(expected):
                self.do(call)
        else:
            self.agree(self.do(call), expected)

    @rule(old=chats, new=chats)
    def move(self, old: int, new: int) -> None:
        source, goal = self.aliases[old], self.aliases[new]
        assert self.do(self.configs.move(self.first + old, self.first + new)) == (source != goal)
        if source == goal:
            return
        self.moved.add(source)
        self.chats[goal].take_over(self.chats.pop(source))
        self.aliases = {chat: goal if now == source else now for chat, now in self.aliases.items()}

    @rule(chat=chats)
    def leave_and_return(self, chat: int) -> None:
        left = self.do(self.configs.mark_left(self.first + chat, NOW))
        # A chat that never chose anything is marked where a former id refers to it.
        known = self.chat(chat).revision > 0 or list(self.aliases.values()).count(chat) > 1
        assert left == (self.aliases[chat] == chat and known)
        assert self.do(self.configs.unmark_left(self.first + chat, NOW)) == (left and bool(self.chat(chat).config))

    @rule(chat=chats)
    def look(self, chat: int) -> None:
        model = self.chat(chat)
        stored = self.do(self.configs.read(self.first + chat))
        assert stored.chat_id == self.first + self.aliases[chat]
        assert (stored.chosen, stored.revision) == (model.config, model.revision)
        history = self.do(self.configs.history(self.first + chat, limit=200))
        assert [(one.revision, one.before, one.after) for one in reversed(history)] == model.history

    def agree(self, change: Any, expected: Entry | None) -> None:
        told = change and (change.revision, change.before, change.after)
        assert told == expected

    def teardown(self) -> None:
        for chat in CHATS:
            self.look(chat)


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_random_stories_agree_with_a_simple_model(environment: Environment) -> None:
    with asyncio.Runner() as runner:
        pool: Pool = runner.run(create_pool(environment))
        Stories.runner, Stories.configs = runner, ChatConfigs(pool)
        limits = settings(
            stateful_step_count=12,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )
        try:
            run_state_machine_as_test(Stories, settings=limits)
        finally:
            runner.run(close_pool(pool))
