"""The type of a raw update and the chat it belongs to, read before it is parsed; and what is stored of it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Protocol

from aiogram.types import Update

from bot.storage.stored_updates import StoredUpdate

RawUpdate = dict[str, Any]

KNOWN_TYPES = frozenset(Update.model_fields) - {"update_id"}

# Where an update names its chat, or else its person (Bot API, the types of Update's fields). A private chat has its
# person's id, so what somebody does outside of chats is in order with what they write in private.
_PATHS = (("message", "chat"), ("voter_chat",), ("from",), ("user",))


def update_type(update: RawUpdate) -> str:
    """Return the type of the update, which this release may not know; "unknown" if it has none."""
    for field in update:
        if field != "update_id":
            return field
    return "unknown"


def order_key(update: RawUpdate) -> Hashable:
    """Return a key; updates with the same one are handled in order. It is the chat, else the person, else unique."""
    event: Any = update.get(update_type(update))
    try:
        chat = event["chat"]["id"]
    except (KeyError, TypeError):
        chat = None
    if isinstance(chat, int):
        return chat
    for path in _PATHS:
        found = _id_at(event, path)
        if found is not None:
            return found
    return ("update", update.get("update_id"))


def _id_at(event: Any, path: tuple[str, ...]) -> int | None:
    for name in (*path, "id"):
        event = event.get(name) if isinstance(event, dict) else None
    return event if isinstance(event, int) else None


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose doing an update is: `key` tells people apart, `user_id` is None where somebody writes as a chat."""

    key: Hashable
    user_id: int | None = None
    anonymous_admin: bool = False


def sender_of(update: RawUpdate) -> Sender:
    """Return who caused an update: the person, the chat they write as, or nobody (the key None)."""
    event: Any = update.get(update_type(update))
    if not isinstance(event, dict):
        return Sender(None)
    chat = _id_at(event, ("sender_chat",))
    if chat is not None and "data" not in event:
        if chat == _id_at(event, ("chat",)):
            return Sender(("anonymous", chat, event.get("author_signature")), anonymous_admin=True)
        return Sender(("chat", chat))
    person = _id_at(event, ("from",)) or _id_at(event, ("user",))
    return Sender(person, person)


MOST_STORED = 1_000
"""Beyond that Telegram itself keeps what comes."""


class Storage(Protocol):
    """Where updates are stored: `StoredUpdates`, or nowhere."""

    async def store(self, updates: list[StoredUpdate]) -> None:
        """Store updates; raises `Unavailable`."""
        ...

    async def delete(self, update_ids: list[int]) -> None:
        """Delete updates; raises `Unavailable`."""
        ...

    async def load(self, limit: int) -> list[StoredUpdate]:
        """Return what is stored; raises `Unavailable`."""
        ...


def to_be_stored(update: RawUpdate, tries: int = 0) -> StoredUpdate:
    """Return an update as it is stored: with its chat, or its person where it belongs to no chat."""
    key = order_key(update)
    return StoredUpdate(update, key if isinstance(key, int) else None, sender_of(update).user_id, tries)
