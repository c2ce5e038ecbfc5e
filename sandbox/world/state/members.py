"""Members of a chat and what they may do. The names are the Bot API's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from .users import User

Status = Literal["creator", "administrator", "member", "restricted", "left", "kicked"]
EVERYWHERE = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_send_welcome_messages",
)
IN_CHANNELS = ("can_post_messages", "can_edit_messages", "can_manage_direct_messages")
IN_GROUPS = ("can_pin_messages", "can_manage_topics", "can_manage_tags")
PERMISSIONS = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_react_to_messages",
    "can_edit_tag",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
)
MEDIA = PERMISSIONS[1:10]
ALL_RIGHTS = frozenset({*EVERYWHERE, *IN_CHANNELS, *IN_GROUPS})
DEFAULT_PERMISSIONS = frozenset(PERMISSIONS) - {"can_manage_topics"}
PRESENT: frozenset[str] = frozenset({"creator", "administrator", "member"})


def rights_of(chat_type: str, *, forum: bool = False) -> frozenset[str]:
    """The administrator rights that exist in a chat of this type."""
    if chat_type == "channel":
        return frozenset({*EVERYWHERE, *IN_CHANNELS})
    return frozenset({*EVERYWHERE, *IN_GROUPS}) - (frozenset() if forum else {"can_manage_topics"})


def checked_rights(names: Iterable[str]) -> frozenset[str]:
    """The names as a set; a name that is no right is a mistake of the caller."""
    rights = frozenset(names)
    if unknown := rights - ALL_RIGHTS:
        message = f"no such right: {', '.join(sorted(unknown))}"
        raise ValueError(message)
    return rights


@dataclass(slots=True, eq=False)
class Member:
    """What one user is in one chat. `until` is in seconds since 1970, 0 is for ever."""

    user: User
    status: Status = "left"
    rights: frozenset[str] = frozenset()
    permissions: frozenset[str] = DEFAULT_PERMISSIONS
    title: str | None = None
    anonymous: bool = False
    is_member: bool = True
    until: int = 0
    by_bot: bool = False
    since: int = 0

    @property
    def present(self) -> bool:
        """Whether the user is in the chat now."""
        return self.status in PRESENT or (self.status == "restricted" and self.is_member)

    @property
    def is_admin(self) -> bool:
        """Owner or administrator."""
        return self.status in {"creator", "administrator"}

    def has(self, right: str) -> bool:
        """Whether this administrator has the right; the owner has every one."""
        return self.status == "creator" or (self.status == "administrator" and right in self.rights)

    def may(self, permission: str, chat_permissions: frozenset[str]) -> bool:
        """Whether the member may do what permissions govern; they do not bind administrators."""
        if self.is_admin:
            return True
        own = self.permissions if self.status == "restricted" else DEFAULT_PERMISSIONS
        return self.present and permission in own and permission in chat_permissions

    def to_api(self, chat_type: str, *, forum: bool = False) -> dict[str, Any]:
        """The `ChatMember` object of the Bot API."""
        fields: dict[str, Any] = {"user": self.user.to_api(), "status": self.status}
        if self.is_admin and self.title:
            fields["custom_title"] = self.title
        if self.status == "creator":
            fields["is_anonymous"] = self.anonymous
        elif self.status == "administrator":
            fields |= {"can_be_edited": self.by_bot, "is_anonymous": self.anonymous}
            fields |= {name: name in self.rights for name in sorted(rights_of(chat_type, forum=forum))}
        elif self.status == "restricted":
            fields |= {name: name in self.permissions for name in PERMISSIONS}
            fields |= {"is_member": self.is_member, "until_date": self.until}
        elif self.status == "kicked":
            fields["until_date"] = self.until
        return fields
