"""Welcome and goodbye, as the people of a group see them."""

from __future__ import annotations

import pytest

from sandbox import Person, Sandbox
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose


def greetings(telegram: Sandbox) -> int:
    """How many greetings the bot sent."""
    texts = [call.parameters["text"] for call in telegram.calls.all("sendMessage")]
    return sum("Welcome" in text or "Goodbye" in text for text in texts)


@pytest.mark.parametrize("standing", ["member", "administrator"])
async def test_who_joins_is_greeted_once(telegram: Sandbox, bot: RunningBot, standing: str) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben <3")
    group = telegram.supergroup("Book & Club", owner=anna, bot=standing)
    await choose(bot, group, welcome="everyone")
    ben.join(group)
    greeting = await ben.sees(group, "Welcome to Book & Club, Ben <3!")
    assert [entity["type"] for entity in greeting.entities] == ["text_mention"]
    await telegram.settled()
    assert greetings(telegram) == 1


async def test_who_comes_back_at_once_is_greeted_again(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, bot="administrator")
    await choose(bot, group, welcome="everyone")
    ben.join(group)
    await anna.sees(group, "Ben")
    ben.leave(group)
    telegram.clock.advance(20)
    ben.join(group)
    await anna.sees(group, "Ben")
    await telegram.settled()
    assert greetings(telegram) == 2


@pytest.mark.parametrize("standing", ["member", "administrator"])
async def test_several_at_once_get_one_greeting(telegram: Sandbox, bot: RunningBot, standing: str) -> None:
    anna = telegram.person("Anna")
    group = telegram.supergroup("Book club", owner=anna, bot=standing)
    await choose(bot, group, welcome="everyone")
    anna.add(group, *(telegram.person(name) for name in ("Ben", "Cem", "Dana")))
    await anna.sees(group, "Welcome to Book club, Ben, Cem and Dana!")
    await telegram.settled()
    assert greetings(telegram) == 1


async def test_a_crowd_is_not_enumerated(telegram: Sandbox, bot: RunningBot) -> None:
    anna = telegram.person("Anna")
    group = telegram.supergroup("Book club", owner=anna, bot="administrator")
    await choose(bot, group, welcome="everyone")
    anna.add(group, *(telegram.person(f"P{number}") for number in range(7)))
    # Edits keep Telegram's rate limits.
    await anna.sees(group, "P0, P1, P2, P3, P4 and others!", within=30)
    await telegram.settled(within=30)
    assert greetings(telegram) == 1


async def test_the_text_is_the_chats_own_with_its_formatting_and_places(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, bot="member")
    await choose(bot, group, welcome="everyone", welcome_text="<b>Hi {name}</b> of {chat}, one of {members}.")
    ben.join(group)
    greeting = await ben.sees(group, "Hi Ben of Book club, one of 3.")
    assert [(entity["type"], entity["length"]) for entity in greeting.entities] == [("bold", 6)]


async def test_only_the_newcomer_sees_a_greeting_meant_for_them(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, bot="administrator")
    await choose(bot, group, welcome="newcomer")
    ben.join(group)
    greeting = await ben.sees(group, "Welcome to")
    assert greeting.ephemeral
    assert greeting not in anna.screen(group)


