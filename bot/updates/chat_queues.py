"""Handlers at work: the updates of a chat one by one, different chats at once, none for longer than its deadline."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any

from bot.deadlines import Deadlines
from bot.failures import place
from bot.updates.offsets import RawUpdate
from bot.updates.raw_updates import order_key, update_type

logger = logging.getLogger(__name__)

CANCEL_GRACE_SECONDS = 1.0
"""Seconds a handler has to end after its cancellation; then it is left alone and its chat goes on."""


Work = Callable[[], Coroutine[Any, Any, None]]


@dataclass(eq=False, slots=True)
class _Running:
    key: Hashable
    update: RawUpdate
    since: float
    task: asyncio.Task[None] | None = None
    given_up: bool = False


class ChatQueues:
    """One lane a chat. `prepare` reads an update and returns what handles it; neither may raise.

    The handling is cancelled after `deadline` seconds. Reading comes first, for all updates of an answer that are due:
    done in one go it costs a tenth less than in turns with the handling.

    An update that nobody `wants` is finished at once, unless another of its chat is being handled.
    `finished(update_id)` is called once for every update that ended, also for one that was given up; not for those
    that `abandon` and `drop` end.
    """

    def __init__(
        self,
        prepare: Callable[[RawUpdate], Work],
        finished: Callable[[int], None],
        *,
        deadline: float,
        wants: Callable[[RawUpdate], bool] = lambda _: True,
    ) -> None:
        self._prepare = prepare
        self._finished = finished
        self._deadline = deadline
        self._wants = wants
        self._waiting: dict[Hashable, deque[RawUpdate]] = {}  # a lane exists while an update of it is being handled
        self._running: dict[Hashable, _Running] = {}
        self._given_up: set[Hashable] = set()  # lanes whose last update was given up
        self._deaf: set[asyncio.Task[None]] = set()  # tasks that ignored their cancellation
        self._empty = asyncio.Event()
        self._empty.set()
        self._deadlines: Deadlines[_Running] = Deadlines()

    def add(self, update: RawUpdate) -> None:
        """Handle the update now, or as soon as those before it in its chat are done."""
        key = order_key(update)
        if key in self._running:
            self._waiting.setdefault(key, deque()).append(update)
        elif self._wants(update):
            self._start(key, update)
        else:
            self._finished(update["update_id"])

    async def drained(self) -> None:
        """Wait until nothing is in hand."""
        await self._empty.wait()

    def hurry(self, longer_than: float) -> None:
        """End the handlers that have been running for more than so many seconds, as if their deadline had come.

        In a chat where the one before was given up, a second is enough: such a chat would hold the others for long.
        """
        now = asyncio.get_running_loop().time()
        for key, running in self._running.items():
            if now - running.since >= (
                min(longer_than, CANCEL_GRACE_SECONDS) if key in self._given_up else longer_than
            ):
                self._give_up(running)

    async def abandon(self) -> None:
        """Drop everything in hand, and wait a moment for it to end."""
        tasks = self.drop()
        if tasks:
            await asyncio.wait(tasks, timeout=CANCEL_GRACE_SECONDS)

    def drop(self) -> list[asyncio.Task[None]]:
        """Cancel everything in hand without counting it as finished; return what is ending."""
        tasks = [running.task for running in self._running.values() if running.task is not None]
        self._deadlines.clear()
        self._waiting.clear()
        self._given_up.clear()
        self._running.clear()
        self._empty.set()
        for task in (*tasks, *self._deaf):
            task.cancel()
        return tasks

    def _start(self, key: Hashable, update: RawUpdate) -> None:
        loop = asyncio.get_running_loop()
        running = self._running[key] = _Running(key, update, loop.time())
        running.task = loop.create_task(self._run(running, self._prepare(update)))
        self._deadlines.watch(running, self._deadline, self._give_up)
        self._empty.clear()

    async def _run(self, running: _Running, work: Work) -> None:
        try:
            await work()
        finally:
            self._ended(running)

    def _give_up(self, running: _Running) -> None:
        if running.task is None or running.given_up:
            return
        running.given_up = True
        logger.error(
            "Update %d (%s) was given up after %.1f s, waiting in %s.",
            running.update["update_id"],
            update_type(running.update),
            asyncio.get_running_loop().time() - running.since,
            place(running.task),
        )
        running.task.cancel()
        self._deadlines.watch(running, CANCEL_GRACE_SECONDS, self._leave_alone)

    def _leave_alone(self, running: _Running) -> None:
        logger.error(
            "Update %d (%s) ignores its cancellation; its chat goes on without it.",
            running.update["update_id"],
            update_type(running.update),
        )
        if running.task is not None:
            self._deaf.add(running.task)
            running.task.add_done_callback(self._deaf.discard)
        self._ended(running)

    def _ended(self, running: _Running) -> None:
        key = running.key
        if self._running.get(key) is not running:
            return
        del self._running[key]
        self._deadlines.done(running)
        self._given_up.discard(key)
        if lane := self._waiting.get(key):
            if running.given_up:
                self._given_up.add(key)
            self._start(key, lane.popleft())
        else:
            self._waiting.pop(key, None)
        self._finished(running.update["update_id"])
        if not self._running:
            self._empty.set()
