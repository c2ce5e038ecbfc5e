"""What people do in a chat besides writing: pins, titles, pictures, topics, reactions."""

from __future__ import annotations

from typing import Any

from sandbox.world.errors import CannotError
from sandbox.world.state.chats import Chat, Message, Topic
from sandbox.world.state.members import Member
from sandbox.world.state.users import User
from sandbox.world.state.world import World

from .membership import add_service_message
from .message_changes import remove


def pin(world: World, user: User, message: Message) -> None:
    """Somebody with the right pins a message; a service message says so."""
    chat = message.chat
    _require_pin(user, chat)
    chat.pinned = [message.id, *(number for number in chat.pinned if number != message.id)]
    add_service_message(world, chat, user, {"pinned_message": message})


def unpin(world: World, user: User, message: Message) -> None:
    """Somebody with the right unpins a message; nobody is told."""
    chat = message.chat
    _require_pin(user, chat)
    if message.id in chat.pinned:
        chat.pinned.remove(message.id)
        world.events.add("chat", chat)


def _require_pin(user: User, chat: Chat) -> None:
    if chat.person is None and not _may(chat.member(user), "can_pin_messages", chat):
        message = f"{user.first_name} may not pin messages in {chat.title!r}"
        raise CannotError(message)


def rename(world: World, user: User, chat: Chat, title: str) -> None:
    """Somebody with the right changes the title."""
    if not _may(chat.member(user), "can_change_info", chat):
        raise CannotError(f"{user.first_name} may not change the title of {chat.title!r}")
    chat.title = title
    world.events.add("chat", chat)
    if chat.type == "channel":
        return
    add_service_message(world, chat, user, {"new_chat_title": title})


def set_photo(world: World, user: User, chat: Chat, photo: list[dict[str, Any]]) -> None:
    """Somebody with the right changes the picture."""
    if not _may(chat.member(user), "can_change_info", chat):
        raise CannotError(f"{user.first_name} may not change the picture of {chat.title!r}")
    size = photo[-1]
    keys = ("small_file_id", "small_file_unique_id", "big_file_id", "big_file_unique_id")
    chat.photo = dict(zip(keys, (size["file_id"], size["file_unique_id"]) * 2, strict=True))
    add_service_message(world, chat, user, {"new_chat_photo": photo})


def create_topic(world: World, user: User, chat: Chat, name: str) -> Topic:
    """Somebody opens a topic in a forum; its id is that of the service message."""
    if not chat.forum:
        raise CannotError(f"{chat.title!r} is no forum")
    color = 7322096
    created = world.add_message(chat, user, {"forum_topic_created": {"name": name, "icon_color": color}})
    created.thread = created.id
    topic = chat.topics[created.id] = Topic(created.id, name, color)
    world.show(created)
    world.tell_bot(created)
    return topic


def close_topic(world: World, user: User, chat: Chat, number: int, *, closed: bool) -> None:
    """Somebody with the right closes a topic, or opens it again; a service message in it says so."""
    topic = _managed(user, chat, number)
    if topic.closed is not closed:
        topic.closed = closed
        world.events.add("chat", chat)
        field = "forum_topic_closed" if closed else "forum_topic_reopened"
        add_service_message(world, chat, user, {field: {}}, thread=number)


def delete_topic(world: World, user: User, chat: Chat, number: int) -> None:
    """Somebody with the right deletes a topic with all that is in it; the bot gets no update for it."""
    del chat.topics[_managed(user, chat, number).id]
    for message in [one for one in (*chat.messages.values(), *chat.ephemeral.values()) if one.thread == number]:
        remove(world, message)
    chat.ephemeral = {key: one for key, one in chat.ephemeral.items() if one.thread != number}
    world.events.add("chat", chat)


def _managed(user: User, chat: Chat, number: int) -> Topic:
    topic = chat.topics.get(number)
    if topic is None or not chat.member(user).has("can_manage_topics"):
        raise CannotError(f"{user.first_name} may not change the topic {number} of {chat.title!r}")
    return topic


def react(world: World, user: User, message: Message, emoji: str | None) -> None:
    """A person puts, changes or takes back a reaction; the bot hears of it as administrator and if it asked."""
    old = message.reactions.get(user.id, [])
    new = [{"type": "emoji", "emoji": emoji}] if emoji else []
    message.reactions[user.id] = new
    chat = message.chat
    if user is not world.bot:
        world.events.add("reaction", chat, message)
        if chat.type == "private" or chat.member(world.bot).is_admin:
            payload = {"chat": chat.to_api(), "message_id": message.id, "date": world.now(), "user": user.to_api()}
            world.updates.push("message_reaction", {**payload, "old_reaction": old, "new_reaction": new})


def _may(member: Member, right: str, chat: Chat) -> bool:
    """Administrators by their rights, members by the chat's permissions (in which these are off by default)."""
    if member.is_admin:
        return member.has(right)
    return member.status == "member" and right in chat.permissions and chat.type == "group"
