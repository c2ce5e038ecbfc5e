"""What the bot says of itself."""

from __future__ import annotations

import pytest

from bot.features.privacy import privacy_text
from bot.features.settings.commands import SUBCOMMANDS, help_text
from bot.features.start import introduction, your_groups
from bot.kinds import markup
from bot.settings import visible_settings
from bot.storage.known_chats import KnownChat
from bot.telegram.bot_rights import add_link, needed
from bot.telegram.commands import COMMANDS
from bot.words import Words


def test_the_link_asks_for_the_rights_that_settings_need_and_no_other() -> None:
    assert add_link("my_bot", needed()) == "https://t.me/my_bot?startgroup&admin=delete_messages"


@pytest.mark.parametrize("number", [0, 1, 6, 7])
def test_groups_are_offered_before_the_link_that_adds_another(words: Words, number: int) -> None:
    groups = [KnownChat(-one, f"Club {one}") for one in range(1, number + 1)]
    screen = your_groups(words, "my_bot", 1, groups) if groups else introduction(words, "my_bot")
    *listed, (add,) = screen.rows
    assert add.url == add_link("my_bot", needed())
    labels = [label for ((label, *_),) in listed]
    assert labels[:6] == [f"👥 Club {one}" for one in range(1, min(number, 6) + 1)]
    assert labels[6:] == (["👥 All your groups"] if number > 6 else [])


def test_help_names_every_command_and_every_setting(words: Words) -> None:
    for private in (True, False):
        said = help_text(words, private=private)
        assert all(f"/{one.name} " in said for one in COMMANDS if (one.private if private else one.group))
        assert all(words(one.title) in said for one in visible_settings(private=False).values() if not one.variant_of)
        for word, one in SUBCOMMANDS.items():
            assert (f"/settings {word} – {words(one.help)}" in said) is (private or not one.private_only)


def test_privacy_says_what_is_stored_and_how_long(words: Words) -> None:
    said = privacy_text(words)
    assert all(fact in said for fact in ("user id", "200 changes", "30 days", "Nothing else"))


def test_all_of_it_is_html_that_telegram_takes_in_one_message(words: Words) -> None:
    texts = (introduction(words, "my_bot").text, help_text(words, private=True), privacy_text(words))
    assert all(markup.visible_length(text) <= 4_096 for text in texts)
