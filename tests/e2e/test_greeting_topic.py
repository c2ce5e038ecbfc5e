"""Greetings in a forum: the topic that an admin chooses in it, and General where that topic takes nothing any more."""

from __future__ import annotations

import asyncio
import re

import pytest

from bot.kinds.destinations import topic_value
from bot.kinds.media import File
from bot.storage.connection.availability import Pool
from sandbox import Group, Person, Sandbox, Seen
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose
from tests.watching import Lines

KEY = "greeting_topic"
NOT_MANAGING = ("can_delete_messages", "can_change_info")


@pytest.fixture
def forum(telegram: Sandbox, anna: Person, ben: Person) -> Group:
    """A forum in which the bot is an administrator that cannot write in closed topics."""
    return telegram.supergroup("Book forum", owner=anna, members=[ben], bot=NOT_MANAGING, forum=True)


@pytest.fixture
def books(anna: Person, forum: Group) -> int:
    return anna.create_topic(forum, "Books")


def thread(seen: Seen) -> int | None:
    number: int | None = seen.raw.get("message_thread_id")
    return number


async def editor(person: Person, chat: Group, topic: int | None = None) -> Seen:
    """Open the editor by a command, in a topic or in General."""
    person.say(f"/settings {KEY}", chat, topic=topic)
    screen = await person.sees(chat, "Accepted")
    await person.press(screen, "Change it")
    return screen.now


async def greeted(telegram: Sandbox, chat: Group, name: str) -> Seen:
    """Have somebody join who is greeted alone, and return the greeting."""
    telegram.clock.advance(20)
    person = telegram.person(name)
    person.join(chat)
    return await person.sees(chat, f"Welcome to Book forum, {name}!")


async def noted(bot: RunningBot, chat: Group, topic: int | None) -> None:
    """Wait until the bot has stored in which topic it could not write last."""
    async with asyncio.timeout(30):
        while (await bot.configs.read(chat.id)).refused_topic != topic:  # noqa: ASYNC110 - a state, not an event
            await asyncio.sleep(0.01)


async def test_here_typed_in_a_topic_has_people_greeted_there_and_general_takes_it_back(
    bot: RunningBot, telegram: Sandbox, anna: Person, forum: Group, books: int
) -> None:
    await choose(bot, forum, welcome="everyone", goodbye=True)
    assert thread(await greeted(telegram, forum, "Cem")) is None
    anna.say(f"/settings {KEY} here", forum, topic=books)
    await anna.sees(forum, "Saved – Topic for greetings: Books")
    assert thread(await greeted(telegram, forum, "Dana")) == books
    telegram.person("Eve").join(forum)
    gone = telegram.person("Fay")
    gone.join(forum)
    gone.leave(forum)
    assert thread(await anna.sees(forum, "Goodbye, Fay.")) == books
    anna.say(f"/settings {KEY} here", forum)
    await anna.sees(forum, "Saved – Topic for greetings: General topic")
    assert thread(await greeted(telegram, forum, "Gus")) is None
    anna.say("/settings undo", forum)
    await anna.sees(forum, "Topic for greetings: General topic → Books")
    assert thread(await greeted(telegram, forum, "Hal")) == books


async def test_the_menu_that_was_opened_in_a_topic_has_a_button_for_it(
    bot: RunningBot, telegram: Sandbox, anna: Person, forum: Group, books: int
) -> None:
    await choose(bot, forum, welcome="everyone")
    anna.say("/settings", forum, topic=books)
    menu = await anna.sees(forum, "Book forum")
    await anna.press(menu, "Greetings")
    await anna.press(menu.now, "Topic for greetings")
    await anna.press(menu.now, "📍 In this topic: Books")
    assert "Saved – Topic for greetings: Books" in menu.now.text
    assert re.search(rf"https://t\.me/c/\d+/{books}\b", menu.now.text)
    assert menu.now.button("● 📍 In this topic: Books")
    assert thread(await greeted(telegram, forum, "Cem")) == books
    elsewhere = await editor(anna, forum, anna.create_topic(forum, "Films"))
    assert "Now: Books" in elsewhere.text
    assert elsewhere.button("📍 In this topic: Films")
    await anna.press(elsewhere, "General topic")
    assert thread(await greeted(telegram, forum, "Dana")) is None


async def test_a_topic_whose_name_nobody_told_is_named_by_its_number_and_a_link(
    bot: RunningBot, anna: Person, forum: Group, books: int
) -> None:
    said = anna.say("I have read it.", forum, topic=books)
    anna.say(f"/settings {KEY} HERE", forum, topic=books, reply_to=said)
    await anna.sees(forum, f"Saved – Topic for greetings: topic {books}")


