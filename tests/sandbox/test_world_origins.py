"""Messages that are not simply somebody's own words: forwards, inline bots, channels."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox import CannotError, Sandbox
from sandbox.world import snapshot
from tests.sandbox.small_world import Rules


def message(rules: Rules) -> dict[str, Any]:
    (update,) = rules.news()
    found: dict[str, Any] = update["message"]
    return found


def test_a_forwarded_command_says_whose_it_was() -> None:
    rules = Rules()
    said = rules.ben.say("/settings", rules.group)
    rules.news()
    rules.anna.forward(said, rules.group)
    forwarded = message(rules)
    assert (forwarded["text"], forwarded["from"]["first_name"]) == ("/settings", "Anna")
    assert forwarded["forward_origin"]["sender_user"]["first_name"] == "Ben"
    assert forwarded["entities"][0]["type"] == "bot_command"


def test_a_forward_of_a_forward_names_the_first_author() -> None:
    rules = Rules()
    rules.anna.start()
    once = rules.anna.forward(rules.ben.say("wise", rules.group))
    rules.news()
    rules.anna.forward(once)
    assert message(rules)["forward_origin"]["sender_user"]["first_name"] == "Ben"


def test_a_reply_does_not_carry_a_message_that_was_deleted() -> None:
    rules = Rules()
    said = rules.ben.say("/settings", rules.group)
    reply = rules.anna.reply(said, "no")
    assert reply.raw["reply_to_message"]["text"] == "/settings"
    rules.anna.delete(said)
    assert "reply_to_message" not in reply.now.raw


def test_service_messages_cannot_be_forwarded() -> None:
    rules = Rules()
    rules.anna.rename(rules.group, "Better books")
    with pytest.raises(CannotError, match="cannot be forwarded"):
        rules.anna.forward(rules.anna.last(rules.group))


def test_a_message_via_an_inline_bot_names_it_also_when_it_is_forwarded() -> None:
    rules = Rules()
    said = rules.ben.say("/settings", rules.group, via_bot="gif")
    told = message(rules)
    assert told["from"]["first_name"] == "Ben"
    assert (told["via_bot"]["username"], told["via_bot"]["is_bot"]) == ("gif", True)
    rules.anna.forward(said, rules.group)
    assert message(rules)["via_bot"] == told["via_bot"]


def test_an_inline_bot_is_saved_and_restored() -> None:
    rules, again = Rules(), Sandbox()
    rules.ben.say("hi", rules.group, via_bot="gif")
    kept = json.loads(json.dumps(snapshot.dump(rules.world)))
    snapshot.restore(again.world, kept)
    assert snapshot.dump(again.world) == kept


def test_a_post_that_is_forwarded_keeps_its_origin_in_a_channel_and_in_the_linked_group() -> None:
    rules = Rules("administrator")
    channel = rules.sandbox.channel("News", owner=rules.anna, linked=rules.group, bot="administrator")
    rules.anna.forward(rules.ben.say("wise", rules.group), channel)
    post, copy = (update.get("channel_post") or update["message"] for update in rules.news()[1:])
    assert post["forward_origin"]["sender_user"]["first_name"] == "Ben"
    assert copy["forward_origin"]["type"] == "channel"
    assert copy["is_automatic_forward"]
    assert copy["sender_chat"]["id"] == channel.id


def test_only_the_owner_of_a_channel_writes_in_its_name() -> None:
    rules = Rules()
    channel = rules.sandbox.channel("News", owner=rules.anna)
    rules.anna.say_as_channel(channel, "/settings", rules.group)
    told = message(rules)
    assert told["sender_chat"]["id"] == channel.id
    assert told["from"]["username"] == "Channel_Bot"
    with pytest.raises(CannotError, match="cannot write as 'News'"):
        rules.ben.say_as_channel(channel, "/settings", rules.group)
