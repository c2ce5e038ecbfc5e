"""Photos, GIFs and videos: sent by bots and people, captioned, edited, refused."""

from __future__ import annotations

import pytest

from sandbox.people.messaging import PIXEL
from tests.sandbox.small_world import Rules

KINDS = {"photo": "sendPhoto", "animation": "sendAnimation", "video": "sendVideo"}


def file_id(rules: Rules, kind: str) -> str:
    """The id of a file of this kind that somebody sent to the group."""
    raw = rules.anna.send_file(rules.group, "file.mp4", PIXEL, kind=kind).raw[kind]
    found: str = (raw[-1] if isinstance(raw, list) else raw)["file_id"]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_somebody_sent_is_sent_again_by_its_id_with_a_caption_and_buttons(kind: str) -> None:
    rules = Rules(bot="administrator")
    markup = {"inline_keyboard": [[{"text": "Go", "url": "https://example.org"}]]}
    known = {kind: file_id(rules, kind), "caption": "<b>Hi</b>", "parse_mode": "HTML", "reply_markup": markup}
    sent = rules.bot(KINDS[kind], chat_id=rules.group.id, **known)
    assert sent["caption"] == "Hi"
    assert sent["caption_entities"] == [{"type": "bold", "offset": 0, "length": 2}]
    seen = rules.ben.screen(rules.group)[-1]
    assert (seen.media, seen.text, seen.buttons) == (kind, "Hi", (("Go",),))


def test_a_gif_is_a_document_for_bots_that_know_no_animations() -> None:
    rules = Rules()
    raw = rules.anna.send_animation(rules.group).raw
    assert raw["animation"]["file_id"] == raw["document"]["file_id"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_caption_is_edited_as_a_caption_only(kind: str) -> None:
    rules = Rules(bot="administrator")
    sent = rules.bot(KINDS[kind], chat_id=rules.group.id, caption="Hi", **{kind: file_id(rules, kind)})
    place = {"chat_id": rules.group.id, "message_id": sent["message_id"]}
    assert "there is no text in the message to edit" in rules.refused("editMessageText", text="x", **place)
    edited = rules.bot("editMessageCaption", caption="Hi, Ben", **place)
    assert edited["caption"] == "Hi, Ben"
    assert kind in edited
    text = rules.bot("sendMessage", chat_id=rules.group.id, text="x")["message_id"]
    refused = rules.refused("editMessageCaption", chat_id=rules.group.id, message_id=text, caption="y")
    assert "there is no caption in the message to edit" in refused


def test_what_telegram_refuses_is_refused() -> None:
    rules = Rules(bot="administrator")
    chat, photo = rules.group.id, file_id(rules, "photo")
    assert "message caption is too long" in rules.refused("sendPhoto", chat_id=chat, photo=photo, caption="x" * 1025)
    assert "can't use file of type Photo as Video" in rules.refused("sendVideo", chat_id=chat, video=photo)
    assert "wrong file_id" in rules.refused("sendAnimation", chat_id=chat, animation="CgACunknown")


@pytest.mark.parametrize(
    ("kind", "permission", "noun"),
    [
        ("photo", "can_send_photos", "photos"),
        ("video", "can_send_videos", "videos"),
        ("animation", "can_send_other_messages", "animations"),
    ],
)
def test_a_group_may_forbid_each_kind(kind: str, permission: str, noun: str) -> None:
    rules = Rules()
    known = file_id(rules, kind)
    rules.group.chat.permissions -= {permission}
    refused = rules.refused(KINDS[kind], chat_id=rules.group.id, **{kind: known})
    assert f"not enough rights to send {noun} to the chat" in refused
