"""What one person alone sees is in their language, what everybody in a group sees in the group's; never both."""

from __future__ import annotations

import re

import pytest

from bot.environment import Environment
from bot.settings import settings
from bot.words import Catalogues, without_marks
from bot.words.directions import runs_right_to_left
from sandbox import Group, Person, Sandbox, Seen
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose, offer_menus

TOO_OLD = pytest.mark.parametrize("sandbox_options", [{"ephemeral": False}])
# Words that every menu, card, history or refusal has, by language.
TELLING = {
    "en": ("Close", "Back", "Set here", "All settings", "Greetings", "changed the settings", "Saved", "Goodbye"),
    "de": (
        "Schließen",
        "Zurück",
        "Eingestellt",
        "Alle Einstellungen",
        "Begrüßung",
        "geändert",
        "Gespeichert",
        "Abschied",
    ),
}


@pytest.fixture
def greta(telegram: Sandbox) -> Person:
    """Somebody whose Telegram is German."""
    return telegram.person("Greta", language_code="de")


@pytest.fixture
def emma(telegram: Sandbox) -> Person:
    """Somebody whose Telegram is English."""
    return telegram.person("Emma", language_code="en")


@pytest.fixture
def club(telegram: Sandbox, greta: Person, emma: Person) -> Group:
    """A group that chose no language, with a German and an English admin; the bot is one, too."""
    return telegram.supergroup("Buchklub", owner=greta, admins=[emma], bot="administrator")


@pytest.fixture
async def verein(telegram: Sandbox, bot: RunningBot, greta: Person, emma: Person) -> Group:
    """A group that chose German, with the same admins."""
    group = telegram.supergroup("Verein", owner=emma, admins=[greta], bot="administrator")
    await choose(bot, group, language="de", editors="admins")
    return group


def language_of(screen: Seen) -> str:
    """The language of a message and all its buttons; fails where there are words of two."""
    text = " ".join([screen.text, *(label for row in screen.buttons for label in row)])
    found = {language for language, words in TELLING.items() if any(word in text for word in words)}
    assert len(found) == 1, f"{found or 'no language'} in: {text}"
    return found.pop()


async def walk(person: Person, chat: Group, language: str) -> None:
    """Open the menu and look at screens of every sort: all are in one language."""
    words = Catalogues().words(language)
    person.say("/settings", chat)
    menu = await person.sees(chat, "⚙️")
    for label in (
        "Greetings",
        "Delete welcome after",
        "‹ Back",
        "Goodbye text",
        "‹ Back",
        "‹ Back",
        "⋯ More",
        "🩺 Check",
    ):
        assert language_of(menu.now) == language
        await person.press(menu.now, words.plain(label))
    assert language_of(menu.now) == language


async def test_in_private_a_german_is_spoken_to_in_german(bot: RunningBot, greta: Person) -> None:
    greta.start()
    assert "Hallo!" in (await greta.sees()).text
    greta.say("/settings")
    menu = await greta.sees(None, "Deine Einstellungen")
    await greta.press(menu, "Allgemein")
    await greta.press(menu.now, "Zeitzone")
    assert "Datum und Uhrzeit" in menu.now.text


async def test_a_language_chosen_in_private_is_spoken_at_once(bot: RunningBot, emma: Person) -> None:
    emma.say("/settings")
    menu = await emma.sees(None, "Your settings")
    for label in ("General", "Language: auto", "Deutsch"):
        await emma.press(menu.now, label)
    assert "✅ Gespeichert – Sprache: Deutsch" in menu.now.text
    assert language_of(menu.now) == "de"


async def test_the_command_menu_is_offered_in_both_languages(
    bot: RunningBot, environment: Environment, greta: Person, emma: Person
) -> None:
    await offer_menus(environment)
    greta.start()
    emma.start()
    await greta.sees()
    await emma.sees()
    assert "Einstellungen sehen und ändern" in {one["description"] for one in greta.commands()}
    assert "See and change the settings" in {one["description"] for one in emma.commands()}


async def test_a_german_admin_sees_german_in_an_english_group(
    bot: RunningBot, greta: Person, emma: Person, club: Group
) -> None:
    await choose(bot, club, welcome_delete_after=5_400)
    await walk(greta, club, "de")
    await walk(emma, club, "en")


async def test_an_english_admin_sees_english_in_a_german_group(greta: Person, emma: Person, verein: Group) -> None:
    await walk(emma, verein, "en")
    await walk(greta, verein, "de")


