"""Presses, their answers, and command menus."""

from __future__ import annotations

import pytest

from sandbox import CannotError
from tests.sandbox.small_world import Rules

KEYBOARD = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}, {"text": "Off", "disabled": {}}]]}
TOO_OLD = "400 Bad Request: query is too old and response timeout expired or query ID is invalid"


def test_a_press_is_answered_once_and_in_time() -> None:
    rules = Rules()
    rules.say("menu", reply_markup=KEYBOARD)
    press = rules.ben.press(rules.ben.last(rules.group), "Go")
    answer = {"callback_query_id": press.callback.id}
    assert rules.refused("answerCallbackQuery", text="x" * 201, **answer) == "400 Bad Request: MESSAGE_TOO_LONG"
    assert rules.bot("answerCallbackQuery", text="x" * 200, show_alert=True, **answer)
    assert press.answered is not None
    assert press.answered.alert
    assert rules.refused("answerCallbackQuery", **answer) == TOO_OLD
    late = rules.ben.press(rules.ben.last(rules.group), "Go").callback.id
    rules.sandbox.clock.advance(16)
    assert rules.refused("answerCallbackQuery", callback_query_id=late) == TOO_OLD
    assert rules.refused("answerCallbackQuery", callback_query_id="nonsense") == TOO_OLD


def test_only_visible_buttons_can_be_pressed() -> None:
    rules = Rules()
    rules.say("menu", reply_markup=KEYBOARD)
    menu = rules.ben.last(rules.group)
    with pytest.raises(CannotError, match="no button to press"):
        rules.ben.press(menu, "Off")
    with pytest.raises(CannotError, match=r"no button 'Stop'.*'Go', 'Off'"):
        rules.ben.press(menu, "Stop")
    with pytest.raises(CannotError, match="does not see"):
        rules.person("Carl").press(menu, "Go")
    rules.bot("deleteMessage", chat_id=rules.group.id, message_id=menu.id)
    with pytest.raises(CannotError, match="does not see"):
        rules.ben.press(menu, "Go")


def test_a_modified_client_sends_any_data_on_any_message() -> None:
    rules = Rules()
    rules.say("menu", reply_markup=KEYBOARD)
    menu = rules.ben.last(rules.group)
    rules.news()
    rules.person("Carl").forge(menu, "evil")
    rules.ben.forge(menu, "old", inaccessible=True)
    evil, old = rules.news()
    assert evil["callback_query"]["data"] == "evil"
    assert old["callback_query"]["message"] == {
        "chat": evil["callback_query"]["message"]["chat"],
        "message_id": menu.id,
        "date": 0,
    }


def test_an_old_button_can_be_pressed() -> None:
    rules = Rules()
    sent = rules.say("menu", reply_markup=KEYBOARD)
    seen = rules.ben.last(rules.group)
    rules.bot("editMessageText", chat_id=rules.group.id, message_id=sent["message_id"], text="other")
    rules.news()
    rules.ben.press(seen, "Go")
    assert rules.news()[0]["callback_query"]["data"] == "go"


def test_the_narrowest_scope_wins_then_the_language() -> None:
    rules = Rules()
    scopes = [
        ({"type": "default"}, "", "d"),
        ({"type": "all_group_chats"}, "", "g"),
        ({"type": "all_group_chats"}, "de", "gd"),
        ({"type": "all_chat_administrators"}, "", "a"),
        ({"type": "chat_member", "chat_id": rules.group.id, "user_id": rules.ben.id}, "", "m"),
    ]
    for scope, language, name in scopes:
        commands = [{"command": name, "description": "x"}]
        rules.bot("setMyCommands", commands=commands, scope=scope, language_code=language)
    dora = rules.sandbox.person("Dora", language_code="de")
    dora.join(rules.group)
    names = [person.commands(rules.group)[0]["command"] for person in (rules.anna, rules.ben, dora)]
    assert names == ["a", "m", "gd"]
    assert rules.anna.commands()[0]["command"] == "d"
    rules.bot("deleteMyCommands", scope={"type": "all_chat_administrators"})
    assert rules.anna.commands(rules.group)[0]["command"] == "g"


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ({"command": "Menu", "description": "x"}, "BOT_COMMAND_INVALID"),
        ({"command": "a" * 33, "description": "x"}, "BOT_COMMAND_INVALID"),
        ({"command": "a", "description": ""}, "BOT_COMMAND_DESCRIPTION_INVALID"),
    ],
)
def test_commands_that_are_refused(command: dict[str, str], problem: str) -> None:
    rules = Rules()
    assert rules.refused("setMyCommands", commands=[command]) == f"400 Bad Request: {problem}"
    many = [{"command": f"c{number}", "description": "x"} for number in range(101)]
    assert rules.refused("setMyCommands", commands=many) == "400 Bad Request: BOT_COMMANDS_TOO_MUCH"


def test_names_and_descriptions_fall_back_to_no_language() -> None:
    rules = Rules()
    assert rules.bot("getMyName") == {"name": "Sandbox Bot"}
    rules.bot("setMyDescription", description="Hello")
    rules.bot("setMyDescription", description="Hallo", language_code="de")
    assert rules.bot("getMyDescription", language_code="de") == {"description": "Hallo"}
    assert rules.bot("getMyDescription", language_code="fr") == {"description": "Hello"}
    assert "too long" in rules.refused("setMyShortDescription", short_description="x" * 121)


def test_reply_keyboards_and_the_chat_picker() -> None:
    rules = Rules()
    rules.anna.start()
    request = {"request_id": 7, "chat_is_channel": False, "request_title": True}
    markup = {"keyboard": [[{"text": "Pick", "request_chat": request}, {"text": "Hi"}]]}
    rules.bot("sendMessage", chat_id=rules.anna.id, text="pick", reply_markup=markup)
    rules.news()
    assert rules.anna.keyboard() == [["Pick", "Hi"]]
    rules.anna.share_chat("Pick", rules.group)
    rules.anna.tap(None, "Hi")
    shared, said = rules.news()
    assert shared["message"]["chat_shared"] == {"request_id": 7, "chat_id": rules.group.id, "title": "Books"}
    assert said["message"]["text"] == "Hi"
    rules.bot("sendMessage", chat_id=rules.anna.id, text="done", reply_markup={"remove_keyboard": True})
    assert rules.anna.keyboard() == []
