"""What people type, and what becomes of it."""

from __future__ import annotations

import pytest

from bot.errors import Refused
from bot.kinds import Choice, Duration, Hours, Kind, Number, Switch, Text, TimeZone
from bot.words import Words

SWITCH = Switch()
CHOICE = Choice({"off": "off", "everyone": "to everyone", "newcomer": "only to the newcomer"}, on="everyone", off="off")
PLACE = Choice({"auto": "auto", "on": "on the left", "off": "off to the right"})
NUMBER = Number(-5, 1_000_000)
DURATION = Duration(10, 172_800, zero="keep")
STRICT = Duration(60, 3_600)
HOURS = Hours()
ZONE = TimeZone()
TEXT = Text(20, ("name", "chat"))
RULES = Text(20)

UNDERSTOOD: list[tuple[Kind, str, object]] = [
    (SWITCH, "on", True),
    (SWITCH, " ON ", True),
    (SWITCH, "yes", True),
    (SWITCH, "True", True),
    (SWITCH, "1", True),
    (SWITCH, "enable", True),
    (SWITCH, "off", False),
    (SWITCH, "No", False),
    (SWITCH, "false", False),
    (SWITCH, "0", False),
    (CHOICE, "everyone", "everyone"),
    (CHOICE, "To Everyone", "everyone"),
    (CHOICE, "only to the newcomer", "newcomer"),
    (CHOICE, "only to", "newcomer"),
    (CHOICE, "  only   TO the ", "newcomer"),
    (CHOICE, "on", "everyone"),
    (CHOICE, "yes", "everyone"),
    (PLACE, "on", "on"),
    (CHOICE, "no", "off"),
    (CHOICE, "OFF", "off"),
    (NUMBER, "7", 7),
    (NUMBER, " +7 ", 7),
    (NUMBER, "-5", -5),
    (NUMBER, "10,000", 10_000),
    (NUMBER, "10 000", 10_000),
    (NUMBER, "1_000_000", 1_000_000),
    (NUMBER, "007", 7),
    (NUMBER, "۱۲۳", 123),
    (NUMBER, "٣", 3),
    (DURATION, "۹۰ min", 5_400),
    (DURATION, "१h ३०m", 5_400),
    (DURATION, "١٫٥ h", 5_400),
    (HOURS, "۲۲:۰۰ - ۷", "22:00-07:00"),
    (DURATION, "1h 30m", 5_400),
    (DURATION, "1h30m", 5_400),
    (DURATION, "1 hour, 30 minutes", 5_400),
    (DURATION, "90 min", 5_400),
    (DURATION, "90 Min.", 5_400),
    (DURATION, "2 days", 172_800),
    (DURATION, "10s", 10),
    (DURATION, "48h", 172_800),
    (DURATION, "1h30", 5_400),
    (DURATION, "90 s", 90),
    (DURATION, "1:30", 5_400),
    (DURATION, "1.5h", 5_400),
    (DURATION, "1h and 30m", 5_400),
    (DURATION, "1:30 h", 5_400),
    (DURATION, "1½ h", 5_400),
    (DURATION, "½ h", 1_800),
    (DURATION, "half an hour", 1_800),
    (DURATION, "one and a half hours", 5_400),
    (DURATION, "an hour", 3_600),
    (DURATION, "after 5 minutes", 300),
    (DURATION, "1.25 d", 108_000),
    (DURATION, "never", 0),
    (DURATION, "0", 0),
    (DURATION, "off", 0),
    (DURATION, "keep", 0),
    (HOURS, "23:00-07:00", "23:00-07:00"),
    (HOURS, "23:00–07:00", "23:00-07:00"),
    (HOURS, "23-7", "23:00-07:00"),
    (HOURS, "23 7", "23:00-07:00"),
    (HOURS, "11pm-7am", "23:00-07:00"),
    (HOURS, "11 pm to 7:30 am", "23:00-07:30"),
    (HOURS, "12am-12pm", "00:00-12:00"),
    (HOURS, "22h30 - 6h15", "22:30-06:15"),
    (HOURS, "22.30-6.15", "22:30-06:15"),
    (HOURS, "20:00-24:00", "20:00-00:00"),
    (HOURS, "off", "off"),
    (HOURS, "10pm-6am", "22:00-06:00"),
    (HOURS, "from 22 to 7", "22:00-07:00"),
    (HOURS, "between 10pm and 6am", "22:00-06:00"),
    (HOURS, "22:00 until 07:00", "22:00-07:00"),
    (HOURS, "22:00to07:00", "22:00-07:00"),
    (HOURS, "22:00 → 07:00", "22:00-07:00"),
    (HOURS, "22:00->07:00", "22:00-07:00"),
    (HOURS, "10 p.m. – 6 a.m.", "22:00-06:00"),
    (HOURS, "10p-6a", "22:00-06:00"),
    (HOURS, "10pm-6", "22:00-06:00"),
    (HOURS, "10am-6", "10:00-18:00"),
    (HOURS, "8-10pm", "20:00-22:00"),
    (HOURS, "10-6am", "22:00-06:00"),
    (HOURS, "12-6am", "00:00-06:00"),
    (HOURS, "06:00-10pm", "06:00-22:00"),
    (HOURS, "10pm to noon", "22:00-12:00"),
    (HOURS, "midnight to 7", "00:00-07:00"),
    (HOURS, "12 midnight to 12 noon", "00:00-12:00"),
    (HOURS, "10 at night to 6 in the morning", "22:00-06:00"),
    (HOURS, "never", "off"),
    (HOURS, "no", "off"),
    (ZONE, "berlin", "Europe/Berlin"),
    (ZONE, "Europe/Berlin", "Europe/Berlin"),
    (ZONE, "new york", "America/New_York"),
    (ZONE, "NEW_YORK", "America/New_York"),
    (ZONE, "UTC", "UTC"),
    (ZONE, "utc+3", "Etc/GMT-3"),
    (ZONE, "UTC -5", "Etc/GMT+5"),
    (ZONE, "+2", "Etc/GMT-2"),
    (ZONE, "GMT+01:00", "Etc/GMT-1"),
    (ZONE, "utc+0", "UTC"),
    (ZONE, "Berlín", "Europe/Berlin"),
    (TEXT, " Hi {name} ", "Hi {name}"),
    (TEXT, "<b>Hi</b> &amp; bye", "<b>Hi</b> &amp; bye"),
    (TEXT, "x" * 20, "x" * 20),
    (TEXT, "{ } {} {{", "{ } {} {{"),
    (TEXT, "Hi { name }{NAME}", "Hi {name}{name}"),
    (TEXT, "{{name}} {{{chat}}}", "{{name}} {{{chat}}}"),
    (TEXT, "{<b> name </b>}", "<b>{name}</b>"),
    (TEXT, "<u>{na</u>me}", "<u>{name}</u>"),
    (RULES, "{x} = {0}, {name}", "{x} = {0}, {name}"),
]

