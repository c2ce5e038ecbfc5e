"""Random edits of what people type: whatever is set in spite of them is what was typed, and the answer names it."""

from __future__ import annotations

import random
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
from bot.words import Catalogues, Words, folded, without_marks
from tests.unit.test_typed_table import REFUSED, SETS_IN_ANY_LANGUAGE, SETS_IN_GERMAN, understood

CATALOGUES = Catalogues()
VALID = [(text, key) for text, key, _ in (*SETS_IN_ANY_LANGUAGE, *SETS_IN_GERMAN)]
LAST_WORDS = [text.split()[-1] for text in ([text for text, _ in VALID] + REFUSED)]
LETTERS = "aeiostnrlwgcyonf_ -=:\n0123456789.,“”\"'{}/<>ßü\u200b"


def edited(chance: random.Random) -> tuple[str, str | None]:
    """Return a command of the table with one to four mistakes; of a single one the setting that was named before it."""
    text, key = chance.choice(VALID)
    mistakes = chance.choice([1, 1, 1, 2, 2, 3, 4])
    for _ in range(mistakes):
        at, letter, words = chance.randint(0, len(text)), chance.choice(LETTERS), text.split(" ")
        text = chance.choice(
            [
                text[:at] + text[at + 1 :],
                text[:at] + letter + text[at:],
                text[:at] + letter + text[at + 1 :],
                text[:at] + text[at : at + 2][::-1] + text[at + 2 :],
                " ".join(word for number, word in enumerate(words) if number != at % len(words)),
                " ".join(reversed(words)),
                f"{text} {chance.choice(LAST_WORDS)}",
                text[:at] + text[at:].swapcase(),
                text[:at] + "\n" + text[at:],
                text.replace(" ", chance.choice(["  ", "=", ": ", "_", "-", " “"])),
            ]
        )
    return text, key if mistakes == 1 else None


def view_of(language: str, chosen: dict[str, Value]) -> View:
    stored = Stored(-1, 1, chosen, ChatConfig.model_validate(chosen), None, None)
    person = User(id=1, is_bot=False, first_name="Anna")
    return View(stored, CATALOGUES.words(language), "Club", person, editable=True)


def letters(text: str) -> list[str]:
    """The words of a text as typed text is compared: what nobody sees in it is nothing."""
    return sorted(re.findall(r"[^\W_]+", folded(text)))


def require_typed(text: str, meant: str | None, key: str, value: Value, words: Words) -> None:
    """Fail unless a text that sets a value begins with the name of the setting it meant, and a text ends with it."""
    assert key == (meant or key), "the setting is the one that was named before the mistake"
    setting = settings()[key]
    names = [letters(name) for name in (key, setting.title, words.plain(setting.title))]
    begins = [letters(text[:end]) for end in range(len(text) + 1)]
    assert any(name in begins for name in names), "the text begins with the name of the setting"
    if setting.kind.markup:
        ends = [letters(text[begin:]) for begin in range(len(text) + 1)]
        assert letters(markup.visible(str(value))) in ends, "the text ends with the value"


def names_exactly(answer: str, key: str, value: Value, words: Words) -> bool:
    """Say whether an answer names the setting and exactly the value that it has now."""
    setting = settings()[key]
    if words.plain(setting.title) not in answer:
        return False
    if setting.kind.markup:
        # From right to left a command within the text gets a mark before it.
        return without_marks(" ".join(markup.visible(str(value)).split())[:40]) in without_marks(answer)
    shown = setting.show(value, words)
    return shown in answer and setting.kind.parse(shown, words) == value


@pytest.mark.proof
@given(st.randoms(use_true_random=False), st.sampled_from(CATALOGUES.languages))
def test_what_is_set_was_typed_and_is_named_by_the_answer(chance: random.Random, language: str) -> None:
    text, meant = edited(chance)
    try:
        key, value = understood(text, language)
    except Refused:
        return
    words = CATALOGUES.words(language)
    require_typed(text, meant, key, value, words)
    answer = markup.visible(saved(view_of(language, {key: value}), settings()[key]))
    assert names_exactly(answer, key, value, words)
