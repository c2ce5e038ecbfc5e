"""German people type and read German, and the values stay the same."""

from __future__ import annotations

from typing import get_args

import pytest
from babel.messages.pofile import read_po

from bot.errors import Refused
from bot.kinds import Duration, Hours, Setting, Switch, Text, TimeZone
from bot.naming import named
from bot.settings import ChatConfig, settings
from bot.telegram.languages import chat_words, own_words
from bot.words import LOCALES, Catalogues, Words

CATALOGUES = Catalogues()
SHOWN = [one for one in settings().values() if one.shown]
BY_KEY = pytest.mark.parametrize("setting", SHOWN, ids=[one.key for one in SHOWN])


@pytest.fixture
def german() -> Words:
    words = CATALOGUES.words("de")
    assert words.language == "de"
    return words


def test_every_catalogue_is_a_choice_of_the_language_and_named_in_its_own_words() -> None:
    choices = get_args(ChatConfig.model_fields["language"].annotation)
    assert set(choices) == {"auto", *CATALOGUES.languages}
    assert settings()["language"].shown


@BY_KEY
def test_what_is_said_in_german_is_understood_in_german(setting: Setting, german: Words, words: Words) -> None:
    for value in setting.kind.presets():
        said = setting.show(value, german)
        assert len(said) <= 40
        assert setting.kind.parse(said, german) == value, said
        assert setting.kind.parse(setting.show(value, words), german) == value, "English always works too"


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


@pytest.mark.parametrize(
    "kind", [Switch(), Duration(10, 99), Hours(), TimeZone(), Text(9)], ids=lambda kind: type(kind).__name__
)
def test_a_refusal_is_said_in_german(kind: Switch | Duration, german: Words, words: Words) -> None:
    with pytest.raises(Refused) as refused:
        kind.parse("<b>ä ü ö" * 9, german)
    said = german.plain(refused.value.message, **refused.value.values)
    assert said != words.plain(refused.value.message, **refused.value.values)


@BY_KEY
def test_an_example_is_in_the_language_it_is_shown_in_and_accepted(setting: Setting, german: Words) -> None:
    example = setting.kind.example_in(german)
    assert setting.kind.has_effect(setting.kind.parse(example, german))
    assert not setting.kind.markup or example != setting.kind.example


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


def test_a_refusal_names_what_is_accepted_in_the_language_it_is_said_in(german: Words, words: Words) -> None:
    kind = settings()["welcome_delete_after"].kind
    with pytest.raises(Refused) as refused:
        kind.parse("1 s", german)
    for said in (german, words):
        assert kind.accepts(said) in said.plain(refused.value.message, **refused.value.values)


def test_nobody_is_addressed_formally() -> None:
    with (LOCALES / "de" / "LC_MESSAGES" / "bot.po").open("rb") as file:
        for message in read_po(file, locale="de"):
            for text in [message.string] if isinstance(message.string, str) else message.string or ():
                assert " Sie " not in f" {text} ".replace("Sieh", ""), text
                assert "Ihre" not in text, text
