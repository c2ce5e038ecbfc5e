"""Whose update comes next in a chat, on a clock that jumps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import pytest

from bot.settling import CURRENT_UPDATE
from bot.updates.chat_queues import RETRY_SECONDS, ChatQueues
from bot.updates.handling import Result, Watch
from tests.unit.clockwork import in_no_time, now
from tests.unit.test_shares import ANNA, BEN, GROUP, anonymous, said
from tests.watching import Lines

CARL = 13


class Handling:
    """Handles each update in so many seconds and notes it; `fails` is how often an update is to be handled again."""

    def __init__(self, seconds: float = 1.0) -> None:
        self.seconds = seconds
        self.texts: list[str] = []
        self.at: list[float] = []
        self.fails: dict[str, int] = {}
        self.settled: list[int] = []

    def queues(self, **options: Any) -> ChatQueues:
        return ChatQueues(self._prepare, self.settled.append, **{"deadline": 10.0, **options})

    def _prepare(self, update: dict[str, Any]) -> Callable[[], Coroutine[Any, Any, Result]]:
        async def handle() -> Result:
            await asyncio.sleep(self.seconds)
            text = update["message"]["text"]
            self.texts.append(text)
            self.at.append(now())
            self.fails[text] = self.fails.get(text, 0) - 1
            return Result.HANDLED if self.fails[text] < 0 else Result.AGAIN

        return handle


@in_no_time
async def test_people_of_a_chat_take_turns_and_each_ones_order_is_kept() -> None:
    handling = Handling()
    queues = handling.queues()
    for number in range(5):
        queues.add(said(f"anna {number}"))
    for number in range(2):
        queues.add(said(f"ben {number}", BEN))
    queues.add(said("carl", CARL))
    await queues.drained()
    assert handling.texts == ["anna 0", "anna 1", "ben 0", "carl", "anna 2", "ben 1", "anna 3", "anna 4"]


@in_no_time
async def test_known_admins_come_first_and_anonymous_ones_too() -> None:
    handling = Handling()
    queues = handling.queues(is_admin=lambda chat_id, user_id: chat_id == GROUP and user_id == BEN)
    for number in range(3):
        queues.add(said(f"anna {number}"))
    queues.add(said("ben", BEN))
    queues.add(anonymous("anonymous", "owner"))
    await queues.drained()
    assert handling.texts == ["anna 0", "ben", "anonymous", "anna 1", "anna 2"]


@in_no_time
async def test_who_becomes_known_as_an_admin_while_they_wait_keeps_their_order() -> None:
    handling, admins = Handling(), set[int]()
    queues = handling.queues(is_admin=lambda _, user_id: user_id in admins)
    queues.add(said("carl", CARL))
    queues.add(said("ben 0", BEN))
    admins.add(BEN)
    queues.add(said("ben 1", BEN))
    queues.add(said("anna"))
    admins.add(ANNA)
    await queues.drained()
    assert handling.texts == ["carl", "ben 0", "anna", "ben 1"]


@in_no_time
async def test_different_chats_do_not_wait_for_each_other() -> None:
    handling = Handling()
    queues = handling.queues()
    for chat_id in range(-1, -50, -1):
        queues.add(said("hello", chat_id=chat_id))
    await queues.drained()
    assert now() == 1


@in_no_time
async def test_what_nobody_wants_is_passed_over_unless_its_chat_is_busy() -> None:
    handling = Handling()
    queues = handling.queues(wants=lambda update: update["message"]["text"] != "chatter")
    assert queues.passes_over(said("chatter"))
    assert not queues.passes_over(said("/help"))
    queues.add(said("/help"))
    assert not queues.passes_over(said("chatter", BEN))
    await queues.drained()
    assert queues.passes_over(said("chatter", BEN))


@in_no_time
async def test_news_that_could_not_be_stored_are_handled_again_until_they_are_and_settled_then() -> None:
    handling = Handling(seconds=0.0)
    queues = handling.queues()
    handling.fails["upgraded"] = 3
    news = said("upgraded")
    queues.add(news)
    queues.add(said("another chat", chat_id=-200))
    await asyncio.sleep(2.5)
    assert news["update_id"] not in handling.settled
    await asyncio.sleep(1)
    assert handling.texts.count("upgraded") == 4
    assert handling.at[-1] == 3 * RETRY_SECONDS
    assert news["update_id"] in handling.settled


@in_no_time
async def test_what_is_dropped_is_neither_handled_again_nor_settled() -> None:
    handling = Handling()
    queues = handling.queues()
    handling.fails["again"] = 1
    queues.add(said("again"))
    for text in ("running", "waiting"):
        queues.add(said(text, chat_id=-200))
    await asyncio.sleep(1.5)
    queues.drop()
    await asyncio.sleep(30)
    assert handling.texts == ["again", "running"]
    assert len(handling.settled) == 1


@in_no_time
async def test_an_update_that_answers_is_settled_when_its_answers_are() -> None:
    settled, open_answers = list[int](), list[Any]()

    def prepare(_: dict[str, Any]) -> Callable[[], Coroutine[Any, Any, Result]]:
        async def handle() -> Result:
            settling = CURRENT_UPDATE.get()
            assert settling is not None
            settling.opened()
            open_answers.append(settling)
            return Result.HANDLED

        return handle

    queues = ChatQueues(prepare, settled.append, deadline=10.0)
    first, second = said("one"), said("two")
    queues.add(first)
    queues.add(second)
    await queues.drained()
    assert settled == []
    open_answers[1].closed()
    open_answers[0].closed()
    assert settled == [second["update_id"], first["update_id"]]


@in_no_time
async def test_an_update_is_an_admins_as_soon_as_that_is_known() -> None:
    admins, known = set[int](), list[bool]()

    def prepare(_: dict[str, Any]) -> Callable[[], Coroutine[Any, Any, Result]]:
        async def handle() -> Result:
            settling = CURRENT_UPDATE.get()
            assert settling is not None
            known.append(settling.by_admin())
            admins.add(ANNA)  # as Telegram says when it is asked for her rights
            known.append(settling.by_admin())
            return Result.HANDLED

        return handle

    queues = ChatQueues(prepare, lambda _: None, deadline=10.0, is_admin=lambda _, user_id: user_id in admins)
    for update in (said("/settings"), said("/settings", BEN), anonymous("/settings", "owner")):
        queues.add(update)
        await queues.drained()
    assert known == [False, True, False, False, True, True]


@in_no_time
async def test_an_update_that_is_stored_after_it_was_given_up_is_not_settled() -> None:
    handling, given_up = Handling(seconds=60.0), list[int]()

    def store(update: dict[str, Any]) -> bool:
        given_up.append(update["update_id"])
        return len(given_up) == 1

    queues = handling.queues(gave_up=store)
    first, second = said("one"), said("two", BEN)
    queues.add(first)
    queues.add(second)
    await queues.drained()
    assert given_up == [first["update_id"], second["update_id"]]
    assert handling.settled == [second["update_id"]]


async def answer_slowly(seconds: float) -> Result:
    await asyncio.sleep(seconds)
    return Result.HANDLED


@pytest.mark.parametrize(("seconds", "slow"), [(1.0, False), (3.0, True), (30.0, False)])
def test_a_slow_update_is_named_with_its_chat_time_and_place_unless_it_is_given_up(
    seconds: float, slow: bool, logged: Lines
) -> None:
    @in_no_time
    async def test() -> None:
        queues = ChatQueues(
            lambda _: partial(answer_slowly, seconds), lambda _: None, deadline=10.0, watch=Watch(slow_after=2.0)
        )
        queues.add(said("anna"))
        await queues.drained()

    test()
    lines = [line for line in logged.lines if "A slow update" in line]
    assert len(lines) == (2 if slow else 0), "as text and as JSON"
    if slow:
        told = json.loads(lines[1])
        assert told["chat"] == GROUP
        assert told["seconds"] == 3.0
        assert "answer_slowly" in told["message"]
    assert any("was given up" in line for line in logged.errors) == (seconds == 30.0)
    logged.errors.clear()


@in_no_time
async def test_each_update_is_counted_by_its_result_with_the_seconds_it_took() -> None:
    counted: list[tuple[str, str, float]] = []
    handling = Handling()
    handling.fails["again"] = 1
    queues = handling.queues(watch=Watch(note=lambda *each: counted.append((each[0], each[1], round(each[2], 2)))))
    queues.add(said("anna"))
    queues.add(said("again", chat_id=-2))
    await asyncio.sleep(2 + 2 * RETRY_SECONDS)
    assert counted == [
        ("message", "handled", 1.0),
        ("message", "again", 1.0),
        ("message", "handled", 1.0),
    ]
