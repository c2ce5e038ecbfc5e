"""Link buttons: how people write them, what is refused, and where a press moves one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Refused
from bot.features.settings.menu.button_editor import moved
from bot.kinds import buttons
from bot.kinds.buttons import Buttons, LinkButton, Rows, taken_out
from bot.words import Words

SHOP, HELP = LinkButton("Shop", "https://example.org"), LinkButton("Help", "https://t.me/help")

UNDERSTOOD: list[tuple[str, Rows]] = [
    ("Shop - https://example.org", ((SHOP,),)),
    ("Shop - example.org\nHelp - t.me/help", ((SHOP,), (HELP,))),
    ("Shop - example.org && Help - t.me/help", ((SHOP, HELP),)),
    ("Shop – example.org | Help — t.me/help", ((SHOP, HELP),)),
    ("Shop - example.org|Help - t.me/help", ((SHOP, HELP),)),
    ("[Shop](buttonurl://https://example.org)\n[Help](buttonurl://t.me/help:same)", ((SHOP, HELP),)),
    ("[Shop](buttonurl:example.org)[Help](BUTTONURL://t.me/help)", ((SHOP,), (HELP,))),
    ("R&D - B - x.org/?a=1&&b=2", ((LinkButton("R&D - B", "https://x.org/?a=1&&b=2"),),)),
    ("Go - tg://resolve?domain=x", ((LinkButton("Go", "tg://resolve?domain=x"),),)),
]
REFUSED = [
    ("Shop", "a hyphen and a link"),
    ("Shop https://example.org", "a hyphen and a link"),
    ("Hello [Shop](buttonurl://example.org)", "a hyphen and a link"),
    ("Shop - javascript:alert(1)", "no link"),
    ("Shop - JavaScript://example.org/%0aalert(1)", "no link"),
    ("Shop - data:text/html,x", "no link"),
    ("Shop - http://localhost/", "no link"),
    ("Shop - https://telegram.org@evil.com", "no link"),
    ("Shop - tg://user?id=1", "no link"),
    ("Shop - https://example.org/<b>", "no link"),
    (f"Shop - https://example.org/{'x' * 512}", "no link"),
    (f"{'x' * 41} - example.org", "1 to {limit} characters"),
    ("\n".join(["A - x.org"] * 4), "At most {rows} rows"),
    (" && ".join(["A - x.org"] * 5), "At most {rows} rows"),
    ("A\x00B - x.org", "characters in it"),
]


@pytest.mark.parametrize(("typed", "rows"), UNDERSTOOD)
def test_buttons_are_understood_as_people_know_them_from_other_bots(typed: str, rows: Rows, words: Words) -> None:
    value = Buttons().parse(typed, words)
    assert buttons.read(str(value)) == rows
    assert Buttons().check(value) == value


@pytest.mark.parametrize(("typed", "reason"), REFUSED)
def test_what_telegram_would_not_take_or_could_deceive_is_refused(typed: str, reason: str, words: Words) -> None:
    with pytest.raises(Refused) as refused:
        Buttons().parse(typed, words)
    assert reason in refused.value.message


def test_buttons_in_a_text_are_taken_out_of_it() -> None:
    text = "<b>Hi</b> {name}!\n[A &amp; B](buttonurl://https://x.org/?a=1&amp;b=2)\n\n\n<i>Bye</i> [C](buttonurl://y.org:same)"
    rest, rows = taken_out(text)
    assert rest == "<b>Hi</b> {name}!\n\n<i>Bye</i>"
    assert rows == ((LinkButton("A & B", "https://x.org/?a=1&b=2"), LinkButton("C", "https://y.org")),)


def test_a_link_that_the_app_made_of_a_button_is_one() -> None:
    assert taken_out('Hi <a href="buttonurl://t.me/help">Help</a>') == ("Hi", ((HELP,),))


@pytest.mark.parametrize(
    "text", ["[Shop](https://example.org)", "[Shop] (buttonurl://x.org)", "a [b] c", "[](buttonurl://)"]
)
def test_other_brackets_stay_text(text: str) -> None:
    assert taken_out(text) == (text, ())


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8"), max_size=45), max_size=4).map(
            lambda labels: tuple(LinkButton(label, "https://t.me/x") for label in labels)
        ),
        max_size=3,
    )
)
def test_what_is_stored_is_read_as_it_was_or_refused(rows: list[tuple[LinkButton, ...]]) -> None:
    kept = tuple(row for row in rows if row)
    try:
        value = buttons.stored(rows)
        Buttons().check(value)
    except Refused:
        return
    if all(one.label == " ".join(one.label.split()) and " - " not in one.label for row in kept for one in row):
        assert buttons.read(value) == kept


def letters(rows: Rows) -> str:
    return " ".join("".join(one.label for one in row) for row in rows)


@pytest.mark.parametrize(
    ("before", "place", "move", "after"),
    [
        ("AB C", (0, 0), "right", "BA C"),
        ("AB C", (0, 1), "left", "BA C"),
        ("AB C", (0, 0), "left", "AB C"),
        ("AB C", (0, 0), "down", "B A C"),
        ("AB C", (0, 0), "up", "A B C"),
        ("A B C", (0, 0), "down", "BA C"),
        ("A B C", (2, 0), "up", "A BC"),
        ("A B C", (0, 0), "up", "A B C"),
        ("A", (0, 0), "down", "A"),
        ("AB C D", (0, 0), "down", "AB C D"),
        ("ABCD E", (1, 0), "up", "ABCD E"),
        ("AB C", (1, 0), "remove", "AB"),
        ("A", (0, 0), "remove", ""),
    ],
)
def test_a_button_is_moved_and_removed(before: str, place: tuple[int, int], move: str, after: str) -> None:
    rows = tuple(tuple(LinkButton(letter, "https://t.me/x") for letter in row) for row in before.split())
    assert letters(moved(rows, *place, move)) == after
