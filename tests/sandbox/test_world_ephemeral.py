"""Ephemeral messages and commands: who may send to whom and when, and who sees what."""

from __future__ import annotations

from typing import Any

from sandbox import Seen
from tests.sandbox.small_world import Rules

TOO_OLD = "400 Bad Request: query is too old and response timeout expired or query ID is invalid"
KEYBOARD = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}


def whisper(rules: Rules, to: int, **parameters: Any) -> dict[str, Any]:
    private = {"receiver_user_id": to, **parameters.pop("private", {})}
    return rules.say("psst", ephemeral_message_parameters=private, **parameters)


def refused(rules: Rules, to: int, **parameters: Any) -> str:
    private = {"receiver_user_id": to, **parameters.pop("private", {})}
    where = {"chat_id": rules.group.id, "text": "psst"}
    return rules.refused("sendMessage", ephemeral_message_parameters=private, **where, **parameters)


def pressed(rules: Rules, ask: str = "Who?") -> tuple[Seen, str]:
    """Ben presses a public button: the message and the id of the query."""
    rules.say(ask, reply_markup=KEYBOARD)
    shown = rules.ben.last(rules.group)
    return shown, rules.ben.press(shown, "Go").callback.id


def test_an_admin_bot_sends_ephemeral_messages_to_any_member_at_any_time() -> None:
    rules = Rules(bot="administrator")
    sent = whisper(rules, rules.ben.id)
    assert sent["message_id"] == 0
    assert sent["receiver_user"]["id"] == rules.ben.id
    assert rules.ben.last(rules.group).ephemeral
    assert rules.anna.screen(rules.group) == []
    carl = rules.person("Carl")
    assert refused(rules, carl.id) == "400 Bad Request: USER_NOT_PARTICIPANT"
    assert refused(rules, rules.sandbox.bot.id) == "400 Bad Request: user not found"


def test_any_other_bot_needs_a_press_of_at_most_15_seconds() -> None:
    rules = Rules()
    assert refused(rules, rules.ben.id) == "400 Bad Request: CHAT_ADMIN_REQUIRED"
    _, query = pressed(rules)
    assert refused(rules, rules.anna.id, private={"callback_query_id": query}) == TOO_OLD, "Anna did not press"
    rules.sandbox.clock.advance(15)
    assert whisper(rules, rules.ben.id, private={"callback_query_id": query})["ephemeral_message_id"]
    rules.sandbox.clock.advance(1)
    assert refused(rules, rules.ben.id, private={"callback_query_id": query}) == TOO_OLD


def test_an_ephemeral_command_reaches_the_bot_alone_and_may_be_answered_for_15_seconds() -> None:
    rules = Rules()
    commands = [{"command": "menu", "description": "Menu", "is_ephemeral": True}]
    rules.bot("setMyCommands", commands=commands, scope={"type": "all_group_chats"})
    rules.ben.say("/menu now", rules.group)
    (update,) = rules.news()
    asked = update["message"]
    assert (asked["message_id"], asked["receiver_user"]["id"]) == (0, rules.sandbox.bot.id)
    assert rules.anna.screen(rules.group) == []
    answer = {"reply_parameters": {"ephemeral_message_id": asked["ephemeral_message_id"]}}
    open_reply = rules.refused("sendMessage", chat_id=rules.group.id, text="x", **answer)
    assert open_reply == "400 Bad Request: a reply to an ephemeral message must be an ephemeral message"
    assert whisper(rules, rules.ben.id, **answer)["reply_to_message"]["text"] == "/menu now"
    assert refused(rules, rules.anna.id, **answer) == "400 Bad Request: message to be replied not found"
    rules.sandbox.clock.advance(17)
    assert refused(rules, rules.ben.id, **answer) == "400 Bad Request: message to be replied not found"


def test_an_ordinary_command_stays_public_and_so_does_an_anonymous_admin_s() -> None:
    rules = Rules()
    rules.bot("setMyCommands", commands=[{"command": "menu", "description": "Menu", "is_ephemeral": True}])
    assert not rules.ben.say("/other", rules.group).ephemeral
    rules.anna.go_anonymous(rules.group)
    said = rules.anna.say("/menu", rules.group)
    assert not said.ephemeral
    assert said.raw["from"]["username"] == "GroupAnonymousBot"
    assert said.raw["sender_chat"]["id"] == rules.group.id


