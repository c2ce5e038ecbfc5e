"""Filling placeholders."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.kinds import markup
from bot.kinds.filling import Filling, cut, fill, safe_name
from bot.kinds.text import MOST_IN_CAPTION, MOST_IN_MESSAGE
from bot.words import Html, escape

NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200)


def mention(name: str) -> Filling:
    return Filling(name, Html(f'<a href="tg://user?id=1">{escape(name)}</a>'))


def test_a_name_full_of_markup_is_shown_and_not_obeyed() -> None:
    assert fill("Hi {name}!", {"name": Filling("<b>&{chat}")}) == "Hi &lt;b&gt;&amp;{chat}!"


def test_formatting_of_a_value_is_kept_where_it_fits() -> None:
    assert fill("Hi {mention}!", {"mention": mention("Ann")}) == 'Hi <a href="tg://user?id=1">Ann</a>!'


def test_a_place_inside_a_tag_gets_the_plain_value() -> None:
    filled = fill('<a href="https://example.org/{mention}">you</a>', {"mention": mention('A"n')})
    assert filled == '<a href="https://example.org/A&quot;n">you</a>'


def test_unknown_places_and_lone_braces_stay() -> None:
    assert fill("{what} { } {name", {"name": Filling("Ann")}) == "{what} { } {name"


def test_too_much_shortens_the_values_and_never_the_text() -> None:
    text = f"{'x' * 1_988}{{name}}{{name}}"
    filled = fill(text, {"name": Filling("y" * 3_000)})
    assert filled.startswith("x" * 1_988)
    assert filled.endswith("…")
    assert markup.utf16_length(filled) <= MOST_IN_MESSAGE


def test_the_worst_text_that_can_be_stored_still_fits() -> None:
    for limit in (MOST_IN_MESSAGE, MOST_IN_CAPTION):
        most = limit // len("{name}")
        filled = fill("{name}" * most, {"name": Filling("😀" * 128)}, limit)
        assert markup.utf16_length(filled) <= limit
        assert filled.count("…") == most


def test_so_many_links_as_fit_into_a_text_fit_into_a_row_of_the_outbox() -> None:
    five = Html(" ".join(mention("Ann & Ben").html or "" for _ in range(5)))
    filled = fill("{mention}" * 455, {"mention": Filling("Ann & Ben " * 5, five)})
    assert len(filled.encode()) <= 20_000


def test_a_name_is_cut_between_signs_and_not_inside_one() -> None:
    assert cut("😀😀😀", 4) == "😀…"
    assert cut("abc", 3) == "abc"


def test_a_name_stands_on_one_line_and_cannot_turn_the_text_around() -> None:
    assert safe_name(" Ann\n\u202eB\u2066ob ") == "Ann B ob"
    assert safe_name("\xa0 Ann\xa0\xa0Bob\xa0") == "Ann Bob"
    assert safe_name("1\xa0h") == "1\xa0h", "a length of time does not break"


def test_a_name_cannot_build_towers_of_accents() -> None:
    assert safe_name("Z" + "\u0334\u0301\u030d" * 30 + "oe\u0308") == "Z\u0334\u0301oe\u0308"
    for name in ("Nguyễn Văn Ế", "हिन्दी", "กำลัง", "Ève"):
        assert safe_name(name) == name


def test_a_name_from_right_to_left_keeps_to_itself() -> None:
    isolated = safe_name("\u05d3\u05e0\u05d4")
    assert isolated == "\u2068\u05d3\u05e0\u05d4\u2069"
    assert safe_name(isolated) == isolated


@given(name=NAMES, title=NAMES, times=st.integers(0, 150))
def test_whatever_the_names_are_telegram_takes_the_result(name: str, title: str, times: int) -> None:
    text = "<b>Hi</b> {mention} in <i>{chat}</i> " * times
    filled = fill(text[: text.rfind(">") + 1], {"mention": mention(name), "chat": Filling(title)})
    assert markup.visible_length(filled) <= MOST_IN_MESSAGE
