"""The queue of updates: numbered, kept until confirmed or a day old."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

KEEP_SECONDS = 86_400.0
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)
KINDS = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "callback_query",
    "my_chat_member",
    "chat_member",
    "message_reaction",
    "message_reaction_count",
    "chat_join_request",
    "inline_query",
    "chosen_inline_result",
    "poll",
    "poll_answer",
)
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
DEFAULT = frozenset(KINDS) - NOT_BY_DEFAULT


IN_CHATS = frozenset({"message", "edited_message", "channel_post", "edited_channel_post"})


@dataclass(slots=True)
class Update:
    """One update; `encoded` is its JSON, made once. A webhook gets those with the same `queue` one after the other."""

    id: int
    at: float
    encoded: str
    queue: str = ""


def queue_of(kind: str, payload: dict[str, Any]) -> str:
    """The queue of an update: messages by chat, presses and the like by person, other changes of a chat by their kind.

    So does Telegram's server, which promises nothing about it (telegram-bot-api, Client.cpp, webhook_queue_id).
    """
    if kind in IN_CHATS:
        return f"messages of {payload['chat']['id']}"
    whose = payload.get("chat") if kind != "callback_query" else payload["from"]
    whose = whose or payload.get("from") or payload.get("user") or {}
    return f"{kind} of {whose.get('id', payload.get('id'))}"


class Updates:
    """The queue of updates. `allowed_updates` decides which kinds are queued."""

    def __init__(self, now: Callable[[], float], first_id: int = 100_000_001) -> None:
        self._now = now
        self._queue: deque[Update] = deque()
        self.next_id = first_id
        self.allowed = DEFAULT
        self.chosen: list[str] | None = None
        self.arrived: list[Callable[[], None]] = []
        self.emptied: list[Callable[[], None]] = []

    def __len__(self) -> int:
        return len(self._queue)

    def allow(self, kinds: list[str]) -> None:
        """Remember `allowed_updates`; an empty list is the default again. Unknown kinds are ignored."""
        self.chosen = kinds or None
        self.allowed = frozenset(kinds) if kinds else DEFAULT

    def push(self, kind: str, payload: dict[str, Any]) -> None:
        """Queue an update, unless the bot did not ask for its kind."""
        if kind not in self.allowed:
            return
        encoded = _ENCODER.encode({"update_id": self.next_id, kind: payload})
        self._queue.append(Update(self.next_id, self._now(), encoded, queue_of(kind, payload)))
        self.next_id += 1
        for tell in self.arrived:
            tell()

    def remove(self, update_id: int) -> None:
        """Forget one update that was delivered out of order."""
        self._queue = deque(update for update in self._queue if update.id != update_id)
        self._tell_if_empty()

    def _tell_if_empty(self) -> None:
        if not self._queue:
            for tell in self.emptied:
                tell()

    def confirm(self, offset: int) -> None:
        """Forget everything before `offset`; a negative one keeps only so many of the newest."""
        if offset < 0:
            offset = self._queue[max(len(self._queue) + offset, 0)].id if self._queue else 0
        while self._queue and self._queue[0].id < offset:
            self._queue.popleft()
        self._forget_old()
        self._tell_if_empty()

    def first(self, limit: int) -> list[Update]:
        """The oldest unconfirmed ones."""
        self._forget_old()
        return list(islice(self._queue, limit))

    def restore(self, waiting: list[Update], next_id: int) -> None:
        """Load saved updates."""
        self._queue.extend(waiting)
        self.next_id = next_id

    def clear(self) -> None:
        """Drop all updates."""
        self.confirm(self.next_id)

    def _forget_old(self) -> None:
        oldest = self._now() - KEEP_SECONDS
        while self._queue and self._queue[0].at < oldest:
            self._queue.popleft()
