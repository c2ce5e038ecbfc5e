"""Methods that only read: the bot itself, chats, members, files."""

from __future__ import annotations

from typing import Any

from sandbox.world import World
from sandbox.world.errors import bad_request, forbidden
from sandbox.world.state.chats import Chat

from .registry import Parameters, method


@method("getMe")
def get_me(world: World, _p: Parameters) -> dict[str, Any]:
    """The bot, with the fields that only getMe returns."""
    return {
        **world.bot.to_api(),
        "can_join_groups": True,
        "can_read_all_group_messages": not world.rules.privacy,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": False,
        "allows_users_to_create_topics": False,
        "can_manage_bots": False,
        "supports_guest_queries": False,
        "supports_join_request_queries": False,
    }


@method("getChat")
def get_chat(world: World, p: Parameters) -> dict[str, Any]:
    """Everything about a chat."""
    chat = _readable_chat(world, p)
    full = chat.full()
    pinned = [chat.messages[number] for number in chat.pinned if number in chat.messages]
    if pinned:
        full["pinned_message"] = pinned[0].to_api(nested=True)
    return full


def _readable_chat(world: World, p: Parameters) -> Chat:
    """A chat the bot may read: also an upgraded group or the chat of a person who blocked it."""
    chat = world.find_chat(p["chat_id"])
    stays_visible = chat.person is not None or chat.username is not None or chat.migrated_to is not None
    if not stays_visible and (problem := world.access_error(chat)):
        raise problem
    return chat


@method("getChatMember")
def get_chat_member(world: World, p: Parameters) -> dict[str, Any]:
    """What somebody is in a chat."""
    chat = _readable_chat(world, p)
    user = world.user(p["user_id"])
    if user is None or (chat.person is not None and user not in {chat.person, world.bot}):
        raise bad_request("user not found" if chat.type != "supergroup" else "PARTICIPANT_ID_INVALID")
    if chat.person is not None:
        return {"user": user.to_api(), "status": "member"}
    return chat.member(user).to_api(chat.type, forum=chat.forum)


@method("getChatAdministrators")
def get_chat_administrators(world: World, p: Parameters) -> list[dict[str, Any]]:
    """The owner and the administrators; other bots are left out unless asked for, this bot is in it."""
    chat = _readable_chat(world, p)
    if chat.person is not None:
        raise bad_request("there are no administrators in the private chat")
    admins = [member for member in chat.members.values() if member.is_admin]
    kept = [member for member in admins if not member.user.is_bot or member.user is world.bot or p.get("return_bots")]
    return [member.to_api(chat.type, forum=chat.forum) for member in kept]


@method("getChatMemberCount")
def get_chat_member_count(world: World, p: Parameters) -> int:
    """How many there are, bots included."""
    chat = _readable_chat(world, p)
    return 2 if chat.person is not None else sum(1 for _ in chat.present())


@method("getFile")
def get_file(world: World, p: Parameters) -> dict[str, Any]:
    """Where to download a file."""
    return world.files.get(p["file_id"]).to_api()


@method("getUserProfilePhotos")
def get_user_profile_photos(world: World, p: Parameters) -> dict[str, Any]:
    """People in the sandbox have no pictures."""
    if world.user(p["user_id"]) is None:
        raise bad_request("user not found")
    return {"total_count": 0, "photos": []}


@method("logOut", "close")
def refuse_to_close(_world: World, _p: Parameters) -> bool:
    """They move a bot between servers; the sandbox has one only."""
    raise forbidden("the sandbox has no other server to move the bot to")
