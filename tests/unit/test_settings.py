"""Every declared setting is complete. Whoever adds a field reads here what is still missing."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Annotated, Any, get_args

import pytest
from aiogram.types import ChatAdministratorRights
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import bot
from bot.errors import Refused
from bot.features.settings.commands import SUBCOMMANDS
from bot.kinds import Buttons, Choice, Duration, Language, Media, Number, Section, Setting, Text, Value
from bot.naming import nearest
from bot.settings import ChatConfig, declared, settings, visible_settings
from bot.telegram.bot_rights import RIGHT_NAMES
from bot.words import Words

BOT = Path(bot.__file__).parent
TEMPLATE = (BOT / "locales" / "bot.pot").read_text(encoding="utf-8")
EVERY = pytest.mark.parametrize("setting", settings().values(), ids=list(settings()))


def refusal(setting: Setting, value: Value, words: Words) -> str:
    """What a person would be told who chose this value; empty where it is accepted."""
    try:
        setting.kind.check(value)
    except Refused as refused:
        return words.plain(refused.message, **refused.values)
    return ""


@EVERY
def test_a_setting_has_a_key_that_fits_into_buttons_commands_and_the_database(setting: Setting) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", setting.key), f"{setting.key}: keys are snake_case"
    assert len(setting.key) <= 32, f"{setting.key}: keys have at most 32 characters"
    assert setting.key not in SUBCOMMANDS, f"/settings {setting.key} is a command already"
    assert setting.key not in {section.code for section in Section}, f"{setting.key} is the code of a section"
    assert not hasattr(dict, setting.key)


@EVERY
def test_a_setting_has_a_title_and_a_help_sentence_that_can_be_translated(setting: Setting) -> None:
    sentences = {setting.about(private=False), setting.about(private=True)}
    for text in (setting.title, *sentences):
        assert text.strip() == text != "", f"{setting.key} needs a title and a help sentence"
        assert f'msgid "{text}"' in re.sub(r'"\n"', "", TEMPLATE), (
            f"{setting.key}: mark {text!r} with N_, then make words"
        )
    assert len(setting.title) <= 24, f"{setting.key}: the title has to fit on a button"
    assert setting.title[0].isupper()
    assert not setting.title.endswith(".")
    for sentence in sentences:
        assert sentence[0].isupper(), f"{setting.key}: the help is a sentence"
        assert sentence.endswith("."), f"{setting.key}: the help is a sentence"


@EVERY
def test_the_labels_of_a_choice_are_its_values_and_can_be_translated(setting: Setting) -> None:
    if not isinstance(setting.kind, Choice):
        return
    if isinstance(setting.kind, Language):
        return  # named by their catalogues
    values = get_args(ChatConfig.model_fields[setting.key].annotation)
    assert values == tuple(setting.kind.labels), f"{setting.key}: the Literal and the labels list the same values"
    for value, label in setting.kind.labels.items():
        assert f'msgid "{label}"' in TEMPLATE, f"{setting.key}: mark the label of {value!r} with N_"
        assert re.fullmatch(r"[a-z]+", value), f"{setting.key}: {value!r} has to be typed by people"


@EVERY
def test_a_setting_has_a_default_that_it_accepts_itself(setting: Setting, words: Words) -> None:
    parsed = setting.kind.parse(setting.kind.example, words)
    assert type(setting.default) is type(parsed), f"{setting.key}: the default is of another type"
    if setting.default == "":
        assert isinstance(setting.kind, Text | Media | Buttons), (
            f'{setting.key}: "" is no value of its kind; if none is chosen by it, list the kind here'
        )
    else:
        assert refusal(setting, setting.default, words) == "", f"{setting.key} refuses its own default"
        assert setting.kind.check(setting.default) == setting.default
        assert ChatConfig.model_validate({setting.key: setting.default}) == ChatConfig()


@EVERY
def test_a_setting_can_be_typed_checked_stored_and_said(setting: Setting, words: Words) -> None:
    kind = setting.kind
    example = kind.parse(kind.example, words)
    assert kind.check(example) == example, f"{setting.key}: the example is changed"
    assert kind.show(example, words), f"{setting.key}: the example cannot be said"
    assert kind.accepts(words), f"{setting.key}: people have to be told what is accepted"
    assert len(kind.accepts(words)) < 300
    config, refused = ChatConfig.tolerant(json.loads(json.dumps({setting.key: example})))
    assert refused == (), f"{setting.key}: what stands before Setting(...) is not the type of what its kind takes"
    assert getattr(config, setting.key) == example
    assert isinstance(setting.show(setting.default, words), str)


@EVERY
def test_every_preset_is_accepted_said_briefly_and_unlike_the_others(setting: Setting, words: Words) -> None:
    presets = setting.kind.presets()
    assert presets or setting.kind.typed, f"{setting.key} has no way to be changed in the menu"
    for value in presets:
        assert refusal(setting, value, words) == "", f"{setting.key} refuses its own preset {value!r}"
        assert setting.kind.check(value) == value
    said = [setting.show(value, words) for value in presets]
    assert all(0 < len(one) <= 40 for one in said), f"{setting.key}: {said} have to fit on buttons"
    assert len(set(said)) == len(said)


@EVERY
def test_the_json_schema_of_a_setting_names_its_type_or_alternatives(setting: Setting) -> None:
    schema = setting.kind.json_schema()
    assert {"type", "anyOf"} & schema.keys(), f"{setting.key} has no JSON Schema"
    json.dumps(schema)


@EVERY
def test_a_right_a_setting_needs_is_one_of_telegram_s_and_has_a_name_for_people(setting: Setting) -> None:
    if setting.needs is not None:
        known = setting.needs in ChatAdministratorRights.model_fields
        assert known, f"{setting.key}: Telegram has no right {setting.needs}"
        assert setting.needs in RIGHT_NAMES, (
            f"{setting.key}: bot/telegram/bot_rights.py has no name for {setting.needs}"
        )


@EVERY
def test_a_number_or_a_text_has_limits(setting: Setting) -> None:
    match setting.kind:
        case Number(low, high) | Duration(low, high):
            assert low < high, f"{setting.key}: the limits are the lower one and the higher one"
        case Text(limit):
            assert 0 < limit <= 4_096, f"{setting.key} has to fit into a message"


def test_titles_are_told_apart(words: Words) -> None:
    titles = [words.plain(one.title).casefold() for one in settings().values()]
    assert len(set(titles)) == len(titles)


def test_every_section_has_settings_and_its_code_fits_into_a_button() -> None:
    for section in Section:
        assert any(one.section is section for one in settings().values()), f"the section {section.title} is empty"
        assert re.fullmatch(r"[a-z]{1,32}", section.code)
    assert len({section.code for section in Section}) == len(Section)


def test_settings_are_in_the_order_of_their_sections_wherever_they_are_declared() -> None:
    order = [one.section for one in settings().values()]
    assert order == sorted(order, key=list(Section).index)


COLOUR = Setting(section=Section.RULES, title="Colour", help="It is seen.", kind=Text(20))


def test_a_field_without_a_description_or_a_default_is_named() -> None:
    class Undescribed(ChatConfig):
        colour: str = "red"

    class WithoutDefault(ChatConfig):
        colour: Annotated[str, COLOUR]

    for model in (Undescribed, WithoutDefault):
        with pytest.raises(TypeError, match="needs a description and a default: colour: "):
            declared(model)


def test_a_key_that_two_settings_have_is_named() -> None:
    class Twice(ChatConfig):
        rules_text: Annotated[str, COLOUR] = ""

    with pytest.raises(TypeError, match="two settings have the key rules_text"):
        declared(Twice)


def test_private_chats_see_only_what_makes_sense_there() -> None:
    assert visible_settings(private=True).keys() < visible_settings(private=False).keys()
    assert all(one.private and one.shown for one in visible_settings(private=True).values())


def test_no_other_place_lists_the_settings() -> None:
    """A key stands as a string where its effect needs it, never two of one file in a row of their own."""
    for file in sorted(BOT.rglob("*.py")):
        if file.parent == BOT / "settings":
            continue
        keys = {
            node.value
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and node.value in settings().keys() - {"welcome", "goodbye", "language"}
        }
        assert len(keys) <= 4, f"{file.relative_to(BOT)} lists settings: {sorted(map(str, keys))}"
        assert not keys or "features" in file.parts or "telegram" in file.parts, f"{file} names {keys}"


def test_one_module_changes_settings_for_people() -> None:
    """It also draws the fresh view and announces the change; whoever went past it could forget that."""
    writes = re.compile(r"\bconfigs\.(change|undo|reset)\(")
    found = {file.name for file in (BOT / "features").rglob("*.py") if writes.search(file.read_text(encoding="utf-8"))}
    assert found == {"changing.py"}


def test_the_configuration_is_frozen() -> None:
    with pytest.raises(ValidationError):
        ChatConfig().welcome = "off"  # type: ignore[misc]


RUBBISH: list[dict[str, Any]] = [
    {"welcome": "sometimes"},
    {"welcome": True},
    {"goodbye": "on"},
    {"goodbye": 1},
    {"goodbye": None},
    {"welcome_delete_after": 3},
    {"welcome_delete_after": "60"},
    {"welcome_delete_after": 60.0},
    {"welcome_text": "<b>"},
    {"welcome_text": "a\x00"},
    {"welcome_text": "{nobody}"},
    {"welcome_text": ["Hi"]},
    {"timezone": "Mars/Olympus"},
    {"quiet_hours": "25:00-07:00"},
    {"language": "tlh"},
]


@pytest.mark.parametrize("stored", RUBBISH, ids=str)
def test_a_stored_value_that_is_refused_becomes_the_default_and_spoils_no_other(stored: dict[str, Any]) -> None:
    config, refused = ChatConfig.tolerant({"clean_joins": True, "of_the_future": [1], **stored})
    assert refused == tuple(stored)
    assert config == ChatConfig(clean_joins=True)


@given(
    st.dictionaries(
        st.sampled_from([*settings(), "unknown", ""]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
            max_leaves=3,
        ),
    )
)
def test_reading_never_fails_whatever_is_stored(stored: dict[str, Any]) -> None:
    config, refused = ChatConfig.tolerant(stored)
    assert set(refused) <= stored.keys() & settings().keys()
    for key, value in stored.items():
        if key in settings() and key not in refused:
            assert getattr(config, key) == value


def test_a_text_that_was_stored_empty_is_read_as_the_default() -> None:
    config, refused = ChatConfig.tolerant({"rules_text": ""})
    assert config.rules_text == ""
    assert refused == ("rules_text",)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("welcom", "welcome"),
        ("wellcome_text", "welcome_text"),
        ("clean-join", "clean_joins"),
        ("time zone", "timezone"),
        ("zone", "timezone"),
        ("GOODBY", "goodbye"),
        ("pins", "clean_pins"),
    ],
)
def test_a_mistyped_key_is_answered_with_the_nearest(typed: str, expected: str, words: Words) -> None:
    assert expected in nearest(typed, settings(), words)


@pytest.mark.parametrize("typed", ["histroy", "hist", "UNDOO"])
def test_a_mistyped_subcommand_is_answered_with_the_nearest(typed: str, words: Words) -> None:
    assert {"history", "undo"} & set(nearest(typed, settings(), words, others=SUBCOMMANDS))


@pytest.mark.parametrize("typed", ["", " ", "xyzzy", "\x00", "\ud800", "x" * 5_000])
def test_nothing_is_near_to_rubbish(typed: str, words: Words) -> None:
    assert nearest(typed, settings(), words) == []


def test_a_value_refused_by_its_kind_says_so_through_pydantic() -> None:
    with pytest.raises(ValidationError, match="It has to be a length of time"):
        ChatConfig(welcome_delete_after=1)
    with pytest.raises(Refused):
        settings()["welcome_delete_after"].kind.check(1)
