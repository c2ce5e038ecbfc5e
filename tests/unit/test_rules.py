"""What /rules says."""

from __future__ import annotations

import pytest

from bot.features.rules import pop_up, rules
from bot.settings import ChatConfig
from bot.words import Words


def having(text: str) -> ChatConfig:
    return ChatConfig().model_copy(update={"rules_text": text})


def test_the_rules_are_said_as_they_were_formatted(words: Words) -> None:
    assert rules(having("<b>Be kind.</b>"), words) == "<b>Be kind.</b>"


def test_without_rules_a_member_gets_a_friendly_sentence(words: Words) -> None:
    assert "no rules yet" in rules(having(""), words)
    assert "/settings" not in rules(having(""), words)


def test_without_rules_who_may_set_them_is_told_how(words: Words) -> None:
    assert "/settings rules_text" in rules(having(""), words, editor=True)


def test_in_private_there_are_no_rules(words: Words) -> None:
    assert "group" in rules(having(""), words, private=True)


def test_short_rules_fit_into_a_pop_up_without_formatting(words: Words) -> None:
    assert pop_up(having("<b>Be &lt;kind&gt;.</b>"), words) == "Be <kind>."


@pytest.mark.parametrize(("text", "fits"), [("x" * 200, True), ("x" * 201, False), ("😀" * 101, False)])
def test_long_rules_do_not(text: str, fits: bool, words: Words) -> None:
    assert (pop_up(having(text), words) is not None) is fits
