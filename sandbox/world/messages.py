"""Messages, ordinary and ephemeral, and how the Bot API shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .chats import Chat
from .people import User
from .rich import plain

SERVICE = frozenset(
    [
        "new_chat_members",
        "left_chat_member",
        "new_chat_title",
        "new_chat_photo",
        "delete_chat_photo",
        "group_chat_created",
        "supergroup_chat_created",
        "channel_chat_created",
        "migrate_to_chat_id",
        "migrate_from_chat_id",
        "pinned_message",
        "forum_topic_created",
        "forum_topic_closed",
        "forum_topic_reopened",
        "forum_topic_edited",
        "chat_shared",
        "users_shared",
    ]
)


@dataclass(slots=True, eq=False, repr=False)
class Message:
    """One message. `order` counts through the whole world, `id` within the chat (0 for ephemeral ones).

    `content` holds the fields that make the message what it is (`text` and `entities`, `photo` and `caption`, a service
    field). `author` is who really wrote it, also behind an anonymous `sender`. `via_bot` is the inline bot that made
    the content. `receiver` is set for ephemeral messages: the one user who sees it besides its author.
    """

    id: int
    order: int
    chat: Chat
    date: int
    sender: User | None
    content: dict[str, Any]
    sender_chat: Chat | None = None
    author: User | None = None
    signature: str | None = None
    thread: int | None = None
    reply_to: Message | None = None
    markup: dict[str, Any] | None = None
    edited: int | None = None
    receiver: User | None = None
    ephemeral_id: int | None = None
    replaces: int | None = None
    origin: dict[str, Any] | None = None
    via_bot: User | None = None
    automatic: bool = False
    protected: bool = False
    gone: bool = False
    reactions: dict[int, list[dict[str, Any]]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<message {self.id or f'ephemeral {self.ephemeral_id}'} in {self.chat!r}>"

    @property
    def is_service(self) -> bool:
        """A message Telegram wrote: somebody joined, left, pinned, renamed..."""
        return not SERVICE.isdisjoint(self.content)

    @property
    def inline_keyboard(self) -> list[list[dict[str, Any]]]:
        """The rows of buttons under it."""
        rows: list[list[dict[str, Any]]] = (self.markup or {}).get("inline_keyboard", [])
        return rows

    @property
    def words(self) -> str:
        """The text or the caption; of a rich message all that is said in it."""
        if "rich_message" in self.content:
            return plain(self.content["rich_message"])
        found: str = self.content.get("text") or self.content.get("caption") or ""
        return found

    def shown(self, *, nested: bool = False) -> dict[str, Any]:
        """The `Message` object of the Bot API; a nested one (replied to, pinned) shows no further reply."""
        fields: dict[str, Any] = {"message_id": self.id}
        if self.sender is not None:
            fields["from"] = self.sender.shown()
        if self.sender_chat is not None:
            fields["sender_chat"] = self.sender_chat.shown()
        fields["chat"] = self.chat.shown()
        fields["date"] = self.date
        self._add_options(fields)
        if self.reply_to is not None and not nested:
            fields["reply_to_message"] = self.reply_to.shown(nested=True)
        for key, value in self.content.items():
            fields[key] = value.shown(nested=True) if isinstance(value, Message) else value
        if self.inline_keyboard:
            fields["reply_markup"] = self.markup
        return fields

    def _add_options(self, fields: dict[str, Any]) -> None:
        if self.signature:
            fields["author_signature"] = self.signature
        if self.thread is not None:
            fields["message_thread_id"] = self.thread
            fields["is_topic_message"] = True
        if self.edited is not None:
            fields["edit_date"] = self.edited
        if self.receiver is not None:
            fields |= {"receiver_user": self.receiver.shown(), "ephemeral_message_id": self.ephemeral_id}
        if self.origin is not None:
            fields["forward_origin"] = self.origin
        if self.via_bot is not None:
            fields["via_bot"] = self.via_bot.shown()
        if self.automatic:
            fields["is_automatic_forward"] = True
        if self.protected:
            fields["has_protected_content"] = True

    def as_origin(self) -> dict[str, Any]:
        """The `MessageOrigin` object for a forward of it."""
        if self.origin is not None:
            return self.origin
        if self.sender_chat is not None and self.sender_chat.type == "channel":
            return {"type": "channel", "date": self.date, "chat": self.sender_chat.shown(), "message_id": self.id}
        if self.sender_chat is not None:
            return {"type": "chat", "date": self.date, "sender_chat": self.sender_chat.shown()}
        return {"type": "user", "date": self.date, "sender_user": self.sender.shown() if self.sender else {}}
