"""Visible events: what waiting tests and the chat page are notified of."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from .chats import Chat, Message

Kind = Literal["message", "edited", "deleted", "answer", "members", "chat", "action", "commands", "reaction"]


@dataclass(slots=True, frozen=True)
class Event:
    """One visible event. `only` is the id of the one user who sees it, None when everybody in the chat does."""

    number: int
    kind: Kind
    chat: Chat
    message: Message | None = None
    only: int | None = None
    details: dict[str, Any] = field(default_factory=dict)


class Events:
    """The newest events, bounded, and the listeners."""

    def __init__(self, keep: int = 5_000) -> None:
        self._kept: deque[Event] = deque(maxlen=keep)
        self.number = 0
        self.listeners: list[Callable[[Event], None]] = []

    def add(
        self, kind: Kind, chat: Chat, message: Message | None = None, *, only: int | None = None, **details: Any
    ) -> None:
        """Record an event and notify the listeners."""
        self.number += 1
        event = Event(self.number, kind, chat, message, only, details)
        self._kept.append(event)
        for tell in list(self.listeners):
            tell(event)

    def after(self, number: int) -> Iterator[Event]:
        """Everything kept that came later than event `number`, oldest first."""
        newer = []
        for event in reversed(self._kept):
            if event.number <= number:
                break
            newer.append(event)
        return reversed(newer)
