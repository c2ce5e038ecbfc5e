"""The button in the group that opens the settings for whoever presses it: it is there for two minutes, or one use."""

from __future__ import annotations

import asyncio

import pytest

from bot.features.settings.menu.opening import PUBLIC_BUTTON_SECONDS
from bot.storage.connection.availability import Pool
from sandbox import Group, Person, Sandbox, Seen
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose

_DUE_IN = "SELECT extract(epoch FROM due_at - created_at) FROM outbox WHERE kind = 'deletion'"


async def button_for_anonymous(admin: Person, chat: Group, text: str = "/settings") -> Seen:
    admin.go_anonymous(chat)
    admin.say(text, chat)
    return await admin.sees(chat, "Press")


async def promised(pool: Pool) -> float:
    """Wait until one deletion is stored, and return the seconds until it is due."""
    async with asyncio.timeout(10):
        while True:
            due = await pool.connections.fetchval(_DUE_IN)
            if due is not None:
                return float(due)
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("text", ["/settings", "/settings welcome everyone"])
async def test_it_goes_away_when_an_admin_has_used_it(
    bot: RunningBot, anna: Person, ben: Person, club: Group, text: str
) -> None:
    public = await button_for_anonymous(anna, club, text)
    assert public in ben.screen(club)
    await anna.press(public, "⚙️")
    assert (await anna.sees(club, "Book club")).ephemeral
    await anna.sees_gone(public)


async def test_nobody_takes_it_from_the_admin_who_asked_for_it(
    bot: RunningBot, anna: Person, ben: Person, club: Group
) -> None:
    public = await button_for_anonymous(anna, club)
    assert "Only admins" in (await ben.press(public, "⚙️ Settings")).text
    await choose(bot, club, members_may_view=True)
    await ben.press(public, "⚙️ Settings")
    assert (await ben.sees(club, "You can look")).ephemeral
    await anna.press(public, "⚙️ Settings")
    await anna.sees(club, "Book club")
    await anna.sees_gone(public)


async def test_unused_it_goes_away_after_two_minutes_also_when_the_bot_was_restarted(
    bot: RunningBot, anna: Person, club: Group, pool: Pool
) -> None:
    public = await button_for_anonymous(anna, club)
    assert PUBLIC_BUTTON_SECONDS / 2 < await promised(pool) < PUBLIC_BUTTON_SECONDS + 1
    await bot.stop()
    assert not public.gone
    await pool.connections.execute("UPDATE outbox SET due_at = clock_timestamp()")
    await bot.start()
    await anna.sees_gone(public)


async def test_a_menu_that_its_reader_alone_sees_stays(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group, pool: Pool
) -> None:
    anna.say("/settings", club)
    assert (await anna.sees(club, "Book club")).ephemeral
    await telegram.settled()
    assert await pool.connections.fetchval("SELECT count(*) FROM outbox") == 0


@pytest.mark.parametrize("sandbox_options", [{"ephemeral": False}])
async def test_on_an_older_server_a_menu_for_everybody_stays_and_the_button_goes(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group
) -> None:
    anna.say("/settings", club)
    public = await anna.sees(club, "Press to open")
    await anna.press(public, "⚙️ Settings")
    menu = await anna.sees(club, "All settings are at their defaults")
    await anna.sees_gone(public)
    await telegram.settled()
    assert not menu.gone
