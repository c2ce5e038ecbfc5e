"""When an update may be confirmed: it is handled, and each of its answers is sent, stored, refused or expired."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar


class Settling:
    """The answers of one update that are still open. `settled(update_id)` is called once, when none is left.

    `by_admin()` says whether an admin of the chat caused it; that may become known while it is handled. `done` is True
    when nothing is open any more; tasks that the handler started may go on beyond that.
    """

    __slots__ = (
        "_handled",
        "_number",
        "_open",
        "_sent",
        "_settled",
        "_waits",
        "by_admin",
        "chat_id",
        "done",
        "update_id",
    )

    def __init__(
        self,
        update_id: int,
        settled: Callable[[int], None],
        by_admin: Callable[[], bool] = lambda: False,
        chat_id: int | None = None,
    ) -> None:
        self.update_id = update_id
        self.chat_id = chat_id
        self.by_admin = by_admin
        self.done = False
        self._settled = settled
        self._open = 0
        self._handled = False
        self._number = 0
        self._sent: asyncio.Event | None = None
        self._waits = False

    def waits(self) -> None:
        """Note that one of the answers has to wait for its turn: what is to follow it goes before it."""
        self._waits = True
        self._check()

    async def others_sent(self, within_seconds: float) -> None:
        """Wait until all other answers to the update are sent, or one of them has to wait for its turn."""
        self._sent = self._sent or asyncio.Event()
        self._check()
        try:
            async with asyncio.timeout(within_seconds):
                await self._sent.wait()
        except TimeoutError:
            return

    def number(self) -> int:
        """Return 1, 2 and so on: which answer to the update this is."""
        self._number += 1
        return self._number

    def opened(self) -> None:
        """Count another answer."""
        self._open += 1

    def closed(self) -> None:
        """Count an answer as settled."""
        self._open -= 1
        self._check()

    def handled(self) -> None:
        """Note that the handler has ended; it may have left tasks behind that answer later."""
        self._handled = True
        self._check()

    def _check(self) -> None:
        if self._sent is not None and (self._open <= 1 or self._waits):
            self._sent.set()
        if self._handled and self._open <= 0:
            self.done = True
            settled, self._settled = self._settled, _nothing
            settled(self.update_id)


def _nothing(_update_id: int) -> None:
    """Stand in for a callback that was called."""


CURRENT_UPDATE: ContextVar[Settling | None] = ContextVar("update in hand", default=None)
"""The update that the running handler, or a task it started, belongs to."""
