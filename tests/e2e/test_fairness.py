"""Shares: what is beyond somebody's share is told or done later, and takes nothing from others."""

from __future__ import annotations

import asyncio

import pytest

from bot.storage.configs.repository import ChatConfigs
from sandbox import Group, Person, Sandbox
from tests.e2e.running import RunningBot


@pytest.mark.parametrize("pace", [20.0])
async def test_twenty_pasted_commands_of_an_admin_are_all_done_and_answered_in_order(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group, configs: ChatConfigs
) -> None:
    for _ in range(10):
        anna.say("/settings@another_bot goodbye on", club)
    for number in range(20):
        anna.say(f"/settings rules_text Rules {number}", club)
    for number in range(20):
        await anna.sees(club, f"Rules {number}”")
    await telegram.settled()
    history = await configs.history(club.id, limit=50)
    assert [one.after["rules_text"] for one in reversed(history)] == [f"Rules {number}" for number in range(20)]


async def test_commands_for_other_bots_count_against_nobody(
    telegram: Sandbox, bot: RunningBot, ben: Person, club: Group
) -> None:
    for _ in range(50):
        ben.say("/start@another_bot", club)
    ben.say("/help", club)
    await ben.sees(club, "/settings")
    assert not [one for one in ben.screen(club) if "Too many" in one.text]


@pytest.mark.parametrize("pace", [1.0])
async def test_a_private_flood_is_told_once_and_confirmed_at_once(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person, club: Group
) -> None:
    for number in range(150):
        ben.say(f"Hello {number}")
    anna.say("/settings", club)
    async with asyncio.timeout(10):
        await anna.sees(club, "Book club")
    await telegram.settled()
    assert sum("Too many messages" in one.text for one in ben.screen()) == 1


@pytest.mark.parametrize("pace", [1.0])
async def test_each_press_beyond_the_share_is_answered_and_done_by_nobody(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group, configs: ChatConfigs
) -> None:
    anna.say("/settings goodbye", club)
    screen = await anna.sees(club, "Goodbye")
    presses = [anna.press(screen, "⚙️ Change it") for _ in range(15)]
    answers = [await press for press in presses]
    assert sum("Too many presses" in one.text for one in answers) >= 4


@pytest.mark.parametrize("pace", [1.0])
async def test_two_anonymous_admins_have_a_share_each(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group
) -> None:
    clara, dora = telegram.person("Clara"), telegram.person("Dora")
    for admin, title in ((clara, "Treasurer"), (dora, "Secretary")):
        admin.join(club)
        anna.promote(club, admin, title=title, anonymous=True)
        admin.go_anonymous(club)
    for _ in range(30):
        clara.say("/help", club)
    dora.say("/settings", club)
    async with asyncio.timeout(5):
        await dora.sees(club, "Press to open")
