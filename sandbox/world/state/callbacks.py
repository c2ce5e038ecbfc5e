"""A press on an inline button."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .chats import Chat, Message
from .users import User


@dataclass(slots=True, eq=False)
class Callback:
    """One press. `answer` is None until the bot answers."""

    id: str
    user: User
    chat: Chat
    message: Message
    data: str
    at: float
    answer: dict[str, Any] | None = None
