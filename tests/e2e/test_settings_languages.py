"""The bot speaks the language of the chat, or of the person in private."""

from __future__ import annotations

import pytest

from sandbox import Group, Person, Sandbox

pytestmark = pytest.mark.usefixtures("bot")


@pytest.fixture
def greta(telegram: Sandbox) -> Person:
    """Somebody whose Telegram is German."""
    return telegram.person("Greta", language_code="de")


async def test_in_private_a_german_is_spoken_to_in_german(greta: Person) -> None:
    greta.start()
    assert "Hallo!" in (await greta.sees()).text
    greta.say("/settings")
    menu = await greta.sees(None, "Deine Einstellungen")
    await greta.press(menu, "Allgemein")
    await greta.press(menu.now, "Zeitzone")
    assert "Datum und Uhrzeit" in menu.now.text


async def test_a_group_speaks_english_until_it_chooses_german(telegram: Sandbox, greta: Person) -> None:
    club = telegram.supergroup("Buchklub", owner=greta, bot="administrator")
    greta.say("/settings", club)
    menu = await greta.sees(club, "All settings are at their defaults")
    await greta.press(menu, "General")
    await greta.press(menu.now, "Language: auto")
    await greta.press(menu.now, "Deutsch")
    assert "✅ Gespeichert – Sprache: Deutsch" in menu.now.text
    greta.say("/settings goodbye an", club)
    assert "Gespeichert – Abschied: an" in (await greta.sees(club, "Gespeichert – Abschied")).text
    greta.say("/settings goodbye vielleicht", club)
    await greta.sees(club, "Es kann nur an oder aus sein.")
    greta.say("/settings wilkommen", club)
    await greta.sees(club, "Meintest du")


async def test_an_error_is_said_in_the_language_of_the_chat(anna: Person, ben: Person, club: Group) -> None:
    anna.say("/settings language de", club)
    await anna.sees(club, "Gespeichert")
    ben.say("/settings", club)
    await ben.sees(club, "Die Einstellungen können nur Admins dieses Chats sehen.")


async def test_the_command_menu_is_offered_in_both_languages(telegram: Sandbox, greta: Person, anna: Person) -> None:
    greta.start()
    anna.start()
    await greta.sees()
    await anna.sees()
    assert "Einstellungen sehen und ändern" in {one["description"] for one in greta.commands()}
    assert "See and change the settings" in {one["description"] for one in anna.commands()}
