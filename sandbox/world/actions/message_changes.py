"""What the bot edits and deletes: ordinary messages."""

from __future__ import annotations

from typing import Any

from sandbox.world.errors import bad_request
from sandbox.world.state.chats import Chat, Message
from sandbox.world.state.world import World

from .keyboards import checked_markup

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
MEDIA = frozenset({"photo", "animation", "video", "document"})


def edit(
    world: World, chat: Chat, message_id: int, content: dict[str, Any] | None, markup: dict[str, Any] | None
) -> Message:
    """Change content and inline keyboard of the bot's own message; `content=None` changes the keyboard only."""
    message = chat.messages.get(message_id)
    if message is None:
        raise bad_request("message to edit not found")
    if not _editable(world, message):
        raise bad_request("message can't be edited")
    checked = checked_markup(markup, chat)
    world.limits.count(chat)
    change(world, message, content, checked)
    world.events.add("edited", chat, message)
    return message


def change(world: World, message: Message, content: dict[str, Any] | None, markup: dict[str, Any] | None) -> None:
    """Set new content and keyboard of a message; refused when nothing changes."""
    new = message.content if content is None else _merged(message, content)
    if markup is not None and (message.markup or {}).get("force_reply"):
        markup = {**markup, "force_reply": True}
    if new == message.content and (markup or None) == (message.markup or None):
        raise bad_request(NOT_MODIFIED)
    message.content, message.markup, message.edited = new, markup, world.now()


def _merged(message: Message, content: dict[str, Any]) -> dict[str, Any]:
    if "text" in content:
        if "text" not in message.content and "rich_message" not in message.content:
            raise bad_request("there is no text in the message to edit")
        return content
    media = {key: value for key, value in message.content.items() if key in MEDIA}
    if "caption" in content or not content:
        if not media:
            raise bad_request("there is no caption in the message to edit")
        return media | content
    return content


def _editable(world: World, message: Message) -> bool:
    mine = message.sender is world.bot or (message.chat.type == "channel" and message.chat.member(world.bot).is_admin)
    plain_markup = message.markup is None or "inline_keyboard" in message.markup
    return mine and plain_markup and not message.is_service and message.origin is None


def delete(world: World, chat: Chat, message_id: int) -> None:
    """Delete one message for everybody.

    Source of the rules: https://core.telegram.org/bots/api#deletemessage
    """
    message = chat.messages.get(message_id)
    if message is None:
        raise bad_request("message to delete not found")
    if not _deletable(world, message):
        raise bad_request("message can't be deleted")
    if world.now() - message.date > world.rules.delete_seconds:
        raise bad_request("message can't be deleted for everyone")
    remove(world, message)


def _deletable(world: World, message: Message) -> bool:
    if not {"supergroup_chat_created", "channel_chat_created", "migrate_from_chat_id"}.isdisjoint(message.content):
        return False
    if message.chat.type == "private" or message.sender is world.bot:
        return True
    return message.chat.member(world.bot).has("can_delete_messages")


def remove(world: World, message: Message) -> None:
    """Take a message out of its chat."""
    message.chat.messages.pop(message.id, None)
    message.gone = True
    if message.id in message.chat.pinned:
        message.chat.pinned.remove(message.id)
    world.events.add("deleted", message.chat, message)
