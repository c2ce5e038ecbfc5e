"""What a raw update is about: its type and the chat whose order it belongs to, read before anything is validated."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from aiogram.types import Update

from bot.updates.offsets import RawUpdate

KNOWN_TYPES = frozenset(Update.model_fields) - {"update_id"}

# Where the chat of an update stands, and failing that the person (Bot API, the types behind Update's fields). A private
# chat has its person's id, so what somebody does without a chat waits for what they did in it.
_PATHS = (("message", "chat"), ("voter_chat",), ("from",), ("user",))


def update_type(update: RawUpdate) -> str:
    """Return the type Telegram gave the update, also one this release does not know; "unknown" when it has none."""
    for field in update:
        if field != "update_id":
            return field
    return "unknown"


def order_key(update: RawUpdate) -> Hashable:
    """Return what updates must share to be handled one after the other: the chat, else the person, else only itself."""
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
