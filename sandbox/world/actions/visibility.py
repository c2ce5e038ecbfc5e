"""What one person sees of a chat."""

from __future__ import annotations

from typing import Any

from sandbox.world.state.chats import Chat, Message
from sandbox.world.state.events import Event
from sandbox.world.state.users import User


def visible_messages(chat: Chat, user: User) -> list[Message]:
    """Every message the person sees there now, in order: ordinary ones, and the ephemeral ones meant for this person.

    An ephemeral message that replaces an ordinary one stands in its place. Who is not in a chat sees nothing of it; who
    joined a basic group sees nothing of before.
    """
    if chat.person is None and not chat.member(user).present:
        return []
    if chat.person is not None and chat.person is not user:
        return []
    since = chat.member(user).since if chat.type == "group" else 0
    mine = [message for (receiver, _), message in chat.ephemeral.items() if receiver == user.id]
    places = {message.replaces: message for message in mine if message.replaces is not None}
    rows = [
        (message.order, places.get(message.id, message)) for message in chat.messages.values() if message.order >= since
    ]
    rows += [(message.order, message) for message in mine if message.replaces not in chat.messages]
    return [message for _, message in sorted(rows, key=lambda row: row[0])]


def is_visible(event: Event, user: User) -> bool:
    """Whether the person sees this event."""
    chat = event.chat
    if event.only is not None:
        return event.only == user.id
    return chat.person is user if chat.person is not None else chat.member(user).present


def reply_keyboard(chat: Chat, user: User) -> list[list[dict[str, Any]]]:
    """The reply keyboard under the person's input field, as rows of `KeyboardButton` objects."""
    rows: list[list[dict[str, Any]]] = chat.keyboards.get(user.id, {}).get("keyboard", [])
    return rows
