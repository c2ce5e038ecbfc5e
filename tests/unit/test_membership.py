"""What the bot says when it comes to a group, and which rights it lacks."""

from __future__ import annotations

from bot.features.membership import arrival
from bot.kinds import Value
from bot.settings import ChatConfig, settings
from bot.storage.configs.revisions import Stored
from bot.telegram.bot_rights import RIGHT_NAMES, missing_rights, needed
from bot.words import Words


def stored(**chosen: Value) -> Stored:
    return Stored(-1, 0, chosen, ChatConfig.model_validate(chosen), None, None)


def test_nothing_is_missing_where_nothing_is_switched_on() -> None:
    assert missing_rights(ChatConfig(), ()) == {}


def test_a_right_is_missing_for_what_is_switched_on() -> None:
    config = ChatConfig(clean_pins=True, clean_commands="all")
    assert missing_rights(config, ()) == {
        "can_delete_messages": (settings()["clean_pins"], settings()["clean_commands"]),
    }
    assert missing_rights(config, ("can_delete_messages",)) == {}


def test_every_right_that_a_setting_needs_has_a_name() -> None:
    assert set(needed()) <= set(RIGHT_NAMES)


def test_the_first_word_is_one_line_with_the_way_to_the_settings(words: Words) -> None:
    said = arrival(words, stored(), frozenset(), "my_bot")
    assert "\n" not in said.text
    assert "/settings" in said.text
    assert [button.text for row in said.rows for button in row] == ["⚙️ Settings"]


def test_whoever_brings_the_bot_back_hears_that_the_settings_were_kept(words: Words) -> None:
    said = arrival(words, stored(clean_pins=True), frozenset({"can_pin_messages"}), "my_bot")
    assert "as you left them" in said.text
    assert "“Delete messages” for: Delete “pinned”" in said.text
    assert said.rows[-1][0].url == "https://t.me/my_bot?startgroup&admin=delete_messages+pin_messages"
