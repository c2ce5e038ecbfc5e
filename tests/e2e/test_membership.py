"""The bot comes, goes and is upgraded with its group; the settings stay."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.errors import Unavailable
from bot.storage.configs.repository import ChatConfigs
from bot.storage.connection.breaker import UNAVAILABLE
from sandbox import Group, Person, Sandbox
from tests.conftest import NOW
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose


@pytest.mark.parametrize("kind", ["group", "supergroup"])
async def test_whoever_adds_the_bot_reads_one_line(telegram: Sandbox, bot: RunningBot, kind: str) -> None:
    anna = telegram.person("Anna")
    group = getattr(telegram, kind)("Book club", owner=anna)
    anna.add_bot(group)
    said = await anna.sees(group, "/settings")
    assert "\n" not in said.text
    await telegram.settled()
    assert telegram.calls.count("sendMessage") == 1


async def test_removed_and_back_the_settings_are_as_they_were_left(
    telegram: Sandbox, bot: RunningBot, configs: ChatConfigs
) -> None:
    anna = telegram.person("Anna")
    group = telegram.supergroup("Book club", owner=anna, bot="administrator")
    await choose(bot, group, welcome="everyone", clean_joins=True)
    anna.remove_bot(group)
    await telegram.settled()
    assert (await configs.read(group.id)).left_at is not None
    anna.add_bot(group)
    said = await anna.sees(group, "as you left them")
    assert "“Delete messages”" in said.text
    stored = await configs.read(group.id)
    assert stored.left_at is None
    assert stored.config.welcome == "everyone"


async def test_back_with_its_rights_nothing_is_missing(telegram: Sandbox, bot: RunningBot) -> None:
    anna = telegram.person("Anna")
    group = telegram.supergroup("Book club", owner=anna, bot="administrator")
    await choose(bot, group, clean_joins=True)
    anna.remove_bot(group)
    anna.add_bot(group, "can_delete_messages")
    assert "right" not in (await anna.sees(group, "as you left them")).text


async def test_a_chat_that_still_writes_is_not_forgotten(
    telegram: Sandbox, bot: RunningBot, configs: ChatConfigs
) -> None:
    anna = telegram.person("Anna")
    group = telegram.supergroup("Book club", owner=anna, bot="administrator")
    await choose(bot, group, welcome="everyone")
    await bot.configs.mark_left(group.id, NOW)  # the bot's own repository: it knows at once
    telegram.clock.advance(2)
    anna.say("hello", group)
    await telegram.settled()
    assert (await configs.read(group.id)).left_at is None


def told(telegram: Sandbox) -> list[dict[str, Any]]:
    """What Telegram tells of the bot itself, before the bot gets it."""
    updates = [json.loads(update.encoded) for update in telegram.world.updates.first(10)]
    telegram.world.updates.clear()
    return [update for update in updates if "my_chat_member" in update]


def removed_and_added(telegram: Sandbox, anna: Person, group: Group, seconds: float) -> list[dict[str, Any]]:
    anna.remove_bot(group)
    telegram.clock.advance(seconds)
    anna.add_bot(group)
    return told(telegram)


@pytest.mark.parametrize("seconds", [0, 2], ids=["within a second", "seconds apart"])
@pytest.mark.parametrize("order", [(1, 0), (0, 1, 0), (1, 0, 1, 0)])
async def test_the_bot_is_in_a_chat_it_was_added_to_last_in_whatever_order_that_is_told(
    telegram: Sandbox, bot: RunningBot, anna: Person, configs: ChatConfigs, order: tuple[int, ...], seconds: float
) -> None:
    group = telegram.supergroup("Book club", owner=anna, bot="administrator")
    await choose(bot, group, welcome="everyone")
    updates = removed_and_added(telegram, anna, group, seconds)
    for number in order:
        await bot.receive(updates[number])
    assert (await configs.read(group.id)).left_at is None
    assert telegram.calls.count("sendMessage") == 1


@pytest.mark.parametrize("restarts", [False, True])
async def test_the_bot_is_not_in_a_chat_it_was_removed_from_last_in_whatever_order_that_is_told(
    telegram: Sandbox, bot: RunningBot, anna: Person, configs: ChatConfigs, restarts: bool
) -> None:
    group = telegram.supergroup("Book club", owner=anna)
    await choose(bot, group, welcome="everyone")
    anna.add_bot(group)
    telegram.clock.advance(2)
    anna.remove_bot(group)
    added, removed = told(telegram)
    await bot.receive(removed)
    if restarts:
        await bot.restart()
    await bot.receive(added)
    assert (await configs.read(group.id)).left_at is not None


async def test_a_removal_is_not_stored_late_where_the_bot_was_added_again(
    telegram: Sandbox, bot: RunningBot, anna: Person, configs: ChatConfigs, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = telegram.supergroup("Book club", owner=anna, bot="administrator")
    await choose(bot, group, welcome="everyone")
    mark_left, away = ChatConfigs.mark_left, True

    async def hindered(configs: ChatConfigs, *values: Any) -> bool:
        if away:
            raise Unavailable(UNAVAILABLE)
        return await mark_left(configs, *values)

    monkeypatch.setattr(ChatConfigs, "mark_left", hindered)
    anna.remove_bot(group)
    await telegram.calls.next("getUpdates")
    anna.add_bot(group)
    await anna.sees(group, "as you left them")
    away = False
    await telegram.settled(within=30)
    assert (await configs.read(group.id)).left_at is None


async def test_the_day_of_a_removal_is_the_one_that_telegram_tells(
    telegram: Sandbox, bot: RunningBot, anna: Person, configs: ChatConfigs
) -> None:
    group = telegram.supergroup("Book club", owner=anna, bot="administrator")
    await choose(bot, group, welcome="everyone")
    anna.remove_bot(group)
    (removed,) = told(telegram)
    removed["my_chat_member"]["date"] -= 3_600
    await bot.receive(removed)
    assert (await configs.read(group.id)).left_at == datetime.fromtimestamp(removed["my_chat_member"]["date"], UTC)


async def test_who_blocks_the_bot_and_comes_back_finds_their_settings(
    telegram: Sandbox, bot: RunningBot, configs: ChatConfigs
) -> None:
    anna = telegram.person("Anna")
    anna.start()
    await anna.sees()
    await choose(bot, anna, timezone="Asia/Tokyo")
    anna.block_bot()
    await telegram.settled()
    assert (await configs.read(anna.id)).left_at is not None
    anna.unblock_bot()
    await telegram.settled()
    stored = await configs.read(anna.id)
    assert stored.left_at is None
    assert stored.config.timezone == "Asia/Tokyo"


@pytest.mark.parametrize("notice_last", [False, True])
async def test_an_upgraded_group_keeps_its_settings(telegram: Sandbox, bot: RunningBot, notice_last: bool) -> None:
    anna = telegram.person("Anna")
    group = telegram.group("Book club", owner=anna, bot="member")
    await choose(bot, group, welcome="everyone")
    group.upgrade(notice_last=notice_last)
    await telegram.settled()
    anna.say("/settings welcome", group)
    await anna.sees(group, "to everyone")


async def test_an_upgrade_is_no_arrival(telegram: Sandbox, bot: RunningBot) -> None:
    anna = telegram.person("Anna")
    group = telegram.group("Book club", owner=anna, bot="member")
    group.upgrade()
    await telegram.settled()
    assert telegram.calls.count("sendMessage") == 0
