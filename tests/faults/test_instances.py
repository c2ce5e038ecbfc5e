"""Two instances of the bot on one database: one polls, the other takes over, whatever ends the first."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import time
from collections import Counter
from collections.abc import Collection
from typing import Any, Self

import asyncpg
import pytest

from bot.storage.configs.repository import ChatConfigs
from sandbox import Sandbox
from tests.faults.changing import Changing
from tests.faults.conftest import Instance, Launch, Numbers, Row, answers, came

pytestmark = pytest.mark.timeout(600)


class Load:
    """Twenty messages a second from a hundred people while it is open; counts refused questions (409)."""

    def __init__(self, telegram: Sandbox) -> None:
        self.telegram = telegram
        self.sent = 0
        self.conflicts = 0
        self._people = [telegram.person(f"P{number}") for number in range(100)]
        telegram.calls.listeners.append(self._called)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._send())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _send(self) -> None:
        while True:
            self._people[self.sent % 100].say(f"0.05 n{self.sent}")
            self.sent += 1
            await asyncio.sleep(0.05)

    def _called(self, call: Any) -> None:
        self.conflicts += call.status == 409

    async def flows(self) -> None:
        """Wait until a second's worth of messages was sent, and the last of them answered."""
        upto = self.sent + 20
        await came(lambda: self.sent >= upto)
        name = f"done n{self.sent}"
        await came(lambda: name in answers(self.telegram)[-300:])

    def unconfirmed(self) -> set[str]:
        """What Telegram will deliver again if nobody confirms it."""
        queue = self.telegram.world.updates._queue
        return {json.loads(update.encoded)["message"]["text"].partition(" ")[2] for update in queue}

    async def check(self, numbers: Numbers, *instances: Instance, again: Collection[str] = ()) -> None:
        """Wait for the end of the work; nothing may be lost, refused, or handled to its end twice but what is `again`.

        Whoever is killed or frozen takes with it what it knew of its work: what it had not confirmed is handled once
        more.
        """
        await self.telegram.settled(60)

        def ended_lines() -> list[str]:
            return [line for instance in instances for line in instance.lines if line.startswith("ended")]

        await came(lambda: len(ended_lines()) >= self.sent)
        ended = Counter(ended_lines())
        numbers["sent"], numbers["lost"] = self.sent, self.sent - len(ended)
        twice = {line.removeprefix("ended ") for line, times in ended.items() if times > 1}
        numbers["handled twice"], numbers["conflicts"] = len(twice), self.conflicts
        assert (numbers["lost"], numbers["conflicts"]) == (0, 0)
        assert twice <= set(again)
        assert max(ended.values()) <= 2


async def pair(launch: Launch, database: str, *, real: bool = False) -> tuple[Instance, Instance]:
    leader = await launch(real=real, DATABASE_URL=database)
    await leader.says("Polling for")
    second = await launch(real=real, DATABASE_URL=database)
    await second.says("Standing by")
    return leader, second


@pytest.mark.parametrize("end", ["SIGTERM", "kill -9"])
async def test_the_stand_by_takes_over(telegram: Sandbox, launch: Launch, row: Row, database: str, end: str) -> None:
    leader, second = await pair(launch, database)
    with row(f"two instances: {end} for the leader", "under 20 messages/s of 100 people") as numbers:
        load = Load(telegram)
        async with load:
            await load.flows()
            began = time.monotonic()
            leader.send(signal.SIGTERM if end == "SIGTERM" else signal.SIGKILL)
            again = set() if end == "SIGTERM" else load.unconfirmed()
            numbers["unconfirmed at the kill"] = len(again)
            await second.says("Polling for")
            numbers["takeover"] = f"{time.monotonic() - began:.2f} s"
            assert time.monotonic() - began < 3
            assert await leader.ended() == (0 if end == "SIGTERM" else -9)
            await load.flows()
        await load.check(numbers, leader, second, again=again)


async def test_what_a_killed_leader_leaves_is_neither_applied_nor_said_in_public_twice(
    telegram: Sandbox, launch: Launch, row: Row, database: str, configs: ChatConfigs
) -> None:
    joining = Joining(telegram, 60)
    for group in joining.groups:
        await configs.change(group.id, {"welcome": "everyone"}, by=None, via="test")
    leader, second = await pair(launch, database, real=True)
    how = "python -m bot twice; 40 admins change settings, 10 people a second join groups that greet"
    with row("two instances: kill -9 for the leader, what people see", how) as numbers:
        changing = Changing(telegram)
        async with changing:
            joins = asyncio.create_task(joining.all_join())
            await came(lambda: bool(joining.greeted()) and changing.answers > 0)
            leader.send(signal.SIGKILL)
            again = joining.untold()
            await second.says("Polling for")
            await joins
        await telegram.settled(60)
        numbers.update(await changing.check(database))
        greeted = joining.greeted()
        numbers["joined"], numbers["greeted"] = len(joining.groups), len(greeted)
        numbers["greeted twice"] = sum(greeted.values()) - len(greeted)
        assert numbers["greeted twice"] == 0
        assert joining.names() - set(greeted) <= again, "only who was just to be greeted may have been passed over"


