"""Wherever it is asked: old servers, basic groups, forum topics, upgraded groups, chats without rights."""

from __future__ import annotations

import re

import pytest

from bot.storage.configs.repository import ChatConfigs
from sandbox import Group, Person, Sandbox, Seen

pytestmark = pytest.mark.usefixtures("bot")
OLD_SERVERS = pytest.mark.parametrize(
    "sandbox_options", [{"ephemeral": False}, {"ephemeral": "ignored"}], ids=["refusing", "ignoring"]
)


async def menu_of(person: Person, chat: Group | None, *path: str) -> Seen:
    person.say("/settings", chat)
    screen = await person.sees(chat, re.compile("All settings are|Set here|Press to open"))
    if "Press to open" in screen.text:
        await person.press(screen, "⚙️ Settings")
        screen = screen.now if "Press to open" not in screen.now.text else await person.sees(chat, "⚙️")
    for label in path:
        await person.press(screen, label)
        screen = screen.now
    return screen


async def set_and_typed(admin: Person, chat: Group) -> None:
    """A switch by button, a time zone by a typed reply."""
    screen = await menu_of(admin, chat, "Tidiness")
    await admin.press(screen, "○ Delete “joined”")
    assert "Saved" in screen.now.text
    screen = await menu_of(admin, chat, "General", "Time zone")
    await admin.press(screen, "✏️ Type it")
    question = await admin.sees(chat, "Reply to this message")
    admin.reply(question, "berlin")
    await admin.sees(chat, "Saved")


@OLD_SERVERS
async def test_an_older_server_shows_the_menu_as_an_ordinary_message(
    anna: Person, ben: Person, club: Group, configs: ChatConfigs
) -> None:
    await set_and_typed(anna, club)
    assert (await configs.read(club.id)).chosen == {"clean_joins": True, "timezone": "Europe/Berlin"}


@OLD_SERVERS
async def test_on_an_older_server_a_member_s_press_on_an_admin_s_menu_is_refused(
    anna: Person, ben: Person, club: Group, configs: ChatConfigs
) -> None:
    screen = await menu_of(anna, club, "Tidiness")
    if screen in ben.screen(club):
        answer = await ben.press(screen, "○ Delete “joined”")
        assert "Only admins" in answer.text
    assert (await configs.read(club.id)).revision == 0


@pytest.mark.parametrize("role", ["member", "administrator"])
async def test_a_basic_group_is_configured_like_any_other(
    telegram: Sandbox, anna: Person, ben: Person, configs: ChatConfigs, role: str
) -> None:
    club = telegram.group("Book club", owner=anna, members=[ben], bot=role)
    await set_and_typed(anna, club)
    assert (await configs.read(club.id)).chosen == {"clean_joins": True, "timezone": "Europe/Berlin"}


async def test_a_supergroup_where_the_bot_is_a_plain_member_is_configured_too(
    telegram: Sandbox, anna: Person, ben: Person, configs: ChatConfigs
) -> None:
    club = telegram.supergroup("Book club", owner=anna, members=[ben], bot="member")
    await set_and_typed(anna, club)
    assert (await configs.read(club.id)).revision == 2


async def test_in_a_forum_the_answer_comes_in_the_topic_of_the_question(telegram: Sandbox, anna: Person) -> None:
    club = telegram.supergroup("Book club", owner=anna, bot="administrator", forum=True)
    topic = anna.create_topic(club, "Admin talk")
    for text in ("/settings", "/settings welcome everyone", "/settings nothing_like_it"):
        anna.catch_up(club)
        anna.say(text, club, topic=topic)
        assert (await anna.sees(club)).raw.get("message_thread_id") == topic, text
    screen = anna.last(club)
    anna.say("/settings timezone", club, topic=topic)
    explained = await anna.sees(club, "Time zone")
    await anna.press(explained, "⚙️ Change it")
    await anna.press(explained.now, "✏️ Type it")
    question = await anna.sees(club, "Reply to this message")
    assert question.raw.get("message_thread_id") == topic
    assert screen is not None


@pytest.mark.parametrize("notice_last", [False, True])
async def test_a_menu_opened_before_the_group_became_a_supergroup_changes_the_supergroup(
    telegram: Sandbox, anna: Person, ben: Person, configs: ChatConfigs, notice_last: bool
) -> None:
    club = telegram.group("Book club", owner=anna, members=[ben], bot="administrator")
    anna.say("/settings welcome everyone", club)
    await anna.sees(club, "Saved")
    old = await menu_of(anna, club, "Tidiness")
    club.upgrade(notice_last=notice_last)
    await telegram.settled()
    assert (await configs.read(club.id)).config.welcome == "everyone"
    fresh = await menu_of(anna, club)
    await anna.forge(fresh, old.button("○ Delete “joined”")["callback_data"])
    stored = await configs.read(club.id)
    assert stored.chat_id == club.id
    assert stored.config.clean_joins
    assert stored.config.welcome == "everyone"


async def test_a_question_asked_before_the_upgrade_is_still_answered_for(
    telegram: Sandbox, anna: Person, configs: ChatConfigs
) -> None:
    club = telegram.group("Book club", owner=anna, bot="administrator")
    anna.say("/settings goodbye on", club)
    await anna.sees(club, "Saved")
    club.upgrade()
    await telegram.settled()
    anna.say("/settings undo", club)
    assert "Goodbye: on → off" in (await anna.sees(club, "Undone")).text
    anna.say("/settings history", club)
    assert "Goodbye: off → on" in (await anna.sees(club, "History")).text


async def test_where_the_bot_may_not_write_nothing_breaks(telegram: Sandbox, anna: Person, club: Group) -> None:
    telegram.faults.refuse("sendMessage", 403, "Forbidden: bot was kicked from the supergroup chat", times=2)
    anna.say("/settings", club)
    await telegram.settled()
    telegram.faults.clear()
    assert "All settings are at their defaults" in (await menu_of(anna, club)).text


async def test_the_menu_follows_who_lost_it(anna: Person, club: Group) -> None:
    await menu_of(anna, club)
    anna.restart_app()
    assert "All settings are at their defaults" in (await menu_of(anna, club)).text
