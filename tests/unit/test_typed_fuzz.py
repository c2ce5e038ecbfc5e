"""Random edits of what people type: whatever is set in spite of them is what was typed, and the answer names it."""

from __future__ import annotations

import re

import pytest
from aiogram.types import User
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Refused
from bot.features.settings.menu.editors import saved
from bot.features.settings.view import View
from bot.kinds import Value, markup
from bot.settings import ChatConfig, settings
from bot.storage.configs.revisions import Stored
from bot.words import Catalogues
from tests.unit.test_typed_table import REFUSED, SETS_IN_ANY_LANGUAGE, SETS_IN_GERMAN, understood

CATALOGUES = Catalogues()
VALID = [text for text, _, _ in (*SETS_IN_ANY_LANGUAGE, *SETS_IN_GERMAN)] + REFUSED
LETTERS = "aeiostnrlwgcyonf_ -=:\n0123456789.,“”\"'{}/<>ßü\u200b"


@st.composite
def edited(draw: st.DrawFn) -> str:
    """A command of the table with one to four mistakes."""
    text = draw(st.sampled_from(VALID))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        letter = draw(st.sampled_from(LETTERS))
        words = text.split(" ")
        text = draw(
            st.sampled_from(
                [
                    text[:at] + text[at + 1 :],
                    text[:at] + letter + text[at:],
                    text[:at] + letter + text[at + 1 :],
                    text[:at] + text[at : at + 2][::-1] + text[at + 2 :],
                    " ".join(word for number, word in enumerate(words) if number != at % len(words)),
                    " ".join(reversed(words)),
                    f"{text} {draw(st.sampled_from(VALID)).split()[-1]}",
                ]
            )
        )
    return text


def view_of(language: str, chosen: dict[str, Value]) -> View:
    stored = Stored(-1, 1, chosen, ChatConfig.model_validate(chosen), None, None)
    person = User(id=1, is_bot=False, first_name="Anna")
    return View(stored, CATALOGUES.words(language), "Club", person, editable=True)


def letters(text: str) -> list[str]:
    return sorted(re.findall(r"[^\W_]+", text.casefold()))


@pytest.mark.proof
@given(edited(), st.sampled_from(CATALOGUES.languages))
def test_what_is_set_was_typed_and_is_named_by_the_answer(text: str, language: str) -> None:
    try:
        key, value = understood(text, language)
    except Refused:
        return
    setting, words = settings()[key], CATALOGUES.words(language)
    names = [letters(name) for name in (key, setting.title, words.plain(setting.title))]
    begins = [letters(text[:end]) for end in range(len(text) + 1)]
    assert any(name in begins for name in names), "the text begins with the name of the setting"
    answer = markup.visible(saved(view_of(language, {key: value}), setting))
    assert words.plain(setting.title) in answer
    if setting.kind.markup:
        ends = [letters(text[begin:]) for begin in range(len(text) + 1)]
        assert letters(str(value)) in ends, "the text ends with the value"
        assert " ".join(markup.visible(str(value)).split())[:40] in answer
    else:
        shown = setting.show(value, words)
        assert shown in answer
        assert setting.kind.parse(shown, words) == value, "what the answer names is what was set"
