"""Several processes behind a reverse proxy: a chat's updates in order, none lost, whatever ends one of them."""

from __future__ import annotations

import asyncio
import random
import re
import signal
import time
from collections.abc import AsyncIterator

import pytest

from bot.storage.configs.repository import ChatConfigs
from sandbox import Sandbox
from tests.balancing import Balancer
from tests.faults.changing import Changing
from tests.faults.conftest import Instance, Launch, Row, answers, came
from tests.faults.promising import Promises, fetch
from tests.faults.test_strangers import some_groups

pytestmark = pytest.mark.timeout(1800)

ON_PORT = re.compile(r"Health and metrics are on port (\d+)")


@pytest.fixture
async def balancer() -> AsyncIterator[Balancer]:
    async with Balancer() as proxy:
        yield proxy


class Members:
    """The processes behind a balancer."""

    def __init__(self, launch: Launch, balancer: Balancer, database: str) -> None:
        self._launch = launch
        self._balancer = balancer
        self._database = database
        self._ports: dict[Instance, int] = {}

    async def join(self) -> Instance:
        variables = {"WEBHOOK_URL": self._balancer.url, "WEBHOOK_SECRET": "word-of-our-own", "PORT": "0"}
        instance: Instance = await self._launch(real=True, DATABASE_URL=self._database, **variables)
        await instance.says("Taking updates by webhook")
        (port,) = (int(found[1]) for line in instance.lines if (found := ON_PORT.search(line)))
        self._ports[instance] = port
        self._balancer.ports.append(port)
        return instance

    def gone(self, instance: Instance) -> None:
        """The balancer notices that a process does not answer."""
        self._balancer.ports.remove(self._ports.pop(instance))


@pytest.fixture
def members(launch: Launch, balancer: Balancer, database: str) -> Members:
    return Members(launch, balancer, database)


async def _set(telegram: Sandbox) -> None:
    telegram.api.delivery.webhook.pauses = (0.0, 0.5, 1.0)
    await came(lambda: bool(telegram.api.delivery.webhook.url))


@pytest.mark.parametrize("processes", [2, pytest.param(4, marks=pytest.mark.slow)])
async def test_each_chat_is_served_in_order_by_whoever_gets_its_updates(
    telegram: Sandbox,
    members: Members,
    balancer: Balancer,
    row: Row,
    database: str,
    configs: ChatConfigs,
    processes: int,
) -> None:
    for _ in range(processes):
        await members.join()
    await _set(telegram)
    how = "each of 8 owners says 6 commands at once, round robin"
    with row(f"webhook, {processes} processes: order within a chat", how) as numbers:
        owned = some_groups(telegram, 8)
        for number in range(6):
            for owner, club in owned:
                owner.say(f"/settings rules_text Rules {number}", club)
        await telegram.settled(120)
        sql = "SELECT chat_id, after ->> 'rules_text' AS text FROM config_changes ORDER BY chat_id, revision"
        await came(lambda: sum("“Rules " in text for text in answers(telegram)) == 48)
        rows = await fetch(database, sql)
        for _, club in owned:
            assert [each["text"] for each in rows if each["chat_id"] == club.id] == [f"Rules {n}" for n in range(6)]
            said = [call for call in telegram.calls.all("sendMessage") if call.parameters["chat_id"] == club.id]
            texts = [call.parameters["text"] for call in said if call.status == 200]
            saved = [text.partition("“Rules ")[2][:1] for text in texts if "“Rules " in text]
            assert saved == list("012345")
        numbers["served by each"] = "/".join(
            str(sum(port == one for one, _ in balancer.answered)) for port in balancer.ports
        )
        assert {port for port, status in balancer.answered if status == 200} == set(balancer.ports)
        assert not await fetch(database, "SELECT FROM stored_updates")


