"""Greetings that are removed later, also when the bot was restarted in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiogram.types import Message

from bot.app import build_bot
from bot.environment import Environment
from bot.features.greetings.deletion import Deletions
from bot.storage.connection.availability import Pool
from bot.storage.deletions import DueDeletions
from sandbox import Sandbox
from sandbox.people.screen import Seen
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose


@pytest.fixture
def deletions(bot: RunningBot, pool: Pool) -> Deletions:
    assert bot.dispatcher is not None
    deletions = bot.dispatcher["deletions"] = Deletions(DueDeletions(pool))
    return deletions


@asynccontextmanager
async def running(deletions: Deletions, environment: Environment) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with build_bot(environment) as bot:
        task = asyncio.create_task(deletions.run(bot, stop))
        yield
        stop.set()
        await asyncio.wait_for(task, 5)


async def make_due(pool: Pool) -> None:
    """Let the time pass: only the database knows it."""
    await pool.connections.execute("UPDATE due_deletions SET due_at = clock_timestamp()")


@pytest.mark.parametrize("welcome", ["everyone", "newcomer"])
async def test_a_greeting_of_before_the_restart_is_removed(
    telegram: Sandbox, bot: RunningBot, deletions: Deletions, pool: Pool, environment: Environment, welcome: str
) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, bot="administrator")
    await choose(bot, group, welcome=welcome, welcome_delete_after=3_600)
    ben.join(group)
    greeting = await ben.sees(group, "Welcome to")
    await bot.stop()
    await make_due(pool)
    async with running(Deletions(DueDeletions(pool)), environment):
        await ben.sees_gone(greeting)
    assert await pool.connections.fetchval("SELECT count(*) FROM due_deletions") == 0


async def test_a_greeting_that_had_to_wait_for_telegram_is_removed_too(
    telegram: Sandbox, bot: RunningBot, deletions: Deletions, pool: Pool, environment: Environment
) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, bot="administrator")
    await choose(bot, group, welcome="everyone", welcome_delete_after=3_600)
    telegram.faults.flood(group.id, "sendMessage", retry_after=7)
    ben.join(group)
    await telegram.settled(within=5)  # the handler has ended, the message has not gone out
    assert telegram.faults.waiting == []
    greeting = await ben.sees(group, "Welcome to")
    async with asyncio.timeout(5):
        while not await pool.connections.fetchval("SELECT count(*) FROM due_deletions"):  # noqa: ASYNC110 - a state, not an event
            await asyncio.sleep(0.01)
    await make_due(pool)
    async with running(Deletions(DueDeletions(pool)), environment):
        await ben.sees_gone(greeting)


async def test_a_greeting_that_stays_is_not_noted(
    telegram: Sandbox, bot: RunningBot, deletions: Deletions, pool: Pool
) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, bot="administrator")
    await choose(bot, group, welcome="everyone", goodbye=True)
    ben.join(group)
    ben.leave(group)
    await anna.sees(group, "Goodbye")
    await telegram.settled()
    assert await pool.connections.fetchval("SELECT count(*) FROM due_deletions") == 0


def message_of(seen: Seen) -> Message:
    return Message.model_validate(seen.raw)


async def test_what_is_scheduled_wakes_who_deletes(
    telegram: Sandbox, bot: RunningBot, deletions: Deletions, environment: Environment
) -> None:
    anna = telegram.person("Anna")
    anna.start()
    said = await anna.sees()
    async with running(deletions, environment):
        await deletions.schedule(message_of(said), timedelta(0))
        await anna.sees_gone(said)


@pytest.mark.parametrize(("code", "description"), [(400, "Bad Request: message can't be deleted"), (403, "Forbidden")])
async def test_what_cannot_be_deleted_is_given_up(
    telegram: Sandbox,
    bot: RunningBot,
    deletions: Deletions,
    pool: Pool,
    environment: Environment,
    code: int,
    description: str,
) -> None:
    anna = telegram.person("Anna")
    anna.start()
    said = await anna.sees()
    telegram.faults.refuse("deleteMessage", code, description)
    await deletions.schedule(message_of(said), timedelta(0))
    async with running(deletions, environment):
        await telegram.calls.next("deleteMessage")
    assert await pool.connections.fetchval("SELECT count(*) FROM due_deletions") == 0
    assert not said.gone


async def test_while_telegram_has_trouble_nothing_is_given_up(
    telegram: Sandbox, bot: RunningBot, deletions: Deletions, pool: Pool, environment: Environment
) -> None:
    anna = telegram.person("Anna")
    anna.start()
    said = await anna.sees()
    telegram.faults.refuse("deleteMessage", 500, "Internal Server Error", times=9)
    await deletions.schedule(message_of(said), timedelta(0))
    async with running(deletions, environment):
        await telegram.calls.next("deleteMessage")
    telegram.faults.clear()
    await pool.connections.execute("UPDATE due_deletions SET taken_until = clock_timestamp()")
    async with running(deletions, environment):
        await anna.sees_gone(said)