REFUSED: list[tuple[Kind, str, str]] = [
    (SWITCH, "maybe", "on or off"),
    (SWITCH, "", "on or off"),
    (SWITCH, "2", "on or off"),
    (CHOICE, "x", "newcomer"),
    (CHOICE, "", "everyone"),
    (CHOICE, "o", "everyone"),
    (CHOICE, "only", "newcomer"),
    (CHOICE, "to", "everyone"),
    (CHOICE, "only t", "newcomer"),
    (CHOICE, "new", "newcomer"),
    (PLACE, "yes", "auto"),
    (PLACE, "no", "auto"),
    (PLACE, "off to the ri", "auto"),
    (NUMBER, "1.5", "1000000"),
    (NUMBER, "-6", "-5"),
    (NUMBER, "seven", "whole number"),
    (NUMBER, "1,00", "whole number"),
    (NUMBER, "9" * 5_000, "whole number"),
    (DURATION, "soon", "1h 30m"),
    (DURATION, "5", "1h 30m"),
    (DURATION, "5 years", "1h 30m"),
    (DURATION, "9s", "10\xa0s to 2\xa0d"),
    (DURATION, "3 days", "10\xa0s to 2\xa0d"),
    (DURATION, "-1h", "1h 30m"),
    (DURATION, "and", "1h 30m"),
    (DURATION, "1.30 h", "1h 30m"),
    (DURATION, "1,25 min", "1h 30m"),
    (DURATION, "1,500 min", "1h 30m"),
    (DURATION, "30:00", "1h 30m"),
    (DURATION, "1:30 min", "1h 30m"),
    (DURATION, "one and a half", "1h 30m"),
    (DURATION, "1 half hour", "1h 30m"),
    (DURATION, "half", "1h 30m"),
    (DURATION, "a half a day", "1h 30m"),
    (DURATION, "after", "1h 30m"),
    (HOURS, "12 midnight", "23:00"),
    (HOURS, "2 noon", "23:00"),
    (HOURS, "8 to 10 at night", "23:00"),
    (HOURS, "10 at night 6 in the morning", "23:00"),
    (HOURS, "10 at night in the morning - 22", "23:00"),
    (HOURS, "at night - 6 in the morning", "23:00"),
    (HOURS, "2 midnight - 7", "23:00"),
    (HOURS, "24:30-7", "10pm-6am"),
    (HOURS, "7:75-10pm", "10pm-6am"),
    (HOURS, "a-6", "10pm-6am"),
    (HOURS, "22:00 - 7:00 - 8:00", "10pm-6am"),
    (DURATION, "30m 1h", "1h 30m"),
    (DURATION, "1:75", "1h 30m"),
    (DURATION, "1h90", "1h 30m"),
    (DURATION, "10s5", "1h 30m"),
    (STRICT, "0", "1h 30m"),
    (STRICT, "2h", "1\xa0min to 1\xa0h"),
    (HOURS, "25-7", "23:00-07:00"),
    (HOURS, "13pm-7am", "23:00-07:00"),
    (HOURS, "0am-7am", "23:00-07:00"),
    (HOURS, "7-7", "23:00-07:00"),
    (HOURS, "23:60-7", "23:00-07:00"),
    (HOURS, "night", "23:00-07:00"),
    (ZONE, "atlantis", "berlin"),
    (ZONE, "utc+15", "UTC+5:30"),
    (ZONE, "", "berlin"),
    (ZONE, "../etc/passwd", "berlin"),
    (TEXT, "", "20 characters"),
    (TEXT, "   ", "20 characters"),
    (TEXT, "x" * 21, "21 characters"),
    (TEXT, "😀" * 11, "22 characters"),
    (TEXT, "Hi {nmae}", "{name} {chat}"),
    (TEXT, "{nmae} {tiem} {nmae}", "no placeholders {nmae} {tiem}. "),
    (TEXT, "Hi {0}", "{name} {chat}"),
    (TEXT, "Hi {name!r}", "{name} {chat}"),
    (TEXT, "Hi {<b>first</b> name}", "placeholder {first name}"),
    (TEXT, "{{{nmae}}}", "{name} {chat}"),
    (TEXT, "<b> </b>", "visible"),
    (RULES, "<i>\u200b\u2060</i>", "visible"),
    (TEXT, "<b>Hi", "formatting"),
    (TEXT, "<script>x</script>", "formatting"),
    (TEXT, "<b><i>x</b></i>", "formatting"),
]


