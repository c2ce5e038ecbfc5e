"""Where a chat has changes announced, every way of changing something is: once, whatever becomes of the answer."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.storage.configs.repository import ChatConfigs
from sandbox import Group, Person, Sandbox, Seen
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose

Way = Callable[[Sandbox, Person, Group], Awaitable[object]]


def announcements(telegram: Sandbox) -> list[Any]:
    """The calls that posted an announcement; an edit of one posts nothing."""
    told = re.compile("changed the settings|took back")
    sent = [call for call in telegram.calls.all("sendMessage") if call.status == 200]
    return [call for call in sent if told.search(call.parameters["text"])]


@pytest.fixture(autouse=True)
async def announcing(bot: RunningBot, club: Group, anna: Person) -> None:
    """The chat has one change of Anna's, and wants to be told of others."""
    await choose(bot, club, announce_changes="chat")
    await bot.configs.change(club.id, {"goodbye": True}, by=anna.id, via="menu")


async def menu_of(person: Person, chat: Group, *path: str) -> Seen:
    """Open the menu and press its buttons one after another; all but the last are forgotten."""
    person.say("/settings", chat)
    menu = await person.sees(chat, chat.title)
    for label in path:
        await person.press(menu.now, label)
    return menu


async def command(_telegram: Sandbox, anna: Person, club: Group) -> None:
    anna.say("/settings welcome everyone", club)


async def button(_telegram: Sandbox, anna: Person, club: Group) -> None:
    await menu_of(anna, club, "Greetings", "✓ Goodbye")


async def default(_telegram: Sandbox, anna: Person, club: Group) -> None:
    anna.say("/settings reset goodbye", club)


async def reset(_telegram: Sandbox, anna: Person, club: Group) -> None:
    await menu_of(anna, club, "More", "Reset everything", "🗑 Reset")


async def reply(_telegram: Sandbox, anna: Person, club: Group) -> None:
    await menu_of(anna, club, "Rules", "Rules ›", "Type it")
    anna.reply(await anna.sees(club, "Reply to this message"), "Be kind.")


async def undo(_telegram: Sandbox, anna: Person, club: Group) -> None:
    anna.say("/settings undo", club)


async def undo_in_private(_telegram: Sandbox, anna: Person, club: Group) -> None:
    await menu_of(anna, club)
    anna.start()
    anna.say("/settings")
    own = await anna.sees(text="Your settings")
    for label in ("Your groups", "Book club", "History", "Undo 2"):
        await anna.press(own.now, label)


async def copy(telegram: Sandbox, anna: Person, club: Group) -> None:
    await menu_of(anna, telegram.supergroup("Chess", owner=anna, bot="administrator"))
    await menu_of(anna, club, "More", "Copy from", "Chess", "Apply")


WAYS: list[Way] = [command, button, default, reset, reply, undo, undo_in_private, copy]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_a_change_is_announced_once(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person, club: Group, configs: ChatConfigs, way: Way
) -> None:
    before = (await configs.read(club.id)).revision
    await way(telegram, anna, club)
    await telegram.settled()
    assert (await configs.read(club.id)).revision == before + 1
    (told,) = announcements(telegram)
    assert told.parameters["disable_notification"], "it makes no sound"
    assert re.search("Anna changed the settings|Anna took back their own change", (await ben.sees(club, "Anna")).text)


async def test_changes_of_a_minute_are_told_in_one_message(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person, club: Group
) -> None:
    anna.promote(club, ben)
    anna.say("/settings welcome everyone", club)
    told = await ben.sees(club, "Welcome: off → to everyone")
    assert told.text == "⚙️ Anna changed the settings:\nWelcome: off → to everyone"
    assert told.buttons == (("↩️ Undo",),)
    anna.say("/settings clean_joins on", club)
    await anna.sees_edit(told, "joined")
    ben.say("/settings goodbye off\n/settings clean_pins on", club)
    await anna.sees_edit(told, "Ben")
    assert told.now.text == (
        "⚙️ Anna changed the settings:\n1. Welcome: off → to everyone\n2. Delete “joined”: off → on\n\n"
        "⚙️ Ben changed the settings:\n3. Delete “pinned”: off → on\n\u2003Goodbye: on → off"
    )
    assert told.now.buttons == (("↩️ Undo 1", "↩️ Undo 2", "↩️ Undo 3"),)
    assert len(announcements(telegram)) == 1


async def test_the_button_of_an_announcement_takes_its_change_back_and_nothing_else_is_posted(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person, club: Group, configs: ChatConfigs
) -> None:
    anna.promote(club, ben)
    anna.say("/settings welcome everyone", club)
    told = await ben.sees(club, "Welcome: off → to everyone")
    anna.say("/settings clean_joins on", club)
    await ben.sees_edit(told, "joined")
    await ben.press(told.now, "Undo 1")
    await anna.sees_edit(told, "took back")
    assert told.now.text.endswith("\n\n↩️ Ben took back Anna's change:\nWelcome: to everyone → off")
    assert told.now.buttons == (("↩️ Undo 2",),)
    await anna.press(told.now, "Undo 2")
    left = await anna.sees_edit(told, "their own")
    assert left.text.endswith("\n\n↩️ Anna took back their own change:\nDelete “joined”: on → off")
    assert left.buttons == ()
    config = (await configs.read(club.id)).config
    assert (config.welcome, config.clean_joins) == ("off", False)
    await telegram.settled()
    assert len(announcements(telegram)) == 1


