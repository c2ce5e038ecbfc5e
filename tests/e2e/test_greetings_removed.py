"""Greetings that are deleted later, also when the bot was restarted in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bot.storage.configs.repository import ChatConfigs
from bot.storage.connection.availability import Pool
from sandbox import Group, Person, Sandbox
from tests.e2e.running import BotProcess, RunningBot
from tests.e2e.setting import choose


async def rows(pool: Pool, kind: str = "deletion") -> int:
    count: int = await pool.connections.fetchval("SELECT count(*) FROM outbox WHERE kind = $1", kind)
    return count


async def becomes(pool: Pool, number: int) -> None:
    """Wait until there are so many deletions; rows are written beside what people see."""
    async with asyncio.timeout(10):
        while await rows(pool) != number:  # noqa: ASYNC110 - a state, not an event
            await asyncio.sleep(0.01)


async def make_due(pool: Pool) -> None:
    """Let the time pass: only the database knows it."""
    await pool.connections.execute("UPDATE outbox SET due_at = clock_timestamp()")


@pytest.fixture
def group(telegram: Sandbox, anna: Person) -> Group:
    return telegram.supergroup("Book club", owner=anna, bot="administrator")


@pytest.mark.parametrize("welcome", ["everyone", "newcomer"])
async def test_a_greeting_of_before_the_restart_is_deleted(
    bot: RunningBot, ben: Person, group: Group, pool: Pool, welcome: str
) -> None:
    await choose(bot, group, welcome=welcome, welcome_delete_after=3_600)
    ben.join(group)
    greeting = await ben.sees(group, "Welcome to")
    await becomes(pool, 1)
    await bot.stop()
    await make_due(pool)
    await bot.start()
    await ben.sees_gone(greeting)
    await becomes(pool, 0)


@pytest.mark.parametrize("welcome", ["everyone", "newcomer"])
async def test_killed_between_a_greeting_and_its_deletion_it_deletes_it_after_a_new_start_and_once(
    telegram: Sandbox,
    ben: Person,
    group: Group,
    pool: Pool,
    configs: ChatConfigs,
    new_process: Callable[..., BotProcess],
    welcome: str,
) -> None:
    await configs.change(group.id, {"welcome": welcome, "welcome_delete_after": 3_600}, by=None, via="test")
    method = "deleteMessage" if welcome == "everyone" else "deleteEphemeralMessage"
    first, second, third = (new_process() for _ in range(3))
    await first.start()
    ben.join(group)
    greeting = await ben.sees(group, "Welcome to")
    await becomes(pool, 1)
    await first.kill()
    assert not greeting.gone
    await make_due(pool)
    await second.start()
    await ben.sees_gone(greeting)
    await becomes(pool, 0)
    await second.kill()
    await third.start()
    await telegram.settled()
    assert [call.status for call in telegram.calls.all(method)] == [200]
    assert sum("Welcome to" in call.parameters["text"] for call in telegram.calls.all("sendMessage")) == 1


async def test_a_greeting_is_deleted_by_the_process_that_sent_it(
    bot: RunningBot, ben: Person, group: Group, pool: Pool
) -> None:
    await choose(bot, group, welcome="everyone", welcome_delete_after=10)
    ben.join(group)
    greeting = await ben.sees(group, "Welcome to")
    await ben.sees_gone(greeting, within=20)
    await becomes(pool, 0)


async def test_who_joins_after_a_greeting_was_deleted_is_greeted_alone_and_that_is_deleted_too(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person, group: Group, pool: Pool
) -> None:
    await choose(bot, group, welcome="everyone", welcome_delete_after=3_600)
    ben.join(group)
    first = await anna.sees(group, "Welcome to Book club, Ben!")
    await becomes(pool, 1)
    anna.delete(first)
    telegram.person("Cem").join(group)
    greeting = await anna.sees(group, "Welcome to Book club, Cem!")
    await becomes(pool, 2)
    await make_due(pool)
    await bot.restart()
    await anna.sees_gone(greeting)


async def test_a_greeting_that_had_to_wait_for_telegram_is_deleted_too(
    telegram: Sandbox, bot: RunningBot, ben: Person, group: Group, pool: Pool
) -> None:
    await choose(bot, group, welcome="everyone", welcome_delete_after=3_600)
    telegram.faults.flood(group.id, "sendMessage", retry_after=8)
    ben.join(group)
    await telegram.settled(within=7)  # the update is confirmed, the message has not gone out
    assert await rows(pool, "greeting") == 1
    assert not telegram.faults.waiting
    greeting = await ben.sees(group, "Welcome to", within=30)
    await becomes(pool, 1)
    await make_due(pool)
    await bot.restart()
    await ben.sees_gone(greeting)


async def test_a_greeting_that_stays_is_not_noted(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person, group: Group, pool: Pool
) -> None:
    await choose(bot, group, welcome="everyone", goodbye=True)
    ben.join(group)
    ben.leave(group)
    await anna.sees(group, "Goodbye")
    await telegram.settled()
    assert await rows(pool) == 0


@pytest.mark.parametrize(("code", "description"), [(400, "Bad Request: message can't be deleted"), (403, "Forbidden")])
async def test_what_cannot_be_deleted_is_given_up(
    telegram: Sandbox, bot: RunningBot, ben: Person, group: Group, pool: Pool, code: int, description: str
) -> None:
    await choose(bot, group, welcome="everyone", welcome_delete_after=3_600)
    ben.join(group)
    greeting = await ben.sees(group, "Welcome to")
    await becomes(pool, 1)
    telegram.faults.refuse("deleteMessage", code, description)
    await make_due(pool)
    await bot.restart()
    await becomes(pool, 0)
    assert not greeting.gone


async def test_while_telegram_has_trouble_nothing_is_given_up(
    telegram: Sandbox, bot: RunningBot, ben: Person, group: Group, pool: Pool
) -> None:
    await choose(bot, group, welcome="everyone", welcome_delete_after=3_600)
    ben.join(group)
    greeting = await ben.sees(group, "Welcome to")
    await becomes(pool, 1)
    telegram.faults.refuse("deleteMessage", 500, "Internal Server Error", times=3)
    await make_due(pool)
    await bot.restart()
    await ben.sees_gone(greeting, within=20)
    await becomes(pool, 0)


async def test_a_raid_is_greeted_by_two_messages_at_most_each_deleted_once(
    telegram: Sandbox, bot: RunningBot, anna: Person, group: Group, pool: Pool
) -> None:
    await choose(bot, group, welcome="everyone", welcome_delete_after=3_600)
    for number in range(500):
        telegram.person(f"R{number}").join(group)
        if number % 50 == 49:
            telegram.clock.advance(1)
    await telegram.settled(within=100)
    greeted = [call for call in telegram.calls.all("sendMessage") if call.status == 200]
    assert 1 <= len(greeted) <= 2
    await becomes(pool, len(greeted))
    await bot.stop()
    await make_due(pool)
    await bot.start()
    await becomes(pool, 0)
    assert len(telegram.calls.all("deleteMessage")) == len(greeted)
