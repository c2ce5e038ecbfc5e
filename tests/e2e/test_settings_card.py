"""The card of a chat's settings: a table in one message, for the one who asks, and for all by a second press."""

from __future__ import annotations

import re

import pytest

from sandbox import Group, Person, Sandbox, Seen
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose

TEXT = "<b>Welcome</b> to {chat}!\nThere is tea."


async def asked(person: Person, chat: Group | None = None) -> Seen:
    person.say("/settings card", chat)
    return await person.sees(chat, "As of")


def cards(person: Person, chat: Group) -> list[Seen]:
    """The cards that stand in the chat for everybody."""
    return [one for one in person.screen(chat) if re.search("As of|Stand 2", one.text) and not one.ephemeral]


async def test_the_card_shows_what_was_chosen_to_the_one_who_asks(
    anna: Person, ben: Person, club: Group, bot: RunningBot
) -> None:
    await choose(bot, club, goodbye=True, welcome="newcomer", welcome_text=TEXT, quiet_hours="22:30-07:00")
    card = await asked(anna, club)
    assert card.ephemeral
    lines = card.text.splitlines()
    assert lines[0] == "⚙️ Book club"
    assert lines[1:6] == ["👋 Welcome", "only to the newcomer", "👋 Goodbye", "on", "🌙 Silent hours"]
    assert "Welcome to {chat}!" in lines
    assert "Time zone" not in card.text
    assert lines[-1].endswith("all other settings are at their defaults.")
    assert card.raw["rich_message"]["blocks"][1]["type"] == "table"
    assert not [one for one in ben.screen(club) if "As of" in one.text]


async def test_a_long_text_is_shortened_and_can_be_read_in_full(
    telegram: Sandbox, anna: Person, club: Group, bot: RunningBot
) -> None:
    rules = "\n".join(f"{number}. Be kind to everybody, also to those who are not." for number in range(1, 31))
    await choose(bot, club, rules_text=rules, welcome_text="Hello!")
    card = await asked(anna, club)
    quote, details = card.raw["rich_message"]["blocks"][2:5:2]
    assert (quote["type"], details["type"]) == ("blockquote", "details")
    assert details["summary"].startswith("1. Be kind to everybody")
    assert len(details["summary"]) <= 80
    assert [one["text"] for one in details["blocks"]] == rules.split("\n")
    telegram.faults.refuse("sendRichMessage", 404, "Not Found: method not found")
    plain = await asked(anna, club)
    assert "/settings KEY shows a text in full." in plain.text
    anna.say("/settings rules_text", club)
    assert rules in (await anna.sees(club, "Accepted")).text


async def test_a_chat_that_chose_nothing_is_told_so(anna: Person, club: Group, bot: RunningBot) -> None:
    assert "all settings are at their defaults" in (await asked(anna, club)).text


async def test_the_card_is_posted_once_in_the_language_of_the_chat(
    telegram: Sandbox, anna: Person, ben: Person, club: Group, bot: RunningBot
) -> None:
    await choose(bot, club, language="de", goodbye=True)
    anna.say("/settings", club)
    menu = await anna.sees(club, "Book club")
    await anna.press(menu, "More")
    await anna.press(await anna.sees_edit(menu), "Card")
    card = await anna.sees(club, "As of 2")
    first, second = anna.press(card, "Post it in the chat"), anna.press(card, "Post it in the chat")
    assert "Posted" in (await first).text
    assert "already" in (await second).text
    (posted,) = cards(ben, club)
    assert posted.buttons == ()
    assert "Abschied" in posted.text


async def test_from_the_private_chat_the_card_is_posted_in_the_group(
    telegram: Sandbox, club: Group, anna: Person, ben: Person, bot: RunningBot
) -> None:
    clara = telegram.person("Clara", language_code="de")
    clara.join(club)
    anna.promote(club, clara, "can_change_info")
    await choose(bot, club, goodbye=True)
    clara.say("/settings", club)
    await clara.sees(club, "Book club")
    clara.say("/settings chats")
    chats = await clara.sees(text="Deine Gruppen")
    await clara.press(chats, "Book club")
    menu = await clara.sees_edit(chats, "Book club")
    await clara.press(menu, "Mehr")
    await clara.press(await clara.sees_edit(menu), "Übersicht")
    card = await clara.sees(text="Stand ")
    await clara.press(card, "In den Chat stellen")
    assert "Goodbye" in (await ben.sees(club, "As of")).text


async def test_members_see_the_card_where_they_may_look_and_cannot_post_it(
    anna: Person, ben: Person, club: Group, bot: RunningBot
) -> None:
    ben.say("/settings card", club)
    assert "Only admins" in (await ben.sees(club)).text
    await choose(bot, club, members_may_view=True)
    card = await asked(ben, club)
    assert card.buttons == (("✕ Close",),)
    mine = await asked(anna, club)
    answer = await ben.forge(card, str(mine.button("Post it")["callback_data"]))
    assert "Only admins" in answer.text
    assert not cards(ben, club)


async def test_ones_own_card_stays_with_oneself(anna: Person, bot: RunningBot) -> None:
    await choose(bot, anna, timezone="Europe/Berlin")
    card = await asked(anna)
    assert "Europe/Berlin" in card.text
    assert card.buttons == (("✕ Close",),)


@pytest.mark.parametrize("sandbox_options", [{"ephemeral": False}])
async def test_where_nobody_can_be_told_alone_the_way_leads_to_the_private_chat(
    anna: Person, club: Group, bot: RunningBot
) -> None:
    anna.say("/settings card", club)
    way = await anna.sees(club, "settings open in private")
    assert way.button("Open in private")["url"]
    assert not cards(anna, club)


@pytest.mark.parametrize("code", [400, 404])
async def test_an_older_server_gets_the_card_as_text(
    telegram: Sandbox, anna: Person, club: Group, bot: RunningBot, code: int
) -> None:
    await bot.configs.change(club.id, {"goodbye": True, "welcome_text": TEXT}, by=None, via="test")
    telegram.faults.refuse("sendRichMessage", code, "Not Found: method not found")
    card = await asked(anna, club)
    assert card.ephemeral
    assert "Goodbye: on" in card.text
    assert "Welcome to {chat}!\nThere is tea." in card.text


async def test_who_may_not_be_written_to_is_no_failure(
    telegram: Sandbox, club: Group, anna: Person, bot: RunningBot
) -> None:
    card = await asked(anna, club)
    telegram.faults.refuse("sendRichMessage", 400, "Bad Request: not enough rights to send text messages to the chat")
    telegram.faults.refuse("sendMessage", 400, "Bad Request: not enough rights to send text messages to the chat")
    assert "I may not write in that chat" in (await anna.press(card, "Post it")).text
    await anna.press(card, "Post it")
    assert len(cards(anna, club)) == 1
