"""Everything the sandbox shows a bot is an object of the Bot API: no field missing, none invented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from aiogram import methods
from aiogram.types import Update
from pydantic import BaseModel, TypeAdapter

from sandbox import Sandbox, scenarios
from sandbox.people.messaging import PIXEL
from tests.sandbox.small_world import Rules

KEYBOARD = {"inline_keyboard": [[{"text": "Go", "callback_data": "go", "style": "primary"}]]}
COMMANDS = [{"command": "menu", "description": "Menu", "is_ephemeral": True}]


def invented(found: Any, where: str = "") -> Iterator[str]:
    """Fields the model does not know, anywhere inside."""
    if isinstance(found, BaseModel):
        for name in found.model_extra or {}:
            yield f"{where}.{name}"
        for name in type(found).model_fields:
            yield from invented(getattr(found, name), f"{where}.{name}")
    elif isinstance(found, list):
        for item in found:
            yield from invented(item, f"{where}[]")


def story() -> list[dict[str, Any]]:
    """A bit of everything; the updates it brings."""
    rules = Rules(bot="administrator")
    rules.world.updates.allow(
        [
            "message",
            "edited_message",
            "callback_query",
            "my_chat_member",
            "chat_member",
            "message_reaction",
            "channel_post",
        ]
    )
    anna, ben, group = rules.anna, rules.ben, rules.group
    carl = rules.person("Carl")
    carl.join(group)
    anna.promote(group, ben, title="Helper")
    anna.restrict(group, carl)
    anna.ban(group, carl)
    ben.go_anonymous(group)
    ben.reply(anna.say("<hello> /go @somebody", group), "yes")
    anna.pin(anna.edit(anna.say("one", group), "two"))
    anna.rename(group, "Better")
    anna.set_photo(group)
    anna.send_file(group, "a.json", b"{}", caption="a file")
    anna.send_photo(group, PIXEL)
    anna.send_animation(group, PIXEL, caption="a GIF")
    anna.send_video(group, PIXEL, album="1")
    anna.start("x")
    anna.forward(ben.say("wise", group))
    rules.bot("setMyCommands", commands=COMMANDS)
    anna.say("/menu", group)
    rules.say("press", reply_markup=KEYBOARD)
    anna.react(anna.last(group), "👍")
    anna.press(anna.last(group), "Go")
    anna.forge(anna.last(group), "x", inaccessible=True)
    channel = rules.sandbox.channel("News", owner=anna, linked=group, bot={"can_post_messages"})
    anna.say("Extra!", channel)
    forum = rules.sandbox.supergroup("Forum", owner=anna, bot="member", forum=True)
    anna.say("/in", forum, topic=anna.create_topic(forum, "Talk"))
    rules.sandbox.group("Small", owner=anna, bot="member").upgrade()
    anna.block_bot()
    anna.remove_bot(group)
    return rules.news()


def test_every_update_is_valid() -> None:
    updates = story()
    assert len(updates) > 30
    problems = [problem for update in updates for problem in invented(Update.model_validate(update))]
    assert not problems


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("getMe", {}),
        ("getChat", {"chat_id": "group"}),
        ("getChat", {"chat_id": "anna"}),
        ("getChatMember", {"chat_id": "group", "user_id": "anna"}),
        ("getChatMember", {"chat_id": "group", "user_id": "bot"}),
        ("getChatMember", {"chat_id": "anna", "user_id": "anna"}),
        ("getChatAdministrators", {"chat_id": "group"}),
        ("getChatMemberCount", {"chat_id": "group"}),
        ("getMyCommands", {}),
        ("getMyName", {}),
        ("getMyDescription", {}),
        ("getMyShortDescription", {}),
        ("getMyDefaultAdministratorRights", {}),
        ("getChatMenuButton", {}),
        ("getUserProfilePhotos", {"user_id": "anna"}),
        ("sendMessage", {"chat_id": "group", "text": "x", "reply_markup": KEYBOARD}),
        ("sendMessage", {"chat_id": "group", "text": "x", "receiver_user_id": "anna"}),
        ("sendRichMessage", {"chat_id": "anna", "rich_message": {"html": "<h1>Hi</h1>\n<p>there</p>"}}),
        ("createForumTopic", {"chat_id": "forum", "name": "x"}),
    ],
)
def test_every_result_has_the_type_of_its_method(method: str, parameters: dict[str, Any]) -> None:
    rules = Rules(bot="administrator")
    rules.anna.start()
    rules.bot("pinChatMessage", chat_id=rules.group.id, message_id=rules.say()["message_id"])
    forum = rules.sandbox.supergroup("Forum", owner=rules.anna, bot="administrator", forum=True)
    names = {"group": rules.group.id, "anna": rules.anna.id, "bot": rules.sandbox.bot.id, "forum": forum.id}
    given = {key: names.get(value, value) if isinstance(value, str) else value for key, value in parameters.items()}
    (described,) = [getattr(methods, name) for name in methods.__all__ if name.lower() == method.lower()]
    found = TypeAdapter(described.__returning__).validate_python(rules.bot(method, **given))
    assert not list(invented(found))


def test_webhook_information_has_its_form() -> None:
    sandbox = Sandbox()
    scenarios.load(sandbox, "club")
    found = TypeAdapter(methods.GetWebhookInfo.__returning__).validate_python(sandbox.api.delivery.webhook.info())
    assert not list(invented(found))
