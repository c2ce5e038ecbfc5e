"""Telegram's limits on what a bot may write, kept before Telegram has to say so.

About one message a second in a chat with short bursts, 20 a minute in a group, 30 a second in all; edits count alike
(https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this). All times in seconds of one clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable

MARGIN = 1.05
"""How much longer than Telegram's our periods are: a message that travelled fast must not come too early."""

GROUP_PERIOD = 60.0


class SlidingWindow:
    """At most `limit` in any `period` seconds."""

    def __init__(self, limit: int, period: float) -> None:
        self._period = period * MARGIN
        self._times: deque[float] = deque(maxlen=limit)

    def free_at(self, now: float) -> float:
        """When the next one may go."""
        full = len(self._times) == self._times.maxlen
        return max(now, self._times[0] + self._period) if full else now

    def count(self, at: float) -> None:
        """One goes at this time."""
        self._times.append(at)

    def idle(self, now: float) -> bool:
        """Whether everything it remembers is long past."""
        return not self._times or self._times[-1] + self._period < now


def for_all() -> SlidingWindow:
    """The limit on everything a bot writes."""
    return SlidingWindow(30, 1.0)


def for_chat(chat: Hashable) -> Iterable[SlidingWindow]:
    """The limits on one chat; groups and channels have negative ids or names.

    A pair is somebody in a group who alone sees what is written: like a private chat, as nothing says that it counts
    for the group, where 20 presses a minute are soon made in a menu. Should Telegram mind, it says so by a 429.
    """
    yield SlidingWindow(3, 3.0)
    if isinstance(chat, str) or (isinstance(chat, int) and chat < 0):
        yield SlidingWindow(20, GROUP_PERIOD)
