"""Methods that manage a chat: leaving, pinning, titles, members, topics."""

from __future__ import annotations

from typing import Any

from sandbox.server.request_body import Upload
from sandbox.world import World
from sandbox.world.actions.membership import add_service_message, leave, promote, set_status
from sandbox.world.actions.message_changes import delete
from sandbox.world.errors import bad_request
from sandbox.world.state.chats import Chat, Message, Topic
from sandbox.world.state.members import ALL_RIGHTS, DEFAULT_PERMISSIONS, MEDIA, PERMISSIONS, Member
from sandbox.world.state.users import User

from .registry import Parameters, method


def _group(world: World, p: Parameters, right: str, problem: str) -> Chat:
    """A group or channel in which the bot has the right."""
    chat = world.open_chat(p["chat_id"])
    if chat.person is not None:
        raise bad_request("method is available only for supergroups and channels")
    if not chat.member(world.bot).has(right):
        raise bad_request(problem)
    return chat


@method("leaveChat")
def leave_chat(world: World, p: Parameters) -> bool:
    """The bot goes."""
    chat = world.open_chat(p["chat_id"])
    if chat.person is not None:
        raise bad_request("chat member status can't be changed in private chats")
    leave(world, chat, world.bot)
    return True


def _pinnable(world: World, p: Parameters) -> Chat:
    chat = world.open_chat(p["chat_id"])
    right = "can_edit_messages" if chat.type == "channel" else "can_pin_messages"
    if chat.person is None and not chat.member(world.bot).has(right):
        raise bad_request("not enough rights to manage pinned messages in the chat")
    return chat


@method("pinChatMessage")
def pin_chat_message(world: World, p: Parameters) -> bool:
    """Pin a message; a service message says so."""
    chat = _pinnable(world, p)
    message = chat.messages.get(p["message_id"])
    if message is None:
        raise bad_request("message to pin not found")
    if message.is_service:
        raise bad_request("message can't be pinned")
    if message.id in chat.pinned[:1]:
        return True
    chat.pinned = [message.id, *(number for number in chat.pinned if number != message.id)]
    if chat.type != "channel":
        add_service_message(world, chat, world.bot, {"pinned_message": message})
    return True


@method("unpinChatMessage")
def unpin_chat_message(world: World, p: Parameters) -> bool:
    """Unpin one message, the newest when none is named."""
    chat = _pinnable(world, p)
    number = p.get("message_id", chat.pinned[0] if chat.pinned else 0)
    if number not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(number)
    world.events.add("chat", chat)
    return True


@method("unpinAllChatMessages")
def unpin_all(world: World, p: Parameters) -> bool:
    """Unpin everything."""
    chat = _pinnable(world, p)
    chat.pinned.clear()
    world.events.add("chat", chat)
    return True


@method("setChatTitle")
def set_chat_title(world: World, p: Parameters) -> bool:
    """A new title of 1 to 128 characters."""
    chat = _group(world, p, "can_change_info", "not enough rights to change chat title")
    title = p["title"].strip()
    if not 1 <= len(title) <= 128:
        raise bad_request("CHAT_TITLE_EMPTY" if not title else "title is too long")
    if title != chat.title:
        chat.title = title
        add_service_message(world, chat, world.bot, {"new_chat_title": title})
    return True


@method("setChatDescription")
def set_chat_description(world: World, p: Parameters) -> bool:
    """A new description of at most 255 characters."""
    chat = _group(world, p, "can_change_info", "not enough rights to set chat description")
    text = p.get("description", "")
    if len(text) > 255:
        raise bad_request("description is too long")
    if text == (chat.description or ""):
        raise bad_request("chat description is not modified")
    chat.description = text or None
    world.events.add("chat", chat)
    return True


@method("setChatPhoto")
def set_chat_photo(world: World, p: Parameters) -> bool:
    """A new picture."""
    chat = _group(world, p, "can_change_info", "not enough rights to change chat photo")
    upload: Upload = p["photo"]
    photo = world.files.add_photo(upload.name, upload.content).photo()
    size = photo[-1]
    chat.photo = {f"{name}_{key}": size[key] for name in ("small", "big") for key in ("file_id", "file_unique_id")}
    add_service_message(world, chat, world.bot, {"new_chat_photo": photo})
    return True


def _target(world: World, chat: Chat, user_id: int, *, must_be_editable: bool = True) -> Member:
    user = world.user(user_id)
    if user is None:
        raise bad_request("PARTICIPANT_ID_INVALID" if chat.type == "supergroup" else "user not found")
    member = chat.member(user)
    if user is world.bot:
        raise bad_request("can't restrict self")
    if must_be_editable and member.status == "creator":
        raise bad_request("can't remove chat owner")
    if must_be_editable and member.is_admin and not member.by_bot:
        raise bad_request("user is an administrator of the chat")
    return member


@method("banChatMember")
def ban_chat_member(world: World, p: Parameters) -> bool:
    """Remove somebody, for good or until a time."""
    chat = _group(world, p, "can_restrict_members", "not enough rights to restrict/unrestrict chat member")
    member = _target(world, chat, p["user_id"])
    was_in = member.present
    set_status(world, chat, world.bot, member.user, "kicked", until=_until(world, p))
    if was_in and chat.is_group:
        add_service_message(world, chat, world.bot, {"left_chat_member": member.user.to_api()})
    for message in [m for m in chat.messages.values() if p.get("revoke_messages") and m.sender is member.user]:
        delete(world, chat, message.id)
    return True


