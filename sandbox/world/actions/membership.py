"""Joining, leaving, promoting: changes of membership, and the updates they cause."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.world.errors import CannotError
from sandbox.world.state.chats import Chat, Message
from sandbox.world.state.members import DEFAULT_PERMISSIONS, Member, Status, rights_of
from sandbox.world.state.users import User
from sandbox.world.state.world import World, bot_receives


def set_status(world: World, chat: Chat, actor: User, target: User, status: Status, **fields: Any) -> Member:
    """Set the status of `target`, changed by `actor`, and queue the update if the bot gets one.

    `my_chat_member` is about the bot itself; `chat_member` comes only to an administrator that asked for it.
    """
    member = chat.stored_member(target)
    before = member.to_api(chat.type, forum=chat.forum)
    bot_was_admin = chat.member(world.bot).is_admin
    was_present = member.present
    _apply(member, status, fields)
    if member.present and not was_present:
        member.since = next(world.orders)
    after = member.to_api(chat.type, forum=chat.forum)
    if before == after:
        return member
    payload = {
        "chat": chat.to_api(),
        "from": actor.to_api(),
        "date": world.now(),
        "old_chat_member": before,
        "new_chat_member": after,
    }
    if target is world.bot:
        world.updates.push("my_chat_member", payload)
    elif bot_was_admin:
        world.updates.push("chat_member", payload)
    world.events.add("members", chat, user=target.id, status=status)
    return member


def _apply(member: Member, status: Status, fields: dict[str, Any]) -> None:
    member.status = status
    member.rights = frozenset(fields.get("rights", ()))
    member.permissions = frozenset(fields.get("permissions", DEFAULT_PERMISSIONS))
    member.title = fields.get("title", member.title if status in {"creator", "administrator"} else None)
    member.anonymous = bool(fields.get("anonymous", False))
    member.is_member = bool(fields.get("is_member", True))
    member.until = int(fields.get("until", 0))
    member.by_bot = bool(fields.get("by_bot", False))


def add_service_message(world: World, chat: Chat, actor: User, content: dict[str, Any], **options: Any) -> Message:
    """Add a service message about what `actor` did."""
    message = world.add_message(chat, actor, content, **options)
    world.show(message)
    world.tell_bot(message)
    return message


def join(world: World, chat: Chat, user: User, by: User | None = None) -> None:
    """A user joins, or is added by somebody."""
    set_status(world, chat, by or user, user, "member")
    if chat.is_group:
        add_service_message(world, chat, by or user, {"new_chat_members": [user.to_api()]})


def leave(world: World, chat: Chat, user: User, by: User | None = None) -> None:
    """A user leaves or, with `by`, is removed (and may come back)."""
    was_reading = chat.member(world.bot).present
    removed: Status = "kicked" if by is not None and (user is world.bot or chat.type != "group") else "left"
    set_status(world, chat, by or user, user, removed)
    if chat.is_group:
        message = world.add_message(chat, by or user, {"left_chat_member": user.to_api()})
        world.show(message)
        if bot_receives(world, message) or (user is world.bot and chat.type == "group" and was_reading):
            world.updates.push("message", message.to_api())


def remove(world: World, chat: Chat, actor: User, target: User) -> None:
    """Somebody with the right removes somebody else, or the bot."""
    mine, theirs = chat.member(actor), chat.member(target)
    if not theirs.present:
        message = f"{target.first_name} is not in {chat.title!r}"
        raise CannotError(message)
    if not mine.has("can_restrict_members") or theirs.status == "creator":
        message = f"{actor.first_name} may not remove {target.first_name} from {chat.title!r}"
        raise CannotError(message)
    leave(world, chat, target, by=actor)


def promote(
    world: World,
    chat: Chat,
    actor: User,
    target: User,
    rights: Iterable[str] | None = None,
    *,
    title: str | None = None,
    anonymous: bool = False,
) -> None:
    """Make somebody an administrator; without rights, with every one that `actor` has."""
    possible = rights_of(chat.type, forum=chat.forum)
    mine = chat.member(actor)
    granted = (
        (possible if mine.status == "creator" else mine.rights & possible) if rights is None else frozenset(rights)
    )
    granted = (granted & possible) | {"can_manage_chat"}
    fields = {"rights": granted, "title": title, "anonymous": anonymous, "by_bot": actor is world.bot}
    brought = not chat.member(target).present
    set_status(world, chat, actor, target, "administrator", **fields)
    if brought and chat.is_group:
        add_service_message(world, chat, actor, {"new_chat_members": [target.to_api()]})


def demote(world: World, chat: Chat, actor: User, target: User) -> None:
    """An administrator becomes a plain member."""
    set_status(world, chat, actor, target, "member")


def upgrade(world: World, group: Chat, actor: User, *, notice_last: bool = False) -> Chat:
    """A basic group becomes a supergroup with another id; the old one stays behind, closed.

    With `notice_last` the bot hears from the new chat before it hears of the change.
    """
    new = world.new_chat("supergroup", group.title)
    new.permissions, new.description, new.photo = group.permissions, group.description, group.photo
    for member in group.members.values():
        twin = new.stored_member(member.user)
        twin.status, twin.rights, twin.title = member.status, member.rights, member.title
        twin.permissions, twin.until, twin.anonymous = member.permissions, member.until, member.anonymous
    bot_was_in = group.member(world.bot).present
    if bot_was_in and notice_last:
        _tell_of_new(world, new, actor)
    old_notice = add_service_message(world, group, actor, {"migrate_to_chat_id": new.id})
    group.migrated_to = new
    add_service_message(world, new, actor, {"migrate_from_chat_id": group.id})
    if bot_was_in and not notice_last:
        _tell_of_new(world, new, actor)
    world.events.add("chat", group, old_notice, migrated_to=new.id)
    return new


def _tell_of_new(world: World, new: Chat, actor: User) -> None:
    me = new.member(world.bot)
    payload = {
        "chat": new.to_api(),
        "from": actor.to_api(),
        "date": world.now(),
        "old_chat_member": Member(world.bot).to_api(new.type),
        "new_chat_member": me.to_api(new.type),
    }
    world.updates.push("my_chat_member", payload)
