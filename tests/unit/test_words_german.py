"""German people type and read German, and the values stay the same."""

from __future__ import annotations

import pytest
from babel.messages.pofile import read_po

from bot.errors import Refused
from bot.kinds import Duration, Hours, Switch
from bot.naming import named
from bot.settings import ChatConfig, settings
from bot.telegram.languages import chat_words, own_words
from bot.words import LOCALES, Catalogues, Words

CATALOGUES = Catalogues()


@pytest.fixture
def german() -> Words:
    words = CATALOGUES.words("de")
    assert words.language == "de"
    return words


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        (Switch(), "an", True),
        (Switch(), "Ja", True),
        (Switch(), "AUS", False),
        (Switch(), "nein", False),
        (Switch(), "on", True),
        (Duration(10, 172_800, zero="keep"), "1 Stunde 30 Minuten", 5_400),
        (Duration(10, 172_800, zero="keep"), "2 Tage", 172_800),
        (Duration(10, 172_800, zero="never"), "nie", 0),
        (Duration(10, 172_800), "eine halbe Stunde", 1_800),
        (Duration(10, 172_800), "nach einer Stunde", 3_600),
        (Duration(10, 172_800), "1:30 Std", 5_400),
        (Duration(10, 172_800), "1 Tag 12 Std", 129_600),
        (Hours(), "22Uhr-7Uhr", "22:00-07:00"),
        (Hours(), "von Mitternacht bis 7 Uhr", "00:00-07:00"),
        (Hours(), "nie", "off"),
        (Duration(10, 172_800, zero="keep"), "1h 30m", 5_400),
        (Hours(), "aus", "off"),
        (Hours(), "23-7", "23:00-07:00"),
    ],
)
def test_german_words_are_understood(kind: Switch | Duration | Hours, typed: str, value: object, german: Words) -> None:
    assert kind.parse(typed, german) == value


def test_auto_follows_the_person_in_private_and_is_english_in_groups() -> None:
    auto, chosen = ChatConfig(), ChatConfig(language="de")
    assert own_words(CATALOGUES, auto, "de-AT").language == "de"
    assert own_words(CATALOGUES, auto, "tlh").language == "en"
    assert own_words(CATALOGUES, auto, None).language == "en"
    assert own_words(CATALOGUES, chosen, "tlh").language == "de"
    assert chat_words(CATALOGUES, auto).language == "en"
    assert chat_words(CATALOGUES, chosen).language == "de"


def test_what_is_typed_is_understood_in_the_persons_language_the_chats_and_english(german: Words, words: Words) -> None:
    both = words.understanding(german)
    for typed in ("an", "on", "ein"):
        assert Switch().parse(typed, both) is True
    assert Duration(10, 86_400).parse("1 Stunde und 5 minutes", both) == 3_900
    assert named("Regeln", settings(), both) is named("rules", settings(), both) is settings()["rules_text"]
    assert Switch().show(True, both) == "on"
    with pytest.raises(Refused):
        Switch().parse("an", words)


def test_nobody_is_addressed_formally() -> None:
    with (LOCALES / "de" / "LC_MESSAGES" / "bot.po").open("rb") as file:
        for message in read_po(file, locale="de"):
            for text in [message.string] if isinstance(message.string, str) else message.string or ():
                assert " Sie " not in f" {text} ".replace("Sieh", ""), text
                assert "Ihre" not in text, text
