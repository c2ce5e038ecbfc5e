"""What the bot says while Telegram asks it to wait, is away, or the bot is restarted."""

from __future__ import annotations

from collections.abc import Callable

from bot.storage.configs.repository import ChatConfigs
from bot.storage.connection.availability import Pool
from sandbox import Group, Person, Sandbox
from tests.e2e.running import BotProcess, RunningBot
from tests.e2e.setting import choose


def said(telegram: Sandbox, text: str) -> int:
    """Return how often the bot wrote this."""
    return sum(text in call.parameters["text"] for call in telegram.calls.all("sendMessage") if call.status == 200)


async def test_an_ordinary_answer_has_no_row(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group, pool: Pool
) -> None:
    before = await pool.connections.fetchval("SELECT last_value FROM outbox_id_seq")
    anna.say("/settings", club)
    await anna.sees(club, "Book club")
    await telegram.settled()
    assert await pool.connections.fetchval("SELECT last_value FROM outbox_id_seq") == before


async def test_an_answer_that_waits_lets_its_update_be_confirmed_and_outlives_a_kill(
    telegram: Sandbox, anna: Person, club: Group, new_process: Callable[..., BotProcess]
) -> None:
    first, second = new_process(), new_process()
    await first.start()
    telegram.faults.flood(club.id, "sendMessage", retry_after=4)
    anna.say("/settings goodbye on", club)
    await telegram.settled()
    assert not telegram.faults.waiting
    await first.kill()
    await second.start()
    await anna.sees(club, "Saved")
    assert said(telegram, "Saved") == 1


async def test_no_call_is_made_to_a_chat_before_its_flood_wait_ends_also_after_a_restart(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group
) -> None:
    telegram.faults.flood(club.id, "sendMessage", retry_after=3)
    anna.say("/settings goodbye on", club)
    await telegram.settled()
    refused_at = telegram.calls.all("sendMessage")[-1].at
    await bot.restart()
    await anna.sees(club, "Saved")
    sent = [call for call in telegram.calls.all("sendMessage") if call.status == 200]
    assert [call.at - refused_at >= 2.9 for call in sent] == [True]


async def test_what_waits_for_one_person_alone_never_becomes_public(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person, configs: ChatConfigs
) -> None:
    club = telegram.supergroup("Garden", owner=anna, members=[ben], bot="member")
    telegram.faults.flood(club.id, "sendMessage", retry_after=20)
    anna.say("/settings goodbye on", club)
    await telegram.settled()
    await telegram.calls.next("sendMessage", lambda call: call.status == 400, within=40)
    assert (await configs.read(club.id)).config.goodbye
    assert not [one for one in ben.screen(club) if "Goodbye" in one.text]


async def test_what_can_no_longer_be_shown_in_the_group_to_one_person_alone_is_said_in_private(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person
) -> None:
    club = telegram.supergroup("Garden", owner=anna, members=[ben], bot="member")
    anna.start()
    telegram.faults.flood(club.id, "sendMessage", retry_after=2)
    anna.say("/settings goodbye on", club)
    await telegram.settled()
    telegram.clock.advance(20)
    await anna.sees(None, "Saved")
    assert not [one for one in ben.screen(club) if "Goodbye" in one.text]


async def test_of_several_redraws_only_the_newest_is_shown(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group
) -> None:
    anna.say("/settings", club)
    menu = await anna.sees(club, "⚙️")
    edits = telegram.calls.count("editEphemeralMessageText")
    telegram.faults.flood(club.id, "editEphemeralMessageText", retry_after=2)
    for label in ("Greetings", "Rules", "General"):
        anna.press(menu, label)
    shown = await anna.sees_edit(menu, "Time zone")
    assert shown.now.text == shown.text
    assert telegram.calls.count("editEphemeralMessageText") - edits <= 3


async def test_a_greeting_waits_for_telegram_and_is_said_once(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group
) -> None:
    await choose(bot, club, welcome="everyone")
    telegram.faults.bad_gateway("sendMessage", times=2)
    telegram.person("Cem").join(club)
    await anna.sees(club, "Welcome to", within=30)
    await telegram.settled()
    assert said(telegram, "Welcome to") == 1