@pytest.mark.parametrize("kills", [2, pytest.param(40, marks=pytest.mark.slow)])
async def test_killed_at_any_moment_they_lose_no_change_and_make_none_twice(
    telegram: Sandbox, members: Members, row: Row, database: str, kills: int
) -> None:
    alive = [await members.join() for _ in range(2)]
    await _set(telegram)
    how = f"{kills} times kill -9 for one of two, another one joins; 20 admins change settings"
    with row("webhook: kill -9", how) as numbers:
        changing = Changing(telegram, 20)
        async with changing:
            for _ in range(kills):
                before = changing.answers
                await came(lambda before=before: changing.answers > before + 5)  # type: ignore[misc]
                await asyncio.sleep(random.uniform(0, 2))  # noqa: S311
                await alive[0].killed()
                began, before = time.monotonic(), changing.answers
                members.gone(alive.pop(0))
                await came(lambda before=before: changing.answers > before + 5)  # type: ignore[misc]
                numbers["six answers after a kill"] = f"{time.monotonic() - began:.1f} s"
                alive.append(await members.join())
        await telegram.settled(120)
        numbers.update(await changing.check(database))
        await came_empty(database)


async def came_empty(database: str) -> None:
    """Wait until nothing is stored any more: what a killed process had stored is taken over."""
    async with asyncio.timeout(60):
        while await fetch(database, "SELECT FROM stored_updates"):  # noqa: ASYNC110 - a state, not an event
            await asyncio.sleep(0.05)


async def test_what_a_killed_process_promised_is_kept_by_the_others(
    telegram: Sandbox, members: Members, row: Row, database: str, configs: ChatConfigs
) -> None:
    how = "kill -9 of one of two, three times: flood waits run, greetings are to be deleted, changes announced"
    with row("webhook: kill -9, announcements, greetings, deletions", how) as numbers:
        promises = Promises(telegram)
        await promises.choose(configs)
        alive = [await members.join() for _ in range(2)]
        await _set(telegram)
        async with promises:
            for _ in range(3):
                unlucky = random.choice(promises.clubs).group.id  # noqa: S311
                telegram.faults.flood(unlucky, "sendMessage", retry_after=random.randint(2, 8))  # noqa: S311
                await asyncio.sleep(random.uniform(2, 6))  # noqa: S311
                await alive[0].killed()
                await promises.killed(database)
                members.gone(alive.pop(0))
                alive.append(await members.join())
        await promises.check(database, numbers)


async def test_from_polling_to_webhook_and_back_under_load(
    telegram: Sandbox, launch: Launch, members: Members, row: Row, database: str
) -> None:
    how = "polling, then two webhook processes join and it ends, then one that polls and they end; 20 admins at it"
    with row("polling and webhook overlap in both directions", how) as numbers:
        polling = await launch(real=True, DATABASE_URL=database)
        await polling.says("Polling for")
        changing = Changing(telegram, 20)
        async with changing:
            await answered(changing)
            both = [await members.join() for _ in range(2)]
            await answered(changing)
            assert not telegram.api.delivery.webhook.url, "who leads decides"
            assert await polling.stopped() == 0
            await _set(telegram)
            await answered(changing)
            again = await launch(real=True, DATABASE_URL=database)
            await again.says("Standing by")
            await answered(changing)
            for each in both:
                members.gone(each)
                assert await each.stopped() == 0
            await again.says("Polling for")
            await answered(changing)
        await telegram.settled(60)
        assert not telegram.api.delivery.webhook.url
        numbers.update(await changing.check(database))
        await came_empty(database)


async def answered(changing: Changing) -> None:
    """Wait for some answers."""
    upto = changing.answers + 15
    await came(lambda: changing.answers >= upto)


@pytest.mark.slow
async def test_a_frozen_process_is_replaced_and_does_no_harm_when_it_thaws(
    telegram: Sandbox, members: Members, row: Row, database: str
) -> None:
    alive = [await members.join() for _ in range(2)]
    await _set(telegram)
    how = "SIGSTOP for one of two, SIGCONT 30 s later; 20 admins change settings"
    with row("webhook: a process is frozen and thawed", how) as numbers:
        changing = Changing(telegram, 20)
        async with changing:
            await answered(changing)
            alive[0].send(signal.SIGSTOP)
            members.gone(alive[0])
            await asyncio.sleep(30)
            await answered(changing)
            alive[0].send(signal.SIGCONT)
            await asyncio.sleep(3)
            await answered(changing)
        await telegram.settled(120)
        numbers.update(await changing.check(database))
