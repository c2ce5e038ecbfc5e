"""What the bot says of itself."""

from __future__ import annotations

from bot.features.privacy import privacy_text
from bot.features.settings.commands import SUBCOMMANDS, help_text
from bot.features.start import add_me_link, introduction
from bot.kinds import markup
from bot.settings import visible_settings
from bot.telegram.commands import COMMANDS
from bot.words import Words


def test_the_link_asks_for_the_rights_that_settings_need_and_no_other() -> None:
    assert add_me_link("my_bot") == "https://t.me/my_bot?startgroup&admin=delete_messages"


def test_the_introduction_offers_the_link(words: Words) -> None:
    ((add,),) = introduction(words, "my_bot").rows
    assert add.url == add_me_link("my_bot")


def test_help_names_every_command_and_every_setting(words: Words) -> None:
    for private in (True, False):
        said = help_text(words, private=private)
        assert all(f"/{one.name} " in said for one in COMMANDS if (one.private if private else one.group))
        assert all(words(one.title) in said for one in visible_settings(private=False).values())
        for word, one in SUBCOMMANDS.items():
            assert (f"/settings {word} – {words(one.help)}" in said) is (private or not one.private_only)


def test_privacy_says_what_is_stored_and_how_long(words: Words) -> None:
    said = privacy_text(words)
    assert all(fact in said for fact in ("user id", "200 changes", "30 days", "Nothing else"))


def test_all_of_it_is_html_that_telegram_takes_in_one_message(words: Words) -> None:
    texts = (introduction(words, "my_bot").text, help_text(words, private=True), privacy_text(words))
    assert all(markup.visible_length(text) <= 4_096 for text in texts)