async def test_from_elsewhere_the_editor_says_where_a_topic_is_chosen(
    bot: RunningBot, anna: Person, forum: Group
) -> None:
    anna.say(f"/settings {KEY} Books", forum)
    await anna.sees(forum, "Write “here” in the topic that is meant, or “general”.")
    screen = await editor(anna, forum)
    assert f"To choose a topic, send /settings {KEY} here in it." in screen.text
    assert not any("📍" in label for row in screen.buttons for label in row)
    await choose(bot, forum, menu_place="private")
    anna.say("/settings", forum)
    anna.start(str((await anna.sees(forum, "open in private")).button("Open")["url"]).partition("start=")[2])
    menu = await anna.sees(None, "Book forum")
    await anna.press(menu, "Greetings")
    await anna.press(menu.now, "Topic for greetings")
    assert f"send /settings {KEY} here in it." in menu.now.text


async def test_a_group_without_topics_is_not_asked_for_one(bot: RunningBot, anna: Person, club: Group) -> None:
    anna.say("/settings", club)
    menu = await anna.sees(club, "Book club")
    await anna.press(menu, "Greetings")
    assert "Welcome text" in menu.now.text
    assert "Topic for greetings" not in menu.now.text
    assert "This group has no topics." in (await editor(anna, club)).text
    anna.say(f"/settings {KEY} here", club)
    await anna.sees(club, "This group has no topics.")
    assert (await bot.configs.read(club.id)).chosen == {}


async def test_who_joins_together_in_a_topic_is_in_one_greeting_and_one_for_the_newcomer_is_there_too(
    bot: RunningBot, telegram: Sandbox, anna: Person, forum: Group, books: int
) -> None:
    await choose(bot, forum, welcome="everyone", **{KEY: topic_value(forum.id, books, "Books")})
    for name in ("Cem", "Dana"):
        telegram.person(name).join(forum)
    greeting = await anna.sees(forum, "Welcome to Book forum, Cem and Dana!")
    assert thread(greeting) == books
    await choose(bot, forum, welcome="newcomer")
    alone = await greeted(telegram, forum, "Eve")
    assert (thread(alone), alone.ephemeral) == (books, True)


async def test_a_topic_deleted_under_a_greeting_of_moments_ago_is_told_to_admins_too(
    bot: RunningBot, telegram: Sandbox, anna: Person, forum: Group, books: int
) -> None:
    await choose(bot, forum, welcome="everyone", **{KEY: topic_value(forum.id, books, "Books")})
    assert thread(await greeted(telegram, forum, "Cem")) == books
    anna.delete_topic(forum, books)
    telegram.person("Dana").join(forum)
    assert thread(await anna.sees(forum, "Welcome to Book forum, Dana!")) is None
    await noted(bot, forum, books)
    anna.say("/settings check", forum)
    await anna.sees(forum, "Topic for greetings: I could not write in Books, so I wrote in General.")


@pytest.mark.parametrize("how", ["deleted", "closed"])
async def test_a_topic_that_takes_nothing_is_told_to_admins_and_logged_once_and_people_are_greeted_in_general(
    bot: RunningBot, telegram: Sandbox, anna: Person, forum: Group, books: int, logged: Lines, how: str
) -> None:
    await choose(bot, forum, welcome="everyone", goodbye=True, **{KEY: topic_value(forum.id, books, "Books")})
    anna.say("/settings check", forum)
    await anna.sees(forum, "Nothing that is switched on needs a right")
    (anna.delete_topic if how == "deleted" else anna.close_topic)(forum, books)
    for name in ("Cem", "Dana"):
        assert thread(await greeted(telegram, forum, name)) is None
    telegram.person("Eve").join(forum)
    await telegram.settled()
    await noted(bot, forum, books)
    lines = [line for line in logged.lines if "takes no messages" in line]
    assert len(lines) == 2, "once, as text and as JSON"
    assert "Books" not in "".join(lines)
    anna.say("/settings check", forum)
    await anna.sees(forum, "Topic for greetings: I could not write in Books, so I wrote in General.")
    await bot.restart()
    anna.say("/settings check", forum)
    await anna.sees(forum, "Topic for greetings: I could not write in Books, so I wrote in General.")
    if how == "closed":
        anna.reopen_topic(forum, books)
    else:
        books = anna.create_topic(forum, "Books again")
        await choose(bot, forum, **{KEY: topic_value(forum.id, books, "Books again")})
    assert thread(await greeted(telegram, forum, "Fay")) == books
    if how == "closed":
        await noted(bot, forum, None)
    anna.say("/settings check", forum)
    await anna.sees(forum, "Nothing that is switched on needs a right")