async def test_everybody_reads_the_language_of_the_group(
    bot: RunningBot, greta: Person, emma: Person, club: Group, verein: Group
) -> None:
    for group in (club, verein):
        await choose(bot, group, announce_changes="chat", editors="admins")
    greta.say("/settings goodbye an", club)
    assert language_of(await greta.sees(club, "Gespeichert")) == "de"
    told = await emma.sees(club, "changed the settings")
    assert "Goodbye: off → on" in told.text
    await greta.press(told, "Undo")
    await emma.sees_edit(told, "Greta took back their own change:\nGoodbye: on → off")
    emma.say("/settings goodbye on", verein)
    assert language_of(await emma.sees(verein, "Saved")) == "en"
    assert "Abschied: aus → an" in (await greta.sees(verein, "geändert")).text


async def test_what_is_typed_is_understood_in_the_own_language_the_group_s_and_english(
    telegram: Sandbox, bot: RunningBot, greta: Person, emma: Person, verein: Group
) -> None:
    for person, said in ((emma, "Saved"), (greta, "Gespeichert")):
        for typed in ("goodbye on", "Abschied aus", "goodbye an", "welcome_delete_after 2 Stunden", "goodbye off"):
            person.say(f"/settings {typed}", verein)
            await person.sees(verein, said)
    await telegram.settled()
    assert (await bot.configs.read(verein.id)).chosen["welcome_delete_after"] == 7_200


async def test_a_refusal_is_said_in_the_language_of_who_asked(
    telegram: Sandbox, greta: Person, emma: Person, club: Group, verein: Group
) -> None:
    outsider = telegram.person("Otto", language_code="de")
    outsider.join(club)
    outsider.say("/settings", club)
    await outsider.sees(club, "Die Einstellungen können nur Admins")
    greta.say("/settings welcome_delete_after 1 s", club)
    await greta.sees(club, "Möglich ist nur: eine Dauer")
    emma.say("/settings goodbye perhaps", verein)
    await emma.sees(verein, "It has to be either on or off.")


async def test_a_pop_up_is_in_the_language_of_who_pressed(bot: RunningBot, greta: Person, club: Group) -> None:
    await choose(bot, club, announce_changes="chat", editors="admins")
    greta.say("/settings goodbye on", club)
    told = await greta.sees(club, "changed the settings")
    await choose(bot, club, goodbye=False)
    assert "inzwischen" in (await greta.press(told, "Undo")).text


async def test_a_menu_for_everybody_is_in_the_language_of_the_group(
    bot: RunningBot, greta: Person, emma: Person, club: Group, verein: Group
) -> None:
    for group in (club, verein):
        await choose(bot, group, menu_place="group")
    await walk(greta, club, "en")
    await walk(emma, verein, "de")


async def test_a_prompt_under_a_menu_for_everybody_is_in_the_language_of_who_sees_it(
    bot: RunningBot, emma: Person, verein: Group
) -> None:
    await choose(bot, verein, menu_place="group")
    emma.say("/settings", verein)
    menu = await emma.sees(verein, "⚙️")
    for label in ("Begrüßung", "Willkommenstext", "Eintippen"):
        await emma.press(menu.now, label)
    assert (await emma.sees(verein, "Reply to this message")).ephemeral


@TOO_OLD
async def test_where_ephemeral_messages_are_refused_everything_public_is_in_the_group_s_language(
    bot: RunningBot, greta: Person, emma: Person, club: Group, verein: Group
) -> None:
    for person, group, language in ((greta, club, "en"), (emma, verein, "de")):
        words = Catalogues().words(language)
        person.say("/settings", group)
        screen = await person.sees(group, words.plain("⚙️ Press to open the settings."))
        await person.press(screen, words.plain("⚙️ Settings"))
        menu = await person.sees(group, "⚙️", where=lambda seen: len(seen.buttons) > 1)
        assert language_of(menu) == language
        await person.press(menu, words.plain("Greetings"))
        assert language_of(menu.now) == language
        person.say("/settings goodbye on", group)
        assert language_of(await person.sees(group, words.plain("Goodbye"))) == language
        person.say("/settings welcome_delete_after 1 s", group)
        await person.sees(group, settings()["welcome_delete_after"].kind.accepts(words))
        person.say("/settings nonsense", group)
        await person.sees(group, words.plain("There is no setting “{typed}”.", typed="nonsense"))


