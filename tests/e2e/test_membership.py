"""The bot comes, goes and is upgraded with its group; the settings stay."""

from __future__ import annotations

import pytest

from bot.storage.configs.repository import ChatConfigs
from sandbox import Sandbox
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
    await bot.configs.mark_left(group.id)  # the bot's own repository: it knows at once
    telegram.clock.advance(2)
    anna.say("hello", group)
    await telegram.settled()
    assert (await configs.read(group.id)).left_at is None


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
