"""Parts of the day, and numbers in words: what is understood is what its speakers mean, in every language.

The tables are written by what people say and not by what the catalogues list, and they name every listed word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Refused
from bot.kinds import Duration, Hours, Kind, TimeZone, Value
from bot.kinds.kind import (
    AFTER_WORDS,
    CLOCK_WORDS,
    DAY_PARTS,
    FROM_WORDS,
    JOIN_WORDS,
    NUMBER_WORDS,
    UNIT_WORDS,
    UNTIL_WORDS,
    valued,
)
from bot.words import N_, Catalogues, Words, folded

CATALOGUES = Catalogues()
LANGUAGES = CATALOGUES.languages
IN_EACH = pytest.mark.parametrize("language", LANGUAGES)
PAIRS = pytest.mark.parametrize(("one", "other"), [*permutations(LANGUAGES, 2)])
HOUR, DAY = 3_600, 86_400

# What is said with a number, and the hour that each number from 1 to 12 makes; a dot where it is refused.
PARTS_OF_THE_DAY = {
    "en": """
        {} in the morning / {} morning / morning {} : 1 2 3 4 5 6 7 8 9 10 11 .
        {} in the afternoon / {} afternoon : 13 14 15 16 17 18 . . . . . .
        {} in the evening / {} o'clock in the evening / {} evening : . . . . 17 18 19 20 21 22 23 .
        {} at night / {} at-night / {} night : 1 2 3 . . 18 19 20 21 22 23 0
        """,
    "de": """
        {} Uhr morgens / {} Uhr früh / {} am Morgen / {} in der Früh : 1 2 3 4 5 6 7 8 9 10 11 .
        {} Uhr vormittags / {} am Vormittag : . . . . . . 7 8 9 10 11 .
        {} Uhr mittags / {} am Mittag : 13 14 . . . . . . . . 11 12
        {} Uhr nachmittags / {} am Nachmittag : 13 14 15 16 17 18 . . . . . .
        {} Uhr abends / {} am Abend / {}Uhr abends : . . . . 17 18 19 20 21 22 23 .
        {} Uhr nachts / {} in der Nacht : 1 2 3 4 . . . . . 22 23 0
        """,
    "ru": """
        {} утра / {} часов утра : 1 2 3 4 5 6 7 8 9 10 11 .
        {} дня : 13 14 15 16 17 . . . . . . 12
        {} вечера / {}ч вечера : . . . 16 17 18 19 20 21 22 23 .
        {} ночи : 1 2 3 4 . . . . . 22 23 0
        """,
    "uk": """
        {} ранку / {} година ранку : 1 2 3 4 5 6 7 8 9 10 11 .
        {} дня : 13 14 15 16 17 . . . . . . 12
        {} пополудні : 13 14 15 16 17 . . . . . . .
        {} вечора / о {} вечора : . . . 16 17 18 19 20 21 22 23 .
        {} ночі : 1 2 3 4 . . . . . 22 23 0
        """,
    "es": """
        {} de la mañana / {} por la mañana / {} horas de la mañana / {} en la mañana : 1 2 3 4 5 6 7 8 9 10 11 .
        {} de la madrugada : 1 2 3 4 5 6 . . . . . .
        {} del día : . . . . . . . . . . . 12
        {} del mediodía : 13 14 15 . . . . . . . . 12
        {} de la tarde / {} por la tarde : 13 14 15 16 17 18 19 20 . . . .
        {} de la noche / {} por la noche : . . . . . 18 19 20 21 22 23 0
        """,
    "pt-br": """
        {} da manhã / {}h da manhã / {} horas da manhã / {} pela manhã : 1 2 3 4 5 6 7 8 9 10 11 .
        {} da madrugada : 1 2 3 4 5 6 . . . . . .
        {} do dia : . . . . . . . . . . . 12
        {} da tarde / {} à tarde : 13 14 15 16 17 18 . . . . . .
        {} da noite / {}h da noite / {} à noite : . . . . . 18 19 20 21 22 23 0
        """,
    "fa": """
        {} صبح / ساعت {} صبح / صبح ساعت {} / {} ق.ظ : 1 2 3 4 5 6 7 8 9 10 11 .
        {} بامداد : 1 2 3 4 5 . . . . . . .
        {} قبل از ظهر / {} قبل‌ازظهر : . . . . . . . 8 9 10 11 .
        {} ظهر : 13 14 . . . . . . . . . 12
        {} بعد از ظهر / {} بعدازظهر : 13 14 15 16 17 18 . . . . . .
        {} ب.ظ : 13 14 15 16 17 18 19 20 21 22 23 .
        {} عصر : . . 15 16 17 18 19 . . . . .
        {} شب / ساعت {} شب : 1 2 3 . . 18 19 20 21 22 23 0
        {} نیمه شب / {} نیمه‌شب / {} نصف شب / {} نصفه شب : 1 2 3 . . . . . . . . 0
        {} بعد از نیمه شب / {} بعد از نیمه‌شب : 1 2 3 4 . . . . . . . .
        """,
    "ar": """
        {} صباحًا / {} صباحاً / الساعة {} صباح / {} الصباح / {} صبحًا / {} الصبح / {} ص / {}ص : 1 2 3 4 5 6 7 8 9 10 11 .
        {} فجرًا / {} الفجر : 1 2 3 4 5 . . . . . . .
        {} ظهرًا / {} الظهر : 13 14 15 . . . . . . . . 12
        {} بعد الظهر : 13 14 15 16 17 18 . . . . . .
        {} عصرًا / {} العصر : . . 15 16 17 18 . . . . . .
        {} مساءً / {} مساء / {} المساء / {} م / {}م : 13 14 15 16 17 18 19 20 21 22 23 .
        {} ليلاً / {} ليل / {} الليل / {} بالليل : 1 2 3 . . . 19 20 21 22 23 0
        {} بعد منتصف الليل : 1 2 3 4 . . . . . . . .
        """,
    "id": """
        jam {} pagi / pukul {} pagi / {} pagi : 1 2 3 4 5 6 7 8 9 10 11 .
        jam {} subuh : . . . 4 5 . . . . . . .
        jam {} siang : 13 14 15 . . . . . . 10 11 12
        jam {} sore / jam {} petang : . . 15 16 17 18 . . . . . .
        jam {} malam : 1 2 3 . . 18 19 20 21 22 23 0
        jam {} dini hari : 1 2 3 4 . . . . . . . .
        """,
    "hi": """
        सुबह {} बजे / सुबह के {} बजे / subah {} baje : 1 2 3 4 5 6 7 8 9 10 11 .
        तड़के {} बजे / tadke {} baje : . 2 3 4 5 . . . . . . .
        दोपहर {} बजे / dopahar {} baje / dopehar {} baje : 13 14 15 16 . . . . . . . 12
        शाम {} बजे / sham {} baje / shaam {} baje : . . . 16 17 18 19 20 . . . .
        रात {} बजे / {} बजे रात / raat ke {} baje : 1 2 3 . . . 19 20 21 22 23 0
        """,
}

# Names of noon and midnight of two words, or with their number.
NAMED = {
    "en": {"12 noon": 12, "12 midnight": 0, "mid-day": 12},
    "de": {"12 Uhr mittags": 12, "Mitternacht": 0},
    "ru": {"полдень": 12, "полночь": 0},
    "uk": {"опівдні": 12, "опівночі": 0},
    "es": {"medio día": 12, "media noche": 0, "12 de la medianoche": 0},
    "pt-br": {"meio-dia": 12, "meio dia": 12, "meia noite": 0, "12 meia-noite": 0},
    "fa": {"ظهر": 12, "نیم روز": 12, "نیمه شب": 0, "نصف شب": 0, "12 نیمه‌شب": 0},
    "ar": {"منتصف النهار": 12, "منتصف الليل": 0, "12 منتصف الليل": 0},
    "id": {"tengah hari": 12, "tengah malam": 0, "jam 12 tengah malam": 0},
    "hi": {"दोपहर": 12, "दोपहर 12 बजे": 12, "आधी रात": 0, "मध्य रात्रि": 0, "aadhi raat": 0},
}

# The numbers from one to twelve, all forms that are listed, and a unit that follows.
NUMBERS = {
    "en": "hours: one/a/an two three four five six seven eight nine ten eleven twelve",
    "de": "Stunden: eine/ein/einen/einer/einem/eines zwei/zwo drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "ru": "часов: один/одна/одну/одно/одного/одной два/две/двух три/трёх четыре/четырёх пять/пяти шесть/шести "
    "семь/семи восемь/восьми девять/девяти десять/десяти одиннадцать/одиннадцати двенадцать/двенадцати",
    "uk": "годин: один/одна/одну/одне/одного/однієї два/дві/двох три/трьох чотири/чотирьох "
    "п’ять/п'ять/пʼять/п’яти/п'яти/пʼяти "
    "шість/шести сім/семи вісім/восьми дев’ять/дев'ять/девʼять/дев’яти/дев'яти/девʼяти десять/десяти "
    "одинадцять/одинадцяти дванадцять/дванадцяти",
    "es": "horas: una/un/uno dos tres cuatro cinco seis siete ocho nueve diez once doce",
    "pt-br": "horas: uma/um duas/dois três quatro cinco seis sete oito nove dez onze doze",
    "fa": "ساعت: یک/یه دو سه چهار پنج شش/شیش هفت هشت نه ده یازده دوازده",
    "ar": "ساعات: واحدة/واحد اثنتان/اثنان/اثنين/اثنتين ثلاث/ثلاثة أربع/أربعة خمس/خمسة ست/ستة سبع/سبعة "
    "ثماني/ثمان/ثمانية تسع/تسعة عشر/عشرة إحدى_عشرة/أحد_عشر اثنتا_عشرة/اثنا_عشر/اثني_عشر/اثنتي_عشرة",
    "id": "jam: satu/sebuah/suatu dua tiga empat lima enam tujuh delapan sembilan sepuluh sebelas dua_belas/duabelas",
    "hi": "घंटे: एक/ek दो/do तीन/teen चार/char/chaar पाँच/पांच/paanch/panch छह/छः/छे/chhah/chhe सात/saat आठ/aath नौ/nau "
    "दस/das ग्यारह/gyarah बारह/barah",
}

# Half hours, and what is said of several.
HALVES: dict[str, dict[str, float | None]] = {
    "en": {
        "an hour and a half": 1.5,
        "one and a half hours": 1.5,
        "2 and a half hours": 2.5,
        "three hours and a half": 3.5,
        "half an hour": 0.5,
        "a half hour": 0.5,
        "a day and a half": 36,
        "a day and half an hour": 24.5,
        "one hour and thirty minutes": None,
        "an hour and ten": None,
        "two half hours": None,
        "1 half hour": None,
        "1.5 hours and a half": None,
        "1h30 and a half": None,
        "two 30 minutes": None,
        "hour and a half": None,
    },
    "de": {
        "anderthalb Stunden": 1.5,
        "eineinhalb Stunden": 1.5,
        "einundeinhalb Stunden": 1.5,
        "zweieinhalb Stunden": 2.5,
        "zweiundeinhalb Stunden": 2.5,
        "dreieinhalb Stunden": 3.5,
        "viereinhalb Stunden": 4.5,
        "eine halbe Stunde": 0.5,
        "nach einer halben Stunde": 0.5,
        "halb Stunde": 0.5,
        "halber Tag": 12,
        "ein halbes h": 0.5,
        "halb zwei": None,
    },
    "ru": {
        "полтора часа": 1.5,
        "через полтора часа": 1.5,
        "полторы недели": 252,
        "около полутора часов": None,
        "полутора часов": 1.5,
        "час с половиной": 1.5,
        "один час с половиной": 1.5,
        "1 час с половиной": 1.5,
        "два с половиной часа": 2.5,
        "две с половиной недели": 420,
        "три с половиной часа": 3.5,
        "четыре с половиной часа": 4.5,
        "пол часа": 0.5,
        "половину часа": 0.5,
        "половина часа": 0.5,
        "половины часа": 0.5,
        "с половиной часа": None,
        "полтора": None,
    },
    "uk": {
        "півтори години": 1.5,
        "півтора дня": 36,
        "година з половиною": 1.5,
        "годину з половиною": 1.5,
        "одна година з половиною": 1.5,
        "дві з половиною години": 2.5,
        "два з половиною дні": 60,
        "три з половиною години": 3.5,
        "чотири з половиною години": 4.5,
        "пів години": 0.5,
        "половина години": 0.5,
        "половину години": 0.5,
        "половини години": 0.5,
    },
    "es": {
        "una hora y media": 1.5,
        "hora y media": 1.5,
        "1 hora y media": 1.5,
        "dos horas y media": 2.5,
        "2 h y media": 2.5,
        "un día y medio": 36,
        "media hora": 0.5,
        "medio día": 12,
        "dentro de media hora": 0.5,
        "una hora y diez": None,
    },
    "pt-br": {
        "uma hora e meia": 1.5,
        "hora e meia": 1.5,
        "1 hora e meia": 1.5,
        "duas horas e meia": 2.5,
        "um dia e meio": 36,
        "meia hora": 0.5,
        "meio dia": 12,
        "daqui a meia hora": 0.5,
        "daqui a uma hora": 1,
        "a hora": 1,
    },
    "fa": {
        "یک ساعت و نیم": 1.5,
        "۲ ساعت و نیم": 2.5,
        "یک و نیم ساعت": 1.5,
        "نیم ساعت": 0.5,
        "نصف روز": 12,
        "نه": None,
    },
    "ar": {
        "ساعة ونصف": 1.5,
        "ساعة و نصف": 1.5,
        "ساعة ونص": 1.5,
        "ساعتين ونصف": 2.5,
        "3 ساعات ونصف": 3.5,
        "يوم ونصف": 36,
        "نصف ساعة": 0.5,
        "نص ساعة": 0.5,
        "ساعة واحدة": 1,
        "ساعة إلا ربع": None,
    },
    "id": {
        "satu setengah jam": 1.5,
        "1 setengah jam": 1.5,
        "satu jam setengah": 1.5,
        "sejam setengah": 1.5,
        "dua setengah jam": 2.5,
        "2 setengah jam": 2.5,
        "tiga setengah jam": 3.5,
        "3 setengah jam": 3.5,
        "setengah jam": 0.5,
        "stengah jam": 0.5,
        "stgh jam": 0.5,
        "separuh hari": 12,
        "separo hari": 12,
        "4 setengah jam": None,
    },
    "hi": {
        "डेढ़ घंटा": 1.5,
        "dedh ghanta": 1.5,
        "ढाई घंटे": 2.5,
        "dhai ghante": 2.5,
        "साढ़े तीन घंटे": 3.5,
        "sadhe teen ghante": 3.5,
        "साढ़े चार घंटे": 4.5,
        "sadhe char ghante": 4.5,
        "आधा घंटा": 0.5,
        "आधे घंटे के बाद": 0.5,
        "आधी घंटे": 0.5,
        "aadha ghanta": 0.5,
        "aadhe ghante": 0.5,
        "adha ghanta": 0.5,
        "adhe ghante": 0.5,
        "सवा घंटा": None,
        "साढ़े घंटे": None,
    },
}


def parts_of_the_day(language: str) -> dict[str, list[int | None]]:
    """What is said in a language, with the hours that the numbers from 1 to 12 make."""
    said: dict[str, list[int | None]] = {}
    for line in PARTS_OF_THE_DAY[language].strip().splitlines():
        phrases, _, hours = line.rpartition(" : ")
        for phrase in phrases.split(" / "):
            said[phrase.strip()] = [None if hour == "." else int(hour) for hour in hours.split()]
    return said


def numbers(language: str) -> Iterator[tuple[str, int]]:
    """Lengths of time in a language that begin with a number in words, and the hours that they are."""
    unit, _, listed = NUMBERS[language].partition(": ")
    for number, forms in enumerate(listed.split(), 1):
        for form in forms.split("/"):
            yield f"{form} {unit}".replace("_", " "), number


def lengths(language: str) -> Iterator[tuple[str, int | None]]:
    """What is said of lengths of time in a language, and the seconds; None where it is refused."""
    for typed, hours in [*numbers(language), *HALVES[language].items()]:
        yield typed, None if hours is None else round(hours * HOUR)


def understood(kind: Kind, typed: str, words: Words) -> Value | None:
    try:
        return kind.parse(typed, words)
    except Refused:
        return None


LENGTH = Duration(1, 10**9)


@pytest.mark.parametrize(("language", "said"), [(one, said) for one in LANGUAGES for said in parts_of_the_day(one)])
def test_each_hour_with_a_part_of_the_day_means_what_people_mean_or_is_refused(language: str, said: str) -> None:
    words = CATALOGUES.words(language)
    for number, hour in enumerate(parts_of_the_day(language)[said], 1):
        for minute in ("", ":30"):
            time = said.replace("{}h", "{}" if minute else "{}h").format(f"{number}{minute}")
            expected = None if hour is None else f"{hour:02d}{minute or ':00'}"
            assert understood(Hours(), f"{time} - 00:10", words) == (expected and f"{expected}-00:10"), time
            assert understood(Hours(), f"23:50 - {time.upper()}", words) == (expected and f"23:50-{expected}"), time


@IN_EACH
def test_a_part_of_the_day_makes_each_number_one_hour_at_most(language: str) -> None:
    words = CATALOGUES.words(language)
    typed = [folded(re.sub(r"[\s-]+", "_", said)) for said in parts_of_the_day(language)]
    for word, spans in valued(DAY_PARTS, words):
        hours = _hours(spans)
        assert len({hour % 12 for hour in hours}) == len(hours), word
        if word in own(DAY_PARTS, language):
            assert any(re.search(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", one) for one in typed), (
                f"the table lacks {word}"
            )


def _hours(spans: str) -> set[int]:
    """The hours of the day that a catalogue lists for a word."""
    hours: set[int] = set()
    for begin, _, end in (span.partition("-") for span in spans.split(",")):
        assert 0 <= int(begin) <= int(end or begin) < 24
        hours |= set(range(int(begin), int(end or begin) + 1))
    return hours


def own(listed: str, language: str) -> dict[str, str]:
    """The words that a language lists itself, each with its value."""
    return dict(one.split("=") for one in CATALOGUES.words(language).spelled(listed).split() if "=" in one)


@IN_EACH
@given(data=st.data())
def test_hours_with_two_parts_of_the_day_mean_both(language: str, data: st.DataObject) -> None:
    words, said = CATALOGUES.words(language), parts_of_the_day(language)
    begin = data.draw(st.sampled_from(words.plain(FROM_WORDS).split()) | st.just(""))
    until = data.draw(st.sampled_from(words.plain(UNTIL_WORDS).split()) | st.just("–"))
    times = [(data.draw(st.sampled_from(sorted(said))), data.draw(st.integers(1, 12))) for _ in range(2)]
    hours = [said[one][number - 1] for one, number in times]
    typed = f" {until} ".join(one.format(number) for one, number in times)
    meant = None if None in hours or hours[0] == hours[1] else f"{hours[0]:02d}:00-{hours[1]:02d}:00"
    assert understood(Hours(), f"{begin} {typed}", words) == meant


@pytest.mark.parametrize(
    ("language", "typed", "meant"),
    [
        ("en", "11 in the morning - 11:30pm", "11:00-23:30"),
        ("en", "11pm - 11:30 in the morning", "23:00-11:30"),
        ("en", "10 at night - noon", "22:00-12:00"),
        ("es", "12 del día – 12 del mediodía", None),
        ("es", "11 de la mañana - 11:30pm", "11:00-23:30"),
    ],
)
def test_a_part_of_the_day_says_all_about_its_side(language: str, typed: str, meant: str | None) -> None:
    assert understood(Hours(), typed, CATALOGUES.words(language)) == meant


@IN_EACH
def test_a_number_from_1_to_12_beside_a_part_of_the_day_of_the_other_is_refused(language: str) -> None:
    words = CATALOGUES.words(language)
    for said, number in product(parts_of_the_day(language), (6, 8, "6:30", "10:00")):
        for hour in range(1, 12):
            assert understood(Hours(), f"{number} - {said.format(hour)}", words) is None
            assert understood(Hours(), f"{said.format(hour)} - {number}", words) is None


@IN_EACH
def test_noon_and_midnight_are_understood_by_their_names_of_two_words(language: str) -> None:
    words = CATALOGUES.words(language)
    for named, hour in NAMED[language].items():
        assert Hours().parse(f"{named} - 15:00", words) == f"{hour:02d}:00-15:00"
        assert Hours().parse(f"15:00 - {named}", words) == f"15:00-{hour:02d}:00"
        for nothing in (named, f"{named} {named}", f"{named} 12 15:00"):
            assert understood(Hours(), nothing, words) is None, nothing


@pytest.mark.parametrize(
    ("language", "time"),
    [
        ("en", "half past 10 at night"),
        ("en", "half 10 at night"),
        ("de", "halb 10 abends"),
        ("ru", "пол 10 вечера"),
        ("uk", "пів на 10 вечора"),
        ("es", "10 y media de la noche"),
        ("es", "10 menos 5 de la noche"),
        ("pt-br", "10 e meia da noite"),
        ("fa", "۱۰ و نیم شب"),
        ("ar", "10 ونصف مساءً"),
        ("id", "setengah 10 malam"),
        ("hi", "साढ़े 10 बजे रात"),
    ],
)
def test_a_half_hour_in_words_is_never_taken_for_the_full_one(language: str, time: str) -> None:
    words = CATALOGUES.words(language)
    for typed in (time, f"{time} - 06:00", f"22:00 - {time}", f"{time} - {time}"):
        assert understood(Hours(), typed, words) is None, typed


@PAIRS
def test_a_time_means_the_same_whatever_else_is_understood(one: str, other: str) -> None:
    words, others = CATALOGUES.words(one), CATALOGUES.words(other)
    for said, hours in parts_of_the_day(one).items():
        meant = {number: f"{hour:02d}:00-00:10" for number, hour in enumerate(hours, 1) if hour is not None}
        for number in {min(meant), max(meant)}:
            typed = f"{said.format(number)} - 00:10"
            assert understood(Hours(), typed, others) in {None, meant[number]}, typed
            assert understood(Hours(), typed, words.understanding(others)) == meant[number], typed
            assert understood(Hours(), typed, others.understanding(words)) == meant[number], typed


@PAIRS
def test_no_word_for_a_part_of_the_day_or_a_number_is_another_kind_of_word_elsewhere(one: str, other: str) -> None:
    words = CATALOGUES.words(other)
    for word, spans in own(DAY_PARTS, one).items():
        hours = {hour for listed in (spans, own(DAY_PARTS, other).get(word, spans)) for hour in _hours(listed)}
        assert len({hour % 12 for hour in hours}) == len(hours), word
    between = {
        folded(word) for listed in (FROM_WORDS, UNTIL_WORDS, CLOCK_WORDS) for word in words.plain(listed).split()
    }
    assert not between & own(DAY_PARTS, one).keys()
    counted = own(NUMBER_WORDS, one)
    units = {word.partition("=")[0] for listed, _ in UNIT_WORDS for word in words.spelled(listed).split()}
    assert not (units | set(words.spelled(AFTER_WORDS).split())) & counted.keys()
    # "a" is one in English, and joins in Portuguese what numbers follow.
    assert {counted[word] for word in counted.keys() & set(words.spelled(JOIN_WORDS).split())} <= {"1"}
    for word, value in own(NUMBER_WORDS, other).items():
        assert counted.get(word, value) == value, word


@IN_EACH
def test_lengths_of_time_in_words_mean_what_people_mean_or_are_refused(language: str) -> None:
    words = CATALOGUES.words(language)
    for typed, seconds in lengths(language):
        assert understood(LENGTH, typed, words) == seconds, typed
        assert understood(LENGTH, typed.upper(), words) == seconds, typed


@IN_EACH
def test_every_number_that_a_language_lists_is_in_the_table(language: str) -> None:
    said = [f" {folded(typed)} ".replace("_", " ") for typed, seconds in lengths(language) if seconds]
    for word in own(NUMBER_WORDS, language):
        assert any(f" {word.replace('_', ' ')} " in one for one in said), f"the table lacks {word}"


@PAIRS
def test_a_length_of_time_means_the_same_whatever_else_is_understood(one: str, other: str) -> None:
    words, others = CATALOGUES.words(one), CATALOGUES.words(other)
    for typed, seconds in lengths(one):
        if seconds is None:
            continue
        assert understood(LENGTH, typed, others) in {None, seconds}, typed
        assert understood(LENGTH, typed, words.understanding(others)) == seconds, typed
        assert understood(LENGTH, typed, others.understanding(words)) == seconds, typed


@IN_EACH
@given(data=st.data())
def test_a_number_in_words_counts_only_before_a_unit(language: str, data: st.DataObject) -> None:
    words = CATALOGUES.words(language)
    word = data.draw(st.sampled_from(sorted(own(NUMBER_WORDS, language)))).replace("_", " ")
    other = data.draw(st.sampled_from(sorted(own(NUMBER_WORDS, language)))).replace("_", " ")
    for typed in (word, f"1 h {word}", f"{word} 30", f"30 {word}", f"{word} 30 min", f"1 h {word} 30 min"):
        assert understood(LENGTH, typed, words) is None, typed
    hours = understood(LENGTH, f"{word} {other} h", words)
    known = {own(NUMBER_WORDS, language).get(f"{word} {other}".replace(" ", "_"))}
    assert hours in {None, 1_800, *(round(float(one) * HOUR) for one in known if one)}


@IN_EACH
@given(seconds=st.integers(1, 60 * DAY))
def test_a_length_of_time_never_breaks_at_the_end_of_a_line(language: str, seconds: int) -> None:
    words = CATALOGUES.words(language)
    shown, written = LENGTH.show(seconds, words), LENGTH.written(seconds, words)
    assert len(shown.split(" ")) == 1
    assert LENGTH.parse(shown, words) == LENGTH.parse(written, words) == seconds
    assert "\N{NO-BREAK SPACE}" not in written


def _examples(kind: Kind, sentence: str, words: Words, most: int = 6) -> dict[str, Value]:
    """What a sentence has in it that is understood, of so many words, without quotes and commas, and its value."""
    said = sentence.split()
    spans = [" ".join(said[at : at + many]) for at in range(len(said)) for many in range(1, most + 1)]
    values = {span: understood(kind, span, words) for span in (one.strip("«»„“”\"'.,،。।:") for one in spans)}
    return {span: value for span, value in values.items() if value is not None}


@IN_EACH
def test_the_examples_in_what_is_accepted_and_in_refusals_are_understood_when_typed(language: str) -> None:
    words = CATALOGUES.words(language)
    hours_refused = N_("It has to be hours of the day, such as 23:00-07:00 or 10pm-6am, or off.")
    for sentence in (Hours().accepts(words), words.plain(hours_refused)):
        assert {"off", "23:00-07:00"} < set(_examples(Hours(), sentence, words).values()), sentence
    length_refused = N_("It has to be a length of time, such as 10m or 1h 30m.")
    for sentence in (Duration(60, DAY).accepts(words), words.plain(length_refused)):
        assert {600, 5_400} <= set(_examples(LENGTH, sentence, words).values()), sentence
    city = TimeZone().example_in(words)
    zone_refused = N_("There is no time zone for that. Type a city or country, such as berlin, or an offset: UTC+5:30.")
    for sentence in (TimeZone().accepts(words), words.plain(zone_refused)):
        examples = _examples(TimeZone(), sentence, words, most=1)
        assert city in examples, sentence
        assert any(one.startswith("UTC") for one in examples), sentence


def test_the_example_of_a_time_zone_is_a_city_of_the_language() -> None:
    zones = {
        one: TimeZone().parse(TimeZone().example_in(CATALOGUES.words(one)), CATALOGUES.words(one)) for one in LANGUAGES
    }
    assert len(set(zones.values())) == len(LANGUAGES) - 1, "only the German one is that of the source"
    assert zones["en"] == zones["de"]
