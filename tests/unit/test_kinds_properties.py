"""What holds for everything anybody could type."""

from __future__ import annotations

import json
import re
from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot import kinds
from bot.errors import Ambiguous, Refused
from bot.kinds import (
    Buttons,
    Choice,
    Duration,
    Hours,
    Kind,
    Language,
    LogChat,
    Media,
    Number,
    Switch,
    Text,
    TimeZone,
    Topic,
    zones,
)
from bot.words import Catalogues

WORDS = Catalogues().words("en")
SWITCH = Switch()
CHOICE = Choice({"off": "off", "everyone": "to everyone", "newcomer": "only to the newcomer"}, off="off")
NUMBER = Number(-5, 1_000_000)
DURATION = Duration(10, 172_800, zero="keep")
HOURS = Hours()
ZONE = TimeZone()
TEXT = Text(200, ("name", "chat"))
MEDIA = Media()
KINDS: list[Kind] = [
    SWITCH,
    CHOICE,
    Language(),
    NUMBER,
    DURATION,
    HOURS,
    ZONE,
    TEXT,
    MEDIA,
    LogChat(),
    Buttons(),
    Topic(),
]

anything = st.text(st.characters(codec=None), max_size=80) | st.from_regex(r"[0-9a-z:+ ,.\-]{1,20}", fullmatch=True)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: type(kind).__name__)
@given(typed=anything)
def test_parsing_returns_a_value_the_check_accepts_or_refuses_and_never_breaks(kind: Kind, typed: str) -> None:
    with suppress(Refused):
        value = kind.parse(typed, WORDS)
        assert kind.check(value) == value
        kind.show(value, WORDS).encode()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: type(kind).__name__)
@given(value=json_values)
def test_the_check_accepts_or_refuses_whatever_json_holds(kind: Kind, value: object) -> None:
    with suppress(Refused):
        assert kind.check(value) == value


def test_every_kind_is_tried_here() -> None:
    exported = (getattr(kinds, name) for name in kinds.__all__)
    concrete = {one for one in exported if isinstance(one, type) and issubclass(one, Kind)} - {Kind}
    assert {type(one) for one in KINDS} == concrete, "KINDS has one of each kind"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: type(kind).__name__)
@given(typed=anything)
def test_a_button_carries_every_value_but_a_text(kind: Kind, typed: str) -> None:
    with suppress(Refused):
        value = kind.parse(typed, WORDS)
        assert kind.unpack(kind.pack(value)) == value
        other = kind.switched(value)
        assert other is None or (kind.check(other) == other != value and kind.switched(other) == value)


@pytest.mark.parametrize(
    ("kind", "value"), [(SWITCH, False), (CHOICE, "off"), (DURATION, 0), (HOURS, "off"), (TEXT, "")], ids=str
)
def test_what_is_off_has_no_effect(kind: Kind, value: bool | int | str) -> None:
    assert not kind.has_effect(value)
    assert kind.has_effect(kind.parse(kind.example, WORDS))


@given(st.sampled_from([True, False]))
def test_a_switch_s_words_mean_its_value(value: bool) -> None:
    assert SWITCH.parse(SWITCH.show(value, WORDS), WORDS) == value


@given(st.sampled_from(sorted(CHOICE.labels)))
def test_a_choice_s_words_mean_its_value(value: str) -> None:
    assert CHOICE.parse(CHOICE.show(value, WORDS), WORDS) == value
    assert CHOICE.parse(value, WORDS) == value


@given(st.integers(-5, 1_000_000))
def test_a_number_s_words_mean_its_value(value: int) -> None:
    assert NUMBER.parse(NUMBER.show(value, WORDS), WORDS) == value
    assert NUMBER.parse(f"{value:,}", WORDS) == value


@given(st.just(0) | st.integers(10, 172_800))
def test_a_duration_s_words_mean_its_value(value: int) -> None:
    assert DURATION.parse(DURATION.show(value, WORDS), WORDS) == value


@given(st.tuples(*[st.integers(0, 23), st.integers(0, 59)] * 2))
def test_the_words_of_hours_mean_their_value(clock: tuple[int, ...]) -> None:
    value = "{:02d}:{:02d}-{:02d}:{:02d}".format(*clock)
    assume(clock[:2] != clock[2:])
    assert HOURS.parse(HOURS.show(value, WORDS), WORDS) == value


@given(st.sampled_from(sorted(name for name in zones.names() if not name.startswith("Etc/"))))
def test_a_zone_s_name_means_the_zone_or_the_one_that_it_is_called_now(name: str) -> None:
    try:
        meant = str(ZONE.parse(name, WORDS))
    except Ambiguous:
        assert name in {"EST", "MST", "EET", "GMT", "GMT0", "GMT+0", "GMT-0", "Greenwich"}
        return
    assert ZONE.parse(meant, WORDS) == meant


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: type(kind).__name__)
@given(value=json_values)
def test_what_the_check_accepts_the_json_schema_accepts(kind: Kind, value: object) -> None:
    try:
        kind.check(value)
    except Refused:
        return
    assert accepts(kind.json_schema(), value)


@given(value=st.integers(-10, 20) | st.integers(172_795, 172_805) | st.integers(999_995, 1_000_005) | st.booleans())
def test_for_numbers_and_durations_the_json_schema_accepts_exactly_what_the_check_does(value: int) -> None:
    for kind in (NUMBER, DURATION, SWITCH):
        assert accepts(kind.json_schema(), value) == (checked := _checked(kind, value)), (kind, value, checked)


@given(value=st.from_regex(r"(off|[0-2]\d:[0-6]\d-[0-2]\d:[0-6]\d)", fullmatch=True))
def test_for_hours_the_json_schema_accepts_what_the_check_does_but_for_spans_of_no_length(value: str) -> None:
    assume(value == "off" or value[:5] != value[6:])
    assert accepts(HOURS.json_schema(), value) == _checked(HOURS, value)


def test_every_schema_is_json() -> None:
    for kind in KINDS:
        json.dumps(kind.json_schema())


def _checked(kind: Kind, value: object) -> bool:
    try:
        kind.check(value)
    except Refused:
        return False
    return True


def accepts(schema: dict[str, object], value: object) -> bool:
    """Validate by the few words of JSON Schema that the kinds use; an unknown word is an error."""
    types = {"boolean": bool, "string": str, "integer": int}
    for word, rule in schema.items():
        match word, rule:
            case "type", str():
                fits = isinstance(value, types[rule]) and not (rule == "integer" and isinstance(value, bool))
            case "enum", list():
                fits = value in rule
            case "const", _:
                fits = value == rule and not isinstance(value, bool)
            case "pattern", str():
                fits = isinstance(value, str) and re.search(rule, value) is not None
            case (("minimum" | "maximum"), int()):
                fits = isinstance(value, int) and (value >= rule if word == "minimum" else value <= rule)
            case (("minLength" | "maxLength"), int()):
                fits = isinstance(value, str) and (len(value) >= rule if word == "minLength" else len(value) <= rule)
            case "anyOf", list():
                fits = any(accepts(one, value) for one in rule)
            case _:
                raise AssertionError(f"the test knows no {word}")
        if not fits:
            return False
    return True
