from __future__ import annotations

from string import ascii_letters

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Refused
from bot.kinds import Choice, Duration, Section, Setting, Switch, Value
from bot.settings import settings
from bot.telegram import callback_data as presses
from bot.telegram.callback_data import (
    MOST_BYTES,
    SURE,
    Action,
    Press,
    from_base36,
    packed_revisions,
    revisions_in,
    to_base36,
)

# https://core.telegram.org/bots/api#chat: ids have at most 52 significant bits; those of supergroups begin with -100.
FARTHEST = -(2**52)
LATEST = 36**9 - 1

chat_ids = st.integers(FARTHEST, 2**52)
presses_made = st.builds(
    Press,
    st.sampled_from(ascii_letters),
    chat_ids,
    st.integers(0, 10**9),
    st.sampled_from(["", *settings()]),
    st.from_regex(r"[A-Za-z0-9_/+:\-]{0,10}", fullmatch=True),
)


@given(presses_made)
def test_what_is_packed_is_unpacked_again(press: Press) -> None:
    assert Press.unpack(press.pack()) == press


@given(st.integers(-(10**18), 10**18))
def test_numbers_survive_their_short_form(number: int) -> None:
    assert from_base36(to_base36(number)) == number


@given(st.text(st.characters(codec=None), max_size=80) | st.none() | st.from_regex(presses._LAYOUT, fullmatch=True))
def test_unpacking_hostile_data_refuses_or_yields_what_packs_to_the_same_meaning(data: str | None) -> None:
    try:
        press = Press.unpack(data)
    except Refused:
        return
    assert abs(press.chat_id) < 2**63, "PostgreSQL's bigint takes it"
    assert 0 <= press.revision < 2**63
    assert len(press.key) <= 32


@pytest.mark.parametrize(
    "data",
    [
        None, "", "1", "1v", "1v|welcome|off|0", "0v|welcome|off|0|1", "2v|welcome|off|0|1", "1%|welcome|off|0|1",
        "1v|welcome|off|0|1|", "1v|welcome|off|-1|1", "1v|welcome|o ff|0|1", "1v|welcome|off|0|1\n", "1v|w\x00|off|0|1",
        "1v|wélcome|off|0|1", "1v|welcome|off|٣|1", f"1v|welcome|off|0|{'z' * 13}", f"1v|{'k' * 33}||0|1",
    ],
)  # fmt: skip
def test_truncated_forged_or_foreign_data_is_refused(data: str | None) -> None:
    with pytest.raises(Refused, match="not from this version"):
        Press.unpack(data)


def test_data_of_another_version_is_refused() -> None:
    packed = Press("v", -100, 3, "welcome", "off").pack()
    assert packed[0] == presses.VERSION
    with pytest.raises(Refused):
        Press.unpack("2" + packed[1:])


def buttons_of(setting: Setting) -> list[tuple[Action, str]]:
    """What a screen can put on a button about this setting: (action, value)."""
    actions = [Action.EDITOR, Action.TYPE, Action.DEFAULT, Action.CANCEL]
    return [(action, "") for action in actions] + [
        (Action.SET, setting.kind.pack(value)) for value in (*setting.kind.presets(), *values_of(setting))
    ]


def values_of(setting: Setting) -> list[Value]:
    match setting.kind:
        case Switch():
            return [True, False]
        case Duration(_, high):
            return [0, high]
        case Choice(labels):
            return list(labels)
    return []


@pytest.mark.parametrize("setting", settings().values(), ids=list(settings()))
def test_every_button_of_a_setting_fits_for_the_farthest_chat_and_the_latest_revision(setting: Setting) -> None:
    for action, value in buttons_of(setting):
        packed = Press(action, FARTHEST, LATEST, setting.key, value).pack()
        assert len(packed.encode()) <= MOST_BYTES
        assert Press.unpack(packed).value == value


def test_every_button_of_a_section_a_page_of_history_and_an_undo_fits() -> None:
    for section in Section:
        Press(Action.SECTION, FARTHEST, LATEST, section.code).pack()
    Press(Action.REVERT, FARTHEST, LATEST, value=str(LATEST)).pack()
    for key in ("", *settings()):
        for action in (Action.HISTORY, Action.UNDO):
            packed = Press(action, FARTHEST, 0, key, packed_revisions(LATEST, LATEST - 1)).pack()
            assert revisions_in(Press.unpack(packed)) == (LATEST, LATEST - 1)
        for action in (Action.TAKE_BACK, Action.MAKE_AGAIN):
            packed = Press(action, FARTHEST, LATEST, key, packed_revisions(LATEST) + SURE).pack()
            assert revisions_in(Press.unpack(packed.replace(SURE, ""))) == (LATEST, None)
    Press(Action.COPY_FROM, FARTHEST, LATEST, value=to_base36(FARTHEST)).pack()


@pytest.mark.parametrize("value", ["12", "12:7", "1f", "", "1/2/3", "-1/", "/", "1" * 10 + "/"])
def test_revisions_of_an_older_release_s_button_are_not_taken_for_others(value: str) -> None:
    with pytest.raises(Refused):
        revisions_in(Press(Action.UNDO, 1, value=value))


def test_what_does_not_fit_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        Press("v", FARTHEST, LATEST, "k" * 32, "v" * 30).pack()
    with pytest.raises(ValueError, match="does not fit"):
        Press("v", 1, 0, "welcome", "two words").pack()


@pytest.mark.parametrize("setting", settings().values(), ids=list(settings()))
def test_a_button_s_value_comes_back_as_it_was(setting: Setting) -> None:
    for value in setting.kind.presets():
        back = setting.kind.unpack(setting.kind.pack(value))
        assert back == value
        assert type(back) is type(value)


@pytest.mark.parametrize("setting", settings().values(), ids=list(settings()))
@pytest.mark.parametrize("packed", ["", "2", "true", "-1", "9" * 18, "٣", "maybe", "__class__"])
def test_a_forged_value_is_checked_like_a_typed_one(setting: Setting, packed: str) -> None:
    try:
        value = setting.kind.unpack(packed)
    except Refused:
        return
    assert setting.kind.check(value) == value


def test_every_action_is_one_letter() -> None:
    assert all(len(action) == 1 and action in ascii_letters for action in Action)
