"""What must be known is known after PostgreSQL was away: upgrades of groups, removals, and who joined meanwhile."""

from __future__ import annotations

import asyncio
import json
import time

import asyncpg
import pytest

from bot.storage.configs.repository import ChatConfigs
from bot.storage.connection.pool import close_pool
from sandbox import Sandbox
from tests.conftest import create_pool, environment_for
from tests.faults.conftest import Instance, Row, answers, came
from tests.faults.test_database import bot
from tests.storage.server import Server

__all__ = ["bot"]

pytestmark = pytest.mark.timeout(400)


@pytest.mark.parametrize("seconds", [5, pytest.param(30, marks=pytest.mark.slow)])
async def test_news_of_an_outage_of_the_database_are_known_afterwards(
    telegram: Sandbox, bot: Instance, server: Server, dsn: str, row: Row, seconds: int
) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    upgraded = telegram.group("Chess", owner=anna, bot="administrator")
    left, joined, late = (
        telegram.supergroup(title, owner=anna, bot="administrator") for title in ("Choir", "Book club", "Garden")
    )
    pool = await create_pool(environment_for(dsn))
    configs = ChatConfigs(pool)
    await configs.change(upgraded.id, {"rules_text": "Be kind."}, by=None, via="test")
    await configs.change(left.id, {"goodbye": True}, by=None, via="test")
    await configs.change(joined.id, {"welcome": "everyone"}, by=None, via="test")
    how = f"pg_ctl stop for {seconds} s; a group is upgraded, the bot is removed from one, added again to another"
    with row(f"PostgreSQL away for {seconds} s: news", f"{how}, somebody joins a third") as numbers:
        anna.say("/rules", joined)  # the bot has heard of the group
        await came(lambda: bool(answers(telegram)))
        await asyncio.to_thread(server.stop)
        anna.say("/settings welcome everyone", upgraded)  # with the old id; it cannot be stored
        upgraded.upgrade()
        anna.remove_bot(left)
        anna.remove_bot(late)
        anna.add_bot(late)
        ben.join(joined)
        await asyncio.sleep(seconds)
        began = time.monotonic()
        await asyncio.to_thread(server.start)
        await came(lambda: any("Welcome to" in text for text in answers(telegram)))
        numbers["greeted after"] = f"{time.monotonic() - began:.1f} s"
        await telegram.settled(30)
        numbers["all confirmed after"] = f"{time.monotonic() - began:.1f} s"
        assert (await configs.read(upgraded.id)).chosen["rules_text"] == "Be kind."
        assert (await configs.read(left.id)).left_at is not None
        assert (await configs.read(late.id)).left_at is None
        anna.say("/settings goodbye on", upgraded)
        await came(lambda: any("Goodbye: <b>on</b>" in text for text in answers(telegram)))
        assert (await configs.read(upgraded.id)).chosen["goodbye"] is True
        assert sum("Welcome to" in text for text in answers(telegram)) == 1
        assert sum("Thanks for adding me" in text for text in answers(telegram)) == 1
        assert bot.process.returncode is None
    await close_pool(pool)


async def test_a_late_command_with_the_old_id_changes_the_new_group(
    telegram: Sandbox, bot: Instance, dsn: str, row: Row
) -> None:
    anna = telegram.person("Anna")
    club = telegram.group("Chess", owner=anna, bot="administrator")
    with row(
        "a command with a group's old id", "the upgrade is told before a command that was sent earlier"
    ) as numbers:
        anna.say("/settings rules_text Before", club)
        await telegram.settled(20)
        anna.say("/settings rules_text Late", club)
        late = json.loads(telegram.world.updates._queue.pop().encoded)["message"]
        club.upgrade()
        await telegram.settled(20)
        telegram.world.updates.push("message", late)
        await came(lambda: any("Late" in text for text in answers(telegram)))
        connection = await asyncpg.connect(dsn)
        sql = "SELECT chat_id FROM config_changes WHERE after ->> 'rules_text' = 'Late'"
        numbers["stored in the new group"] = [one["chat_id"] for one in await connection.fetch(sql)] == [club.id]
        await connection.close()
        assert numbers["stored in the new group"]
