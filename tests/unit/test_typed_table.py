"""What people type at `/settings`, and what must happen.

Here the tables are compared with what is understood; `tests/e2e/test_typed.py` types all of it at the running bot.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from aiogram.types import Chat, Message, User

from bot.errors import Refused
from bot.features.settings.transfer.block import read_block
from bot.features.settings.typed import arguments, first, several
from bot.features.settings.view import View
from bot.kinds import Choice, Value
from bot.kinds.kind import OFF_WORDS, ON_WORDS, bare
from bot.naming import nearest
from bot.settings import ChatConfig, settings, visible_settings
from bot.storage.configs.revisions import Stored
from bot.words import Catalogues, folded

CATALOGUES = Catalogues()
SWITCHED: dict[str, tuple[str, str]] = {
    "welcome": ("everyone", "off"),
    "clean_commands": ("all", "none"),
    "announce_changes": ("chat", "off"),
}
CHOICES = [key for key, one in settings().items() if isinstance(one.kind, Choice)]


@pytest.mark.parametrize("language", CATALOGUES.languages)
@pytest.mark.parametrize("key", CHOICES)
def test_a_word_of_a_switch_has_its_declared_meaning_or_none(key: str, language: str) -> None:
    words, kind = CATALOGUES.words(language), settings()[key].kind
    for listed, declared in zip((ON_WORDS, OFF_WORDS), SWITCHED.get(key, (None, None)), strict=True):
        for word in (*listed.split(), *words.plain(listed).split()):
            try:
                understood = kind.parse(word.upper(), words)
            except Refused:
                understood = None
            assert understood == declared, (
                f"/settings {key} {word}: not as the table SWITCHED says; add what it declares"
            )


@pytest.mark.parametrize("language", CATALOGUES.languages)
@pytest.mark.parametrize("key", CHOICES)
def test_a_part_of_a_word_never_means_a_choice(key: str, language: str) -> None:
    words, kind = CATALOGUES.words(language), settings()[key].kind
    assert isinstance(kind, Choice)
    listed = [ON_WORDS, OFF_WORDS, *kind.also.values(), *map(str, kind.labels)]
    declared = {word for one in listed for word in (*one.split(), *folded(words.plain(one)).split())}
    for value in kind.labels:
        label = kind.show(value, words)
        for end in range(1, len(label)):
            part = label[:end].strip()
            if folded(part) in declared or f"{label} ".startswith(f"{part} "):
                continue
            with pytest.raises(Refused):
                kind.parse(part, words)


KNOWN = visible_settings(private=False)

SETS_IN_ANY_LANGUAGE: list[tuple[str, str, Value]] = [
    ("goodbye on", "goodbye", True),
    ("goodbye=on", "goodbye", True),
    ("goodbye = on", "goodbye", True),
    ("goodbye: on", "goodbye", True),
    ("goodbye :on", "goodbye", True),
    ("GOODBYE ON", "goodbye", True),
    ("“goodbye” on", "goodbye", True),
    ("'goodbye' on", "goodbye", True),
    ("„goodbye“ on", "goodbye", True),
    ("goodbye “on”", "goodbye", True),
    ("goodbye „on“", "goodbye", True),
    ("goodbye «on»", "goodbye", True),
    ("goodbye 'on'", "goodbye", True),
    ('goodbye "on"', "goodbye", True),
    ("goodbye=”on”", "goodbye", True),
    ("goodbye    on", "goodbye", True),
    ("goodbye\non", "goodbye", True),
    ("goodbye yes", "goodbye", True),
    ("goodbye true", "goodbye", True),
    ("goodbye 1", "goodbye", True),
    ("goodbye 0", "goodbye", False),
    ("goodbye disable", "goodbye", False),
    ("welcome on", "welcome", "everyone"),
    ("welcome off", "welcome", "off"),
    ("welcome everyone", "welcome", "everyone"),
    ("welcome to everyone", "welcome", "everyone"),
    ("welcome everybody", "welcome", "everyone"),
    ("welcome all", "welcome", "everyone"),
    ("welcome newcomer", "welcome", "newcomer"),
    ("welcome: “only to the newcomer”", "welcome", "newcomer"),
    ("clean joins on", "clean_joins", True),
    ("clean-joins on", "clean_joins", True),
    ("clean_joins on", "clean_joins", True),
    ("CLEAN_JOINS=ON", "clean_joins", True),
    ("joins clean on", "clean_joins", True),
    ("delete joined on", "clean_joins", True),
    ("Delete “joined” on", "clean_joins", True),
    ("Delete „joined“: on", "clean_joins", True),
    ("joined delete on", "clean_joins", True),
    ("delete left on", "clean_leaves", True),
    ("delete pinned yes", "clean_pins", True),
    ("delete changed on", "clean_changes", True),
    ("delete commands all", "clean_commands", "all"),
    ("delete commands on", "clean_commands", "all"),
    ("delete commands none", "clean_commands", "none"),
    ("clean commands for other bots", "clean_commands", "others"),
    ("clean_commands off", "clean_commands", "none"),
    ("announce changes on", "announce_changes", "chat"),
    ("announce changes in the chat", "announce_changes", "chat"),
    ("changes announce off", "announce_changes", "off"),
    ("members may view on", "members_may_view", True),
    ("visible to members on", "members_may_view", True),
    ("to members visible: no", "members_may_view", False),
    ("rules button on", "rules_button", True),
    ("button rules on", "rules_button", True),
    ("rules_button = yes", "rules_button", True),
    ("editors owner", "editors", "owner"),
    ("editors admins", "editors", "admins"),
    ("editors info", "editors", "info"),
    ("editors every admin", "editors", "admins"),
    ("who may change only the owner", "editors", "owner"),
    ("who may change: admins", "editors", "admins"),
    ("language de", "language", "de"),
    ("language german", "language", "de"),
    ("language Deutsch", "language", "de"),
    ("language english", "language", "en"),
    ("language=auto", "language", "auto"),
    ("menu place private", "menu_place", "private"),
    ("menu_place in private", "menu_place", "private"),
    ("menu opens in the group", "menu_place", "group"),
    ("menu_place group", "menu_place", "group"),
    ("timezone berlin", "timezone", "Europe/Berlin"),
    ("time zone berlin", "timezone", "Europe/Berlin"),
    ("zone time: Berlin", "timezone", "Europe/Berlin"),
    ("timezone Europe/Berlin", "timezone", "Europe/Berlin"),
    ("timezone = “new york”", "timezone", "America/New_York"),
    ("timezone utc", "timezone", "UTC"),
    ("quiet_hours 22-7", "quiet_hours", "22:00-07:00"),
    ("quiet hours 22-7", "quiet_hours", "22:00-07:00"),
    ("silent hours 10pm-6am", "quiet_hours", "22:00-06:00"),
    ("silent hours: 22:00-07:00", "quiet_hours", "22:00-07:00"),
    ("quiet_hours=22:00 - 07:00", "quiet_hours", "22:00-07:00"),
    ("quiet_hours from 10pm to 6am", "quiet_hours", "22:00-06:00"),
    ("quiet_hours 22.30-6.15", "quiet_hours", "22:30-06:15"),
    ("quiet_hours 22h-7h", "quiet_hours", "22:00-07:00"),
    ("quiet_hours between 22 and 7", "quiet_hours", "22:00-07:00"),
    ("quiet_hours off", "quiet_hours", "off"),
    ("quiet_hours no", "quiet_hours", "off"),
    ("welcome_delete_after 1h30", "welcome_delete_after", 5_400),
    ("welcome_delete_after 90 s", "welcome_delete_after", 90),
    ("welcome_delete_after 1:30", "welcome_delete_after", 5_400),
    ("welcome_delete_after 46h", "welcome_delete_after", 165_600),
    ("welcome_delete_after 1 day", "welcome_delete_after", 86_400),
    ("delete welcome after 10 minutes", "welcome_delete_after", 600),
    ("delete welcome after: 1h 30m", "welcome_delete_after", 5_400),
    ("welcome delete after = “5 min”", "welcome_delete_after", 300),
    ("welcome_delete_after 0", "welcome_delete_after", 0),
    ("welcome_delete_after never", "welcome_delete_after", 0),
    ("welcome_delete_after off", "welcome_delete_after", 0),
    ("welcome_delete_after 1,5 h", "welcome_delete_after", 5_400),
    ("welcome_text Hi {name}", "welcome_text", "Hi {name}"),
    ("welcome_text: Hi { Name }!", "welcome_text", "Hi {name}!"),
    ("welcome text Hi", "welcome_text", "Hi"),
    ("text welcome = Hi", "welcome_text", "Hi"),
    ("Welcome text “Hi”", "welcome_text", "“Hi”"),
    ("welcome_text Hi\nwelcome everyone", "welcome_text", "Hi\nwelcome everyone"),
    ("welcome_text {{x}}", "welcome_text", "{{x}}"),
    ("goodbye_text Bye = farewell: {name}", "goodbye_text", "Bye = farewell: {name}"),
    ("rules_text Be kind.", "rules_text", "Be kind."),
    ("rules Be kind.", "rules_text", "Be kind."),
    ("rules: Be kind.", "rules_text", "Be kind."),
    ("rules_text /help", "rules_text", "/help"),
    ("rules_text {x} = 1", "rules_text", "{x} = 1"),
    ("rules_text 1. Be kind\n2. Be brief", "rules_text", "1. Be kind\n2. Be brief"),
    ("rules_text\nBe kind", "rules_text", "Be kind"),
    ("rules_text 😀", "rules_text", "😀"),
    ("rules text ...", "rules_text", "..."),
    ("rules_text -", "rules_text", "-"),
    ("rules_text ?", "rules_text", "?"),
    ("rules_text = =", "rules_text", "="),
    ("rules_text  \n\n Be kind \n", "rules_text", "Be kind"),
]

SETS_IN_GERMAN: list[tuple[str, str, Value]] = [
    ("goodbye an", "goodbye", True),
    ("goodbye ja", "goodbye", True),
    ("goodbye aus", "goodbye", False),
    ("goodbye nein", "goodbye", False),
    ("welcome an", "welcome", "everyone"),
    ("welcome aus", "welcome", "off"),
    ("welcome alle", "welcome", "everyone"),
    ("welcome für alle", "welcome", "everyone"),
    ("welcome nur für Neue", "welcome", "newcomer"),
    ("welcome neue", "welcome", "newcomer"),
    ("clean_commands an", "clean_commands", "all"),
    ("clean_commands keine", "clean_commands", "none"),
    ("clean_commands für andere Bots", "clean_commands", "others"),
    ("editors alle Admins", "editors", "admins"),
    ("editors nur der Inhaber", "editors", "owner"),
    ("editors nur der Besitzer", "editors", "owner"),
    ("menu_place in der Gruppe", "menu_place", "group"),
    ("announce_changes im Chat", "announce_changes", "chat"),
    ("announce_changes an", "announce_changes", "chat"),
    ("language deutsch", "language", "de"),
    ("language englisch", "language", "en"),
    ("language automatisch", "language", "auto"),
    ("quiet_hours 22:00 bis 07:00", "quiet_hours", "22:00-07:00"),
    ("stille stunden von 22 bis 7 Uhr", "quiet_hours", "22:00-07:00"),
    ("Stille Stunden: 22 Uhr bis 7 Uhr", "quiet_hours", "22:00-07:00"),
    ("quiet_hours 22 Uhr - 7 Uhr", "quiet_hours", "22:00-07:00"),
    ("quiet_hours zwischen 22 und 7 Uhr", "quiet_hours", "22:00-07:00"),
    ("quiet_hours aus", "quiet_hours", "off"),
    ("welcome_delete_after 2 Stunden", "welcome_delete_after", 7_200),
    ("welcome_delete_after 1 Stunde und 30 Minuten", "welcome_delete_after", 5_400),
    ("welcome_delete_after 1,5 Std.", "welcome_delete_after", 5_400),
    ("welcome_delete_after 1 Tag", "welcome_delete_after", 86_400),
    ("welcome_delete_after nie", "welcome_delete_after", 0),
    ("begrüßung löschen nach 10 min", "welcome_delete_after", 600),
    ("Willkommen an", "welcome", "everyone"),
    ("zeitzone berlin", "timezone", "Europe/Berlin"),
    ("sprache deutsch", "language", "de"),
]

REFUSED = [
    *("goodbye maybe", "goodbye o", "goodbye onn", "goodbye on off", "goodbye 2", "goodbye ?", "goodbye “”"),
    *("welcome only", "welcome to", "welcome o", "welcome ne", "welcome maybe", "welcome on everyone", "welcome every"),
    *(
        "editors on",
        "editors off",
        "editors yes",
        "editors no",
        "editors only",
        "editors o",
        "editors all",
        "editors 1",
    ),
    *("language on", "language off", "language fr", "language d", "language e", "menu_place on", "menu_place off"),
    *("menu_place in", "menu_place here", "clean_commands other", "clean_commands al", "announce_changes cha"),
    *("clean_joins joined", "clean_joins=", "clean_pins pinned on", "members_may_view who", "rules_button rules"),
    *(
        "quiet_hours on",
        "quiet_hours night",
        "quiet_hours 22",
        "quiet_hours 25-7",
        "quiet_hours 22-22",
        "quiet_hours 7am",
    ),
    *("quiet_hours 13pm-2am", "quiet_hours 22:60-7", "quiet_hours 22-7-8", "quiet_hours from 22", "quiet_hours -7"),
    *("welcome_delete_after 10", "welcome_delete_after soon", "welcome_delete_after 5s", "welcome_delete_after 48h"),
    *(
        "welcome_delete_after -1h",
        "welcome_delete_after 1h90",
        "welcome_delete_after on",
        "welcome_delete_after 2 years",
    ),
    *(
        "welcome_delete_after 1:75",
        "welcome_delete_after 1h1h",
        "welcome_delete_after 30m 1h",
        "welcome_delete_after h",
    ),
    *("timezone atlantis", "timezone on", "timezone utc+99", "timezone 12"),
    *("welcome_text {0}", "welcome_text {nmae}", "welcome_text {name!r}", "welcome_text { }\u200b{first name}"),
    *(
        "rules off",
        "rules_text off",
        "rules: on",
        "rules_text no",
        "welcome_text off",
        "welcome_text = Yes",
        "rules clear",
    ),
    *("goodbye_text disable", "goodbye_text “off”", "rules_text\nreset", "rules delete", "welcome_text false"),
    *("goodbye_text {user.name}", "goodbye_text {{{x}}}", "welcome_text \u200b", "welcome_text {}{who}"),
]

NO_SETTING: list[tuple[str, str | None]] = [
    ("rules buttn on", "rules_button"),
    ("rules btton: on", "rules_button"),
    ("rules txt Be kind", "rules_text"),
    ("rules test Be kind", "rules_text"),
    ("wellcome everyone", "welcome"),
    ("welcom on", "welcome"),
    ("goodby on", "goodbye"),
    ("good bye on", "goodbye"),
    ("timezome berlin", "timezone"),
    ("time berlin", None),
    ("zone berlin", None),
    ("joined on", "clean_joins"),
    ("delet joined", "clean_joins"),
    ("delete joind", "clean_joins"),
    ("delete on", None),
    ("remove joined", "clean_joins"),
    ("clean join", "clean_joins"),
    ("quite hours 22-7", "quiet_hours"),
    ("silence hours 22-7", "quiet_hours"),
    ("langauge de", "language"),
    ("lang de", None),
    ("editor owner", "editors"),
    ("ruls Be kind", None),
    ("rule text", "rules_text"),
    ("anounce changes on", "announce_changes"),
    ("members visible", "members_may_view"),
    ("menu private", "menu_place"),
    ("xyzzy on", None),
    ("g“oodbye on", None),
    ("g““oodbye on", None),
    ("on", None),
    ("=", None),
    ("= on", None),
    ("“”", None),
    ("<b>goodbye</b> on", None),
    ("w on", None),
    ("g on", None),
    ("wel everyone", None),
]

LINES: list[tuple[str, dict[str, Value], int]] = [
    ("goodbye on\nwelcome everyone", {"goodbye": True, "welcome": "everyone"}, 0),
    ("goodbye=on\n/settings welcome: everyone\n\n", {"goodbye": True, "welcome": "everyone"}, 0),
    ("goodbye on\n/settings@sandbox_bot clean_pins on", {"goodbye": True, "clean_pins": True}, 0),
    ("\n goodbye on\n  clean joins yes\n", {"goodbye": True, "clean_joins": True}, 0),
    ("goodbye on\nxyzzy on", {"goodbye": True}, 1),
    ("goodbye maybe\nwelcome on", {"welcome": "everyone"}, 1),
    ("goodbye on\ngoodbye off", {}, 1),
    ("goodbye on\nrules_text Be kind.\nwelcome on", {"goodbye": True, "rules_text": "Be kind.\nwelcome on"}, 0),
    ("rules_text Be kind.\n/settings welcome on", {"rules_text": "Be kind.", "welcome": "everyone"}, 0),
    ("rules_text A\n\nB\n/settings goodbye on", {"rules_text": "A\n\nB", "goodbye": True}, 0),
    ("welcome on\nHello everybody", {"welcome": "everyone"}, 1),
    ("welcome_text Hi {nmae}\n/settings goodbye on", {"goodbye": True}, 1),
    ("xyzzy on\n/settings goodbye on", {"goodbye": True}, 1),
]

SHOWS: list[tuple[str, str]] = [
    ("", "All settings are at their defaults"),
    ("welcome", "Now: off"),
    ("WELCOME", "Now: off"),
    ("“welcome”", "Now: off"),
    ("delete joined", "Delete “joined” (clean_joins)"),
    ("Delete welcome after", "Now: never"),
    ("wel", "Settings like “wel”"),
    ("delete", "Settings like “delete”"),
    ("rules", "Rules (rules_text)"),
    ("time", "Time zone"),
    ("keys", "rules_button"),
    ("help", "/settings history"),
    ("HISTORY", "Nothing was changed here yet"),
    ("undo", "there is nothing to undo"),
    ("reset", "All settings are at their defaults"),
    ("reset welcome", "Saved – Welcome: off"),
    ("reset xyzzy", "There is no setting “xyzzy”"),
    ("check", "Nothing that is switched on needs a right"),
    ("card", "all settings are at their defaults"),
    ("copy", "Copy from another group"),
    ("import", "Reply to this message"),
    ("chats", "in our private chat"),
    ("xyzzy", "There is no setting “xyzzy”"),
    ("?", "There is no setting “?”"),
]


def understood(text: str, language: str) -> tuple[str, Value]:
    """Return the key and the value that a text after `/settings` sets; raises `Refused` where it sets none."""
    words = CATALOGUES.words(language)
    line = first(text, KNOWN, words)
    if line.setting is None or line.begin == line.end:
        raise Refused("names no setting, or no value")
    typed = text[line.begin : line.end]
    return line.setting.key, line.setting.kind.parse(typed if line.setting.kind.markup else bare(typed), words)


@pytest.mark.parametrize("language", CATALOGUES.languages)
@pytest.mark.parametrize(("text", "key", "value"), SETS_IN_ANY_LANGUAGE, ids=lambda one: str(one)[:30])
def test_this_sets_that(text: str, key: str, value: Value, language: str) -> None:
    assert understood(text, language) == (key, value)


@pytest.mark.parametrize(("text", "key", "value"), SETS_IN_GERMAN, ids=lambda one: str(one)[:30])
def test_this_sets_that_in_german(text: str, key: str, value: Value) -> None:
    assert understood(text, "de") == (key, value)


@pytest.mark.parametrize("language", CATALOGUES.languages)
@pytest.mark.parametrize("text", REFUSED)
def test_this_sets_nothing(text: str, language: str) -> None:
    with pytest.raises(Refused):
        understood(text, language)


@pytest.mark.parametrize(("text", "suggested"), NO_SETTING)
def test_this_names_no_setting_and_the_nearest_is_offered_first(text: str, suggested: str | None) -> None:
    words = CATALOGUES.words("en")
    line = first(text, KNOWN, words)
    assert line.setting is None
    close = nearest(text, KNOWN, words)
    assert suggested is None or close[0] == suggested


@pytest.mark.parametrize(("text", "values", "skipped"), LINES)
def test_several_lines_set_several_settings(text: str, values: dict[str, Value], skipped: int) -> None:
    person = User(id=1, is_bot=False, first_name="Anna")
    chat = Chat(id=-1, type="supergroup", title="Club")
    message = Message(message_id=1, date=datetime.now(UTC), chat=chat, text=f"/settings {text}")
    view = View(Stored(-1, 0, {}, ChatConfig(), None, None), CATALOGUES.words("en"), "Club", person, editable=True)
    imported = read_block(message, view, several(arguments(message), KNOWN, view.words), 42).imported
    assert imported.values == values
    assert len(imported.unknown) + len(imported.refused) == skipped


@pytest.mark.parametrize(
    "text", ["goodbye on", "goodbye\non", "rules_text A\nB", "rules_text A\nwelcome on", "welcome", "", "a\nb", "x"]
)
def test_other_texts_are_no_lines_of_settings(text: str) -> None:
    assert several(text, KNOWN, CATALOGUES.words("en")) == []
