"""Where a chat has changes announced, every way of changing something is: once, whatever becomes of the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from bot.storage.configs.repository import ChatConfigs
from sandbox import Group, Person, Sandbox, Seen
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose

Way = Callable[[Sandbox, Person, Group], Awaitable[object]]


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
    for label in ("Your groups", "Book club", "History", "Undo 1"):
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
    told = [number for number, one in enumerate(telegram.calls.all()) if "changed the settings" in str(one.parameters)]
    assert len(told) == 1
    assert "Anna changed the settings" in (await ben.sees(club, "changed the settings")).text


async def test_a_change_that_is_taken_back_by_its_announcement_is_announced_too(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person, club: Group, configs: ChatConfigs
) -> None:
    anna.say("/settings welcome everyone", club)
    told = await ben.sees(club, "off → to everyone")
    await anna.press(told, "Undo")
    await ben.sees_edit(told, "took a change back")
    again = await ben.sees(club, "to everyone → off")
    await anna.press(again, "Undo")
    await ben.sees(club, "off → to everyone")
    assert (await configs.read(club.id)).config.welcome == "everyone"


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
    for label in ("Book club", "Verlauf", "1 rückgängig"):
        await greta.press(groups.now, label)
    assert "Goodbye: on → off" in (await ben.sees(club, "Greta changed the settings")).text


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