async def test_a_button_that_asks_first_adds_to_its_announcement_when_it_is_confirmed(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person, club: Group, configs: ChatConfigs
) -> None:
    await bot.configs.change(club.id, {"editors": "owner"}, by=anna.id, via="menu")
    anna.say("/settings editors admins", club)
    told = await ben.sees(club, "the owner → every admin")
    await anna.press(told, "Undo")
    question = await anna.sees(club, "no admin but the owner")
    await anna.press(question, "Yes")
    await anna.sees_edit(question, "Undone")
    await ben.sees_edit(told, "every admin → only the owner")
    assert (await configs.read(club.id)).config.editors == "owner"
    assert len(announcements(telegram)) == 1


async def test_an_undo_that_brings_the_announcements_back_is_told_as_one(
    bot: RunningBot, anna: Person, ben: Person, club: Group
) -> None:
    anna.say("/settings announce_changes off", club)
    told = await ben.sees(club, "in the chat → off")
    anna.say("/settings undo", club)
    again = await ben.sees_edit(told, "took back their own change")
    assert again.text.endswith("Announce changes: off → in the chat")


async def test_an_announcement_of_long_ago_is_added_to_by_its_own_button(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person, club: Group
) -> None:
    anna.promote(club, ben)
    anna.say("/settings welcome everyone", club)
    told = await ben.sees(club, "Welcome: off → to everyone")
    anna.say("/settings rules_text <b> & co", club)
    await ben.sees_edit(told, "2. Rules")
    before = told.now.text
    await telegram.settled()
    await bot.restart()
    await ben.press(told.now, "Undo 2")
    await anna.sees_edit(told, "took back")
    assert told.now.text == f"{before}\n\n↩️ Ben took back Anna's change:\nRules: <b> & co → nothing"
    assert told.now.buttons == (("↩️ Undo 1",),)
    anna.say("/settings clean_joins on", club)
    await ben.sees(club, "joined")
    assert len(announcements(telegram)) == 2, "what was remembered is lost, so the next change is another message"


async def test_an_announcement_that_was_deleted_is_followed_by_a_new_one(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person, club: Group
) -> None:
    anna.say("/settings welcome everyone", club)
    told = await ben.sees(club, "Welcome: off → to everyone")
    await telegram.settled()
    anna.delete(told)
    anna.say("/settings clean_joins on", club)
    again = await ben.sees(club, "joined")
    assert again.text == "⚙️ Anna changed the settings:\nDelete “joined”: off → on"
    anna.say("/settings clean_pins on", club)
    await ben.sees_edit(again, "pinned")


async def test_a_stale_button_of_an_announcement_overwrites_nothing(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person, club: Group, configs: ChatConfigs
) -> None:
    anna.say("/settings welcome everyone", club)
    told = await ben.sees(club, "Welcome: off → to everyone")
    anna.say("/settings welcome newcomer", club)
    await ben.sees_edit(told, "only to the newcomer")
    assert "changed" in (await anna.press(told.now, "Undo 1")).text
    assert (await configs.read(club.id)).config.welcome == "newcomer"


@pytest.mark.parametrize("restarted", [False, True], ids=["remembered", "forgotten"])
async def test_who_acts_in_the_name_of_the_group_is_not_named_when_their_change_is_taken_back(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person, club: Group, restarted: bool
) -> None:
    anna.promote(club, ben)
    clara = telegram.person("Clara")
    clara.join(club)
    anna.promote(club, clara, anonymous=True)
    clara.go_anonymous(club)
    clara.say("/settings welcome everyone", club)
    await clara.press(await clara.sees(club, "You write anonymously"), "Welcome")
    await clara.press(await clara.sees(club, "Now:"), "Set it to")
    await ben.sees(club, "An anonymous admin changed the settings")
    if restarted:
        await telegram.settled()
        await bot.restart()
        anna.promote(club, clara)
    ben.say("/settings history", club)
    history = await ben.sees(club, "History")
    assert "an anonymous admin, in the menu" in history.text
    assert "Clara" not in history.text
    ben.say("/settings undo", club)
    await ben.sees(club, "Undone")
    await telegram.settled()
    text = "\n".join(one.text for one in anna.screen(club) if not one.ephemeral)
    assert "Ben took back another admin's change:\nWelcome: to everyone → off" in text
    assert "Clara" not in text


async def test_an_announcement_is_in_the_language_of_the_chat(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person, club: Group
) -> None:
    greta = telegram.person("Greta", language_code="de")
    greta.join(club)
    anna.promote(club, greta)
    await menu_of(greta, club)
    greta.start()
    greta.say("/settings chats")
    groups = await greta.sees(text="Deine Gruppen")
    for label in ("Book club", "Verlauf", "2 rückgängig"):
        await greta.press(groups.now, label)
    told = await ben.sees(club, "Greta took back")
    assert told.text == "↩️ Greta took back Anna's change:\nGoodbye: on → off"


async def test_the_announcement_arrives_although_the_answer_fails(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person, club: Group
) -> None:
    menu = await menu_of(anna, club, "Greetings")
    telegram.faults.refuse("editEphemeralMessageText", 400, "Bad Request: no answer today")
    await anna.press(menu.now, "✓ Goodbye")
    await ben.sees(club, "Goodbye: on → off")


async def test_the_answer_comes_although_the_announcement_fails(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group
) -> None:
    menu = await menu_of(anna, club, "Greetings")
    telegram.faults.refuse("sendMessage", 400, "Bad Request: not enough rights to send text messages to the chat")
    await anna.press(menu.now, "✓ Goodbye")
    await anna.sees_edit(menu, "Saved")
