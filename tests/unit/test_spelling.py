"""What keyboards, accents and scripts write in several ways is compared as one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.kinds import Duration, Hours, Switch
from bot.kinds.kind import JOIN_WORDS
from bot.words import WORD, Catalogues, Words, folded

CATALOGUES = Catalogues()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sí", "si"),
        ("NÃO", "nao"),
        ("Straße", "strasse"),
        ("ещё", "ЕЩЕ"),
        ("ي", "ی"),
        ("ك", "ک"),
        ("ساعة", "ساعه"),
        ("أحد", "احد"),
        ("آب", "اب"),
        ("مُحَمَّد", "محمد"),
        ("نـعـم", "نعم"),
        ("می‌خواهم", "میخواهم"),
        ("ज़रूर", "जरूर"),
        ("हाँ", "हां"),
        ("۱۲۳", "123"),
        ("٤٥٦", "456"),
        ("७८९", "789"),
        ("۱۲،۳", "12,3"),
        ("چرا؟", "چرا?"),
        ("\u2068on\u2069", "on"),
        ("e\u0301", "é"),
    ],
)
def test_these_are_spellings_of_the_same(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), [("हाँ", "ह"), ("दिन", "दान"), ("к", "ч"), ("ب", "پ"), ("½", "12")])
def test_these_stay_apart(one: str, other: str) -> None:
    assert folded(one) != folded(other)


@given(text=st.text(max_size=60))
def test_what_is_folded_stays_as_it_is(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize("word", ["घंटे", "हफ़्ता", "हाँ", "сейчас", "ساعت", "stunde", "über"])
def test_a_word_is_matched_whole_in_every_script(word: str) -> None:
    assert re.fullmatch(f"[{WORD}]+", folded(word))


@pytest.mark.parametrize("sign", ["।", "،", "؟", "-", " ", "«", "🌙"])
def test_signs_are_no_part_of_a_word(sign: str) -> None:
    assert not re.search(f"[{WORD}]", sign)


@pytest.fixture
def listing(monkeypatch: pytest.MonkeyPatch) -> Words:
    """English people who write as Arabs do: "wa" is joined to what follows, "pair" says two hours."""
    words = Catalogues().words("en")
    other = CATALOGUES.words("en")
    listed = {
        JOIN_WORDS: "و",
        "h hr hrs hour hours": "ساعة ساعتان=2 ساعتين=2 ساعة=1",
        "m min mins minute minutes": "دقيقة",
    }
    monkeypatch.setattr(words, "spelled", lambda message: folded(listed.get(message, other.plain(message))))
    return words


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("ساعتين", 7_200),
        ("ساعتان و30 دقيقة", 9_000),
        ("ساعة", 3_600),
        ("٣ ساعة", 10_800),
        ("ساعة و ١٥ دقيقة", 4_500),
    ],
)
def test_a_word_that_says_two_units_is_counted(typed: str, seconds: int, listing: Words) -> None:
    assert Duration(10, 172_800).parse(typed, listing) == seconds


@pytest.mark.parametrize(
    ("language", "typed", "hours"),
    [
        ("es", "de las 22 a las 7", "22:00-07:00"),
        ("es", "de 22 a 7", "22:00-07:00"),
        ("es", "de medianoche a 7:30", "00:00-07:30"),
        ("pt-br", "das 22h às 7h", "22:00-07:00"),
        ("pt-br", "da meia-noite às 7", "00:00-07:00"),
        ("pt-br", "do meio-dia as 15", "12:00-15:00"),
        ("pt-br", "10 pm - 6 am", "22:00-06:00"),
        ("fa", "از ساعت ۲۲ تا ۷", "22:00-07:00"),
        ("fa", "از نیمه‌شب تا ۷:۳۰", "00:00-07:30"),
        ("ar", "من الساعة ٢٢ إلى ٧", "22:00-07:00"),
        ("fa", "از ۸ تا ۱۲ ظهر", "08:00-12:00"),
        ("ar", "بين 22 و 7", "22:00-07:00"),
        ("ar", "من 8 إلى 12 ظهرًا", "08:00-12:00"),
        ("ru", "с 22 до 7", "22:00-07:00"),
        ("ru", "с полуночи до 6 часов", "00:00-06:00"),
        ("uk", "з 22 години до 7", "22:00-07:00"),
        ("uk", "від опівночі до 6", "00:00-06:00"),
    ],
)
def test_hours_are_understood_as_people_say_them(language: str, typed: str, hours: str) -> None:
    assert Hours().parse(typed, CATALOGUES.words(language)) == hours


@pytest.mark.parametrize(
    ("language", "typed", "on"),
    [("es", "SI", True), ("es", "Sí", True), ("pt-br", "nao", False), ("pt-br", "Não", False)],
)
def test_accents_do_not_matter(language: str, typed: str, on: bool) -> None:
    assert Switch().parse(typed, CATALOGUES.words(language)) is on
