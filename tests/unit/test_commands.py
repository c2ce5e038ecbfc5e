"""The menus of commands."""

from __future__ import annotations

from bot.telegram.commands import COMMANDS, listed
from bot.words import Words


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
