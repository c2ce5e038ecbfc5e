"""In every language what people type is understood, and means in no other language the opposite."""

from __future__ import annotations

from itertools import permutations

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Refused
from bot.kinds import AUTO, Choice, Duration, Hours, Kind, Language, Number, Setting, Switch, Text, TimeZone, Topic
from bot.kinds.destinations import GENERAL, GENERAL_WORDS, HERE_WORDS
from bot.kinds.kind import (
    FROM_WORDS,
    MIDNIGHT_WORDS,
    NOON_WORDS,
    OFF_WORDS,
    ON_WORDS,
    TAKE_AWAY_WORDS,
    UNIT_WORDS,
    UNTIL_WORDS,
    means,
)
from bot.settings import settings
from bot.words import SOURCE_LANGUAGE, Catalogues

CATALOGUES = Catalogues()
LANGUAGES = CATALOGUES.languages
TRANSLATED = [one for one in LANGUAGES if one != SOURCE_LANGUAGE]
SHOWN = [one for one in settings().values() if one.shown]
BY_KEY = pytest.mark.parametrize("setting", SHOWN, ids=[one.key for one in SHOWN])
IN_EACH = pytest.mark.parametrize("language", LANGUAGES)
IN_TRANSLATION = pytest.mark.parametrize("language", TRANSLATED)
ENGLISH = CATALOGUES.words(SOURCE_LANGUAGE)
DAY = 86_400


def own(listed: str, language: str) -> list[str]:
    """The words that a language lists itself, but for those that say their number, such as "полчаса=0.5"."""
    return [word for word in CATALOGUES.words(language).plain(listed).split() if "=" not in word]


@IN_EACH
def test_a_language_is_called_by_its_own_name(language: str) -> None:
    name = CATALOGUES.names(language)[0]
    assert str(Locale.parse(language, sep="-").display_name).casefold() in name.casefold()
    assert len(name) <= 20
    for words in map(CATALOGUES.words, LANGUAGES):
        assert Language().show(language, words) == name


@IN_EACH
def test_a_language_is_understood_by_its_names_and_its_code_by_everybody(language: str) -> None:
    locale = Locale.parse(language, sep="-")
    english = str(locale.english_name).partition(" (")[0]
    for words in map(CATALOGUES.words, LANGUAGES):
        for typed in (language, language.upper(), english, *CATALOGUES.names(language)):
            assert Language().parse(typed, words) == language, typed


@IN_TRANSLATION
def test_each_language_knows_what_english_is_called_in_it(language: str) -> None:
    words = CATALOGUES.words(language)
    assert Language().parse(own("en english", language)[-1], words) == SOURCE_LANGUAGE
    assert Language().parse(words.plain("auto"), words) == AUTO


def test_no_two_languages_have_the_same_name() -> None:
    names = [name.casefold() for language in LANGUAGES for name in {language, *CATALOGUES.names(language)}]
    assert len(names) == len(set(names)), sorted(name for name in set(names) if names.count(name) > 1)


@IN_EACH
@BY_KEY
def test_what_is_said_is_understood_and_short_enough_for_a_button(setting: Setting, language: str) -> None:
    words = CATALOGUES.words(language)
    for value in setting.kind.presets():
        said = setting.show(value, words)
        assert len(said) <= 40
        assert setting.kind.parse(said, words) == value, said
        assert setting.kind.parse(setting.show(value, ENGLISH), words) == value, "English always works too"


@IN_EACH
@BY_KEY
def test_an_example_is_in_the_language_it_is_shown_in_and_accepted(setting: Setting, language: str) -> None:
    words = CATALOGUES.words(language)
    example = setting.kind.example_in(words)
    does_something = setting.kind.has_effect(setting.kind.parse(example, words))
    assert does_something or setting.kind.picked or setting.kind.here, (
        f"/settings {setting.key} {example} has no effect"
    )
    assert not setting.kind.markup or language == SOURCE_LANGUAGE or example != setting.kind.example


@IN_TRANSLATION
@pytest.mark.parametrize(
    "kind",
    [Switch(), Duration(10, 99), Hours(), Number(1, 2), Language(), TimeZone(), Text(9)],
    ids=lambda kind: type(kind).__name__,
)
def test_a_refusal_is_said_in_the_language(kind: Kind, language: str) -> None:
    words = CATALOGUES.words(language)
    with pytest.raises(Refused) as refused:
        kind.parse("<b>ä ü ö" * 9, words)
    message, values = refused.value.message, refused.value.values
    assert words.plain(message, **values) != ENGLISH.plain(message, **values)


@IN_EACH
def test_a_refusal_names_what_is_accepted_in_the_language_it_is_said_in(language: str) -> None:
    kind, words = settings()["welcome_delete_after"].kind, CATALOGUES.words(language)
    with pytest.raises(Refused) as refused:
        kind.parse("1 s", words)
    for said in (words, ENGLISH):
        assert kind.accepts(said) in said.plain(refused.value.message, **refused.value.values)


