"""The menus of commands."""

from __future__ import annotations

from typing import Any

import pytest

from bot.telegram.commands import COMMANDS, RETRY_SECONDS, listed, set_commands
from bot.words import Catalogues, Words
from tests.unit.clockwork import in_no_time
from tests.unit.telegram_border import Telegram, bot_on, refusal


def test_in_a_group_commands_are_seen_by_their_sender_only(words: Words) -> None:
    menu = listed(words, private=False, ephemeral=True)
    assert {one.command for one in menu} >= {"settings", "rules"}
    assert all(one.is_ephemeral for one in menu)


def test_an_older_server_gets_them_without(words: Words) -> None:
    assert all(one.is_ephemeral is None for one in listed(words, private=False, ephemeral=False))


def test_in_private_nothing_is_ephemeral(words: Words) -> None:
    menu = listed(words, private=True, ephemeral=True)
    assert all(one.is_ephemeral is None for one in menu)
    assert "rules" not in {one.command for one in menu}


def test_every_command_is_listed_somewhere_and_telegram_takes_it(words: Words) -> None:
    for one in COMMANDS:
        assert one.private or one.group
        assert 1 <= len(words.plain(one.description)) <= 256


@pytest.mark.parametrize("answer", [refusal(400, "Bad Request: BOT_COMMAND_INVALID"), refusal(500, "Internal")])
def test_a_failure_is_a_warning_and_tried_again_later(answer: Any) -> None:
    @in_no_time
    async def fail() -> None:
        telegram = Telegram(answers={"setMyCommands": lambda _: answer})
        assert await set_commands(bot_on(telegram), Catalogues()) == RETRY_SECONDS

    fail()


@in_no_time
async def test_once_set_they_are_not_set_again() -> None:
    telegram = Telegram()
    assert await set_commands(bot_on(telegram), Catalogues()) is None
    assert len(telegram.named("setMyCommands")) == 3 * len(Catalogues().languages)
