"""The first floor over real HTTP: updates out, messages in."""

from __future__ import annotations

import asyncio
import re

import pytest

from sandbox import Sandbox
from tests.sandbox.client import Client


async def test_get_me_returns_the_bot(api: Client) -> None:
    me = await api.ok("getMe")
    assert me["is_bot"]
    assert me["username"] == "sandbox_bot"


async def test_a_private_conversation(telegram: Sandbox, api: Client) -> None:
    anna = telegram.person("Anna")
    anna.start("abc")
    (update,) = await api.updates()
    assert update["message"]["text"] == "/start abc"
    assert update["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    keyboard = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}
    await api.ok("sendMessage", chat_id=anna.id, text="<b>Hello</b>", parse_mode="HTML", reply_markup=keyboard)
    hello = await anna.sees(text="Hello")
    assert hello.buttons == (("Go",),)
    press = anna.press(hello, "Go")
    update = (await api.updates(offset=update["update_id"] + 1))[0]
    assert update["callback_query"]["data"] == "go"
    await api.ok("answerCallbackQuery", callback_query_id=update["callback_query"]["id"], text="Gone")
    assert (await press).text == "Gone"
    await api.ok("editMessageText", chat_id=anna.id, message_id=hello.id, text="Bye")
    assert (await anna.sees(text="Bye")) == hello
    await api.ok("deleteMessage", chat_id=anna.id, message_id=hello.id)
    await anna.sees_gone(hello)


async def test_a_long_poll_ends_with_the_first_update(telegram: Sandbox, api: Client) -> None:
    anna = telegram.person("Anna")
    poll = asyncio.create_task(api.updates(timeout=30))
    await telegram.polled()
    anna.say("hi")
    assert (await poll)[0]["message"]["text"] == "hi"


async def test_the_older_of_two_polls_ends_with_a_conflict(telegram: Sandbox, api: Client) -> None:
    older = asyncio.create_task(api.call("getUpdates", timeout=30))
    await telegram.polled()
    newer = asyncio.create_task(api.updates(timeout=30))
    assert (await older)["description"].startswith("Conflict: terminated by other getUpdates request")
    await telegram.polled()
    telegram.person("Anna").say("hi")
    assert len(await newer) == 1


async def test_an_ephemeral_command_and_its_answer_are_seen_by_one_person(telegram: Sandbox, api: Client) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Books", owner=anna, members=[ben], bot="member")
    await api.ok("setMyCommands", commands=[{"command": "menu", "description": "Menu", "is_ephemeral": True}])
    anna.say("/menu", group)
    (update,) = await api.drain()
    asked = update["message"]
    assert asked["message_id"] == 0
    sent = await api.ok(
        "sendMessage",
        chat_id=group.id,
        text="Menu",
        reply_parameters={"ephemeral_message_id": asked["ephemeral_message_id"]},
        ephemeral_message_parameters={"receiver_user_id": anna.id},
    )
    menu = await anna.sees(group, "Menu")
    assert menu.ephemeral
    assert ben.screen(group) == []
    where = {"chat_id": group.id, "receiver_user_id": anna.id, "ephemeral_message_id": sent["ephemeral_message_id"]}
    await api.ok("editEphemeralMessageText", text="Changed", **where)
    assert (await anna.sees(group, "Changed")) == menu
    await api.ok("deleteEphemeralMessage", **where)
    await anna.sees_gone(menu)


async def test_a_group_becomes_a_supergroup(telegram: Sandbox, api: Client) -> None:
    anna = telegram.person("Anna")
    group = telegram.group("Books", owner=anna, bot="member")
    anna.upgrade(group)
    error = await api.call("sendMessage", chat_id=group.old_id, text="hi")
    assert error["parameters"] == {"migrate_to_chat_id": group.id}
    kinds = [
        next(iter(update["message"].keys() & {"migrate_to_chat_id", "migrate_from_chat_id"}), "")
        for update in await api.drain()
        if "message" in update
    ]
    assert kinds == ["migrate_to_chat_id", "migrate_from_chat_id"]


async def test_a_wait_that_times_out_names_what_was_on_the_screen(telegram: Sandbox, api: Client) -> None:
    anna = telegram.person("Anna")
    anna.say("hello?")
    await api.ok("sendMessage", chat_id=anna.id, text="Something else")
    with pytest.raises(TimeoutError, match=re.compile("did not see 'Hello'.*Something else.*sendMessage", re.DOTALL)):
        await anna.sees(text="Hello", within=0.01)
