"""/start, /help, /privacy and the command menus."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bot.environment import Environment
from sandbox import Sandbox
from tests.e2e.running import BotProcess, RunningBot
from tests.e2e.setting import offer_menus


@pytest.mark.parametrize("parameter", ["", "whatever", "rules_nonsense"])
async def test_the_first_screen_says_who_i_am_and_how_to_add_me(
    telegram: Sandbox, bot: RunningBot, parameter: str
) -> None:
    anna = telegram.person("Anna")
    anna.start(parameter)
    screen = await anna.sees(None, "/settings")
    assert screen.button("Add me")["url"] == f"https://t.me/{telegram.bot.username}?startgroup&admin=delete_messages"


async def test_the_link_leads_to_one_line_in_the_group(telegram: Sandbox, bot: RunningBot) -> None:
    anna = telegram.person("Anna")
    group = telegram.supergroup("Book club", owner=anna)
    anna.open_startgroup(group, rights=["can_delete_messages"])
    await anna.sees(group, "/settings")
    await telegram.settled()
    assert telegram.calls.count("sendMessage") == 1


async def test_start_in_a_group_is_one_line_for_who_sent_it(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, members=[ben], bot="administrator")
    ben.say("/start", group)
    said = await ben.sees(group, "/settings")
    assert said.ephemeral
    assert "\n" not in said.text


async def test_help_and_privacy_answer_everywhere(telegram: Sandbox, bot: RunningBot) -> None:
    anna = telegram.person("Anna")
    group = telegram.supergroup("Book club", owner=anna, bot="member")
    for place in (None, group):
        anna.say("/help", place)
        await anna.sees(place, "What can be set")
        anna.say("/privacy", place)
        await anna.sees(place, "What I store")


async def test_what_is_no_command_is_answered_in_private_and_nowhere_else(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, members=[ben], bot="administrator")
    for text in ("hello", "/nonsense", "settings"):
        anna.say(text)
        assert "/help" in (await anna.sees(text="I understand commands only")).text
    anna.send_photo(None)
    await anna.sees(text="I understand commands only")
    telegram.calls.clear()
    ben.say("hello", group)
    ben.say("/nonsense", group)
    message = ben.say("look", group)
    anna.pin(message)
    await telegram.settled()
    assert telegram.calls.count("sendMessage") == 0


async def test_the_command_menus_are_there_soon_after_the_start(
    telegram: Sandbox, new_process: Callable[..., BotProcess]
) -> None:
    anna, ben = telegram.person("Anna", language_code="de"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, members=[ben], bot="member")
    admins = telegram.calls.next("setMyCommands", lambda call: "admin" in str(call.parameters["scope"]), within=100)
    told = asyncio.create_task(admins)
    await new_process().start()
    await told
    assert "settings" in {one["command"] for one in anna.commands()}
    for person in (anna, ben):
        menu = {one["command"]: one for one in person.commands(group)}
        assert menu["settings"]["is_ephemeral"]
        assert menu["rules"]["is_ephemeral"]


@pytest.mark.parametrize("sandbox_options", [{"ephemeral": False}])
async def test_an_older_server_gets_menus_too(telegram: Sandbox, environment: Environment) -> None:
    anna = telegram.person("Anna")
    group = telegram.supergroup("Book club", owner=anna, bot="member")
    await offer_menus(environment)
    assert "settings" in {one["command"] for one in anna.commands(group)}


async def test_menus_that_cannot_be_set_are_a_warning(
    telegram: Sandbox, environment: Environment, caplog: pytest.LogCaptureFixture
) -> None:
    telegram.faults.refuse("setMyCommands", 401, "Unauthorized")
    await offer_menus(environment)
    assert [record.levelname for record in caplog.records if record.name == "bot.telegram.commands"] == ["WARNING"]