class Joining:
    """People who join, each a group of their own, ten a second."""

    def __init__(self, telegram: Sandbox, people: int) -> None:
        self._telegram = telegram
        self._people = [telegram.person(f"Newcomer-{number}-") for number in range(people)]
        owner = telegram.person("Owner")
        self.groups = [telegram.supergroup(person.name, owner=owner, bot="member") for person in self._people]

    async def all_join(self) -> None:
        for person, group in zip(self._people, self.groups, strict=True):
            person.join(group)
            await asyncio.sleep(0.1)

    def names(self) -> set[str]:
        return {person.name for person in self._people}

    def greeted(self) -> Counter[str]:
        """How often who was greeted."""
        said = [text for text in answers(self._telegram) if "Welcome to" in text]
        return Counter(re.findall(r">(Newcomer-\d+-)<", "\n".join(said)))

    def untold(self) -> set[str]:
        """Whose joining Telegram will tell again."""
        waiting = "\n".join(update.encoded for update in self._telegram.world.updates._queue)
        return set(re.findall(r"Newcomer-\d+-", waiting))


async def test_a_leader_whose_lock_is_cut(telegram: Sandbox, launch: Launch, row: Row, database: str) -> None:
    leader, second = await pair(launch, database)
    connection = await asyncpg.connect(database)
    how = "pg_terminate_backend for the session with the lock, five times, under 20 messages/s"
    with row("two instances: the leader's lock connection is cut", how) as numbers:
        load, both = Load(telegram), (leader, second)
        async with load:
            for times in range(1, 6):
                await load.flows()
                sql = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
                assert await connection.fetch(sql)
                await came(lambda times=times: _leads(*both) > times)  # type: ignore[misc]
                await load.flows()
        await connection.close()
        numbers["led by the second"] = second.said("Polling for")
        await load.check(numbers, leader, second)


def _leads(*instances: Instance) -> int:
    """How often one of them began to lead."""
    return sum(instance.said("Polling for") for instance in instances)


@pytest.mark.slow
async def test_a_frozen_leader_is_replaced_and_stands_by_when_it_thaws(
    telegram: Sandbox, launch: Launch, row: Row, database: str
) -> None:
    leader, second = await pair(launch, database)
    how = "SIGSTOP for the leader, SIGCONT when the other leads, under 20 messages/s"
    with row("two instances: the leader is frozen and thawed", how) as numbers:
        load = Load(telegram)
        async with load:
            await load.flows()
            began = time.monotonic()
            leader.send(signal.SIGSTOP)
            unconfirmed = load.unconfirmed()
            await second.says("Polling for")
            numbers["takeover"] = f"{time.monotonic() - began:.1f} s"
            assert time.monotonic() - began < 30
            # What it had finished and not confirmed is handled again; what it had not finished it leaves to the other.
            again = unconfirmed & {line.removeprefix("ended ") for line in leader.lines if line.startswith("ended")}
            numbers["finished, not confirmed"] = len(again)
            await load.flows()
            leader.send(signal.SIGCONT)
            await leader.says("Standing by", 2)
            await load.flows()
        await load.check(numbers, leader, second, again=again)
        assert leader.said("Polling for") == 1


@pytest.mark.parametrize(("deploys", "overlap"), [(2, 3), pytest.param(10, 30, marks=pytest.mark.slow)])
async def test_deploys_lose_nothing(
    telegram: Sandbox, launch: Launch, row: Row, database: str, deploys: int, overlap: int
) -> None:
    instances = [await launch(DATABASE_URL=database)]
    await instances[0].says("Polling for")
    how = f"{deploys} times a new instance stands by for {overlap} s, then SIGTERM for the old one, 20 messages/s"
    with row("deploys in a row", how) as numbers:
        load = Load(telegram)
        async with load:
            for _ in range(deploys):
                instances.append(await launch(DATABASE_URL=database))
                await instances[-1].says("Standing by")
                await asyncio.sleep(overlap)
                assert await instances[-2].stopped() == 0
                await instances[-1].says("Polling for")
                await load.flows()
        await load.check(numbers, *instances)
