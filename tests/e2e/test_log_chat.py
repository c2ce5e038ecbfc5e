"""A log of changes in another chat: chosen by who may write there, told of every change."""

from __future__ import annotations

import pytest

from bot.kinds.destinations import log_chat_value
from sandbox import Group, Person, Sandbox
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose


@pytest.fixture
def news(telegram: Sandbox, anna: Person) -> Group:
    return telegram.channel("Club log", owner=anna)


async def open_picker(person: Person, club: Group) -> None:
    """Open the editor in the group, and follow its button into the private chat."""
    person.say("/settings log_chat", club)
    explained = await person.sees(club, "is told of every change")
    await person.press(explained, "⚙️ Change it")
    answer = await person.press(explained.now, "🔎 Choose a channel or group")
    person.start(str(answer.url).partition("start=")[2])
    await person.sees(None, "Where shall changes in Book club be logged?")


@pytest.mark.parametrize("kind", ["channel", "group"])
async def test_a_log_is_chosen_in_the_picker_and_told_of_every_change_from_then_on(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group, news: Group, kind: str
) -> None:
    log = news if kind == "channel" else telegram.supergroup("Club log", owner=anna)
    await open_picker(anna, club)
    anna.share_chat("📣 Choose a channel" if kind == "channel" else "👥 Choose a group", log)
    await anna.sees(None, "Saved – Change log: Club log")
    await anna.sees(log, "Change log: off → Club log")
    anna.say("/settings goodbye on", club)
    told = await anna.sees(log, "Goodbye: off → on")
    assert told.text.startswith("👥 Book club\n⚙️ Anna changed the settings:")
    assert not told.buttons
    anna.say("/settings undo", club)
    await anna.sees(log, "Anna took back their own change:")
    await telegram.settled()
    assert not any("changed the settings" in seen.text for seen in anna.screen(club))


async def test_changes_within_a_minute_are_one_message_for_each_group(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group, news: Group
) -> None:
    anna.promote(news, telegram.bot, "can_post_messages")
    chess = telegram.supergroup("Chess", owner=anna, bot="administrator")
    for group in (club, chess):
        await choose(bot, group, log_chat=log_chat_value(news.id, news.title))
        anna.say("/settings goodbye on\nwelcome on", group)
        await anna.sees(group, "✅ Saved:")
    first, second = [await anna.sees(news, name) for name in ("Book club", "Chess")]
    assert first.text.count("→") == second.text.count("→") == 2


async def test_nobody_has_the_bot_write_where_they_may_not(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person, club: Group, news: Group
) -> None:
    """By an imported file, and by an undo of what another admin chose."""
    victim = telegram.supergroup("Other people", owner=telegram.person("Cleo"), bot="administrator")
    anna.promote(club, ben, "can_change_info")
    file = f'{{"schema": 1, "settings": {{"log_chat": "{log_chat_value(victim.id, "x")}"}}}}'.encode()
    ben.send_file(club, "settings.json", file, caption="/settings import")
    preview = await ben.sees(club, "1 change.")
    assert (await ben.press(preview, "✅ Apply")).text == "You have to be an admin who may post there."
    anna.promote(news, telegram.bot, "can_post_messages")
    for value in (log_chat_value(news.id, news.title), "off"):
        await bot.configs.change(club.id, {"log_chat": value}, by=anna.id, via="menu")
    ben.say("/settings undo", club)
    await ben.sees(club, "You have to be an admin who may post there.")
    assert (await bot.configs.read(club.id)).config.log_chat == "off"
    assert telegram.calls.all("sendMessage")
    assert not any(call.parameters["chat_id"] in {victim.id, news.id} for call in telegram.calls.all("sendMessage"))


async def test_a_chat_in_which_the_bot_may_not_write_is_refused(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group, news: Group
) -> None:
    anna.promote(news, telegram.bot, "can_edit_messages")
    await open_picker(anna, club)
    anna.share_chat("📣 Choose a channel", news)
    await anna.sees(None, "I cannot write there: make me an admin who may post messages.")
    anna.catch_up(club)
    await open_picker(anna, club)
    anna.share_chat("👥 Choose a group", club)
    await anna.sees(None, "Choose another chat. For this one there is “Announce changes”.")


async def test_what_is_typed_switches_it_off_and_else_says_where_to_choose(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group, news: Group
) -> None:
    await choose(bot, club, log_chat=log_chat_value(news.id, news.title))
    anna.say("/settings log_chat @news", club)
    await anna.sees(club, "Choose the channel or group with the button in the menu")
    anna.say("/settings log_chat off", club)
    await anna.sees(club, "Saved – Change log: off")
