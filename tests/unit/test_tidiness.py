"""What is tidied away."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from aiogram.types import Message

from bot.features.tidiness import CLEANED, command_target, is_command_to_be_cleaned, is_to_be_cleaned
from bot.settings import ChatConfig, settings

ANN = {"id": 7, "is_bot": False, "first_name": "Ann"}


def message(**fields: Any) -> Message:
    group = {"id": -100, "type": "supergroup", "title": "Book club"}
    return Message.model_validate({"message_id": 1, "date": datetime.now(UTC), "chat": group, "from": ANN, **fields})


def command(text: str) -> Message:
    entity = {"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}
    return message(text=text, entities=[entity])


SERVICE = [
    ("clean_joins", {"new_chat_members": [ANN]}),
    ("clean_leaves", {"left_chat_member": ANN}),
    ("clean_pins", {"pinned_message": message(text="x").model_dump(by_alias=True, exclude_none=True)}),
    ("clean_changes", {"new_chat_title": "New"}),
    ("clean_changes", {"new_chat_photo": []}),
    ("clean_changes", {"delete_chat_photo": True}),
    ("clean_changes", {"video_chat_started": {}}),
    ("clean_changes", {"forum_topic_closed": {}}),
]


@pytest.mark.parametrize(("key", "fields"), SERVICE)
def test_a_service_message_goes_where_its_switch_is_on(key: str, fields: dict[str, Any]) -> None:
    assert is_to_be_cleaned(message(**fields), ChatConfig().model_copy(update={key: True}))


@pytest.mark.parametrize(("key", "fields"), SERVICE)
def test_every_other_switch_leaves_it_alone(key: str, fields: dict[str, Any]) -> None:
    others = dict.fromkeys(set(CLEANED) - {key}, True)
    assert not is_to_be_cleaned(message(**fields), ChatConfig().model_copy(update=others))


@pytest.mark.parametrize("fields", [{"text": "hello"}, {"forum_topic_created": {"name": "x", "icon_color": 1}}])
def test_what_people_write_and_the_root_of_a_topic_always_stay(fields: dict[str, Any]) -> None:
    everything = ChatConfig().model_copy(update=dict.fromkeys(CLEANED, True))
    assert not is_to_be_cleaned(message(**fields), everything)


def test_every_named_type_is_a_field_of_a_message_and_every_switch_is_declared() -> None:
    assert set(CLEANED) <= set(settings())
    assert {field for fields in CLEANED.values() for field in fields} <= set(Message.model_fields)


@pytest.mark.parametrize(
    ("text", "target"), [("/rules", ""), ("/rules@My_Bot now", "my_bot"), ("/ban@OtherBot", "otherbot")]
)
def test_a_command_names_its_bot_or_none(text: str, target: str) -> None:
    assert command_target(command(text)) == target


def test_a_word_that_only_looks_like_a_command_is_none() -> None:
    assert command_target(message(text="/usr/bin is a folder")) is None
    assert (
        command_target(message(text="see /rules", entities=[{"type": "bot_command", "offset": 4, "length": 6}])) is None
    )


@pytest.mark.parametrize(
    ("choice", "target", "cleaned"),
    [
        *(("none", target, False) for target in ("", "my_bot", "otherbot", None)),
        ("others", "otherbot", True),
        ("others", "my_bot", False),
        ("others", "", False),
        ("others", None, False),
        *(("all", target, True) for target in ("", "my_bot", "otherbot")),
        ("all", None, False),
    ],
)
def test_commands_go_as_the_chat_chose(choice: str, target: str | None, cleaned: bool) -> None:
    config = ChatConfig().model_copy(update={"clean_commands": choice})
    assert is_command_to_be_cleaned(config, target, "My_Bot") is cleaned
