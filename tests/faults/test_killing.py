"""`kill -9`, and the upgrade of a group, under load of settings changes."""

from __future__ import annotations

import asyncio
import random

import pytest

from sandbox import Sandbox
from tests.faults.changing import Changing
from tests.faults.conftest import Launch, Row, came

pytestmark = pytest.mark.timeout(1800)


@pytest.mark.parametrize("kills", [3, pytest.param(100, marks=pytest.mark.slow)])
async def test_killed_at_any_moment_it_loses_no_change_and_makes_none_twice(
    telegram: Sandbox, launch: Launch, row: Row, database: str, kills: int
) -> None:
    how = f"python -m bot killed {kills} times at random moments while 40 admins change settings"
    with row("kill -9", how) as numbers:
        changing = Changing(telegram)
        async with changing:
            for _ in range(kills):
                bot = await launch(real=True, DATABASE_URL=database)
                before = changing.answers
                await bot.says("Polling for")
                await came(lambda before=before: changing.answers > before)  # type: ignore[misc]
                # 40 changes gathered while it was dead. It lives long enough to answer them, on average: in a shorter
                # life Telegram takes fewer answers than were asked for, and a few people wait for many lives.
                await asyncio.sleep(random.uniform(0, 3))  # noqa: S311
                await bot.killed()
            bot = await launch(real=True, DATABASE_URL=database)
        await telegram.settled(60)
        numbers.update(await changing.check(database))


async def test_a_group_upgraded_in_the_middle_of_changes_keeps_all_of_them(
    telegram: Sandbox, launch: Launch, row: Row, database: str
) -> None:
    bot = await launch(real=True, DATABASE_URL=database)
    await bot.says("Polling for")
    how = "ten groups become supergroups while their admins change settings, in half of them the notice comes last"
    with row("group upgraded", how) as numbers:
        changing = Changing(telegram, 10, kind="group", pause=0.8)
        async with changing:
            for number, admin in enumerate(changing.admins):
                await came(lambda admin=admin: len(admin.saved) >= 2)  # type: ignore[misc]
                admin.group.upgrade(notice_last=number % 2 == 1)
            await came(lambda: all(len(admin.saved) >= 6 for admin in changing.admins))
        await telegram.settled(60)
        numbers.update(await changing.check(database))
