"""Flood control: a short burst and then 1 message a second per chat, 20 a minute per group, 30 a second in all.

Off unless switched on.

Source: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this. Whether ephemeral messages
count for the group is not documented; here they count for their receiver in it, like a chat of its own.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

from sandbox.world.errors import flood

from .chats import Chat


class Limits:
    """Counts what the bot sends. Edits count like messages. Numbers are changeable; times in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.on = False
        self.burst = 3
        self.per_group_minute = 20
        self.per_second = 30
        self._rested_at: dict[tuple[int, int | None], float] = {}  # when another burst may come
        self._sent: dict[int, deque[float]] = {}
        self._all: deque[float] = deque()

    def count(self, chat: Chat, receiver: int | None = None) -> None:
        """Count a message or edit in this chat (for `receiver` alone); beyond the limits it is refused with 429."""
        if not self.on:
            return
        now = self._now()
        recipient, group = (chat.id, receiver), self._sent.setdefault(chat.id, deque())
        rested_at = max(now, self._rested_at.get(recipient, now))
        waits = [rested_at - now - (self.burst - 1), _wait(self._all, now, self.per_second, 1.0)]
        if chat.is_group and receiver is None:
            waits.append(_wait(group, now, self.per_group_minute, 60.0))
        if max(waits) > 0:
            raise flood(math.ceil(max(waits)))
        self._rested_at[recipient] = rested_at + 1.0
        self._all.append(now)
        if receiver is None:
            group.append(now)
        _forget(group, now - 60.0)
        _forget(self._all, now - 1.0)


def _wait(times: deque[float], now: float, limit: int, window: float) -> float:
    """How long until one more fits: `limit` in `window` seconds."""
    recent = [at for at in times if at > now - window]
    return recent[-limit] + window - now if len(recent) >= limit else 0.0


def _forget(times: deque[float], before: float) -> None:
    while times and times[0] < before:
        times.popleft()
