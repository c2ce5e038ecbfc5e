"""Several people, double taps, stale menus, updates delivered twice, a database that is away: nothing is lost."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg

from bot.storage.configs.repository import ChatConfigs
from sandbox import Group, Person, Sandbox, Seen
from tests.conftest import environment_for
from tests.e2e.running import RunningBot
from tests.storage.conftest import lasting_server
from tests.storage.server import Server
from tests.watching import Lines

__all__ = ["lasting_server"]


async def menu_of(person: Person, chat: Group | None, *path: str) -> Seen:
    person.catch_up(chat)
    person.say("/settings", chat)
    screen = await person.sees(chat, "⚙️")
    for label in path:
        await person.press(screen, label)
        screen = screen.now
    return screen


async def test_a_double_tap_sets_the_value_once(
    bot: RunningBot, anna: Person, club: Group, configs: ChatConfigs
) -> None:
    screen = await menu_of(anna, club, "Tidiness")
    presses = [anna.press(screen, "○ Delete “joined”") for _ in range(3)]
    for press in presses:
        await press
    stored = await configs.read(club.id)
    assert stored.config.clean_joins
    assert stored.revision == 1


async def test_two_admins_change_different_settings_and_both_stand(
    bot: RunningBot, anna: Person, ben: Person, club: Group, configs: ChatConfigs
) -> None:
    anna.promote(club, ben)
    hers, his = await menu_of(anna, club, "Tidiness"), await menu_of(ben, club, "Tidiness")
    await asyncio.gather(anna.press(hers, "○ Delete “joined”").answer(), ben.press(his, "○ Delete “left”").answer())
    config = (await configs.read(club.id)).config
    assert config.clean_joins
    assert config.clean_leaves


async def test_a_stale_menu_overwrites_nothing_tells_its_admin_and_shows_what_holds(
    bot: RunningBot, anna: Person, ben: Person, club: Group, configs: ChatConfigs
) -> None:
    anna.promote(club, ben)
    hers = await menu_of(anna, club, "Greetings", "Welcome: off")
    his = await menu_of(ben, club, "Greetings", "Welcome: off")
    await anna.press(hers, "to everyone")
    answer = await ben.press(his, "only to the newcomer")
    assert answer.alert
    assert "Somebody else changed this meanwhile" in answer.text
    assert (await configs.read(club.id)).config.welcome == "everyone"
    fresh = await ben.sees_edit(his, "Now: to everyone")
    await ben.press(fresh, "only to the newcomer")
    assert (await configs.read(club.id)).config.welcome == "newcomer"


async def test_a_stale_menu_of_ones_own_is_no_obstacle(
    bot: RunningBot, anna: Person, club: Group, configs: ChatConfigs
) -> None:
    first = await menu_of(anna, club, "Greetings", "Welcome: off")
    second = await menu_of(anna, club, "Greetings", "Welcome: off")
    await anna.press(first, "to everyone")
    await anna.press(second, "only to the newcomer")
    assert (await configs.read(club.id)).config.welcome == "newcomer"


async def test_a_stale_question_overwrites_nothing_and_asks_again(
    bot: RunningBot, anna: Person, ben: Person, club: Group, configs: ChatConfigs
) -> None:
    anna.promote(club, ben)
    screen = await menu_of(anna, club, "General", "Time zone")
    await anna.press(screen, "✏️ Type it")
    question = await anna.sees(club, "Reply to this message")
    ben.say("/settings timezone tokyo", club)
    await ben.sees(club, "Saved")
    anna.reply(question, "berlin")
    again = await anna.sees(club, "Somebody else changed this meanwhile")
    assert (await configs.read(club.id)).config.timezone == "Asia/Tokyo"
    anna.reply(again, "berlin")
    await anna.sees(club, "Saved")
    assert (await configs.read(club.id)).config.timezone == "Europe/Berlin"


async def test_many_admins_at_once_lose_nothing(
    bot: RunningBot, telegram: Sandbox, anna: Person, configs: ChatConfigs
) -> None:
    admins = [telegram.person(f"Admin {number}") for number in range(4)]
    club = telegram.supergroup("Book club", owner=anna, admins=admins, bot="administrator")
    labels = ("joined", "left", "pinned", "changed")
    screens = [await menu_of(admin, club, "Tidiness") for admin in admins]
    presses = [
        admin.press(screen, f"○ Delete “{label}”") for admin, screen, label in zip(admins, screens, labels, strict=True)
    ]
    for press in presses:
        await press.answer(within=20)
    stored = await configs.read(club.id)
    assert stored.revision == 4
    assert set(stored.chosen.values()) == {True}


async def test_an_update_delivered_twice_changes_once(
    bot: RunningBot, telegram: Sandbox, anna: Person, club: Group, configs: ChatConfigs
) -> None:
    screen = await menu_of(anna, club, "Tidiness")
    made = anna.press(screen, "○ Delete “joined”")
    await made
    press = {"update_id": telegram.world.updates.next_id - 1, "callback_query": redelivered(made.callback)}
    await bot.receive(press)
    anna.say("/settings undo", club)
    await anna.sees(club, "Undone")
    await bot.receive(press)
    stored = await configs.read(club.id)
    assert stored.revision == 2, "the second delivery is not a new change"
    assert not stored.config.clean_joins


def redelivered(callback: Any) -> dict[str, Any]:
    return {
        "id": callback.id,
        "from": callback.user.to_api(),
        "message": callback.message.to_api(),
        "chat_instance": "1",
        "data": callback.data,
    }


async def test_while_the_database_is_away_the_person_is_told_and_afterwards_all_is_well(
    telegram: Sandbox, lasting_server: Server, anna: Person, club: Group, logged: Lines
) -> None:
    await lasting_server.execute("CREATE DATABASE away")
    url = lasting_server.url(database="away")
    bot = RunningBot(environment_for(url, bot_token=telegram.token, bot_api_url=telegram.url), telegram, 50.0)
    await bot.start()
    screen = await menu_of(anna, club, "Tidiness")
    await asyncio.to_thread(lasting_server.stop)
    answer = await anna.press(screen, "○ Delete “joined”").answer(within=20)
    assert answer.alert
    assert "The database cannot be reached" in answer.text
    anna.say("/settings goodbye on", club)
    await anna.sees(club, "The database cannot be reached", within=20)
    anna.say("/settings", club)
    menu = await anna.sees(club, "this is what I last knew", within=20)
    await anna.press(menu, "Greetings").answer(within=20)
    assert "Goodbye" in menu.now.text
    anna.say("/settings rules_text", club)
    await anna.sees(club, "Rules", within=20)
    await asyncio.to_thread(lasting_server.start)
    await came_back(url)
    async with asyncio.timeout(20):
        while (await anna.press(screen, "○ Delete “joined”").answer(within=20)).alert:  # noqa: ASYNC110 - a state, not an event
            await asyncio.sleep(0.1)
    await anna.sees_edit(screen, "Saved")
    await bot.stop()
    assert not logged.errors


async def came_back(url: str) -> None:
    """The server takes connections again."""
    await (await asyncpg.connect(url)).close()


async def test_an_announcement_carries_an_undo_for_who_may(
    bot: RunningBot, anna: Person, ben: Person, club: Group, configs: ChatConfigs
) -> None:
    anna.say("/settings announce_changes chat", club)
    told = await ben.sees(club, "Announce changes: off → in the chat")
    anna.say("/settings welcome everyone", club)
    told = await ben.sees_edit(told, "Welcome: off → to everyone")
    assert "Anna changed the settings" in told.text
    assert "Only admins" in (await ben.press(told, "↩️ Undo 2")).text
    await anna.press(told, "↩️ Undo 2")
    await ben.sees_edit(told, "took back")
    assert "Anna took back their own change" in told.now.text
    assert (await configs.read(club.id)).config.welcome == "off"