@pytest.mark.parametrize(("kind", "typed", "value"), UNDERSTOOD, ids=lambda one: repr(one)[:20])
def test_what_people_type_is_understood(kind: Kind, typed: str, value: object, words: Words) -> None:
    understood = kind.parse(typed, words)
    assert understood == value
    assert type(understood) is type(value)
    assert kind.check(understood) == value, "what was typed must be storable"


@pytest.mark.parametrize(("kind", "typed", "hint"), REFUSED, ids=lambda one: repr(one)[:20])
def test_what_is_refused_is_answered_with_what_would_be_accepted(
    kind: Kind, typed: str, hint: str, words: Words
) -> None:
    with pytest.raises(Refused) as refused:
        kind.parse(typed, words)
    sentence = words.plain(refused.value.message, **refused.value.values)
    assert hint in sentence
    assert sentence.endswith((".", "}"))
    assert len(sentence) < 400


HOSTILE = ["\x00", "a\x00b", "\ud800", "\udfff text", "x" * 5_000, "<" * 5_000, "<b>" * 2_000, "&" * 5_000, "<i>&#7;"]


@pytest.mark.parametrize(
    "kind", [SWITCH, CHOICE, NUMBER, DURATION, HOURS, ZONE, TEXT], ids=lambda kind: type(kind).__name__
)
@pytest.mark.parametrize("typed", HOSTILE, ids=lambda typed: repr(typed)[:12])
def test_hostile_input_is_refused_and_nothing_else(kind: Kind, typed: str, words: Words) -> None:
    with pytest.raises(Refused) as refused:
        kind.parse(typed, words)
    said = words(refused.value.message, **refused.value.values)
    assert len(said) < 600
    said.encode()