@IN_EACH
@pytest.mark.parametrize(("listed", "meant"), [(ON_WORDS, True), (OFF_WORDS, False)], ids=["on", "off"])
def test_a_word_for_on_or_off_means_the_same_whatever_else_is_understood(
    language: str, listed: str, meant: bool
) -> None:
    words = CATALOGUES.words(language)
    said = Switch().show(meant, words)
    assert said in own(listed, language)
    for other in map(CATALOGUES.words, LANGUAGES):
        for typed in own(listed, language):
            for both in (words.understanding(other), other.understanding(words)):
                assert Switch().parse(typed, both) is meant, (
                    f"{typed!r} is ambiguous in {language} and {other.language}"
                )


@pytest.mark.parametrize(("one", "other"), [*permutations(LANGUAGES, 2)])
def test_a_unit_of_one_language_is_no_other_one_elsewhere(one: str, other: str) -> None:
    lengths = {unit: seconds for listed, seconds in UNIT_WORDS for unit in own(listed, one)}
    for listed, seconds in UNIT_WORDS:
        for unit in own(listed, other):
            assert lengths.get(unit, seconds) == seconds, unit


@IN_EACH
@pytest.mark.parametrize(("listed", "seconds"), UNIT_WORDS)
def test_every_unit_of_the_language_is_understood(listed: str, seconds: int, language: str) -> None:
    kind, words = Duration(1, 10**9), CATALOGUES.words(language)
    for unit, counts_itself, times in (one.partition("=") for one in own(listed, language)):
        if counts_itself:
            assert kind.parse(unit, words) == int(times) * seconds, unit
            continue
        for typed in (f"3 {unit}", f"3{unit}", f"3 {unit.upper()}"):
            assert kind.parse(typed, words) == 3 * seconds, typed


@IN_EACH
@given(seconds=st.integers(1, 60 * DAY))
def test_a_length_of_time_is_read_as_it_is_said(language: str, seconds: int) -> None:
    kind, words = Duration(1, 60 * DAY), CATALOGUES.words(language)
    assert kind.parse(kind.show(seconds, words), words) == seconds


@IN_EACH
def test_the_words_for_a_topic_are_understood_and_none_means_both(language: str) -> None:
    words = CATALOGUES.words(language)
    for general in own(GENERAL_WORDS, language):
        assert Topic().parse(f"“{general}”", words) == GENERAL
    for other in map(CATALOGUES.words, LANGUAGES):
        for here in own(HERE_WORDS, language):
            assert means(here.replace("_", " "), HERE_WORDS, other.understanding(words))
            with pytest.raises(Refused):
                Topic().parse(here.replace("_", " "), other.understanding(words))


@IN_EACH
def test_the_words_between_hours_are_understood(language: str) -> None:
    words = CATALOGUES.words(language)
    for begin in own(FROM_WORDS, language):
        for until in own(UNTIL_WORDS, language):
            assert Hours().parse(f"{begin} 22 {until} 7", words) == "22:00-07:00"
    for midnight in own(MIDNIGHT_WORDS, language):
        assert Hours().parse(f"20 - {midnight.replace('_', ' ')}", words) == "20:00-00:00"
    for noon in own(NOON_WORDS, language):
        assert Hours().parse(f"{noon.replace('_', ' ')} - 15", words) == "12:00-15:00"


@pytest.mark.parametrize(
    ("language", "typed", "seconds"),
    [
        ("ru", "через 5 минут", 300),
        ("ru", "Полчаса", 1_800),
        ("ru", "через час", 3_600),
        ("ru", "час и 30 минут", 5_400),
        ("ru", "1ч30м", 5_400),
        ("ru", "полдня", DAY // 2),
        ("ru", "сутки", DAY),
        ("uk", "за годину", 3_600),
        ("uk", "пів години", 1_800),
        ("uk", "півгодини", 1_800),
        ("uk", "1 год 30 хв", 5_400),
        ("uk", "1 година й 5 хвилин", 3_900),
        ("uk", "доба", DAY),
        ("fa", "بعد از ۱۰ دقیقه", 600),
        ("fa", "به مدت ۱۰ دقیقه", 600),
        ("fa", "نیم ساعت", 1_800),
        ("fa", "نیم‌ساعت", 1_800),
        ("fa", "1 ساعت و 30 دقیقه", 5_400),
        ("ar", "ساعتين", 7_200),
        ("ar", "نص ساعة", 1_800),
        ("ar", "لمدة ٥ دقائق", 300),
        ("ar", "ساعة و15 دقيقة", 4_500),
    ],
)
def test_lengths_of_time_are_understood_as_people_say_them(language: str, typed: str, seconds: int) -> None:
    assert Duration(10, 2 * DAY).parse(typed, CATALOGUES.words(language)) == seconds


@IN_EACH
def test_every_other_word_for_a_choice_means_it(language: str) -> None:
    words = CATALOGUES.words(language)
    for setting in SHOWN:
        if isinstance(setting.kind, Choice):
            for value, listed in setting.kind.also.items():
                for word in own(listed, language):
                    assert setting.kind.parse(word.replace("_", " ").upper(), words) == value, word


@IN_EACH
def test_what_takes_a_text_away_is_never_stored_as_one(language: str) -> None:
    words = CATALOGUES.words(language)
    _, _, button = words.plain("↩️ Default").partition(" ")
    for typed in (button, button.upper(), *own(TAKE_AWAY_WORDS, language)):
        with pytest.raises(Refused):
            Text(100).parse(typed.replace("_", "  "), words)
