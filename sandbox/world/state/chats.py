"""Chats and the messages in them, and how the Bot API shows both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.world.formatting.rich import plain

from .members import DEFAULT_PERMISSIONS, PERMISSIONS, Member
from .users import User

ChatType = Literal["private", "group", "supergroup", "channel"]


@dataclass(slots=True, eq=False)
class Topic:
    """A topic of a forum; its id is the id of the service message that opened it."""

    id: int
    name: str
    color: int = 7322096
    closed: bool = False


@dataclass(slots=True, eq=False, repr=False)
class Chat:
    """One chat with everything in it. `messages` are in the order they came."""

    id: int
    type: ChatType
    title: str = ""
    username: str | None = None
    person: User | None = None
    description: str | None = None
    photo: dict[str, Any] | None = None
    forum: bool = False
    linked: Chat | None = None
    migrated_to: Chat | None = None
    permissions: frozenset[str] = DEFAULT_PERMISSIONS
    members: dict[int, Member] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    ephemeral: dict[tuple[int, int], Message] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    pinned: list[int] = field(default_factory=list)
    keyboards: dict[int, dict[str, Any]] = field(default_factory=dict)
    last_id: int = 0
    last_ephemeral_id: int = 0

    def __repr__(self) -> str:
        return f"<{self.type} {self.title or self.id}>"

    @property
    def is_group(self) -> bool:
        """A basic group or a supergroup."""
        return self.type in {"group", "supergroup"}

    @property
    def api_name(self) -> str:
        """What Telegram's errors call it."""
        return "chat" if self.type == "private" else "group chat" if self.type == "group" else f"{self.type} chat"

    def member(self, user: User) -> Member:
        """The user's membership; an unknown user counts as left (and is not stored)."""
        return self.members.get(user.id) or Member(user)

    def stored_member(self, user: User) -> Member:
        """The same, stored when it is new."""
        return self.members.setdefault(user.id, Member(user))

    def present(self) -> Iterator[Member]:
        """Everybody who is in the chat."""
        return (member for member in self.members.values() if member.present)

    def owner(self) -> Member | None:
        """The owner, if there is one."""
        return next((member for member in self.members.values() if member.status == "creator"), None)

    def to_api(self) -> dict[str, Any]:
        """The `Chat` object of the Bot API."""
        fields: dict[str, Any] = {"id": self.id, "type": self.type}
        if self.person is not None:
            fields["first_name"] = self.person.first_name
            if self.person.last_name:
                fields["last_name"] = self.person.last_name
            if self.person.username:
                fields["username"] = self.person.username
            return fields
        fields["title"] = self.title
        if self.username:
            fields["username"] = self.username
        if self.forum:
            fields["is_forum"] = True
        return fields

    def full(self) -> dict[str, Any]:
        """The `ChatFullInfo` object of the Bot API, without the pinned message."""
        gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
        fields = self.to_api() | {
            "accent_color_id": self.id % 7,
            "max_reaction_count": 11,
            "accepted_gift_types": dict.fromkeys(gifts, False),
        }
        if self.description:
            fields["description"] = self.description
        if self.photo:
            fields["photo"] = self.photo
        if self.is_group:
            fields["permissions"] = {name: name in self.permissions for name in PERMISSIONS}
        if self.type == "supergroup":
            fields["join_to_send_messages"] = True
        if self.linked is not None:
            fields["linked_chat_id"] = self.linked.id
        if self.username:
            fields["active_usernames"] = [self.username]
        return fields


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
        """The text or the caption, or the plain text of a rich message."""
        if "rich_message" in self.content:
            return plain(self.content["rich_message"])
        found: str = self.content.get("text") or self.content.get("caption") or ""
        return found

    def to_api(self, *, nested: bool = False) -> dict[str, Any]:
        """The `Message` object of the Bot API; a nested one (replied to, pinned) shows no further reply."""
        fields: dict[str, Any] = {"message_id": self.id}
        if self.sender is not None:
            fields["from"] = self.sender.to_api()
        if self.sender_chat is not None:
            fields["sender_chat"] = self.sender_chat.to_api()
        fields["chat"] = self.chat.to_api()
        fields["date"] = self.date
        self._add_options(fields)
        answered = self._topic_root() if self.reply_to is None else self.reply_to
        if answered is not None and not nested and not answered.gone:
            fields["reply_to_message"] = answered.to_api(nested=True)
        for key, value in self.content.items():
            fields[key] = value.to_api(nested=True) if isinstance(value, Message) else value
        if self.inline_keyboard:
            fields["reply_markup"] = self.markup
        return fields

    def _topic_root(self) -> Message | None:
        """The message that began the topic, to which each of its other messages replies that replies to none."""
        if not self.chat.forum or self.thread is None or self.thread == self.id:
            return None
        return self.chat.messages.get(self.thread)

    def _add_options(self, fields: dict[str, Any]) -> None:
        if self.signature:
            fields["author_signature"] = self.signature
        if self.thread is not None:
            fields["message_thread_id"] = self.thread
            fields["is_topic_message"] = True
        if self.edited is not None:
            fields["edit_date"] = self.edited
        if self.receiver is not None:
            fields |= {"receiver_user": self.receiver.to_api(), "ephemeral_message_id": self.ephemeral_id}
        if self.origin is not None:
            fields["forward_origin"] = self.origin
        if self.via_bot is not None:
            fields["via_bot"] = self.via_bot.to_api()
        if self.automatic:
            fields["is_automatic_forward"] = True
        if self.protected:
            fields["has_protected_content"] = True

    def as_origin(self) -> dict[str, Any]:
        """The `MessageOrigin` object for a forward of it."""
        if self.origin is not None:
            return self.origin
        if self.sender_chat is not None and self.sender_chat.type == "channel":
            return {"type": "channel", "date": self.date, "chat": self.sender_chat.to_api(), "message_id": self.id}
        if self.sender_chat is not None:
            return {"type": "chat", "date": self.date, "sender_chat": self.sender_chat.to_api()}
        return {"type": "user", "date": self.date, "sender_user": self.sender.to_api() if self.sender else {}}
