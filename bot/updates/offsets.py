"""What Telegram has handed out and not yet been told is done: the bookkeeping behind "no update is lost"."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

RawUpdate = dict[str, Any]

LIMIT = 100
"""The most updates one getUpdates hands out: always the oldest unconfirmed ones (Bot API, getUpdates)."""


class UnconfirmedUpdates:
    """The unconfirmed updates we know of, and the offset that confirms no unfinished one.

    Telegram forgets every update below the `offset` it is asked with, and answers with the oldest `limit` others, those
    in hand and those already finished included. Invariants: `offset` never passes an unfinished update, and an update
    is handed out by `take` once, however often Telegram repeats it.
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
        """How many updates are in hand."""
        return len(self._unfinished)

    @property
    def exhausted(self) -> bool:
        """Whether asking again cannot bring anything new: we know as many unconfirmed updates as Telegram hands out."""
        offset = self.offset
        return len(self._unfinished) + sum(update_id >= offset for update_id in self._finished) >= self.limit

    def confirmable(self, asked: int) -> int:
        """How many finished updates the next question confirms, when the last one was put with offset `asked`."""
        offset = self.offset
        return sum(asked <= update_id < offset for update_id in self._finished)

    def take(self, updates: Iterable[Any], asked: int) -> list[RawUpdate]:
        """Return those of an answer that were not known, oldest first, and count them as in hand.

        `asked` is the offset the question was put with: Telegram has forgotten everything below it.
        """
        answer = [one for one in updates if isinstance(one, dict) and isinstance(one.get("update_id"), int)]
        self._finished = {update_id for update_id in self._finished if update_id >= asked}
        if answer and answer[0]["update_id"] < asked:
            # After a quiet week the ids start anywhere, and an offset beyond them is answered from the beginning
            # (Bot API, Update.update_id): whoever only ever raises the offset would fetch the same batch for ever.
            self._next = 0
        known = self._unfinished | self._finished
        new = [update for update in answer if update["update_id"] not in known]
        self._unfinished.update(update["update_id"] for update in new)
        self._next = max(self._next, *(update["update_id"] + 1 for update in answer), 0)
        return new

    def finish(self, update_id: int) -> None:
        """Count an update as done; it is confirmed as soon as all older ones are."""
        if update_id in self._unfinished:
            self._unfinished.remove(update_id)
            self._finished.add(update_id)

    def drop(self) -> None:
        """Forget what is in hand without counting it as done: Telegram delivers it again."""
        self._next = self.offset
        self._unfinished.clear()
