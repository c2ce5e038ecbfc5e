"""What a bot may send, edit and delete, and how it is refused."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import CannotError
from tests.sandbox.small_world import Rules

HOURS = 3600


def keyboard(**button: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "Go", **button}]]}


def test_the_bot_cannot_write_first_to_a_person() -> None:
    rules = Rules()
    carl = rules.person("Carl")
    assert rules.refused("sendMessage", chat_id=carl.id, text="x") == "400 Bad Request: chat not found"
    assert (
        rules.refused("sendMessage", chat_id=rules.ben.id, text="x")
        == "403 Forbidden: bot can't initiate conversation with a user"
    )
    rules.ben.start()
    assert rules.bot("sendMessage", chat_id=rules.ben.id, text="x")["chat"]["type"] == "private"
    rules.ben.block_bot()
    assert rules.refused("sendMessage", chat_id=rules.ben.id, text="x") == "403 Forbidden: bot was blocked by the user"
    rules.ben.unblock_bot()
    rules.ben.delete_account()
    assert rules.refused("sendMessage", chat_id=rules.ben.id, text="x") == "403 Forbidden: user is deactivated"


@pytest.mark.parametrize(("kind", "noun"), [("group", "group chat"), ("supergroup", "supergroup chat")])
def test_calls_of_a_removed_bot_are_refused(kind: str, noun: str) -> None:
    rules = Rules(kind=kind)
    rules.anna.remove_bot(rules.group)
    for method in ("sendMessage", "getChat", "getChatAdministrators"):
        parameters = {"text": "x"} if method == "sendMessage" else {}
        assert (
            rules.refused(method, chat_id=rules.group.id, **parameters)
            == f"403 Forbidden: bot was kicked from the {noun}"
        )


def test_a_bot_that_left_is_no_member() -> None:
    rules = Rules()
    assert rules.bot("leaveChat", chat_id=rules.group.id)
    text = "403 Forbidden: bot is not a member of the supergroup chat"
    assert rules.refused("sendMessage", chat_id=rules.group.id, text="x") == text


def test_an_unknown_chat_is_not_found() -> None:
    rules = Rules(bot=None)
    rules.ben.leave(rules.group)
    assert rules.refused("sendMessage", chat_id=rules.group.id, text="x") == "400 Bad Request: chat not found"


@pytest.mark.parametrize(
    ("text", "mode", "problem"),
    [
        ("", None, "message text is empty"),
        (" \n ", None, "message text is empty"),
        ("\x00\x01", None, "message text is empty"),
        ("<b></b>", "HTML", "message text is empty"),
        ("x" * 4097, None, "message is too long"),
        ("🙂" * 2049, None, "message is too long"),
        ("\ud800", None, "strings must be encoded in UTF-8"),
        ("x", "BBCode", "unsupported parse_mode"),
    ],
)
def test_texts_that_are_refused(text: str, mode: str | None, problem: str) -> None:
    rules = Rules()
    parameters = {"chat_id": rules.group.id, "text": text, **({"parse_mode": mode} if mode else {})}
    assert rules.refused("sendMessage", **parameters) == f"400 Bad Request: {problem}"


def test_a_text_is_trimmed_and_its_nul_characters_become_spaces() -> None:
    assert Rules().say("  a\x00b \n")["text"] == "a b"
    assert len(Rules().say("x" * 4096)["text"]) == 4096


@pytest.mark.parametrize(
    ("markup", "problem"),
    [
        (keyboard(), "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"),
        (keyboard(callback_data="ä" * 33), "BUTTON_DATA_INVALID"),
        (keyboard(callback_data=""), "BUTTON_DATA_INVALID"),
        (keyboard(callback_data="a", url="http://a.bc"), "can't parse inline keyboard button: exactly one"),
        (keyboard(callback_data="a", style="pink"), "invalid button style specified"),
        (keyboard(url="nowhere"), "inline keyboard button URL 'nowhere' is invalid: Wrong HTTP URL"),
        (keyboard(web_app={"url": "https://a.bc"}), "BUTTON_TYPE_INVALID"),
        ({"inline_keyboard": [[{"text": "x", "callback_data": "y"}] * 101]}, "reply markup is too long"),
        (
            {"keyboard": [[{"text": "Pick", "request_chat": {"request_id": 1, "chat_is_channel": False}}]]},
            "BUTTON_TYPE_INVALID",
        ),
    ],
)
def test_keyboards_that_are_refused(markup: dict[str, Any], problem: str) -> None:
    rules = Rules()
    assert problem in rules.refused("sendMessage", chat_id=rules.group.id, text="x", reply_markup=markup)


def test_keyboards_with_colours_disabled_buttons_and_force_reply_are_kept() -> None:
    rules = Rules()
    rows = [[{"text": "Go", "callback_data": "ä" * 32, "style": "danger"}], [], [{"text": "No", "disabled": {}}]]
    sent = rules.say(reply_markup={"inline_keyboard": rows, "force_reply": True})
    assert sent["reply_markup"] == {"inline_keyboard": [rows[0], rows[2]], "force_reply": True}
    new = rules.bot(
        "editMessageText",
        chat_id=rules.group.id,
        message_id=sent["message_id"],
        text="y",
        reply_markup=keyboard(url="t.me/x"),
    )
    assert new["reply_markup"]["force_reply"]


def test_editing() -> None:
    rules = Rules()
    where = {
        "chat_id": rules.group.id,
        "message_id": rules.say("one", reply_markup=keyboard(callback_data="a"))["message_id"],
    }
    same = rules.refused("editMessageText", text="one", reply_markup=keyboard(callback_data="a"), **where)
    assert same.startswith("400 Bad Request: message is not modified: specified new message content")
    assert "reply_markup" not in rules.bot("editMessageText", text="two", **where), "no keyboard given, none left"
    assert (
        rules.refused("editMessageCaption", caption="x", **where)
        == "400 Bad Request: there is no caption in the message to edit"
    )
    rules.bot("editMessageReplyMarkup", reply_markup=keyboard(callback_data="b"), **where)
    assert "message is not modified" in rules.refused(
        "editMessageReplyMarkup", reply_markup=keyboard(callback_data="b"), **where
    )
    gone = {**where, "message_id": 9_999}
    assert rules.refused("editMessageText", text="x", **gone) == "400 Bad Request: message to edit not found"
    other = {**where, "message_id": rules.ben.say("mine", rules.group).id}
    assert rules.refused("editMessageText", text="x", **other) == "400 Bad Request: message can't be edited"
    asked = {**where, "message_id": rules.say("?", reply_markup={"force_reply": True})["message_id"]}
    assert rules.refused("editMessageText", text="x", **asked) == "400 Bad Request: message can't be edited"


def test_deleting_needs_the_right_and_48_hours() -> None:
    rules = Rules()
    mine, theirs = rules.say()["message_id"], rules.ben.say("hi", rules.group)
    where = {"chat_id": rules.group.id}
    assert rules.refused("deleteMessage", message_id=theirs.id, **where) == "400 Bad Request: message can't be deleted"
    rules.anna.promote(rules.group, rules.sandbox.bot, "can_delete_messages")
    assert rules.bot("deleteMessage", message_id=theirs.id, **where)
    assert theirs.gone
    assert (
        rules.refused("deleteMessage", message_id=theirs.id, **where) == "400 Bad Request: message to delete not found"
    )
    rules.sandbox.clock.advance(48 * HOURS + 1)
    old = rules.refused("deleteMessage", message_id=mine, **where)
    assert old == "400 Bad Request: message can't be deleted for everyone"
    new = rules.say()["message_id"]
    assert rules.bot("deleteMessages", message_ids=[new, 12345], **where)


def test_in_private_the_bot_deletes_what_people_wrote() -> None:
    rules = Rules()
    said = rules.anna.say("secret")
    assert rules.bot("deleteMessage", chat_id=rules.anna.id, message_id=said.id)
    assert rules.anna.screen() == []


def test_replies() -> None:
    rules = Rules()
    asked = rules.say("q", reply_markup=keyboard(callback_data="a"))
    told = rules.say("a", reply_parameters={"message_id": asked["message_id"]})
    assert told["reply_to_message"]["reply_markup"] == asked["reply_markup"]
    assert (
        "reply_to_message"
        not in rules.say("b", reply_parameters={"message_id": told["message_id"]})["reply_to_message"]
    )
    text = rules.refused("sendMessage", chat_id=rules.group.id, text="x", reply_parameters={"message_id": 999})
    assert text == "400 Bad Request: message to be replied not found"
    loose = {"message_id": 999, "allow_sending_without_reply": True}
    assert "reply_to_message" not in rules.say(reply_parameters=loose)


def test_a_restricted_bot_cannot_write() -> None:
    rules = Rules()
    rules.anna.restrict(rules.group, rules.sandbox.bot)
    text = "400 Bad Request: not enough rights to send text messages to the chat"
    assert rules.refused("sendMessage", chat_id=rules.group.id, text="x") == text


def test_flood_control_counts_per_chat_per_group_and_in_all() -> None:
    rules = Rules(limits=True)
    for _ in range(3):
        rules.say()
    assert rules.refused("sendMessage", chat_id=rules.group.id, text="x") == "429 Too Many Requests: retry after 1"
    rules.sandbox.clock.advance(3.1)
    for _ in range(17):
        rules.sandbox.clock.advance(1.1)
        rules.say()
    rules.sandbox.clock.advance(3.1)
    assert rules.refused("sendMessage", chat_id=rules.group.id, text="x").startswith(
        "429 Too Many Requests: retry after "
    )
    rules.sandbox.clock.advance(60)
    rules.say()


def test_ephemeral_messages_count_for_their_receiver_and_not_for_the_group() -> None:
    rules = Rules("administrator", limits=True)
    anna, ben = ({"receiver_user_id": person.id} for person in (rules.anna, rules.ben))
    for _ in range(3):
        rules.say(ephemeral_message_parameters=anna)
    one_more = {"chat_id": rules.group.id, "text": "x", "ephemeral_message_parameters": anna}
    assert rules.refused("sendMessage", **one_more) == "429 Too Many Requests: retry after 1"
    rules.say(ephemeral_message_parameters=ben)
    rules.say()


def test_thirty_a_second_is_the_limit_of_all_chats_together() -> None:
    rules = Rules(limits=True)
    people = [rules.person(f"Person {number}") for number in range(31)]
    for person in people:
        person.start()
    for person in people[:30]:
        rules.bot("sendMessage", chat_id=person.id, text="x")
    refused = rules.refused("sendMessage", chat_id=people[30].id, text="x")
    assert refused == "429 Too Many Requests: retry after 1"


def test_forums_know_their_topics() -> None:
    rules = Rules()
    forum = rules.sandbox.supergroup("Forum", owner=rules.anna, bot="administrator", forum=True)
    topic = rules.anna.create_topic(forum, "News")
    said = rules.anna.say("hi", forum, topic=topic)
    assert said.raw["message_thread_id"] == topic
    sent = rules.bot("sendMessage", chat_id=forum.id, text="x", message_thread_id=topic)
    assert sent["is_topic_message"]
    assert (
        rules.refused("sendMessage", chat_id=forum.id, text="x", message_thread_id=77)
        == "400 Bad Request: message thread not found"
    )
    made = rules.bot("createForumTopic", chat_id=forum.id, name="Games")
    assert rules.bot("sendMessage", chat_id=forum.id, text="x", message_thread_id=made["message_thread_id"])


def test_a_message_in_a_topic_replies_to_the_one_that_began_it_unless_it_replies_to_another() -> None:
    rules = Rules()
    forum = rules.sandbox.supergroup("Forum", owner=rules.anna, bot="administrator", forum=True)
    topic = rules.anna.create_topic(forum, "News")
    first = rules.anna.say("hi", forum, topic=topic)
    assert first.raw["reply_to_message"]["forum_topic_created"]["name"] == "News"
    assert first.reply_to is None
    assert rules.anna.reply(first, "hello").raw["reply_to_message"]["text"] == "hi"
    assert "reply_to_message" not in rules.anna.say("all", forum).raw


def test_a_closed_topic_takes_messages_of_those_who_manage_topics_only() -> None:
    rules = Rules()
    forum = rules.sandbox.supergroup("Forum", owner=rules.anna, members=[rules.ben], bot="member", forum=True)
    topic = rules.anna.create_topic(forum, "News")
    where = {"chat_id": forum.id, "text": "x", "message_thread_id": topic}
    rules.news()
    rules.anna.close_topic(forum, topic)
    rules.anna.close_topic(forum, topic)
    (told,) = rules.news()
    assert told["message"]["forum_topic_closed"] == {}
    assert told["message"]["message_thread_id"] == topic
    assert rules.refused("sendMessage", **where) == "400 Bad Request: TOPIC_CLOSED"
    with pytest.raises(CannotError):
        rules.ben.say("x", forum, topic=topic)
    rules.anna.say("I may", forum, topic=topic)
    rules.anna.promote(forum, rules.sandbox.bot, "can_manage_topics")
    assert rules.bot("sendMessage", **where)
    rules.anna.demote(forum, rules.sandbox.bot)
    rules.anna.reopen_topic(forum, topic)
    assert rules.bot("sendMessage", **where)
    with pytest.raises(CannotError):
        rules.ben.close_topic(forum, topic)


def test_a_deleted_topic_is_gone_with_all_that_is_in_it() -> None:
    rules = Rules()
    forum = rules.sandbox.supergroup("Forum", owner=rules.anna, members=[rules.ben], bot="administrator", forum=True)
    topic = rules.anna.create_topic(forum, "News")
    said, general = rules.anna.say("hi", forum, topic=topic), rules.anna.say("all", forum)
    where = {"chat_id": forum.id, "text": "x", "message_thread_id": topic}
    only = {"receiver_user_id": rules.ben.id}
    rules.bot("sendMessage", **where, ephemeral_message_parameters=only)
    with pytest.raises(CannotError):
        rules.ben.delete_topic(forum, topic)
    rules.news()
    rules.anna.delete_topic(forum, topic)
    assert rules.news() == []
    assert said.gone
    assert rules.ben.screen(forum) == [general]
    assert rules.refused("sendMessage", **where) == "400 Bad Request: message thread not found"


def test_pinning_needs_the_right_and_leaves_a_service_message() -> None:
    rules = Rules()
    where = {"chat_id": rules.group.id, "message_id": rules.say("read this")["message_id"]}
    assert (
        rules.refused("pinChatMessage", **where)
        == "400 Bad Request: not enough rights to manage pinned messages in the chat"
    )
    rules.anna.promote(rules.group, rules.sandbox.bot, "can_pin_messages")
    rules.news()
    assert rules.bot("pinChatMessage", **where)
    (update,) = rules.news()
    assert update["message"]["pinned_message"]["text"] == "read this"
    assert rules.bot("getChat", chat_id=rules.group.id)["pinned_message"]["text"] == "read this"
    assert rules.bot("unpinChatMessage", **where)
    assert "pinned_message" not in rules.bot("getChat", chat_id=rules.group.id)


def test_copies_and_forwards() -> None:
    rules = Rules()
    rules.anna.start()
    said = rules.ben.say("wise words", rules.group)
    where = {"chat_id": rules.anna.id, "from_chat_id": rules.group.id, "message_id": said.id}
    assert rules.bot("forwardMessage", **where)["forward_origin"]["sender_user"]["first_name"] == "Ben"
    rules.bot("copyMessage", **where)
    assert "forward_origin" not in rules.anna.last().raw
    assert rules.refused("copyMessage", **{**where, "message_id": 99}) == "400 Bad Request: message to copy not found"


def table(*rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "table", "cells": list(rows)}


def cell(text: Any, **more: Any) -> dict[str, Any]:
    return {"align": "left", "valign": "top", "text": text, **more}


def nested(levels: int) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "paragraph", "text": "deep"}
    for _ in range(levels - 1):
        block = {"type": "blockquote", "blocks": [block]}
    return block


def test_a_rich_message_shows_its_blocks_and_is_found_by_its_words() -> None:
    rules = Rules()
    items = [{"blocks": [{"type": "paragraph", "text": "tea"}]}, {"blocks": [], "value": 7}]
    blocks = [
        {"type": "heading", "size": 2, "text": ["Books ", {"type": "bold", "text": "& tea"}]},
        table([cell("chapter", is_header=True)], [cell({"type": "code", "text": "seven"})]),
        {"type": "list", "items": items},
    ]
    sent = rules.bot("sendRichMessage", chat_id=rules.group.id, rich_message={"blocks": blocks})
    assert sent["rich_message"]["blocks"][:2] == blocks[:2]
    assert [item["label"] for item in sent["rich_message"]["blocks"][2]["items"]] == ["•", "7."]
    assert rules.anna.last(rules.group).text == "Books & tea\nchapter\nseven\ntea"


@pytest.mark.parametrize(
    ("blocks", "reason"),
    [
        ([{"type": "paragraph", "text": ""}], "message text is empty"),
        ([{"type": "paragraph", "text": "x" * 32_769}], "message is too long"),
        ([{"type": "divider"}] * 501, "too many blocks"),
        ([nested(17)], "too many nested blocks"),
        ([{"type": "heading", "size": 7, "text": "x"}], "heading size must be from 1 to 6"),
        ([table()], "a table must have rows and cells"),
        ([table([cell("x", colspan=21)])], "too many columns in a table"),
        ([table([{**cell("x"), "align": "middle"}])], "unknown alignment of a table cell"),
        ([{"type": "paragraph", "text": {"type": "blink", "text": "x"}}], "unsupported RichText type specified"),
    ],
)
def test_a_rich_message_beyond_telegrams_limits_is_refused(blocks: list[dict[str, Any]], reason: str) -> None:
    rules = Rules()
    refused = rules.refused("sendRichMessage", chat_id=rules.group.id, rich_message={"blocks": blocks})
    assert refused.startswith("400 Bad Request: ")
    assert refused.endswith(reason)
    rules.bot("sendRichMessage", chat_id=rules.group.id, rich_message={"blocks": [nested(16)]})