def _until(world: World, p: Parameters) -> int:
    """Less than 30 seconds or more than 366 days from now is for ever, which is 0."""
    until = int(p.get("until_date", 0))
    return until if 30 <= until - world.now() <= 366 * 86_400 else 0


@method("unbanChatMember")
def unban_chat_member(world: World, p: Parameters) -> bool:
    """Let somebody come back; somebody who is in the chat is removed, unless `only_if_banned`."""
    chat = _group(world, p, "can_restrict_members", "not enough rights to restrict/unrestrict chat member")
    member = _target(world, chat, p["user_id"])
    if member.status == "kicked" or (member.present and not p.get("only_if_banned")):
        set_status(world, chat, world.bot, member.user, "left")
    return True


@method("restrictChatMember")
def restrict_chat_member(world: World, p: Parameters) -> bool:
    """Take permissions from a member, or give all of them back."""
    chat = _group(world, p, "can_restrict_members", "not enough rights to restrict/unrestrict chat member")
    if chat.type != "supergroup":
        raise bad_request("method is available only for supergroups")
    member = _target(world, chat, p["user_id"])
    permissions = permissions_of(p["permissions"], independent=p.get("use_independent_chat_permissions", False))
    if permissions >= DEFAULT_PERMISSIONS:
        set_status(world, chat, world.bot, member.user, "member" if member.present else "left")
    else:
        fields: dict[str, Any] = {"permissions": permissions, "is_member": member.present, "until": _until(world, p)}
        set_status(world, chat, world.bot, member.user, "restricted", **fields)
    return True


def permissions_of(given: dict[str, Any], *, independent: bool) -> frozenset[str]:
    """The permissions a `ChatPermissions` object grants; the wider ones imply the narrower unless independent."""
    granted = {name for name in PERMISSIONS if given.get(name)}
    if not independent:
        if granted & {"can_send_other_messages", "can_add_web_page_previews"}:
            granted |= {*MEDIA[:6], "can_send_messages"}
        if granted & set(MEDIA):
            granted.add("can_send_messages")
    if "can_manage_topics" not in given and "can_pin_messages" in granted:
        granted.add("can_manage_topics")
    return frozenset(granted)


@method("setChatPermissions")
def set_chat_permissions(world: World, p: Parameters) -> bool:
    """What members may do by default."""
    chat = _group(world, p, "can_restrict_members", "not enough rights to change chat permissions")
    permissions = permissions_of(p["permissions"], independent=p.get("use_independent_chat_permissions", False))
    if permissions == chat.permissions:
        raise bad_request("CHAT_NOT_MODIFIED")
    chat.permissions = permissions
    world.events.add("chat", chat)
    return True


@method("promoteChatMember")
def promote_chat_member(world: World, p: Parameters) -> bool:
    """Make somebody an administrator with rights the bot has itself; no right at all demotes."""
    chat = _group(world, p, "can_promote_members", "not enough rights")
    user: User | None = world.user(p["user_id"])
    if user is None:
        raise bad_request("user not found")
    member = chat.member(user)
    if member.status == "creator":
        raise bad_request("can't demote chat creator" if not _wanted(p) else "can't promote chat creator")
    if member.is_admin and not member.by_bot:
        raise bad_request("CHAT_ADMIN_REQUIRED")
    if not member.present:
        raise bad_request("USER_NOT_PARTICIPANT")
    wanted = _wanted(p)
    if any(not chat.member(world.bot).has(right) for right in wanted):
        raise bad_request("RIGHT_FORBIDDEN")
    if wanted:
        promote(world, chat, world.bot, user, wanted, anonymous=p.get("is_anonymous", False))
    else:
        set_status(world, chat, world.bot, user, "member")
    return True


def _wanted(p: Parameters) -> frozenset[str]:
    return frozenset(name for name in ALL_RIGHTS if p.get(name))


@method("setChatAdministratorCustomTitle")
def set_custom_title(world: World, p: Parameters) -> bool:
    """A title for an administrator the bot made."""
    chat = _group(world, p, "can_promote_members", "not enough rights to change custom title of the user")
    user = world.user(p["user_id"])
    if user is None or not chat.member(user).is_admin:
        raise bad_request("user is not an administrator")
    if not chat.member(user).by_bot:
        raise bad_request("not enough rights to change custom title of the user")
    if len(p["custom_title"]) > 16:
        raise bad_request("ADMIN_RANK_INVALID")
    chat.member(user).title = p["custom_title"] or None
    return True


def _managed_forum(world: World, p: Parameters) -> Chat:
    chat = world.open_chat(p["chat_id"])
    if not chat.forum:
        raise bad_request("the chat is not a forum")
    if not chat.member(world.bot).has("can_manage_topics"):
        raise bad_request("not enough rights to create a topic")
    return chat


@method("createForumTopic")
def create_forum_topic(world: World, p: Parameters) -> dict[str, Any]:
    """Open a topic."""
    chat = _managed_forum(world, p)
    name, color = p["name"].strip(), p.get("icon_color", 7322096)
    if not 1 <= len(name) <= 128:
        raise bad_request("TOPIC_TITLE_EMPTY")
    created: Message = world.add_message(chat, world.bot, {"forum_topic_created": {"name": name, "icon_color": color}})
    created.thread = created.id
    chat.topics[created.id] = Topic(created.id, name, color)
    world.show(created)
    return {"message_thread_id": created.id, "name": name, "icon_color": color}
