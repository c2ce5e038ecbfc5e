"""Every screen for every setting, in every language: it fits, it leads back, and it escapes what people wrote."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from aiogram.types import User

from bot.errors import Ambiguous
from bot.features.settings.history import Page, history
from bot.features.settings.layout import drawn_width
from bot.features.settings.menu import editors, screens
from bot.features.settings.transfer.card import card
from bot.features.settings.view import View
from bot.kinds import Section, Text, markup, zones
from bot.settings import ChatConfig, parts, settings, visible_settings
from bot.storage.configs.revisions import Change, Stored
from bot.telegram.callback_data import MOST_BYTES, Action, Press
from bot.telegram.screens import Screen
from bot.words import Catalogues

CATALOGUES = Catalogues()
LANGUAGES = pytest.mark.parametrize("language", CATALOGUES.languages)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
TITLE = '<b>Club</b> & "friends" {chat} ' + "x" * 220
LATEST = 10**12
MOST_ROWS = 14


@pytest.fixture(scope="module", autouse=True)
def each_text_read_once() -> Iterator[None]:
    """The same long texts are on hundreds of screens."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(markup, "visible", cache(markup.visible))
        yield


def full() -> dict[str, Any]:
    """A configuration in which everything was chosen, as long as it may be."""
    chosen: dict[str, Any] = {}
    for key, one in settings().items():
        values = one.kind.presets()
        chosen[key] = (
            "&lt;&amp;" * (one.kind.limit // 2) if isinstance(one.kind, Text) else (*values, one.kind.example)[0]
        )
    return {**chosen, "timezone": "America/Argentina/ComodRivadavia", "language": "auto"}


def view(language: str, chosen: dict[str, Any], *, editable: bool = True, private: bool = False) -> View:
    config, refused = ChatConfig.tolerant(chosen)
    assert not refused
    person = User(id=2**52, is_bot=False, first_name="<i>Eve</i>", language_code=language)
    chat_id = person.id if private else -(2**52)
    stored = Stored(chat_id, LATEST, chosen, config, NOW, None)
    return View(stored, CATALOGUES.words(language), "" if private else TITLE, person, editable)


def every_screen(of: View, latest: int = LATEST) -> Iterator[tuple[str, Screen]]:
    yield "home", screens.home(of)
    yield "more", screens.more(of)
    yield "reset", screens.ask_reset(of, None)
    yield "found", screens.found(of, "<x>", list(of.settings.values()))
    for section in of.sections():
        yield section.code, screens.section(of, section)
        yield f"reset {section.code}", screens.ask_reset(of, section)
    for key, setting in of.settings.items():
        yield key, editors.editor(of, setting, editors.saved(of, setting))
        yield f"prompt {key}", editors.prompt(of, setting, editors.saved(of, setting))
        yield f"explain {key}", editors.explanation(of, setting)
    zone, meant = of.settings["timezone"], Ambiguous("Did you mean?", candidates=("Asia/Kathmandu", "Europe/Berlin"))
    yield "prompt which timezone", editors.which_value(of, zone, meant)
    yield "prompt timezone again", editors.asked_again(of, zone, meant)
    changes = [Change(of.chat_id, latest - n, NOW, 2**52, "menu", {}, full()) for n in range(6)]
    names = {2**52: "<script>" + "y" * 120}
    yield "history", history(of, Page(changes, names, before=latest, newer=latest))
    for key, setting in of.settings.items():
        yield f"history {key}", history(of, Page(changes, names, setting, before=latest, newer=latest))
    yield "history of nothing", history(of, Page([], {}))


@LANGUAGES
@pytest.mark.parametrize("editable", [True, False], ids=["editor", "onlooker"])
@pytest.mark.parametrize("private", [True, False], ids=["private", "group"])
@pytest.mark.parametrize("chosen", [{}, full()], ids=["nothing chosen", "everything chosen"])
def test_every_screen_is_html_telegram_takes_and_fits_into_a_message(
    language: str, editable: bool, private: bool, chosen: dict[str, Any]
) -> None:
    for name, screen in every_screen(view(language, chosen, editable=editable, private=private)):
        assert 0 < markup.visible_length(screen.text) <= 4_096, name
        for button in (one for row in screen.rows for one in row):
            assert 0 < len(button.text) <= 64, f"{name}: {button.text}"
            if button.callback_data is not None:
                assert len(button.callback_data.encode()) <= MOST_BYTES
                Press.unpack(button.callback_data)


@LANGUAGES
@pytest.mark.parametrize("private", [True, False], ids=["private", "group"])
@pytest.mark.parametrize("chosen", [{}, full()], ids=["nothing chosen", "everything chosen"])
def test_the_card_fits_into_a_message_and_says_everything_that_was_chosen(
    language: str, private: bool, chosen: dict[str, Any]
) -> None:
    of = view(language, chosen, private=private)
    drawn = card(of, NOW)
    assert 0 < markup.visible_length(drawn.html()) <= 4_096
    rich = drawn.rich().model_dump_json()
    assert len(rich) < 32_768
    for key in chosen.keys() & of.settings.keys():
        assert of.words.plain(of.settings[key].title) in drawn.html()
        assert of.words.plain(of.settings[key].title) in rich


@LANGUAGES
def test_from_every_screen_of_the_menu_a_way_leads_back_or_out(language: str) -> None:
    for name, screen in every_screen(view(language, full())):
        actions = {Press.unpack(one.callback_data).action for row in screen.rows for one in row if one.callback_data}
        assert actions & {Action.CLOSE, Action.CANCEL}, f"{name} is a dead end"


# So many letters of an average width a phone of 390 points shows on a button, by the number of buttons in its row.
FIT = {1: 40, 2: 20, 3: 12}


def require_room(screen: Screen, name: str) -> None:
    for row in screen.rows:
        for button in row:
            assert drawn_width(button.text) <= FIT[len(row)], (
                f"{name}: {button.text!r} is too long, {len(row)} in a row"
            )


@LANGUAGES
@pytest.mark.parametrize("private", [True, False], ids=["private", "group"])
@pytest.mark.parametrize("chosen", [{}, full()], ids=["nothing chosen", "everything chosen"])
def test_a_phone_shows_every_button_in_full(language: str, private: bool, chosen: dict[str, Any]) -> None:
    of = view(language, chosen, private=private)
    for name, screen in every_screen(of, latest=9_999):
        require_room(screen, name)
    among = tuple(sorted(zones._country_zones()))
    require_room(editors.which_value(of, of.settings["timezone"], Ambiguous("", candidates=among)), "zones")


@LANGUAGES
def test_no_editor_is_longer_than_a_phone(language: str) -> None:
    of = view(language, full())
    for key, setting in of.settings.items():
        assert len(editors.editor(of, setting).rows) <= MOST_ROWS, key


@LANGUAGES
def test_every_screen_names_the_chat_it_concerns(language: str) -> None:
    for name, screen in every_screen(view(language, full())):
        assert name.startswith("explain") or "&lt;b&gt;Club" in screen.text, name


def test_who_may_only_look_gets_no_button_that_changes() -> None:
    changing = {Action.SET, Action.DEFAULT, Action.TYPE, Action.UNDO, Action.RESET, Action.IMPORT, Action.COPY}
    for name, screen in every_screen(view("en", full(), editable=False)):
        if name.startswith(("prompt", "reset")):
            continue  # reached by a button they do not get
        actions = {Press.unpack(one.callback_data).action for row in screen.rows for one in row if one.callback_data}
        assert not actions & changing, name


def test_every_setting_of_a_chat_stands_on_the_page_of_its_section_or_in_the_editor_of_its_text() -> None:
    seen = view("en", full())
    for section in Section:
        text = screens.section(seen, section).text
        for one in visible_settings(private=False).values():
            of = seen.settings.get(parts().get(one.key, ""))
            labels = [label.text for row in editors.editor(seen, of).rows for label in row] if of else [text]
            assert any(one.title in label for label in labels) or one.section is not section


def test_what_people_wrote_is_shown_and_not_obeyed() -> None:
    seen = view("en", {"welcome_text": "&lt;b&gt;Hi &amp; {name}"})
    for name, screen in every_screen(seen):
        assert "<b>Club</b>" not in screen.text.replace("<b>&lt;b&gt;Club", ""), name
        assert "<i>Eve" not in screen.text, name


def test_our_own_texts_are_shown_in_the_language_of_the_reader_and_a_chat_s_as_they_are() -> None:
    german, welcome = view("de", {}), settings()["welcome_text"]
    for text in (editors.editor(german, welcome).text, screens.section(german, Section.GREETINGS).text):
        assert "Willkommen in {chat}, {mention}!" in text
    chosen = view("de", {"welcome_text": "Welcome {name}"})
    assert "Welcome {name}" in editors.editor(chosen, welcome).text
