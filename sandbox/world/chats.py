"""Chats: private ones, groups, supergroups, channels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .people import User
from .rights import DEFAULT_PERMISSIONS, PERMISSIONS, Member

if TYPE_CHECKING:
    from .messages import Message

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
    def noun(self) -> str:
        """What Telegram's errors call it."""
        return "chat" if self.type == "private" else "group chat" if self.type == "group" else f"{self.type} chat"

    def member(self, user: User) -> Member:
        """What the user is here; somebody never seen has left (and is not remembered by asking)."""
        return self.members.get(user.id) or Member(user)

    def enrolled(self, user: User) -> Member:
        """The same, remembered from now on."""
        return self.members.setdefault(user.id, Member(user))

    def present(self) -> Iterator[Member]:
        """Everybody who is in the chat."""
        return (member for member in self.members.values() if member.present)

    def owner(self) -> Member | None:
        """The owner, if there is one."""
        return next((member for member in self.members.values() if member.status == "creator"), None)

    def shown(self) -> dict[str, Any]:
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
        fields = self.shown() | {
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
