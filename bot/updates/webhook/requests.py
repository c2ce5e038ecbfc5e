"""The requests of Telegram that wait for their answers."""

from __future__ import annotations

import asyncio


class Requests:
    """One answer for each update: True where it was handled or stored, False where it is to be delivered again."""

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[asyncio.Future[bool], float]] = {}  # with the time at which each began

    def __contains__(self, update_id: int) -> bool:
        """Say whether somebody waits for the answer."""
        return update_id in self._waiting

    def add(self, update_id: int) -> None:
        """Have an update waited for."""
        loop = asyncio.get_running_loop()
        self._waiting[update_id] = loop.create_future(), loop.time()

    async def answered(self, update_id: int) -> bool:
        """Wait for the answer; several may."""
        return await asyncio.shield(self._waiting[update_id][0])

    def answer(self, update_id: int, *, done: bool) -> None:
        """Answer those who wait for an update, if anybody does."""
        future, _ = self._waiting.pop(update_id, (None, 0.0))
        if future is not None and not future.done():
            future.set_result(done)

    def answer_all(self, *, done: bool) -> None:
        """Answer everybody."""
        for update_id in list(self._waiting):
            self.answer(update_id, done=done)

    def oldest_seconds(self) -> float:
        """Return for how long the oldest has been waiting."""
        now = asyncio.get_running_loop().time()
        _, began = next(iter(self._waiting.values()), (None, now))
        return now - began
