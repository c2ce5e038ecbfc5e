"""Whoever adds a kind of setting writes one class: everything else knows kinds by their methods only."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiogram.types import User

import bot
from bot import kinds
from bot.errors import Refused
from bot.features.settings.menu import editors, screens
from bot.features.settings.transfer import portable
from bot.features.settings.transfer.card import card
from bot.features.settings.view import View
from bot.kinds import Kind, Section, Setting, Value
from bot.settings import ChatConfig
from bot.storage.configs.revisions import Stored
from bot.telegram.callback_data import Action, Press
from bot.words import Catalogues, Words

BOT = Path(bot.__file__).parent


class Colour(Kind):
    """A colour as three hexadecimal digits: a kind with nothing but what every kind has to have."""

    example = "f80"

    def check(self, value: object) -> Value:
        if not isinstance(value, str) or len(value) != 3:
            raise Refused("It has to be a colour.")
        return value

    def parse(self, typed: str, words: Words) -> Value:
        return self.check(typed.strip())

    def show(self, value: Value, words: Words) -> str:
        return f"#{value}"

    def accepts(self, words: Words) -> str:
        return "three hexadecimal digits"

    def json_schema(self) -> dict[str, object]:
        return {"type": "string"}


COLOUR = Setting(
    section=Section.GENERAL, title="Colour", help="It is seen.", kind=Colour(), key="colour", default="fff"
)


class Config(ChatConfig):
    colour: str = "fff"


def test_a_new_kind_is_shown_edited_explained_exported_and_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.features.settings.view.visible_settings", lambda private: {"colour": COLOUR})
    stored = Stored(-100, 3, {"colour": "f80"}, Config(colour="f80"), None, None)
    view = View(stored, Catalogues().words("en"), "Club", User(id=1, is_bot=False, first_name="Anna"), editable=True)
    for screen in (screens.home(view), screens.section(view, Section.GENERAL), editors.editor(view, COLOUR)):
        assert "#f80" in screen.text
    assert "three hexadecimal digits" in editors.explanation(view, COLOUR).text
    assert "three hexadecimal digits" in editors.prompt(view, COLOUR).text
    assert "#f80" in editors.saved(view, COLOUR)
    assert "#f80" in card(view, datetime(2026, 1, 1, tzinfo=UTC)).html()
    ((offer, *_), *_) = editors.editor(view, COLOUR, offered="08f").rows
    press = Press.unpack(offer.callback_data)
    assert (press.action, COLOUR.kind.unpack(press.value)) == (Action.SET, "08f")
    file = portable.export(stored.chosen, view.settings)
    assert portable.read(file, view.settings, 42, -100).values == {"colour": "f80"}


def test_only_settings_py_and_the_kinds_themselves_name_a_kind() -> None:
    every = {name: getattr(kinds, name) for name in kinds.__all__}
    names = {name for name, one in every.items() if isinstance(one, type) and issubclass(one, Kind)} - {"Kind"}
    for file in (*(BOT / "features").rglob("*.py"), *(BOT / "telegram").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bot.kinds"):
                assert not names & {one.name for one in node.names}, file