@pytest.mark.parametrize("sandbox_options", [{"ephemeral": "ignored"}])
async def test_where_everybody_sees_what_is_meant_for_one_it_is_soon_in_the_group_s_language(
    bot: RunningBot, telegram: Sandbox, greta: Person, club: Group
) -> None:
    greta.say("/settings goodbye on", club)
    await greta.sees(club, re.compile("Saved|Gespeichert"))
    await telegram.settled()
    greta.say("/settings goodbye off", club)
    assert language_of(await greta.sees(club, "Goodbye: off")) == "en"


@TOO_OLD
async def test_where_the_menu_opens_in_private_the_way_there_is_in_the_group_s_language_and_the_menu_in_one_s_own(
    bot: RunningBot, emma: Person, verein: Group
) -> None:
    await choose(bot, verein, menu_place="private")
    emma.start()
    await emma.sees(None, "Hello")
    emma.say("/settings", verein)
    way = await emma.sees(verein, "Die Einstellungen dieser Gruppe")
    emma.start(way.button("Privat")["url"].partition("start=")[2])
    menu = await emma.sees(None, "Verein")
    await emma.press(menu, "Greetings")
    assert language_of(menu.now) == "en"


async def test_what_a_person_chose_in_private_holds_in_groups(bot: RunningBot, telegram: Sandbox, club: Group) -> None:
    lea = telegram.person("Lea", language_code="fr")
    lea.join(club)
    await choose(bot, lea, language="de")
    lea.say("/settings", club)
    await lea.sees(club, "Die Einstellungen können nur Admins")


async def test_where_nobody_knows_somebody_s_language_it_is_the_group_s(telegram: Sandbox, verein: Group) -> None:
    nobody = telegram.person("Nobody", language_code=None)
    nobody.join(verein)
    nobody.say("/settings", verein)
    await nobody.sees(verein, "Die Einstellungen können nur Admins")


async def test_a_newcomer_whom_alone_our_own_welcome_greets_is_greeted_in_their_language(
    bot: RunningBot, telegram: Sandbox, greta: Person, club: Group
) -> None:
    await choose(bot, club, welcome="newcomer", rules_text="Be kind.", rules_button=True)
    otto, ella = telegram.person("Otto", language_code="de"), telegram.person("Ella", language_code="en")
    otto.join(club)
    assert (await otto.sees(club, "Willkommen")).buttons == (("📜 Regeln",),)
    ella.join(club)
    assert (await ella.sees(club, "Welcome to")).buttons == (("📜 Rules",),)
    await choose(bot, club, welcome_text="Hi, {name}!")
    uwe = telegram.person("Uwe", language_code="de")
    uwe.join(club)
    assert (await uwe.sees(club, "Hi, Uwe!")).buttons == (("📜 Rules",),)


WAYS = [("fa", "uk"), ("pt-br", "ar")]


@pytest.mark.parametrize(("first", "then"), [way for way in WAYS if {*way} <= {*Catalogues().languages}])
async def test_the_very_menu_in_which_a_language_is_chosen_speaks_it(
    bot: RunningBot, emma: Person, first: str, then: str
) -> None:
    catalogues = Catalogues()
    emma.say("/settings")
    menu = await emma.sees(None, "Your settings")
    way = ["General", "Language"]
    for before, after in (("en", first), (first, then)):
        spoken, words = catalogues.words(before), catalogues.words(after)
        title, name = words.plain("Language"), catalogues.names(after)[0]
        for label in way:
            await emma.press(menu.now, spoken.plain(label))
        await emma.press(menu.now, name)
        said = without_marks(words.plain("✅ Saved – {title}: {value}", title=title, value=name))
        assert said in without_marks(menu.now.text)
        labels = [without_marks(label) for row in menu.now.buttons for label in row]
        assert {f"● {name}", words.plain("‹ Back"), words.plain("✕ Close")} <= set(labels)
        assert spoken.plain("‹ Back") not in labels
        assert runs_right_to_left(menu.now.text) is words.right_to_left
        way = ["‹ Back", "Language"]


async def test_the_command_menu_is_offered_in_every_language(
    bot: RunningBot, environment: Environment, telegram: Sandbox
) -> None:
    await offer_menus(environment)
    catalogues = Catalogues()
    for language in catalogues.languages:
        person = telegram.person(f"P{language}", language_code=language.partition("-")[0])
        person.start()
        await person.sees()
        said = catalogues.words(language).plain("See and change the settings")
        assert said in {one["description"] for one in person.commands()}