async def test_a_bot_that_manages_topics_greets_in_a_closed_one(
    bot: RunningBot, telegram: Sandbox, anna: Person, forum: Group, books: int
) -> None:
    await choose(bot, forum, welcome="everyone", **{KEY: topic_value(forum.id, books, "Books")})
    anna.promote(forum, telegram.bot, "can_manage_topics")
    anna.close_topic(forum, books)
    assert thread(await greeted(telegram, forum, "Cem")) == books


async def test_what_is_refused_for_its_photo_or_its_link_stays_in_the_topic(
    bot: RunningBot, telegram: Sandbox, forum: Group, books: int
) -> None:
    lost = File("photo", telegram.world.bot.id, "AgACAgIAAxkBAAI99999999").stored()
    await choose(bot, forum, welcome="everyone", welcome_media=lost, **{KEY: topic_value(forum.id, books, "Books")})
    greeting = await greeted(telegram, forum, "Cem")
    assert (thread(greeting), greeting.media) == (books, "")


async def test_a_greeting_that_waits_while_its_topic_is_deleted_goes_to_general_after_a_restart_once_and_says_so(
    bot: RunningBot, telegram: Sandbox, anna: Person, ben: Person, forum: Group, books: int, pool: Pool, logged: Lines
) -> None:
    await choose(bot, forum, welcome="everyone", **{KEY: topic_value(forum.id, books, "Books")})
    telegram.faults.flood(forum.id, "sendMessage", retry_after=8)
    telegram.person("Cem").join(forum)
    await telegram.settled(within=7)
    assert await pool.connections.fetchval("SELECT count(*) FROM outbox WHERE kind = 'greeting'") == 1
    anna.delete_topic(forum, books)
    await bot.restart()
    greeting = await ben.sees(forum, "Welcome to Book forum, Cem!", within=30)
    assert thread(greeting) is None
    await telegram.settled()
    assert sum(seen.text == greeting.text for seen in ben.screen(forum)) == 1
    await noted(bot, forum, books)
    assert len([line for line in logged.lines if "takes no messages" in line]) == 2, "once, as text and as JSON"
    anna.say("/settings check", forum)
    await anna.sees(forum, "Topic for greetings: I could not write in Books, so I wrote in General.")


async def test_a_file_is_imported_with_its_topic_in_its_own_group_only_and_a_copy_leaves_it_out(
    bot: RunningBot, telegram: Sandbox, anna: Person, forum: Group, books: int
) -> None:
    other = telegram.supergroup("Film forum", owner=anna, bot="administrator", forum=True)
    value = topic_value(forum.id, books, "Books")
    await choose(bot, forum, goodbye=True, **{KEY: value})
    anna.say("/settings export", forum)
    exported = await anna.sees(forum, "The settings of")
    assert exported.document is not None
    content = telegram.world.files.get(exported.document["file_id"]).content
    anna.send_file(other, "settings.json", content, caption="/settings import")
    preview = await anna.sees(other, "That is a topic of another group.")
    await anna.press(preview, "Apply")
    assert dict((await bot.configs.read(other.id)).chosen) == {"goodbye": True}
    await bot.configs.change(forum.id, {}, remove=[KEY], by=None, via="test")
    anna.send_file(forum, "settings.json", content, caption="/settings import")
    await anna.press(await anna.sees(forum, "General topic → Books"), "Apply")
    assert (await bot.configs.read(forum.id)).chosen[KEY] == value
    anna.say("/settings", forum)
    await anna.sees(forum, "Set here")
    await telegram.settled()  # then the forum is on her list
    anna.say("/settings copy", other)
    sources = await anna.sees(other, "Choose the group")
    await anna.press(sources, "Book forum")
    assert "Topic for greetings" not in sources.now.text


async def test_a_topic_of_another_group_that_was_stored_by_whatever_way_is_not_written_in(
    bot: RunningBot, telegram: Sandbox, forum: Group, books: int
) -> None:
    await choose(bot, forum, welcome="everyone", **{KEY: topic_value(-1001234567890, books, "Books")})
    assert thread(await greeted(telegram, forum, "Cem")) is None


async def test_an_anonymous_admin_chooses_the_topic_they_write_in(
    bot: RunningBot, anna: Person, forum: Group, books: int
) -> None:
    anna.go_anonymous(forum)
    anna.say(f"/settings {KEY} here", forum, topic=books)
    public = await anna.sees(forum, where=lambda seen: bool(seen.buttons))
    await anna.press(public, public.buttons[0][0])
    await anna.press(await anna.sees(forum, "General topic → topic"), "Apply")
    assert (await bot.configs.read(forum.id)).chosen[KEY] == topic_value(forum.id, books, "")
