"""Settings as a file: what goes out comes back, and what comes from anywhere does no harm."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import Refused
from bot.features.settings.transfer import portable
from bot.kinds import (
    Buttons,
    Choice,
    Duration,
    Hours,
    LogChat,
    Media,
    Number,
    Setting,
    Switch,
    Text,
    TimeZone,
    Topic,
    buttons,
    zones,
)
from bot.kinds.destinations import log_chat_value, topic_value
from bot.kinds.media import LABELS, File
from bot.settings import visible_settings

PUBLISHED = Path(__file__).parents[2] / "docs" / "settings.schema.json"
BOT_ID, CHAT_ID = 42, -1001234567890
KNOWN = visible_settings(private=False)


def values(setting: Setting) -> st.SearchStrategy[Any]:
    """Return values that a setting takes."""
    match setting.kind:
        case Switch():
            return st.booleans()
        case Choice(labels=labels):
            return st.sampled_from(sorted(labels))
        case Number(low=low, high=high) | Duration(low=low, high=high):
            return st.integers(low, high)
        case Hours():
            clock = st.times().map(lambda time: f"{time:%H:%M}")
            return st.one_of(
                st.just("off"),
                st.tuples(clock, clock).filter(lambda two: two[0] != two[1]).map("-".join),
            )
        case TimeZone():
            return st.sampled_from(sorted(zones.names()))
        case Buttons():
            names = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=9)
            return st.lists(names, min_size=1, max_size=3).map(
                lambda rows: buttons.stored([[buttons.LinkButton(one, "https://t.me/x")] for one in rows])
            )
        case Media():
            kinds, ids = st.sampled_from(sorted(LABELS)), st.from_regex(r"[A-Za-z0-9_-]{8,99}", fullmatch=True)
            return st.builds(lambda kind, number: File(kind, BOT_ID, number).stored(), kinds, ids)
        case LogChat() | Topic():
            names = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=99)
            chats = st.builds(log_chat_value, st.integers(-(10**15), -1), names)
            topics = st.builds(topic_value, st.just(CHAT_ID), st.integers(1, 2**31 - 1), names)
            return st.just(setting.default) | {LogChat: chats, Topic: topics}[type(setting.kind)]
        case Text():
            letters = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="{}<>&")
            return st.text(letters, min_size=1, max_size=40).map(lambda text: f"<b>x{text}</b> &amp; y")
    raise AssertionError(f"values() has to say which values the kind of {setting.key} takes")


configurations = st.fixed_dictionaries({}, optional={key: values(one) for key, one in KNOWN.items()})


@settings(max_examples=1_000)
@given(configurations)
def test_what_was_exported_is_imported_as_it_was(chosen: dict[str, Any]) -> None:
    imported = portable.read(portable.export(chosen, KNOWN), KNOWN, BOT_ID, CHAT_ID)
    assert dict(imported.values) == chosen
    assert not imported.unknown
    assert not imported.refused


def test_a_file_of_the_version_before_is_brought_up() -> None:
    assert dict(portable.read(b'{"goodbye": true}', KNOWN, BOT_ID, CHAT_ID).values) == {"goodbye": True}


def test_every_older_version_has_a_step_to_the_next() -> None:
    assert sorted(portable.STEPS) == list(range(portable.SCHEMA_VERSION))


@settings(max_examples=500)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_rubbish_is_at_worst_refused(data: bytes) -> None:
    with suppress(Refused):
        portable.read(data, KNOWN, BOT_ID, CHAT_ID)


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (b"", "not a settings file"),
        (b"Shopping: milk, eggs", "not a settings file"),
        (b"{", "line 1"),
        (b'{"schema": 1,\n"settings": {\n"goodbye": tru}}', "line 3"),
        (b"[]", "not a settings file"),
        (b'{"name": "a package", "version": 1}', "not a settings file"),
        (b'{"schema": 1}', "not a settings file"),
        (b'{"schema": 1, "settings": []}', "not a settings file"),
        (b'{"schema": true, "settings": {}}', "not a settings file"),
        (b'{"schema": -1, "settings": {}}', "not a settings file"),
        (b'{"schema": 99, "settings": {}}', "newer version"),
        (b'{"schema": 1, "settings": {"goodbye": true, "goodbye": false}}', "twice"),
        (b'{"schema": 1, "settings": {"goodbye": NaN}}', "not a settings file"),
        (b"[" * 100_000, "not a settings file"),
        (b'{"schema": ' + b"9" * 5_000 + b"}", "not a settings file"),
        (b"\xff\xfe", "UTF-8"),
        (b" " * (portable.MOST_BYTES + 1), "too large"),
    ],
)
def test_a_hostile_file_is_refused_with_what_is_wrong(file: bytes, says: str) -> None:
    with pytest.raises(Refused) as caught:
        portable.read(file, KNOWN, BOT_ID, CHAT_ID)
    assert says in caught.value.message.format_map(caught.value.values)


def test_what_cannot_be_set_is_named_with_its_line() -> None:
    file = '{\n "schema": 1,\n "settings": {\n  "welcome": "loud",\n  "rules_text": "\\ud800",\n  "new": 1\n }\n}'
    imported = portable.read(file.encode(), KNOWN, BOT_ID, CHAT_ID)
    assert imported.unknown == ("new",)
    assert {key: line for key, (line, _) in imported.refused.items()} == {"welcome": 4, "rules_text": 5}


def test_an_export_leaves_out_what_todays_code_does_not_know_or_refuses() -> None:
    exported = json.loads(portable.export({"goodbye": "perhaps", "old_setting": 1, "welcome": "off"}, KNOWN))
    assert exported == {"schema": portable.SCHEMA_VERSION, "settings": {"welcome": "off"}}


def test_the_published_schema_is_that_of_the_code() -> None:
    """`make schema` writes it."""
    assert json.loads(PUBLISHED.read_text()) == portable.json_schema()
