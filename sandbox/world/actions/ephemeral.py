"""Ephemeral messages: one group, one bot, one receiver, seen by nobody else.

Source: https://core.telegram.org/bots/api#ephemeral-messages-and-commands (Bot API 10.2 and 10.3). Telegram's texts for
what it refuses here are not documented; where none is known the sandbox uses the server's nearest identifier.
"""

from __future__ import annotations

from typing import Any

from sandbox.world.errors import bad_request
from sandbox.world.state.callbacks import Callback
from sandbox.world.state.chats import Chat, Message
from sandbox.world.state.users import User
from sandbox.world.state.world import World

from . import message_changes
from .keyboards import checked_markup

TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


def send(
    world: World,
    chat: Chat,
    content: dict[str, Any],
    parameters: dict[str, Any],
    *,
    markup: dict[str, Any] | None = None,
    thread: int | None = None,
    reply_to: Message | None = None,
) -> Message:
    """Show a message to one member alone.

    An administrator may at any time; any bot within 15 s of the member's press or ephemeral message.
    """
    if not chat.is_group:
        raise bad_request("ephemeral messages can be sent only to groups and supergroups")
    receiver = _receiver(world, chat, parameters["receiver_user_id"])
    callback = _callback(world, chat, receiver, parameters.get("callback_query_id"))
    command = reply_to is not None and reply_to.ephemeral_id is not None
    if callback is None and not command and not chat.member(world.bot).is_admin:
        raise bad_request("CHAT_ADMIN_REQUIRED")
    message = world.add_ephemeral(
        chat,
        world.bot,
        receiver,
        content,
        markup=markup,
        thread=thread,
        reply_to=reply_to,
        replaces=_replaced(callback, replace=bool(parameters.get("replace_callback_query_message"))),
    )
    world.show(message)
    return message


def _receiver(world: World, chat: Chat, user_id: int) -> User:
    user = world.user(user_id)
    if user is None or user.is_bot:
        raise bad_request("user not found")
    if not chat.member(user).present:
        raise bad_request("USER_NOT_PARTICIPANT")
    return user


def _callback(world: World, chat: Chat, receiver: User, callback_id: str | None) -> Callback | None:
    if callback_id is None:
        return None
    callback = world.callbacks.get(callback_id)
    if callback is None or callback.user is not receiver or callback.chat is not chat:
        raise bad_request(TOO_OLD)
    if world.clock.now() - callback.at > world.rules.ephemeral_seconds:
        raise bad_request(TOO_OLD)
    return callback


def _replaced(callback: Callback | None, *, replace: bool) -> int | None:
    if not replace:
        return None
    if callback is None or callback.message.ephemeral_id is not None:
        raise bad_request("MESSAGE_ID_INVALID")
    return callback.message.id


def answered(world: World, chat: Chat, ephemeral_id: int, parameters: dict[str, Any] | None) -> Message:
    """The incoming ephemeral message a bot replies to: the receiver's own, and at most 15 s old."""
    if parameters is None:
        raise bad_request("a reply to an ephemeral message must be an ephemeral message")
    found = chat.ephemeral.get((parameters["receiver_user_id"], ephemeral_id))
    if found is None or found.sender is world.bot:
        raise bad_request("message to be replied not found")
    if world.clock.now() - found.date > world.rules.ephemeral_seconds + 1:
        raise bad_request("message to be replied not found")
    return found


def find(world: World, chat: Chat, receiver_id: int, ephemeral_id: int, purpose: str) -> Message:
    """The ephemeral message the bot means, for editing (its own) or deleting (either's)."""
    found = chat.ephemeral.get((receiver_id, ephemeral_id))
    if found is None:
        raise bad_request(f"message to {purpose} not found")
    if purpose == "edit" and found.sender is not world.bot:
        raise bad_request("message can't be edited")
    return found


def edit(world: World, message: Message, content: dict[str, Any] | None, markup: dict[str, Any] | None) -> None:
    """Change what the receiver sees."""
    checked = checked_markup(markup, message.chat, ephemeral=True)
    world.limits.count(message.chat, _person(world, message))
    message_changes.change(world, message, content, checked)
    world.events.add("edited", message.chat, message, only=_person(world, message))


def delete(world: World, message: Message) -> None:
    """Delete it."""
    person = _person(world, message)
    message.chat.ephemeral.pop((person, message.ephemeral_id or 0), None)
    message.gone = True
    world.events.add("deleted", message.chat, message, only=person)


def _person(world: World, message: Message) -> int:
    own = message.sender is world.bot
    user = message.receiver if own else message.sender
    return user.id if user is not None else 0


def forget_ephemeral(world: World, user: User) -> None:
    """Drop a person's ephemeral messages, as a restart of the app does; the bot gets no update."""
    for chat in world.chats.values():
        for key in [key for key in chat.ephemeral if key[0] == user.id]:
            message = chat.ephemeral.pop(key)
            message.gone = True
            world.events.add("deleted", chat, message, only=user.id)
