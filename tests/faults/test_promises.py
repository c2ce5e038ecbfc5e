"""What was promised happens, whatever becomes of the process, of Telegram and of its gateway in between."""

from __future__ import annotations

import asyncio
import random
import signal
import time

import pytest

from bot.storage.configs.repository import ChatConfigs
from sandbox import Group, Sandbox
from tests.faults.conftest import Launch, Row, answers, came
from tests.faults.promising import Promises
from tests.faults.test_instances import pair
from tests.faults.test_strangers import some_groups

pytestmark = pytest.mark.timeout(1800)

METHODS = (
    "getUpdates", "sendMessage", "deleteMessage", "getChatMember", "answerCallbackQuery", "setMyCommands", "getMe",
    "deleteWebhook", None,
)  # fmt: skip


@pytest.mark.parametrize("kills", [3, pytest.param(100, marks=pytest.mark.slow)])
async def test_killed_at_any_moment_it_keeps_its_promises(
    telegram: Sandbox, launch: Launch, row: Row, database: str, configs: ChatConfigs, kills: int
) -> None:
    how = f"python -m bot killed {kills} times at random moments, with flood waits running for some chats"
    with row("kill -9: announcements, greetings, deletions", how) as numbers:
        promises = Promises(telegram)
        await promises.choose(configs)
        async with promises:
            for _ in range(kills):
                bot = await launch(real=True, DATABASE_URL=database)
                await bot.says("Polling for")
                unlucky = random.choice(promises.clubs).group.id  # noqa: S311
                telegram.faults.flood(unlucky, "sendMessage", retry_after=random.randint(2, 8))  # noqa: S311
                await asyncio.sleep(random.uniform(0, 6))  # noqa: S311
                await bot.killed()
                await promises.killed(database)
            bot = await launch(real=True, DATABASE_URL=database)
            await bot.says("Polling for")
        await promises.check(database, numbers)


@pytest.mark.parametrize("seconds", [1, pytest.param(7, marks=pytest.mark.slow)])
async def test_pages_of_html_in_place_of_answers_break_no_promise(
    telegram: Sandbox, launch: Launch, row: Row, database: str, configs: ChatConfigs, seconds: int
) -> None:
    how = f"every method in turn is answered by a page of HTML for {seconds} s, then all of them"
    with row(f"502 on each method for {seconds} s", how) as numbers:
        promises = Promises(telegram)
        await promises.choose(configs)
        telegram.faults.bad_gateway("deleteWebhook", seconds=2)
        bot = await launch(real=True, DATABASE_URL=database)
        await bot.says("Polling for")
        async with promises:
            for method in METHODS:
                telegram.faults.bad_gateway(method, seconds=seconds)
                await asyncio.sleep(seconds)
            await asyncio.sleep(5)
        await promises.check(database, numbers, all_saved=False)
        assert bot.process.returncode is None


@pytest.mark.parametrize("seconds", [3, pytest.param(10, marks=pytest.mark.slow)])
@pytest.mark.parametrize("killed", [False, True])
async def test_a_change_is_announced_although_its_answer_has_to_wait(
    telegram: Sandbox, launch: Launch, row: Row, database: str, configs: ChatConfigs, seconds: int, killed: bool
) -> None:
    how = f"429 of {seconds} s to what is said of a change{', then kill -9 and a new start' if killed else ''}"
    with row("announcement during a flood wait", how) as numbers:
        anna = telegram.person("Anna")
        club = telegram.supergroup("Book club", owner=anna, bot="administrator")
        await configs.change(club.id, {"announce_changes": "chat"}, by=None, via="test")
        bot = await launch(real=True, DATABASE_URL=database)
        await bot.says("Polling for")
        telegram.faults.flood(club.id, "sendMessage", retry_after=seconds, times=2)
        anna.say("/settings rules_text Be kind.", club)
        await came(lambda: not telegram.faults.waiting)
        began = time.monotonic()
        if killed:
            await telegram.settled(10)
            await bot.killed()
            bot = await launch(real=True, DATABASE_URL=database)
        await came(lambda: len(answers(telegram)) == 2)
        numbers["both said after"] = f"{time.monotonic() - began:.1f} s"
        assert time.monotonic() - began >= seconds - 0.5
        assert sorted("changed the settings" in text for text in answers(telegram)) == [False, True]
        early = [call for call in telegram.calls.all("sendMessage") if call.status == 429]
        assert len(early) == 2, "nobody was asked again before the end of the flood wait"


@pytest.mark.parametrize("seconds", [5, pytest.param(20, marks=pytest.mark.slow)])
async def test_answers_wait_for_telegram_and_arrive_in_order(
    telegram: Sandbox, launch: Launch, row: Row, database: str, configs: ChatConfigs, seconds: int
) -> None:
    owned = some_groups(telegram, 8)
    clubs = [group for _, group in owned]
    bot = await launch(real=True, DATABASE_URL=database)
    await bot.says("Polling for")
    how = f"24 changes are stored, then Telegram is away for {seconds} s before any is answered"
    with row(f"Telegram away for {seconds} s", how) as numbers:
        telegram.faults.reset("sendMessage", times=10_000)
        for number in range(3):
            for owner, club in owned:
                owner.say(f"/settings rules_text Rules {number}", club)
        for club in clubs:
            await _stored(configs, club, 3)
        telegram.faults.clear()
        telegram.faults.outage(seconds)
        await asyncio.sleep(seconds)
        began = time.monotonic()
        await came(lambda: len(answers(telegram)) == 24)
        numbers["all answered after its end"] = f"{time.monotonic() - began:.1f} s"
        await telegram.settled(30)
        assert _saved(telegram, clubs) == [[0, 1, 2]] * len(clubs)


@pytest.mark.slow
async def test_a_leader_that_thaws_sends_nothing_that_another_has_sent(
    telegram: Sandbox, launch: Launch, row: Row, database: str, configs: ChatConfigs
) -> None:
    owned = some_groups(telegram, 8)
    clubs = [group for _, group in owned]
    leader, second = await pair(launch, database, real=True)
    how = "eight answers wait for 429s of 25 s, SIGSTOP for the leader, SIGCONT when the other has sent them"
    with row("two instances: a frozen leader with waiting messages", how) as numbers:
        telegram.faults.flood(None, "sendMessage", retry_after=25, seconds=10)
        for owner, club in owned:
            owner.say("/settings rules_text Rules 0", club)
        await telegram.settled(10)
        leader.send(signal.SIGSTOP)
        await second.says("Polling for")
        await came(lambda: _saved(telegram, clubs) == [[0]] * len(clubs))
        leader.send(signal.SIGCONT)
        await leader.says("Standing by", 2)
        await asyncio.sleep(3)
        numbers["sent twice"] = len(answers(telegram)) - len(clubs)
        assert _saved(telegram, clubs) == [[0]] * len(clubs)


async def _stored(configs: ChatConfigs, club: Group, changes: int) -> None:
    async with asyncio.timeout(60):
        while (await configs.read(club.id)).revision < changes:  # noqa: ASYNC110 - a state, not an event
            await asyncio.sleep(0.05)


def _saved(telegram: Sandbox, clubs: list[Group]) -> list[list[int]]:
    """Return for each group the numbers of the changes that were said to be saved, in order."""
    sent = [call for call in telegram.calls.all("sendMessage") if call.status == 200]
    texts = [[call.parameters["text"] for call in sent if call.parameters["chat_id"] == club.id] for club in clubs]
    return [[int(text.partition("“Rules ")[2].partition("”")[0]) for text in of_club] for of_club in texts]
