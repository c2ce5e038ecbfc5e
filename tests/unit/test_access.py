"""Who may do what, in every combination of standing and setting; who wrote a message."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from aiogram.types import Chat, ChatMemberUpdated, Message, User
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import NotAllowed
from bot.settings import ChatConfig
from bot.telegram.access import (
    Standing,
    _standing,
    author,
    is_anonymous_admin,
    may_change,
    may_view,
    require_change,
    require_view,
)
from bot.words import Words

O, M, A, I, W = Standing.OUTSIDE, Standing.MEMBER, Standing.ADMIN, Standing.INFO_ADMIN, Standing.OWNER  # noqa: E741


@pytest.mark.parametrize(
    ("editors", "allowed"), [("info", {I, W}), ("admins", {A, I, W}), ("owner", {W})], ids=["info", "admins", "owner"]
)
def test_who_may_change_follows_the_setting_and_the_owner_always_may(editors: Any, allowed: set[Standing]) -> None:
    config = ChatConfig(editors=editors)
    assert {who for who in Standing if may_change(who, config)} == allowed


def test_admins_may_always_look_and_members_where_the_chat_allows_it() -> None:
    assert {who for who in Standing if may_view(who, ChatConfig())} == {A, I, W}
    assert {who for who in Standing if may_view(who, ChatConfig(members_may_view=True))} == {M, A, I, W}


@pytest.mark.parametrize("members_may_view", [False, True])
@pytest.mark.parametrize("editors", ["info", "admins", "owner"])
def test_who_may_change_may_look_and_a_higher_standing_never_may_less(editors: Any, members_may_view: bool) -> None:
    config = ChatConfig(editors=editors, members_may_view=members_may_view)
    for may in (may_change, may_view):
        assert [may(who, config) for who in Standing] == sorted(may(who, config) for who in Standing)
    assert all(may_view(who, config) for who in Standing if may_change(who, config))
    assert may_change(W, config)


@pytest.mark.parametrize(
    ("editors", "said"), [("info", "“Change group info”"), ("admins", "Only admins"), ("owner", "Only the owner")]
)
def test_a_refusal_says_who_may(editors: Any, said: str, words: Words) -> None:
    with pytest.raises(NotAllowed) as refused:
        require_change(M, ChatConfig(editors=editors))
    assert said in words(refused.value.message, **refused.value.values).replace("&#x27;", "'")
    with pytest.raises(NotAllowed, match="Only admins"):
        require_view(M, ChatConfig())
    require_view(M, ChatConfig(members_may_view=True))
    require_change(W, ChatConfig(editors=editors))


RIGHTS = (
    *("can_be_edited", "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members"),
    *("can_promote_members", "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories"),
    *("can_delete_stories", "can_send_welcome_messages", "is_anonymous"),
)
PERMISSIONS = (
    *("can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos"),
    *("can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages"),
    *("can_add_web_page_previews", "can_react_to_messages", "can_edit_tag", "can_change_info", "can_invite_users"),
    *("can_pin_messages", "can_manage_topics"),
)
EVERY_RIGHT = dict.fromkeys(RIGHTS, False)


@pytest.mark.parametrize(
    ("status", "details", "expected"),
    [
        ("creator", {"is_anonymous": False}, W),
        ("creator", {"is_anonymous": True}, W),
        ("administrator", {**EVERY_RIGHT, "can_change_info": True}, I),
        ("administrator", {**EVERY_RIGHT, "can_delete_messages": True}, A),
        ("member", {}, M),
        ("restricted", {"is_member": True, "until_date": 0, **dict.fromkeys(PERMISSIONS, True)}, M),
        ("restricted", {"is_member": False, "until_date": 0, **dict.fromkeys(PERMISSIONS, True)}, O),
        ("left", {}, O),
        ("kicked", {"until_date": 0}, O),
    ],
)
def test_what_telegram_says_of_a_member_is_a_standing(status: str, details: dict[str, Any], expected: Standing) -> None:
    ann = {"id": 5, "is_bot": False, "first_name": "Ann"}
    update = ChatMemberUpdated.model_validate(
        {
            "chat": {"id": -100, "type": "supergroup", "title": "Club"},
            "from": ann,
            "date": 0,
            "old_chat_member": {"status": "left", "user": ann},
            "new_chat_member": {"status": status, "user": ann, **details},
        }
    )
    assert _standing(update.new_chat_member) is expected


@given(st.none() | st.integers() | st.text() | st.builds(object))
def test_what_is_no_member_is_outside(member: object) -> None:
    assert _standing(member) is O


def message(sender_chat: Chat | None = None, from_user: User | None = None) -> Message:
    club = Chat(id=-100, type="supergroup", title="Club")
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Message(message_id=1, date=now, chat=club, from_user=from_user, sender_chat=sender_chat)


def test_the_author_is_the_person_and_nobody_who_writes_in_the_name_of_a_chat() -> None:
    ann = User(id=5, is_bot=False, first_name="Ann")
    group_bot = User(id=1_087_968_824, is_bot=True, first_name="Group")
    club, channel = Chat(id=-100, type="supergroup", title="Club"), Chat(id=-200, type="channel", title="News")
    assert author(message(from_user=ann)) == ann
    assert author(message(club, group_bot)) is None
    assert author(message(channel, User(id=136_817_688, is_bot=True, first_name="Channel"))) is None
    assert author(message()) is None
    assert is_anonymous_admin(message(club, group_bot))
    assert not is_anonymous_admin(message(channel, group_bot))
    assert not is_anonymous_admin(message(from_user=ann))
