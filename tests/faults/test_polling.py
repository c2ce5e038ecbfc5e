"""Telegram's faults, bad updates, and handlers that never end."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.world.state.updates import Update
from tests.faults.conftest import Launch, Row, answers, came

pytestmark = pytest.mark.timeout(600)


async def test_a_poison_update_is_passed_over(telegram: Sandbox, launch: Launch, row: Row) -> None:
    how = "a message without a chat and an update of an unknown type between 20 good ones, queued before the start"
    with row("poison update in the middle of a batch", how) as numbers:
        for number in range(20):
            telegram.person(f"P{number}").say(f"0 n{number}")
            if number == 10:
                for raw in ({"message": {"message_id": 1, "text": "secret"}}, {"telepathy": {"text": "secret"}}):
                    _queue(telegram, raw)
        bot = await launch()
        await telegram.settled(60)
        await came(lambda: len(answers(telegram)) == 20)
        numbers["handled"] = len(set(answers(telegram)))
        numbers["named in the log"] = bot.said("passed over")
        assert numbers == {"handled": 20, "named in the log": 2}
        telegram.person("Late").say("0 late")
        await came(lambda: "done late" in answers(telegram))
        assert not bot.said("secret")


def _queue(telegram: Sandbox, raw: dict[str, Any]) -> None:
    updates = telegram.world.updates
    number, updates.next_id = updates.next_id, updates.next_id + 1
    updates._queue.append(Update(number, telegram.clock.now(), json.dumps({"update_id": number, **raw})))


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_stuck_handler_does_not_slow_the_others(telegram: Sandbox, launch: Launch, row: Row) -> None:
    bot = await launch()
    await bot.says("Polling for")
    people = [telegram.person(f"P{number}") for number in range(200)]
    sent: dict[str, float] = {}
    took: dict[str, float] = {}

    def answered(call: Any) -> None:
        name = str(call.parameters.get("text", "")).removeprefix("done ")
        if call.method == "sendMessage" and name in sent:
            took[name] = time.monotonic() - sent[name]

    telegram.calls.listeners.append(answered)
    with row("a handler stuck for ever", "20 updates/s of 200 other chats for 30 s") as numbers:
        before = await _load(people, 5, sent)
        await came(lambda: len(took) == len(sent))
        usual = _percentile(took, before)
        telegram.person("Stuck").say("for ever")
        during = await _load(people, 30, sent)
        await bot.says("was given up after")
        await came(lambda: len(took) == len(sent))
        numbers["p99 before"], numbers["p99"] = f"{usual:.2f} s", f"{_percentile(took, during):.2f} s"
        numbers["named"] = next(line for line in bot.lines if "was given up" in line).partition("message")[2][-60:]
        assert _percentile(took, during) <= 2.0
        await telegram.settled(30)


async def _load(people: list[Any], seconds: int, sent: dict[str, float]) -> list[str]:
    names = [f"u{len(sent) + number}" for number in range(20 * seconds)]
    began = time.monotonic()
    for number, name in enumerate(names):
        await asyncio.sleep(max(0.0, began + number / 20 - time.monotonic()))
        sent[name] = time.monotonic()
        people[number % len(people)].say(f"0.05 {name}")
    return names


def _percentile(took: dict[str, float], names: list[str]) -> float:
    return sorted(took[name] for name in names)[int(len(names) * 0.99) - 1]


FAULTS: list[tuple[str, Callable[[Sandbox], None]]] = [
    ("connections reset", lambda telegram: telegram.faults.reset("getUpdates", times=3)),
    ("502 with HTML", lambda telegram: telegram.faults.bad_gateway("getUpdates", times=3)),
    ("garbage JSON", lambda telegram: telegram.faults.garbage("getUpdates", times=3)),
    ("429, retry after 2 s", lambda telegram: telegram.faults.flood(None, "getUpdates", retry_after=2)),
    ("409 of a foreign process", lambda telegram: telegram.faults.foreign_poller(times=3)),
    ("answers lost after the call", lambda telegram: telegram.faults.drop_after("getUpdates", times=3)),
    ("nothing more", lambda telegram: None),
    ("an outage of 3 s", lambda telegram: telegram.faults.outage(3)),
]


@pytest.mark.slow
async def test_trouble_with_get_updates_is_waited_out(telegram: Sandbox, launch: Launch, row: Row) -> None:
    bot = await launch()
    await bot.says("Polling for")
    for name, strike in FAULTS:
        with row(f"getUpdates: {name}", "the open long poll is cut, then this; ten messages sent meanwhile") as numbers:
            done = len(answers(telegram))
            strike(telegram)
            telegram.faults.drop_connections()
            for number in range(10):
                telegram.person(f"P{number}").say(f"0 {number} of {name}")
            took = await came(lambda done=done: len(answers(telegram)) >= done + 10)  # type: ignore[misc]
            await telegram.settled(30)
            await came(lambda: not telegram.faults.waiting)
            numbers["handled"], numbers["all answered after"] = len(answers(telegram)) - done, f"{took:.1f} s"
            assert len(answers(telegram)) == done + 10
    assert bot.said("Another program polls") == 1


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_long_trouble_with_get_updates_is_waited_out(telegram: Sandbox, launch: Launch, row: Row) -> None:
    bot = await launch()
    await bot.says("Polling for")
    with row("getUpdates: an outage of 60 s", "every connection closed for 60 s under 5 messages/s") as numbers:
        telegram.faults.outage(60)
        for number in range(300):
            telegram.person(f"P{number}").say(f"0 n{number}")
            await asyncio.sleep(0.2)
        took = await came(lambda: len(set(answers(telegram))) == 300)
        await telegram.settled(30)
        numbers["handled"], numbers["all answered after its end"] = len(answers(telegram)), f"{took:.1f} s"
        assert len(answers(telegram)) == 300
    with row("getUpdates: no answer", "a question is never answered; the bot gives it up after 40 s") as numbers:
        telegram.faults.hang("getUpdates", times=1)
        telegram.faults.drop_connections()
        telegram.person("Late").say("0 late")
        took = await came(lambda: "done late" in answers(telegram), within=100)
        numbers["answered after"] = f"{took:.0f} s"


@pytest.mark.parametrize("seconds", [6, pytest.param(30, marks=pytest.mark.slow)])
async def test_a_flood_wait_of_one_group_concerns_no_other(
    telegram: Sandbox, launch: Launch, row: Row, database: str, seconds: int
) -> None:
    bot = await launch(real=True, DATABASE_URL=database)
    await bot.says("Polling for")
    owners = [telegram.person(f"Owner {number}") for number in range(10)]
    groups = [telegram.supergroup(f"G{owner.id}", owner=owner, bot="administrator") for owner in owners]
    how = f"429 with {seconds} s on the answer in one group, nine other groups ask at the same time"

    def answered() -> set[int]:
        return {int(call.parameters["chat_id"]) for call in telegram.calls.all("sendMessage") if call.status == 200}

    with row("sendMessage: flood wait in one group", how) as numbers:
        telegram.faults.flood(groups[0].id, "sendMessage", retry_after=seconds)
        began = time.monotonic()
        for owner, group in zip(owners, groups, strict=True):
            owner.say("/settings welcome", group)
        await came(lambda: answered() == {group.id for group in groups[1:]})
        numbers["others answered after"] = f"{time.monotonic() - began:.1f} s"
        await telegram.settled(60)
        numbers["update confirmed after"] = f"{time.monotonic() - began:.1f} s"
        assert time.monotonic() - began < seconds
        await came(lambda: groups[0].id in answered())
        numbers["message arrived after"] = f"{time.monotonic() - began:.1f} s"
        assert seconds <= time.monotonic() - began < seconds + 5