@pytest.mark.parametrize(
    "kind", [SWITCH, CHOICE, NUMBER, DURATION, HOURS, ZONE, TEXT], ids=lambda kind: type(kind).__name__
)
@pytest.mark.parametrize("value", [None, [], {}, 1.5, float("nan"), b"on", "\x00", ["on"], 10**40], ids=repr)
def test_rubbish_from_the_database_or_a_file_is_refused_by_the_check(kind: Kind, value: object) -> None:
    with pytest.raises(Refused):
        kind.check(value)


def test_a_switch_is_no_number_and_a_number_no_switch() -> None:
    for kind, value in ((NUMBER, True), (DURATION, False), (SWITCH, 1), (SWITCH, 0)):
        with pytest.raises(Refused):
            kind.check(value)


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (SWITCH, True, "on"),
        (SWITCH, False, "off"),
        (CHOICE, "newcomer", "only to the newcomer"),
        (NUMBER, 7, "7"),
        (DURATION, 5_400, "1\xa0h\xa030\xa0min"),
        (DURATION, 0, "keep"),
        (DURATION, 90_061, "1\xa0d\xa01\xa0h\xa01\xa0min\xa01\xa0s"),
        (HOURS, "23:00-07:00", "23:00–07:00"),
        (HOURS, "off", "off"),
        (ZONE, "America/New_York", "America/New York"),
        (ZONE, "Etc/GMT-3", "UTC+3"),
        (ZONE, "Etc/UTC", "UTC"),
        (TEXT, "<b>Hi</b>\n&lt;you&gt;", "Hi <you>"),
    ],
    ids=lambda one: repr(one)[:20],
)
def test_values_are_said_in_words(kind: Kind, value: bool | int | str, said: str, words: Words) -> None:
    assert kind.show(value, words) == said


@pytest.mark.parametrize(("kind", "example"), [(Number(0, 9, steps=(0, 3)), "3"), (Number(0, 9, steps=(0,)), "9")])
def test_the_example_of_a_number_does_something(kind: Kind, example: str) -> None:
    assert kind.example == example


def test_a_city_s_beginning_with_several_answers_lists_them(words: Words) -> None:
    with pytest.raises(Refused) as refused:
        ZONE.parse("san", words)
    assert "Santiago" in str(refused.value.values["names"])


def test_a_text_may_be_long_in_markup_but_not_without_end(words: Words) -> None:
    with pytest.raises(Refused, match="more formatting"):
        TEXT.parse(f'<a href="https://example.com/{"x" * 20_000}">a</a>', words)
