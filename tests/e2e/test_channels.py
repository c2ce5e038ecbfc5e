"""Channels have no settings, and a channel's post is no command in its discussion group."""

from __future__ import annotations

import asyncio

import pytest

from bot.storage.connection.availability import Pool
from sandbox import Group, Person, Sandbox
from tests.e2e.running import RunningBot


@pytest.fixture
def news(telegram: Sandbox, anna: Person, club: Group) -> Group:
    """The channel whose discussion group the club is."""
    return telegram.channel("News", owner=anna, linked=club, bot="administrator")


async def test_who_posts_settings_in_a_channel_is_told_once_and_silently_where_they_are(
    telegram: Sandbox, bot: RunningBot, anna: Person, news: Group, pool: Pool
) -> None:
    anna.say("/settings", news)
    anna.say("/settings welcome everyone", news)
    answer = await anna.sees(news, "Channels have no settings")
    await telegram.settled()
    (call,) = telegram.calls.all("sendMessage")
    assert call.parameters["chat_id"] == news.id
    assert call.parameters["disable_notification"]
    async with asyncio.timeout(10):
        while not await pool.connections.fetchval("SELECT count(*) FROM outbox WHERE kind = 'deletion'"):  # noqa: ASYNC110 - a state, not an event
            await asyncio.sleep(0.01)
    await pool.connections.execute("UPDATE outbox SET due_at = clock_timestamp()")
    await bot.restart()
    await anna.sees_gone(answer)


async def test_the_copy_of_a_post_in_the_discussion_group_is_not_answered(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person, club: Group, news: Group
) -> None:
    anna.say("/settings", news)
    anna.say("/settings welcome everyone", news)
    assert ben.last(club).text == "/settings welcome everyone"
    await telegram.settled()
    assert [one.parameters["chat_id"] for one in telegram.calls.all("sendMessage")] == [news.id]


async def test_a_bot_that_may_not_post_leaves_it(telegram: Sandbox, bot: RunningBot, anna: Person, news: Group) -> None:
    anna.promote(news, telegram.bot, "can_delete_messages")
    anna.say("/settings", news)
    await telegram.settled()
    assert anna.last(news).text == "/settings"
