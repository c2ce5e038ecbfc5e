"""What the menu costs: presses of a person, and calls to Telegram."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from aiogram.types import User

from bot.features.settings.menu import editors, screens
from bot.features.settings.view import View
from bot.settings import ChatConfig, parts
from bot.storage.configs.repository import ChatConfigs
from bot.storage.configs.revisions import Stored
from bot.telegram.callback_data import Action, Press
from bot.telegram.screens import Screen
from bot.words import Catalogues
from sandbox import Group, Person, Sandbox, Seen
from tests.e2e.running import RunningBot

RIGHTS_CHECK = "getChatMember"


@pytest.fixture
def anna(telegram: Sandbox) -> Person:
    return telegram.person("Anna")


@pytest.fixture
def club(telegram: Sandbox, anna: Person) -> Group:
    return telegram.supergroup("Book club", owner=anna, bot="administrator")


def calls(telegram: Sandbox) -> Counter[str]:
    """Count the calls that are about people, not those that fetch updates or set the menus of commands at the start."""
    return Counter(one.method for one in telegram.calls.all() if one.method not in {"getUpdates", "setMyCommands"})


async def opened(telegram: Sandbox, anna: Person, club: Group) -> Seen:
    """Open the menu, and forget the calls until then."""
    anna.say("/settings", club)
    menu = await anna.sees(club, "Book club")
    await telegram.settled()
    return menu


async def test_opening_the_menu_takes_at_most_three_calls(
    telegram: Sandbox, anna: Person, club: Group, bot: RunningBot
) -> None:
    await opened(telegram, anna, club)
    telegram.calls.clear()
    await opened(telegram, anna, club)
    assert sum(calls(telegram).values()) <= 3


async def test_a_press_takes_at_most_two_calls_besides_the_rights_check(
    telegram: Sandbox, anna: Person, club: Group, bot: RunningBot
) -> None:
    menu = await opened(telegram, anna, club)
    for label in (
        "Greetings",
        "○ Goodbye",
        "Welcome:",
        "to everyone",
        "‹ Back",
        "‹ Back",
        "History",
        "‹ Back",
        "More",
        "Card",
    ):
        telegram.calls.clear()
        await anna.press(menu.now, label)
        await telegram.settled()
        counted = calls(telegram)
        assert counted["answerCallbackQuery"] == 1
        counted.pop(RIGHTS_CHECK, None)
        assert sum(counted.values()) <= 2, (label, counted)


async def test_a_switch_is_set_with_two_presses(
    telegram: Sandbox, anna: Person, club: Group, bot: RunningBot, configs: ChatConfigs
) -> None:
    menu = await opened(telegram, anna, club)
    await anna.press(menu, "Greetings")
    await anna.press(await anna.sees_edit(menu, "Says goodbye"), "○ Goodbye")
    await anna.sees_edit(menu, "Saved")
    assert (await configs.read(club.id)).config.goodbye


async def test_a_typed_value_takes_three_presses_and_the_reply(
    telegram: Sandbox, anna: Person, club: Group, bot: RunningBot, configs: ChatConfigs
) -> None:
    menu = await opened(telegram, anna, club)
    await anna.press(menu, "Rules")
    await anna.press(await anna.sees_edit(menu, "What /rules answers"), "Rules ›")
    await anna.press(await anna.sees_edit(menu, "Now:"), "Type it")
    anna.reply(await anna.sees(club, "Reply to this message"), "Be kind.")
    await anna.sees(club, "Saved")
    assert (await configs.read(club.id)).config.rules_text == "Be kind."


def buttons(screen: Screen) -> Iterator[Press]:
    """The presses a screen offers."""
    for row in screen.rows:
        for one in row:
            if one.callback_data:
                yield Press.unpack(one.callback_data)


def test_every_setting_can_be_changed_within_three_presses_and_what_belongs_to_a_text_within_four() -> None:
    """Section, setting, value; a switch is set on the page of its section."""
    stored = Stored(-1001, 0, {}, ChatConfig(), None, None)
    person = User(id=1, is_bot=False, first_name="Anna")
    view = View(stored, Catalogues().words("en"), "Book club", person, editable=True, forum=True)
    reached: dict[str, int] = {}
    for first in buttons(screens.home(view)):
        if first.action != Action.SECTION:
            continue
        for second in buttons(screens.section(view, view.section(first.key))):
            if second.action == Action.SET:
                reached[second.key] = 2
            if second.action == Action.EDITOR:
                for third in buttons(editors.editor(view, view.setting(second.key))):
                    if third.action in {Action.SET, Action.TYPE, Action.EDITOR}:
                        reached[third.key] = 3 + (third.action == Action.EDITOR)
    variants = {key for key, one in view.settings.items() if one.variant_of}
    assert reached.keys() | variants == view.settings.keys()
    assert {key for key, presses in reached.items() if presses == 4} == parts().keys() - variants
