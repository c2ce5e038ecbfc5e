"""However much one person sends or presses, the others are served. Nothing is made faster than in production."""

from __future__ import annotations

import asyncio
import time

import pytest

from bot.storage.configs.repository import ChatConfigs
from sandbox import Group, Person, Sandbox
from tests.faults.asking import Asking
from tests.faults.conftest import Launch, Row, answers

LATENCY = 0.1
"""Seconds that each of Telegram's answers is on its way."""

LONGEST = 5.0
"""Seconds within which everybody is answered, also on a busy machine; the table has the numbers."""


def some_groups(telegram: Sandbox, count: int) -> list[tuple[Person, Group]]:
    """Make groups with the bot in them, and an owner for each."""
    owners = [telegram.person(f"Owner-{number}") for number in range(count)]
    return [(one, telegram.supergroup(f"Of {one.name}", owner=one, bot="administrator")) for one in owners]


@pytest.mark.slow
async def test_floods_of_strangers_hold_nobody_up(telegram: Sandbox, launch: Launch, row: Row, database: str) -> None:
    telegram.latency = LATENCY
    bot = await launch(real=True, DATABASE_URL=database)
    await bot.says("Polling for")
    mallory, dora = telegram.person("Mallory"), telegram.person("Dora")
    (_, club), *others = some_groups(telegram, 61)
    mallory.join(club)
    dora.join(club)
    mallory.say("/help")
    shown = await mallory.sees()
    how = "300 private messages and 300 presses of one, 200 commands of another at once; 60 admins elsewhere ask, 4 a s"
    with row("strangers: a flood", how) as numbers:
        for number in range(300):
            mallory.say(f"Hello {number}")
            mallory.forge(shown, f"1v|welcome|everyone|0|{number}")
        for _ in range(200):
            dora.say("/help", club)
        asking = Asking(telegram)
        for admin, group in others:
            asking.ask(admin, "/settings", group)
            await asyncio.sleep(0.25)
        await asking.all_answered()
        numbers["answered after (p50 / p95 / longest)"] = asking.numbers()
        began = time.monotonic()
        await telegram.settled(30)
        numbers["all confirmed"] = f"{time.monotonic() - began:.1f} s later"
        assert asking.percentile(1.0) < LONGEST


@pytest.mark.parametrize("members", [50])
async def test_members_who_press_do_not_hold_up_their_admins(
    telegram: Sandbox, launch: Launch, row: Row, database: str, configs: ChatConfigs, members: int
) -> None:
    telegram.latency = LATENCY
    groups = some_groups(telegram, 11)
    owner, club = groups[0]
    await configs.change(club.id, {"members_may_view": True}, by=None, via="test")
    bot = await launch(real=True, DATABASE_URL=database)
    await bot.says("Polling for")
    people = [telegram.person(f"Member-{number}") for number in range(members)]
    for person in people:
        person.join(club)
    owner.say("/rules", club)
    shown = await owner.sees(club)
    how = f"{members} members press ten times each in one group; then its admin and ten elsewhere send a command"
    with row("members press in a group", how) as numbers:
        for _ in range(10):
            for person in people:
                person.forge(shown, "1s|general||0|0")
        at_home, elsewhere = Asking(telegram), Asking(telegram)
        at_home.ask(owner, "/settings", club)
        for admin, group in groups[1:]:
            elsewhere.ask(admin, "/settings", group)
        await elsewhere.all_answered()
        await at_home.all_answered()
        numbers["admin of the group (s)"] = at_home.numbers()
        numbers["others (p50 / p95 / longest)"] = elsewhere.numbers()
        await telegram.settled(60)
        assert elsewhere.percentile(1.0) < LONGEST


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("standing", ["administrator", "member"])
async def test_an_admin_nobody_knows_pastes_twenty_commands(
    telegram: Sandbox, launch: Launch, row: Row, database: str, configs: ChatConfigs, standing: str
) -> None:
    bot = await launch(real=True, DATABASE_URL=database)
    await bot.says("Polling for")
    anna = telegram.person("Anna")
    anna.start()
    club = telegram.supergroup("Book club", owner=anna, bot=standing)
    how = f"ten commands for another bot, then twenty /settings KEY VALUE at once; the bot is {standing}"
    with row("twenty commands of one admin", how) as numbers:
        for _ in range(10):
            anna.say("/settings@another_bot welcome everyone", club)
        for number in range(20):
            anna.say(f"/settings rules_text Rules {number}", club)
        began = time.monotonic()
        await came_to_pass(configs, club, 20)
        await telegram.settled(60)
        numbers["all stored and confirmed after"] = f"{time.monotonic() - began:.0f} s"
        history = await configs.history(club.id, limit=50)
        numbers["changes"] = len(history)
        assert [one.after["rules_text"] for one in reversed(history)] == [f"Rules {number}" for number in range(20)]
        told = said_saved(telegram)
        numbers["answered"] = len(told)
        # A bot that is no administrator may answer there for 15 s, then in private.
        assert told == [f"Rules {number}" for number in range(20)]


async def came_to_pass(configs: ChatConfigs, group: Group, changes: int) -> None:
    """Wait until so many changes are stored."""
    async with asyncio.timeout(150):
        while (await configs.read(group.id)).revision < changes:  # noqa: ASYNC110 - a state, not an event
            await asyncio.sleep(0.2)


def said_saved(telegram: Sandbox) -> list[str]:
    """Return which changes the bot said it saved, in order."""
    return [text.partition("“")[2].partition("”")[0] for text in answers(telegram) if "Rules: “" in text]
