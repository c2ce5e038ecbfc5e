"""Updates waiting for their handlers: each chat's one by one, people in turn; different chats at the same time."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Container, Coroutine, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bot.deadlines import Deadlines
from bot.failures import place
from bot.settling import CURRENT_UPDATE, Settling
from bot.updates.handling import Result, Watch
from bot.updates.raw_updates import RawUpdate, order_key, sender_of, update_type
from bot.updates.turns import Turns

logger = logging.getLogger(__name__)

CANCEL_GRACE_SECONDS = 1.0
"""Seconds a handler has to end after its cancellation; then it is left alone and its chat goes on."""

RETRY_SECONDS = 1.0
"""Until an update is handled again that could not be stored as the database is away."""

Work = Callable[[], Coroutine[Any, Any, Result]]


_Place = tuple[Hashable, Hashable]  # a chat and a person in it


@dataclass(eq=False, slots=True)
class _Held:
    """What waits until an update has ended that is to be handled once more."""

    behind: RawUpdate
    waiting: deque[RawUpdate]


@dataclass(eq=False, slots=True)
class _Running:
    key: Hashable
    update: RawUpdate
    settling: Settling
    since: float
    task: asyncio.Task[None] | None = None
    given_up: bool = False
    slow_in: str | None = None  # where it waited when it became slow


class ChatQueues:
    """`prepare` reads an update and returns what handles it; neither may raise, and `AGAIN` asks for another try later.

    The handling is cancelled after `deadline` seconds. Where `gave_up(update)` returns True the update is to be handled
    once more, by `go_on`: until that has ended, its person's later ones in that chat are held back. Reading comes
    first, for all updates of an answer that are due: done in one go it costs a tenth less than in turns with the
    handling.

    `settled(update_id)` is called once for every update that was handled and whose answers are settled, also for one
    that was given up; not for those that `abandon` and `drop` end. `watch` is told what became of each.
    """

    def __init__(
        self,
        prepare: Callable[[RawUpdate], Work],
        settled: Callable[[int], None],
        *,
        deadline: float,
        wants: Callable[[RawUpdate], bool] = lambda _: True,
        is_admin: Callable[[int, int], bool | None] = lambda _chat, _user: None,
        gave_up: Callable[[RawUpdate], bool] = lambda _: False,
        watch: Watch | None = None,
    ) -> None:
        self._prepare = prepare
        self._settled = settled
        self._deadline = deadline
        self._wants = wants
        self._is_admin = is_admin
        self._gave_up = gave_up
        self._watch = watch or Watch()
        self._waiting: dict[Hashable, Turns] = {}
        self._held: dict[_Place, _Held] = {}
        self._running: dict[Hashable, _Running] = {}  # a chat is in here while an update of it is being handled
        self._slow_chats: set[Hashable] = set()  # chats whose last update was given up
        self._uncancellable: set[asyncio.Task[None]] = set()
        self._retries: dict[int, asyncio.TimerHandle] = {}
        self._empty = asyncio.Event()
        self._empty.set()
        self._deadlines: Deadlines[_Running] = Deadlines()

    def passes_over(self, update: RawUpdate) -> bool:
        """Say whether nobody wants an update; what comes while another of its chat is handled may be wanted then."""
        return not self._wants(update) and order_key(update) not in self._running and not self.behind(update)

    def add(self, update: RawUpdate, *, ahead: bool = False) -> None:
        """Handle the update now, or as soon as it is its person's turn in its chat: `ahead` of what is held back."""
        key = order_key(update)
        if self._held and not ahead and (held := self._held.get(_place(update))) is not None:
            held.waiting.append(update)
        elif key in self._running:
            self._put(key, [update])
        else:
            self._start(key, update)

    def behind(self, update: RawUpdate) -> int:
        """Return how many of its person it would wait for: one that is to be handled once more, and those behind it."""
        if not self._held:
            return 0
        held = self._held.get(_place(update))
        return 0 if held is None else len(held.waiting) + 1

    def go_on(self, update: RawUpdate) -> None:
        """Handle an update once more that was given up; what is held back behind it follows when it has ended."""
        self._slow_chats.discard(order_key(update))
        self._put(order_key(update), [update], first=True)
        self._start_next(order_key(update))

    def let_go(self, update: RawUpdate) -> None:
        """Go on with what is held back behind an update that is not handled any more."""
        self._let_follow(update)
        if not self._start_next(order_key(update)) and order_key(update) not in self._running:
            self._slow_chats.discard(order_key(update))

    def let_go_all(self, but: Container[int]) -> None:
        """Go on with everything that is held back, but forget the updates with these ids."""
        for held in list(self._held.values()):
            held.waiting = deque(each for each in held.waiting if each["update_id"] not in but)
            self.let_go(held.behind)

    def in_hand(self) -> list[RawUpdate]:
        """Return the updates that are being handled, and those that wait behind them."""
        running = [each.update for each in self._running.values()]
        waiting = [update for turns in self._waiting.values() for update in turns]
        return [*running, *waiting, *(update for held in self._held.values() for update in held.waiting)]

    async def drained(self) -> None:
        """Wait until no handler runs and none waits."""
        await self._empty.wait()

    def give_up_slow(self, longer_than: float) -> None:
        """End the handlers that have been running for more than so many seconds, as if their deadline had come.

        In a chat where the one before was given up, a second is enough: such a chat would hold the others for long.
        """
        now = asyncio.get_running_loop().time()
        for key, running in self._running.items():
            least = min(longer_than, CANCEL_GRACE_SECONDS) if key in self._slow_chats else longer_than
            if now - running.since >= least:
                self._give_up(running)

    async def abandon(self) -> None:
        """Drop everything in hand, and wait a moment for it to end."""
        tasks = self.drop()
        if tasks:
            await asyncio.wait(tasks, timeout=CANCEL_GRACE_SECONDS)

    def drop(self) -> list[asyncio.Task[None]]:
        """Cancel everything in hand without counting it as settled; return what is ending."""
        tasks = [running.task for running in self._running.values() if running.task is not None]
        for timer in self._retries.values():
            timer.cancel()
        self._retries.clear()
        self._deadlines.clear()
        self._waiting.clear()
        self._held.clear()
        self._slow_chats.clear()
        self._running.clear()
        self._empty.set()
        for task in (*tasks, *self._uncancellable):
            task.cancel()
        return tasks

    def _by_admin(self, key: Hashable, update: RawUpdate) -> bool:
        sender = sender_of(update)
        return sender.anonymous_admin or (
            sender.user_id is not None and isinstance(key, int) and self._is_admin(key, sender.user_id) is True
        )

    def _start(self, key: Hashable, update: RawUpdate) -> None:
        loop = asyncio.get_running_loop()
        chat_id = key if isinstance(key, int) else None
        settling = Settling(update["update_id"], self._settled, partial(self._by_admin, key, update), chat_id)
        running = self._running[key] = _Running(key, update, settling, loop.time())
        running.task = loop.create_task(self._run(running, self._prepare(update)))
        if self._watch.slow_after < self._deadline:
            self._deadlines.watch(running, self._watch.slow_after, self._slow)
        else:
            self._deadlines.watch(running, self._deadline, self._give_up)
        self._empty.clear()

    async def _run(self, running: _Running, work: Work) -> None:
        CURRENT_UPDATE.set(running.settling)
        result = Result.GIVEN_UP
        try:
            result = await work()
        finally:
            self._ended(running, result)

    def _slow(self, running: _Running) -> None:
        if running.task is not None:
            running.slow_in = place(running.task)
        self._deadlines.watch(running, self._deadline - self._watch.slow_after, self._give_up)

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
            extra={"update": running.update["update_id"], "chat": running.settling.chat_id},
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
            self._uncancellable.add(running.task)
            running.task.add_done_callback(self._uncancellable.discard)
        self._ended(running, Result.GIVEN_UP)

    def _ended(self, running: _Running, result: Result) -> None:
        key = running.key
        if self._running.get(key) is not running:
            return
        del self._running[key]
        self._deadlines.done(running)
        seconds = asyncio.get_running_loop().time() - running.since
        self._watch.ended(running.update, running.settling.chat_id, result, seconds, running.slow_in)
        self._slow_chats.discard(key)
        once_more = running.given_up and self._gave_up(running.update)
        if once_more:
            self._hold_back(running.update)
        elif self._held:
            self._let_follow(running.update)
        if (self._start_next(key) or once_more) and running.given_up:
            self._slow_chats.add(key)
        if result is Result.AGAIN:
            self._retry(running.update)
        elif not once_more:
            running.settling.handled()
        if not self._running:
            self._empty.set()

    def _start_next(self, key: Hashable) -> bool:
        """Handle the next update of a chat where none is being handled; False where none waits."""
        if key in self._running or (turns := self._waiting.get(key)) is None:
            return False
        following = turns.take()
        if following is None:
            del self._waiting[key]
            return False
        self._start(key, following)
        return True

    def _put(self, key: Hashable, updates: Sequence[RawUpdate], *, first: bool = False) -> None:
        """Have updates of one person wait for their turn."""
        by_admin = self._by_admin(key, updates[0])
        self._waiting.setdefault(key, Turns()).put(sender_of(updates[0]).key, updates, by_admin=by_admin, first=first)

    def _hold_back(self, update: RawUpdate) -> None:
        """Keep what the person of an update has sent in the chat, and will send, until that update has ended."""
        key, person = _place(update)
        if (key, person) not in self._held:
            turns = self._waiting.get(key)
            self._held[key, person] = _Held(update, turns.take_all(person) if turns is not None else deque())

    def _let_follow(self, update: RawUpdate) -> None:
        """Have what is held back behind an update wait for its turn."""
        held = self._held.get(_place(update))
        if held is not None and held.behind is update:
            del self._held[_place(update)]
            if held.waiting:
                self._put(order_key(update), held.waiting, first=True)

    def _retry(self, update: RawUpdate) -> None:
        """Handle an update again in a moment; it stays unconfirmed until then."""

        def again() -> None:
            del self._retries[update["update_id"]]
            self.add(update)

        self._retries[update["update_id"]] = asyncio.get_running_loop().call_later(RETRY_SECONDS, again)


def _place(update: RawUpdate) -> _Place:
    return order_key(update), sender_of(update).key
