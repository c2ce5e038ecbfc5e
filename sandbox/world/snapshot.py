"""The world as JSON and back: what `--keep` saves when the sandbox stops and loads when it starts.

Presses, flood counters and events are not saved: they live for seconds.
"""

from __future__ import annotations

import base64
import itertools
from dataclasses import fields
from typing import Any

from sandbox.world.state.chats import Chat, Message, Topic
from sandbox.world.state.files import File
from sandbox.world.state.members import Member
from sandbox.world.state.updates import Update
from sandbox.world.state.users import CHANNEL_BOT, GROUP_ANONYMOUS_BOT, TELEGRAM, User
from sandbox.world.state.world import World

VERSION = 1
COUNTERS = ("orders", "private_ids", "user_ids", "group_ids")
_USERS = {"sender", "author", "receiver", "via_bot"}
_SIMPLE_CHAT = ("id", "type", "title", "username", "description", "photo", "forum", "last_id", "last_ephemeral_id")
_SIMPLE_MEMBER = ("status", "title", "anonymous", "is_member", "until", "by_bot", "since")
_STAND_INS = {user.id: user for user in (GROUP_ANONYMOUS_BOT, CHANNEL_BOT, TELEGRAM)}


def dump(world: World) -> dict[str, Any]:
    """The state to save, as JSON values."""
    updates = world.updates
    waiting = [[update.id, update.at, update.encoded, update.queue] for update in updates.first(len(updates))]
    return {
        "version": VERSION,
        "users": [_user_fields(user) for user in world.users.values() if user is not world.bot],
        "chats": [_chat(chat) for chat in world.chats.values()],
        "files": [_file(file) for file in world.files.all()],
        "commands": [[list(scope), language, found] for (scope, language), found in world.commands.lists.items()],
        "profile": [[what, language, text] for (what, language), text in world.profile.texts.items()],
        "updates": {"next_id": updates.next_id, "chosen": updates.chosen, "waiting": waiting},
        "counters": {name: _peek(world, name) for name in COUNTERS},
    }


def _user_fields(user: User) -> dict[str, Any]:
    return {field.name: getattr(user, field.name) for field in fields(user)}


def _peek(world: World, name: str) -> int:
    value: int = next(getattr(world, name))
    setattr(world, name, itertools.count(value))
    return value


def _chat(chat: Chat) -> dict[str, Any]:
    return {
        **{name: getattr(chat, name) for name in _SIMPLE_CHAT},
        "person": chat.person.id if chat.person is not None else None,
        "linked": chat.linked.id if chat.linked is not None else None,
        "migrated_to": chat.migrated_to.id if chat.migrated_to is not None else None,
        "permissions": sorted(chat.permissions),
        "members": [_member(member) for member in chat.members.values()],
        "messages": [_message(message) for message in chat.messages.values()],
        "ephemeral": [[person, _message(message)] for (person, _), message in chat.ephemeral.items()],
        "topics": [[topic.id, topic.name, topic.color, topic.closed] for topic in chat.topics.values()],
        "pinned": chat.pinned,
        "keyboards": list(chat.keyboards.items()),
    }


def _member(member: Member) -> dict[str, Any]:
    simple = {name: getattr(member, name) for name in _SIMPLE_MEMBER}
    return {
        "user": member.user.id,
        **simple,
        "rights": sorted(member.rights),
        "permissions": sorted(member.permissions),
    }


def _message(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields(message):
        value = getattr(message, field.name)
        if isinstance(value, User | Chat):
            value = value.id
        elif isinstance(value, Message):
            value = value.order
        if value not in (None, False) and field.name not in {"chat", "content", "gone"}:
            found[field.name] = value
    content = message.content
    found["content"] = {key: value.order if isinstance(value, Message) else value for key, value in content.items()}
    return found


def _file(file: File) -> dict[str, Any]:
    simple = {field.name: getattr(file, field.name) for field in fields(file)}
    return {**simple, "content": base64.b64encode(file.content).decode()}


def restore(world: World, kept: dict[str, Any]) -> None:
    """Load saved state into an empty world; its bot stays."""
    if kept.get("version") != VERSION:
        message = "that file was kept by another version of the sandbox"
        raise ValueError(message)
    for found in kept["users"]:
        if found["id"] not in world.users:
            world.users[found["id"]] = User(**found)
    for found in kept["chats"]:
        _restore_chat(world, found)
    _restore_messages(world, kept["chats"])
    for found in kept["files"]:
        world.files.put(File(**{**found, "content": base64.b64decode(found["content"])}))
    world.commands.lists = {
        ((scope[0], scope[1], scope[2]), language): found for scope, language, found in kept["commands"]
    }
    world.profile.texts = {(what, language): text for what, language, text in kept["profile"]}
    if kept["updates"]["chosen"]:
        world.updates.allow(kept["updates"]["chosen"])
    world.updates.restore([Update(*row) for row in kept["updates"]["waiting"]], kept["updates"]["next_id"])
    for name in COUNTERS:
        setattr(world, name, itertools.count(kept["counters"][name]))


def _user(world: World, user_id: int) -> User:
    return _STAND_INS.get(user_id) or world.users.get(user_id) or world.bot


def _restore_chat(world: World, found: dict[str, Any]) -> None:
    chat = Chat(**{name: found[name] for name in _SIMPLE_CHAT})
    chat.person = world.users[found["person"]] if found["person"] else None
    chat.permissions, chat.pinned = frozenset(found["permissions"]), found["pinned"]
    chat.keyboards = dict(found["keyboards"])
    chat.topics = {row[0]: Topic(*row) for row in found["topics"]}
    for row in found["members"]:
        member = chat.stored_member(_user(world, row["user"]))
        for name in _SIMPLE_MEMBER:
            setattr(member, name, row[name])
        member.rights, member.permissions = frozenset(row["rights"]), frozenset(row["permissions"])
    world.chats[chat.id] = chat


def _restore_messages(world: World, chats: list[dict[str, Any]]) -> None:
    known: dict[int, Message] = {}
    for row in chats:
        chat = world.chats[row["id"]]
        chat.linked = world.chats.get(row["linked"] or 0)
        chat.migrated_to = world.chats.get(row["migrated_to"] or 0)
        for found in row["messages"]:
            message = known[found["order"]] = _restored(world, chat, found)
            chat.messages[message.id] = message
        for person, found in row["ephemeral"]:
            message = known[found["order"]] = _restored(world, chat, found)
            chat.ephemeral[person, message.ephemeral_id or 0] = message
    for row in chats:
        for found in [*row["messages"], *(pair[1] for pair in row["ephemeral"])]:
            _join(known, found)


def _join(known: dict[int, Message], found: dict[str, Any]) -> None:
    """Restore references between messages (reply, pin); those to deleted messages are dropped."""
    message = known[found["order"]]
    message.reply_to = known.get(found.get("reply_to", 0))
    if "pinned_message" in message.content:
        message.content["pinned_message"] = known.get(message.content["pinned_message"], message)


def _restored(world: World, chat: Chat, found: dict[str, Any]) -> Message:
    given: dict[str, Any] = {
        name: _user(world, value) if name in _USERS else value for name, value in found.items() if name != "reply_to"
    }
    if "sender_chat" in given:
        given["sender_chat"] = world.chats.get(given["sender_chat"])
    given["reactions"] = {int(user): given_to for user, given_to in given.get("reactions", {}).items()}
    return Message(**{"sender": None, **given, "chat": chat})