async def test_where_only_the_newcomer_cannot_be_told_nobody_is(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben, cem = telegram.person("Anna"), telegram.person("Ben"), telegram.person("Cem")
    group = telegram.supergroup("Book club", owner=anna, bot="member")
    await choose(bot, group, welcome="newcomer")
    ben.join(group)
    cem.join(group)
    await telegram.settled()
    assert not any("Welcome to" in seen.text for seen in anna.screen(group) if not seen.ephemeral)


async def test_bots_are_not_greeted_and_off_is_off(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben, robot = telegram.person("Anna"), telegram.person("Ben"), telegram.person("Robot")
    robot.user.is_bot = True
    group = telegram.supergroup("Book club", owner=anna, bot="administrator")
    ben.join(group)
    await telegram.settled()
    await choose(bot, group, welcome="everyone")
    anna.add(group, robot)
    await telegram.settled()
    assert greetings(telegram) == 0


async def test_who_leaves_is_told_goodbye_and_who_is_removed_is_not(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben, cem, dana = (telegram.person(name) for name in ("Anna", "Ben", "Cem", "Dana"))
    group = telegram.supergroup("Book club", owner=anna, members=[ben, cem, dana], bot="administrator")
    await choose(bot, group, goodbye=True)
    anna.remove(group, cem)
    anna.ban(group, dana)
    ben.leave(group)
    await anna.sees(group, "Goodbye, Ben.")
    await telegram.settled()
    assert greetings(telegram) == 1


async def test_a_removal_from_a_basic_group_is_no_leaving_either(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben, cem = (telegram.person(name) for name in ("Anna", "Ben", "Cem"))
    group = telegram.group("Book club", owner=anna, members=[ben, cem], bot="member")
    await choose(bot, group, goodbye=True)
    anna.remove(group, cem)
    ben.leave(group)
    await anna.sees(group, "Goodbye, Ben.")
    await telegram.settled()
    assert greetings(telegram) == 1


async def test_a_message_of_a_join_long_ago_is_not_answered(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, bot="administrator")
    await choose(bot, group, welcome="everyone")
    telegram.clock.advance(-7_200)
    ben.join(group)
    await telegram.settled()
    assert greetings(telegram) == 0


async def test_a_refused_greeting_breaks_nothing(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, bot="administrator")
    await choose(bot, group, welcome="everyone")
    telegram.faults.refuse("sendMessage", 400, "Bad Request: not enough rights to send text messages to the chat")
    ben.join(group)
    await telegram.settled()
    anna.say("/settings welcome", group)
    await anna.sees(group, "Greets people who join")


async def test_the_button_under_the_greeting_shows_the_rules_to_who_presses_it(
    telegram: Sandbox, bot: RunningBot
) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, bot="member")
    await choose(bot, group, welcome="everyone", rules_text="Be kind.", rules_button=True)
    ben.join(group)
    await ben.press(await ben.sees(group, "Welcome to"), "Rules")
    rules = await ben.sees(group, "Be kind.")
    assert rules.ephemeral
    assert rules not in anna.screen(group)


@pytest.mark.parametrize("sandbox_options", [{"ephemeral": False}])
async def test_an_older_server_shows_short_rules_as_a_pop_up(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, bot="member")
    await choose(bot, group, welcome="everyone", rules_text="Be kind.", rules_button=True)
    ben.join(group)
    answer = await ben.press(await ben.sees(group, "Welcome to"), "Rules")
    assert (answer.text, answer.alert) == ("Be kind.", True)


@pytest.mark.parametrize("sandbox_options", [{"ephemeral": False}])
async def test_an_older_server_shows_long_rules_in_private(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben, cem = telegram.person("Anna"), telegram.person("Ben"), telegram.person("Cem")
    group = telegram.supergroup("Book club", owner=anna, bot="administrator")
    await choose(bot, group, welcome="everyone", rules_text="Be kind. " * 40, rules_button=True)
    ben.join(group)
    answer = await ben.press(await ben.sees(group, "Welcome to"), "Rules")
    assert answer.url is not None
    parameter = answer.url.partition("?start=")[2]
    ben.start(parameter)
    await ben.sees(None, "Be kind.")
    cem.start(parameter)
    await cem.sees(None, "cannot see you in that group")


async def test_people_who_join_while_the_greeting_has_to_wait_are_added_to_it(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person
) -> None:
    group = telegram.supergroup("Chess", owner=anna, bot="administrator")
    await choose(bot, group, welcome="everyone")
    telegram.faults.flood(group.id, "sendMessage", retry_after=3)
    ben.join(group)
    telegram.person("Cem").join(group)
    await anna.sees(group, "Ben and Cem", within=20)
    await telegram.settled()
    assert len([one for one in telegram.calls.all("sendMessage") if one.status == 200]) == 1
