"""Who is in a chat, what they may do, and what the bot is told of it."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import CannotError
from tests.sandbox.small_world import Rules


def statuses(update: dict[str, Any]) -> tuple[str, str]:
    (changed,) = [value for key, value in update.items() if key.endswith("chat_member")]
    return changed["old_chat_member"]["status"], changed["new_chat_member"]["status"]


def test_the_bot_gets_updates_about_its_own_membership() -> None:
    rules = Rules(bot=None)
    rules.anna.add_bot(rules.group)
    added, service = rules.news()
    assert statuses(added) == ("left", "member")
    assert service["message"]["new_chat_members"][0]["id"] == rules.sandbox.bot.id
    rules.anna.promote(rules.group, rules.sandbox.bot, "can_delete_messages")
    (promoted,) = rules.news()
    assert statuses(promoted) == ("member", "administrator")
    assert promoted["my_chat_member"]["new_chat_member"]["can_delete_messages"]
    assert not promoted["my_chat_member"]["new_chat_member"]["can_restrict_members"]
    rules.anna.demote(rules.group, rules.sandbox.bot)
    rules.anna.remove_bot(rules.group)
    assert [statuses(update) for update in rules.news()] == [("administrator", "member"), ("member", "kicked")]


def test_a_startgroup_link_brings_rights_and_a_parameter() -> None:
    rules = Rules(bot=None)
    rules.anna.open_startgroup(rules.group, "hello", rights=["can_delete_messages", "can_pin_messages"])
    assert rules.group.bot_rights == {"can_delete_messages", "can_pin_messages", "can_manage_chat"}
    assert rules.news()[-1]["message"]["text"] == "/start@sandbox_bot hello"


def test_chat_member_updates_go_only_to_an_admin_bot_that_asked() -> None:
    rules = Rules(bot="administrator")
    carl = rules.person("Carl")
    carl.join(rules.group)
    assert rules.kinds() == ["message"], "chat_member is not in the default updates"
    rules.world.updates.allow(["message", "chat_member"])
    carl.leave(rules.group)
    assert rules.kinds() == ["chat_member", "message"]
    rules.anna.demote(rules.group, rules.sandbox.bot)
    rules.news()
    carl.join(rules.group)
    assert rules.kinds() == ["message"]


def test_joining_leaving_and_being_removed_leave_service_messages() -> None:
    rules = Rules()
    carl = rules.person("Carl")
    carl.join(rules.group)
    rules.anna.remove(rules.group, carl)
    joined, removed = rules.news()
    assert joined["message"]["new_chat_members"][0]["first_name"] == "Carl"
    assert removed["message"]["left_chat_member"]["first_name"] == "Carl"
    assert removed["message"]["from"]["first_name"] == "Anna"
    with pytest.raises(CannotError):
        carl.say("let me in", rules.group)


def test_privacy_mode_hides_ordinary_messages_from_a_member_bot() -> None:
    rules = Rules()
    rules.ben.say("just talking", rules.group)
    rules.ben.say("/other@another_bot", rules.group)
    assert rules.news() == []
    rules.ben.say("/settings", rules.group)
    rules.ben.say("/settings@sandbox_bot now", rules.group)
    rules.ben.say("hey @sandbox_bot", rules.group)
    rules.say("ask me")
    rules.ben.reply(rules.ben.last(rules.group), "an answer")
    assert len(rules.news()) == 4
    rules.anna.promote(rules.group, rules.sandbox.bot, "can_delete_messages")
    rules.news()
    rules.ben.say("just talking", rules.group)
    assert len(rules.news()) == 1


def test_anonymous_admins_are_hidden_in_messages_but_not_in_presses() -> None:
    rules = Rules(bot="administrator")
    rules.anna.go_anonymous(rules.group)
    rules.anna.say("who am I?", rules.group)
    rules.say("press", reply_markup={"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]})
    rules.anna.press(rules.anna.last(rules.group), "Go")
    message, press = rules.news()
    assert message["message"]["from"]["id"] == 1087968824
    assert message["message"]["sender_chat"]["id"] == rules.group.id
    assert press["callback_query"]["from"]["id"] == rules.anna.id
    (owner,) = [m for m in rules.bot("getChatAdministrators", chat_id=rules.group.id) if m["status"] == "creator"]
    assert owner["is_anonymous"]


def test_posts_of_a_linked_channel_are_forwarded_automatically() -> None:
    rules = Rules(bot="administrator")
    channel = rules.sandbox.channel("News", owner=rules.anna, linked=rules.group)
    rules.anna.say("Extra!", channel)
    (update,) = rules.news()
    copy = update["message"]
    assert (copy["from"]["id"], copy["sender_chat"]["id"], copy["is_automatic_forward"]) == (777000, channel.id, True)
    assert rules.bot("getChat", chat_id=rules.group.id)["linked_chat_id"] == channel.id


def test_a_supergroup_takes_the_place_of_its_group() -> None:
    rules = Rules(kind="group", bot="administrator")
    old = rules.group.id
    rules.anna.upgrade(rules.group)
    assert rules.refused("sendMessage", chat_id=old, text="x") == (
        "400 Bad Request: group chat was upgraded to a supergroup chat"
    )
    assert rules.kinds() == ["message", "message", "my_chat_member"]
    assert rules.say()["chat"]["id"] == rules.group.id != old
    assert {m["status"] for m in rules.bot("getChatAdministrators", chat_id=rules.group.id)} == {
        "creator",
        "administrator",
    }
    with pytest.raises(CannotError):
        rules.anna.upgrade(rules.group)


def test_updates_of_the_new_chat_may_come_before_the_notice() -> None:
    rules = Rules(kind="group")
    rules.group.upgrade(notice_last=True)
    assert rules.kinds() == ["my_chat_member", "message", "message"]


def test_members_as_the_bot_api_shows_them() -> None:
    rules = Rules(bot="administrator")
    where = {"chat_id": rules.group.id}
    assert rules.bot("getChatMember", user_id=rules.ben.id, **where)["status"] == "member"
    assert rules.bot("getChatMember", user_id=rules.person("Carl").id, **where)["status"] == "left"
    assert rules.refused("getChatMember", user_id=4, **where) == "400 Bad Request: PARTICIPANT_ID_INVALID"
    assert rules.bot("getChatMemberCount", **where) == 3
    rules.ben.start()
    text = "400 Bad Request: there are no administrators in the private chat"
    assert rules.refused("getChatAdministrators", chat_id=rules.ben.id) == text


def test_banning_restricting_and_promoting_need_the_rights() -> None:
    rules = Rules(bot={"can_delete_messages"})
    where = {"chat_id": rules.group.id, "user_id": rules.ben.id}
    text = "400 Bad Request: not enough rights to restrict/unrestrict chat member"
    assert rules.refused("banChatMember", **where) == text
    rules.anna.promote(rules.group, rules.sandbox.bot)
    rules.bot("restrictChatMember", permissions={}, **where)
    with pytest.raises(CannotError):
        rules.ben.say("mmph", rules.group)
    rules.bot(
        "restrictChatMember", permissions={"can_send_other_messages": True, "can_add_web_page_previews": True}, **where
    )
    rules.ben.say("ah", rules.group)
    rules.bot("banChatMember", **where)
    with pytest.raises(CannotError):
        rules.ben.join(rules.group)
    rules.bot("unbanChatMember", **where)
    rules.ben.join(rules.group)
    assert (
        rules.refused("banChatMember", **{**where, "user_id": rules.anna.id})
        == "400 Bad Request: can't remove chat owner"
    )
    rules.bot("promoteChatMember", can_delete_messages=True, **where)
    assert rules.bot("getChatMember", **where)["can_be_edited"]
    rules.bot("promoteChatMember", **where)
    assert rules.bot("getChatMember", **where)["status"] == "member"


def test_unknown_rights_are_refused() -> None:
    rules = Rules()
    with pytest.raises(ValueError, match="no such right: can_fly"):
        rules.anna.promote(rules.group, rules.sandbox.bot, "can_fly")


def test_titles_and_descriptions_need_the_right_to_change_info() -> None:
    rules = Rules()
    where = {"chat_id": rules.group.id}
    assert (
        rules.refused("setChatTitle", title="x", **where) == "400 Bad Request: not enough rights to change chat title"
    )
    rules.anna.promote(rules.group, rules.sandbox.bot, "can_change_info")
    rules.news()
    rules.bot("setChatTitle", title="Better books", **where)
    assert rules.news()[0]["message"]["new_chat_title"] == rules.group.title == "Better books"
    rules.bot("setChatDescription", description="About books", **where)
    assert rules.bot("getChat", **where)["description"] == "About books"


def test_people_who_block_and_unblock_are_reported() -> None:
    rules = Rules()
    rules.ben.start()
    rules.news()
    rules.ben.block_bot()
    rules.ben.start("again")
    blocked, unblocked, started = rules.news()
    assert statuses(blocked) == ("member", "kicked")
    assert statuses(unblocked) == ("kicked", "member")
    assert started["message"]["text"] == "/start again"


def test_reactions_are_sent_to_an_admin_bot_that_asked() -> None:
    rules = Rules(bot="administrator")
    rules.world.updates.allow(["message_reaction"])
    rules.say()
    rules.ben.react(rules.ben.last(rules.group), "👍")
    (update,) = rules.news()
    assert update["message_reaction"]["new_reaction"] == [{"type": "emoji", "emoji": "👍"}]


def test_a_new_member_of_a_basic_group_sees_no_earlier_messages() -> None:
    rules = Rules(kind="group")
    rules.anna.say("old news", rules.group)
    carl = rules.person("Carl")
    carl.join(rules.group)
    rules.anna.say("hello Carl", rules.group)
    assert [seen.text for seen in carl.screen(rules.group) if seen.text] == ["hello Carl"]
    assert carl.screen() == []


@pytest.mark.parametrize("parameter", ["a" * 65, "a b", "ä", "a=b"])
def test_invalid_deep_link_parameters_are_refused(parameter: str) -> None:
    with pytest.raises(CannotError):
        Rules().anna.start(parameter)
