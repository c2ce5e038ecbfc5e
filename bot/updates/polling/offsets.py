"""The updates that Telegram delivered and that are not confirmed yet: the bookkeeping behind "no update is lost"."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.updates.raw_updates import RawUpdate

LIMIT = 100
"""The most updates that getUpdates returns: always the oldest unconfirmed ones (Bot API, getUpdates)."""


class UnconfirmedUpdates:
    """The unconfirmed updates we know of, and the offset that confirms no unfinished one.

    Telegram forgets every update below the `offset` of a request and returns the oldest `limit` others, finished or
    not. Invariants: `offset` never passes an unfinished update, and `take` returns an update once, however often
    Telegram repeats it.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self._unfinished: set[int] = set()
        self._finished: set[int] = set()  # finished, but an older one is not
        self._next = 0  # one past the newest update seen; 0 asks for the oldest there is

    @property
    def offset(self) -> int:
        """The lowest unfinished update id, or one past the newest update seen when all are finished."""
        return min(self._unfinished, default=self._next)

    @property
    def unfinished(self) -> int:
        """How many updates were taken and are not finished."""
        return len(self._unfinished)

    @property
    def unconfirmable(self) -> int:
        """How many updates are unfinished, or finished behind an unfinished one."""
        offset = self.offset
        return len(self._unfinished) + sum(update_id >= offset for update_id in self._finished)

    @property
    def exhausted(self) -> bool:
        """Whether another request brings nothing new: as many unconfirmed updates are known as Telegram returns."""
        return self.unconfirmable >= self.limit

    def confirmable(self, asked: int) -> int:
        """How many finished updates the next request confirms if the last one had the offset `asked`."""
        offset = self.offset
        return sum(asked <= update_id < offset for update_id in self._finished)

    def take(self, updates: Iterable[Any], asked: int) -> list[RawUpdate]:
        """Return the new updates of an answer, oldest first, and count them as unfinished.

        `asked` is the offset of the request: Telegram has forgotten everything below it.
        """
        answer = [one for one in updates if isinstance(one, dict) and isinstance(one.get("update_id"), int)]
        self._finished = {update_id for update_id in self._finished if update_id >= asked}
        if answer and answer[0]["update_id"] < asked:
            # After a week without updates the ids start at random, and an offset beyond them is answered from the
            # beginning (Bot API, Update.update_id): an offset that only grows would bring the same updates for ever.
            self._next = 0
        known = self._unfinished | self._finished
        new = [update for update in answer if update["update_id"] not in known]
        self._unfinished.update(update["update_id"] for update in new)
        self._next = max(self._next, *(update["update_id"] + 1 for update in answer), 0)
        return new

    def finish(self, update_id: int) -> None:
        """Count an update as finished; it can be confirmed as soon as all older ones are finished."""
        if update_id in self._unfinished:
            self._unfinished.remove(update_id)
            self._finished.add(update_id)

    def drop(self) -> None:
        """Forget the unfinished updates: Telegram delivers them again."""
        self._next = self.offset
        self._unfinished.clear()