def test_only_the_ephemeral_methods_edit_and_delete_ephemeral_messages() -> None:
    rules = Rules(bot="administrator")
    sent = whisper(rules, rules.ben.id, reply_markup=KEYBOARD)
    where = {
        "chat_id": rules.group.id,
        "receiver_user_id": rules.ben.id,
        "ephemeral_message_id": sent["ephemeral_message_id"],
    }
    plain = {"chat_id": rules.group.id, "message_id": 0}
    assert rules.refused("editMessageText", text="x", **plain) == "400 Bad Request: message to edit not found"
    assert rules.refused("deleteMessage", **plain) == "400 Bad Request: message to delete not found"
    assert rules.bot("editEphemeralMessageText", text="louder", **where) is True
    assert "not modified" in rules.refused("editEphemeralMessageText", text="louder", **where)
    assert rules.bot("editEphemeralMessageReplyMarkup", reply_markup=KEYBOARD, **where) is True
    assert rules.ben.last(rules.group).text == "louder"
    wrong = {**where, "receiver_user_id": rules.anna.id}
    assert rules.refused("editEphemeralMessageText", text="x", **wrong) == "400 Bad Request: message to edit not found"
    assert rules.bot("deleteEphemeralMessage", **where) is True
    assert rules.ben.screen(rules.group) == []
    assert rules.refused("deleteEphemeralMessage", **where) == "400 Bad Request: message to delete not found"


def test_an_ephemeral_message_replaces_the_pressed_one_for_one_person() -> None:
    rules = Rules()
    public, query = pressed(rules)
    later = rules.anna.say("later", rules.group)
    whisper(rules, rules.ben.id, private={"callback_query_id": query, "replace_callback_query_message": True})
    assert [seen.text for seen in rules.ben.screen(rules.group)] == ["psst", "later"]
    assert [seen.text for seen in rules.anna.screen(rules.group)] == [public.text, later.text]
    hidden = rules.ben.screen(rules.group)[0]
    again = rules.ben.forge(hidden, "x").callback.id
    wrong = {"callback_query_id": again, "replace_callback_query_message": True}
    assert refused(rules, rules.ben.id, private=wrong) == "400 Bad Request: MESSAGE_ID_INVALID"


def test_a_press_on_an_ephemeral_message_carries_it_and_allows_the_next() -> None:
    rules = Rules()
    _, query = pressed(rules)
    whisper(rules, rules.ben.id, private={"callback_query_id": query}, reply_markup=KEYBOARD)
    rules.news()
    press = rules.ben.press(rules.ben.last(rules.group), "Go")
    (update,) = rules.news()
    assert update["callback_query"]["message"]["message_id"] == 0
    assert update["callback_query"]["message"]["ephemeral_message_id"]
    whisper(rules, rules.ben.id, private={"callback_query_id": press.callback.id})


def test_a_reply_to_an_ephemeral_message_is_ephemeral() -> None:
    rules = Rules(bot="administrator")
    whisper(rules, rules.ben.id, reply_markup={"force_reply": True})
    said = rules.ben.reply(rules.ben.last(rules.group), "my text")
    assert said.ephemeral
    assert rules.anna.screen(rules.group) == []
    assert rules.news()[-1]["message"]["reply_to_message"]["text"] == "psst"
    rules.world.rules.ephemeral_replies_carry_message = False
    rules.ben.reply(rules.ben.screen(rules.group)[0], "again")
    assert "reply_to_message" not in rules.news()[-1]["message"]


def test_private_chats_have_no_ephemeral_messages() -> None:
    rules = Rules()
    rules.ben.start()
    private = {"receiver_user_id": rules.ben.id}
    text = rules.refused("sendMessage", chat_id=rules.ben.id, text="x", ephemeral_message_parameters=private)
    assert text == "400 Bad Request: ephemeral messages can be sent only to groups and supergroups"


def test_a_restart_of_the_app_loses_ephemeral_messages() -> None:
    rules = Rules(bot="administrator")
    whisper(rules, rules.ben.id)
    rules.ben.restart_app()
    assert rules.ben.screen(rules.group) == []


def test_the_older_two_parameters_still_work() -> None:
    rules = Rules()
    _, query = pressed(rules)
    assert rules.say("psst", receiver_user_id=rules.ben.id, callback_query_id=query)["ephemeral_message_id"]
