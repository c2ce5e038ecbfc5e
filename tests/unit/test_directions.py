"""In a language that runs from right to left every line does, and what is put into one stays in its place."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from hypothesis import given
from hypothesis import strategies as st

from bot.kinds import Text, markup
from bot.words import NAMES, Catalogues, Html, Words, day_in_words, moment_in_words, without_marks
from bot.words.directions import isolated, led, runs_right_to_left, with_commands

LTR, RTL, FSI, PDI = "\u200e", "\u200f", "\u2068", "\u2069"
SAID = {
    NAMES: "فارسی",
    "Hello, {name}.": "سلام، {name}.",
    "{title}: {value} ›": "{title}: {value} ›",
    "/settings opens the menu.": "/settings منو را باز می‌کند.",
    "Send /rules, or <code>/settings KEY</code>.": "/rules یا <code>/settings نام</code> را بفرست.",
    "⚙️ <b>{chat}</b>": "⚙️ <b>{chat}</b>",
    "Hello {name}!": "سلام {name}!",
    "May": "مه",
    "{date}, {time}": "{date}، {time}",
    ", ": "، ",
}


@pytest.fixture
def persian(tmp_path: Path) -> Words:
    catalogue = Catalog(locale="fa")
    for message, translation in SAID.items():
        catalogue.add(message, translation)
    catalogue.add(("{n} change", "{n} changes"), ("{n} تغییر",))
    file = tmp_path / "fa" / "LC_MESSAGES" / "bot.mo"
    file.parent.mkdir(parents=True)
    with file.open("wb") as opened:
        write_mo(opened, catalogue)
    return Catalogues(tmp_path).words("fa")


def test_a_language_runs_as_the_script_of_its_name_does(persian: Words, words: Words) -> None:
    assert persian.right_to_left
    assert not words.right_to_left


@pytest.mark.parametrize("name", ["Bob (admin)", "Анна", "23:00–07:00", "!", "Ali علی", "<b>"])
def test_a_name_in_another_script_is_isolated_from_the_sentence(name: str, persian: Words) -> None:
    assert persian.plain("Hello, {name}.", name=name) == f"سلام، {FSI}{name}{PDI}."


@pytest.mark.parametrize("name", ["علی", "علی رضا", "12", 12, "", f"{FSI}Bob{PDI}"])
def test_what_disarranges_nothing_stays_as_it_is(name: object, persian: Words) -> None:
    assert persian.plain("Hello, {name}.", name=name) == f"سلام، {name}."


def test_formatting_is_isolated_with_its_tags(persian: Words) -> None:
    assert persian("Hello, {name}.", name=Html("<b>Bob</b>")) == f"سلام، {FSI}<b>Bob</b>{PDI}."


def test_a_line_that_begins_with_something_else_runs_to_the_left_all_the_same(persian: Words) -> None:
    assert persian.plain("{title}: {value} ›", title="Rules", value="on").startswith(RTL)
    assert persian("⚙️ <b>{chat}</b>", chat="Club").startswith(RTL)
    assert persian.count("{n} change", "{n} changes", 3) == "3 تغییر"


def test_a_command_keeps_its_stroke_and_can_be_copied_as_it_is(persian: Words) -> None:
    assert persian("/settings opens the menu.") == f"{RTL}{LTR}/settings منو را باز می‌کند."
    said = persian("Send /rules, or <code>/settings KEY</code>.")
    assert f"{LTR}/rules " in said
    assert f"{LTR}<code>/settings نام</code>" in said


def test_lines_without_a_word_of_the_language_stay_as_they_are() -> None:
    for line in (
        "<code>/settings goodbye</code>",
        "Europe/Berlin",
        "",
        "•",
        "<pre>/settings goodbye\n/settings rules</pre>",
    ):
        assert led(line) == line


def test_blocks_of_code_are_never_touched() -> None:
    block = "<pre>/settings rules_text سلام\n12 سلام\n/settings goodbye</pre>"
    assert with_commands(block) == block
    assert led(f"{block}\nBob سلام") == f"{block}\n{RTL}Bob سلام"


@pytest.mark.parametrize(
    "line", ["12. 2026", "Bob, در منو", f"{FSI}Bob{PDI}، در منو", "<code>goodbye</code> – خداحافظی", "• Bob: سلام"]
)
def test_lines_that_are_put_together_run_to_the_left(line: str, persian: Words, words: Words) -> None:
    assert persian.led(Html(line)) == f"{RTL}{line}"
    assert words.led(Html(line)) == line


def test_lines_that_are_put_together_keep_the_strokes_of_their_commands(persian: Words) -> None:
    assert persian.led(Html("/settings undo – برگرداندن")) == f"{RTL}{LTR}/settings undo – برگرداندن"
    assert persian.led(Html("<b>/settings</b> منو")) == f"{RTL}<b>{LTR}/settings</b> منو"


def test_an_example_to_copy_has_no_invisible_characters(persian: Words) -> None:
    assert Text(200, ("name",)).example_in(persian) == "سلام {name}!"


def test_lists_and_dates_have_the_form_of_the_language(persian: Words, words: Words) -> None:
    at = datetime(2026, 5, 3, 14, 5, tzinfo=UTC)
    assert persian.joined(["الف", "ب"]) == "الف، ب"
    assert words.joined(["a", "b"]) == "a, b"
    assert without_marks(day_in_words(at, persian)) == "3 مه 2026"
    assert without_marks(moment_in_words(at, persian)) == "3 مه 2026، 14:05"
    assert moment_in_words(at, words) == "3 May 2026, 14:05"


@pytest.mark.parametrize(
    ("language", "n", "said"),
    [
        ("en", 7, "7"),
        ("en", 999, "999"),
        ("en", 4_096, "4,096"),
        ("en", -1_234_567, "-1,234,567"),
        ("de", 4_096, "4.096"),
        ("ru", 12_345, "12\u00a0345"),
        ("hi", 1_234_567, "12,34,567"),
        ("hi", 123_456_789, "12,34,56,789"),
    ],
)
def test_large_numbers_have_their_digits_in_groups(language: str, n: int, said: str) -> None:
    catalogues = Catalogues()
    if language not in catalogues.languages:
        pytest.skip("there is no such catalogue")
    assert catalogues.words(language).number(n) == said


pieces = st.lists(
    st.sampled_from(["سلام", "Bob", "12", "/settings", "\n", " ", "«", "<b>x</b>", "&amp;", "⚙️", FSI, PDI])
)


@given(pieces=pieces)
def test_directing_adds_marks_only_and_once(pieces: list[str]) -> None:
    text = "".join(pieces)
    for directed in (led(text), with_commands(text), isolated(text)):
        assert without_marks(directed) == without_marks(text)
    assert with_commands(with_commands(text)) == with_commands(text)
    assert led(led(text)) == led(text)
    assert markup.visible(led(text)).count("\n") == markup.visible(text).count("\n")
    assert isolated(isolated(text)) == isolated(text) or runs_right_to_left(text) or FSI in text or "\n" in text
