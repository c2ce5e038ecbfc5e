"""Updates that Telegram delivers by webhook, to any number of processes: none is lost, a chat's are handled in order.

- Telegram has an update until it was answered with 200: it is handled then, and its answers are sent or stored; or it
  is stored itself.
- A process handles updates of chats whose locks it holds (`ChatLocks`). It keeps a lock while anything of the chat is
  in hand or waits to be said. What comes for a chat whose lock another process has is stored for that one.
- Whoever takes or holds a lock goes on with what is stored first, in the order of the updates. So they are handled in
  the order in which Telegram delivers: the next message of a chat comes after the one before was answered with 200.
- Which updates were handled is told to all processes before the lock is free: a repeated one is answered with 200.
- A process that ends, or whose session does, holds nothing. Telegram repeats what it had no answer to; the process that
  leads finds what was stored.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import partial

from aiogram import Bot, Dispatcher

from bot.background import Background, Turn
from bot.client.outbox import Outbox
from bot.errors import Unavailable
from bot.storage.connection.chat_locks import ChatLocks
from bot.storage.stored_updates import StoredUpdate, StoredUpdates
from bot.updates.handling import Feed, Result, UpdateHandler, Watch
from bot.updates.intake import Intake
from bot.updates.leader_lock import LeaderLock
from bot.updates.lifecycle import FROZEN_AFTER_SECONDS, Progress, finish, started
from bot.updates.raw_updates import MOST_STORED, RawUpdate, to_be_stored
from bot.updates.shares import Shares
from bot.updates.webhook.duties import Duties
from bot.updates.webhook.in_hand import InHand
from bot.updates.webhook.registration import Address, Webhook
from bot.updates.webhook.requests import Requests

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.25
RELIEVE_AFTER_SECONDS = 1.0
"""An update that takes longer is stored and answered with 200: it would hold one of Telegram's connections."""


class Receiver:
    """Handles the updates that are handed to `receive`; `feed` is the dispatcher's `feed_update`, or does the same."""

    def __init__(
        self,
        bot: Bot,
        dispatcher: Dispatcher,
        *,
        address: Address,
        feed: Feed,
        shares: Shares,
        storage: StoredUpdates,
        outbox: Outbox,
        tell: Callable[[RawUpdate], None],
        leadership: LeaderLock,
        locks: ChatLocks,
        wants: Callable[[RawUpdate], bool],
        watch: Watch,
        deadline: float = 10.0,
        drain: float = 14.0,
    ) -> None:
        self.progress = Progress(webhook=True)
        self._bot = bot
        self._dispatcher = dispatcher
        self._shares = shares
        self._storage = storage
        self._outbox = outbox
        self._leadership = leadership
        self._locks = locks
        self._watch = watch
        self._drain = drain
        self._duties = Duties(leadership, locks, outbox, storage, self._look)
        self._webhook = Webhook(bot, address, leadership)
        self._intake = Intake(
            UpdateHandler(bot, feed), shares, storage, deadline=deadline, wants=wants, tell=tell, watch=watch,
            confirm=self._confirm, ended=self._ended,
        )  # fmt: skip
        self._requests = Requests()
        self._arrived: list[RawUpdate] = []
        self._looks: set[int] = set()  # chats of which something may be stored
        self._in_hand = InHand()
        self._wake = asyncio.Event()
        self._stopping = False
        self._ticked_at = 0.0
        locks.on_change, locks.on_stored = self._changed, self._look

    @property
    def in_hand(self) -> int:
        """How many updates are unfinished."""
        return len(self._in_hand) + len(self._arrived)

    async def receive(self, update: RawUpdate) -> bool:
        """Return True when an update is handled or stored, False where Telegram is to deliver it again."""
        update_id = update["update_id"]
        if self._stopping or not self.progress.ready or self._locks.number is None:
            return False
        self.progress.brought_at = asyncio.get_running_loop().time()
        if self._locks.handled(update_id):
            return True
        if self._intake.queues.passes_over(update):
            self._watch.passed_over(update, Result.IGNORED)
            return True
        if update_id not in self._requests:
            self._requests.add(update_id)
            self._arrived.append(update)
            self._wake.set()
        return await self._requests.answered(update_id)

    async def run(self, stop: asyncio.Event) -> None:
        """Start up, take updates until `stop` is set, shut down; see `started`."""
        async with started(self._bot, self._dispatcher, self._shares, stop, self.progress):
            try:
                await self._serve(stop)
            finally:
                self._stopping = True
                self._outbox.stop()
                await self._intake.close()
                self._requests.answer_all(done=False)
                await self._leadership.release()

    async def _serve(self, stop: asyncio.Event) -> None:
        allowed = self._dispatcher.resolve_used_update_types()
        self._ticked_at = asyncio.get_running_loop().time()
        self.progress.ready = True
        logger.info("Taking updates by webhook: %s.", ", ".join(allowed))
        turns: dict[str, Turn] = {
            "Taking updates": self._work,
            "Watching the time": self._tick,
            "Leading": self._duties.lead,
            "Keeping the webhook": partial(self._webhook.keep, allowed),
            "Looking for stored updates": self._duties.sweep,
            "Sharing the rate": self._duties.share,
        }
        async with Background(turns):
            await stop.wait()
            self._stopping = True
            await self._finish()
        await self._intake.close()
        with suppress(Unavailable):
            await self._give_back(keep=())

    async def _finish(self) -> None:
        """Leave what has not begun to others, wait for the running handlers, and send or store what they said."""
        for update in self._arrived:
            self._requests.answer(update["update_id"], done=False)
        self._arrived.clear()
        await finish(self._intake.queues, self._outbox, lambda: len(self._in_hand), self._drain)

    async def _work(self) -> float:
        """Hand out what arrived: one exchange with the database for all of it."""
        await self._wake.wait()
        self._wake.clear()
        with suppress(Unavailable):  # what it could not take was answered so that it comes again
            await self._exchange()
        return 0.0

    async def _exchange(self) -> None:
        arrived, looks = self._arrived, self._looks
        self._arrived, self._looks = [], set()
        stored = [to_be_stored(update) for update in arrived]
        chats = looks.union(each.chat_id for each in stored if each.chat_id is not None)
        try:
            await self._give_back(keep=chats)
            rows = await self._take(chats) if chats else []
            others = self._begin([*rows, *stored], {row.body["update_id"] for row in rows})
            if others:
                await self._storage.forward(others)
        except Unavailable:
            self._looks |= looks
            for update in arrived:
                if update["update_id"] not in self._in_hand:
                    self._requests.answer(update["update_id"], done=False)
            raise
        for each in others:
            self._requests.answer(each.body["update_id"], done=True)

    async def _take(self, chats: Collection[int]) -> list[StoredUpdate]:
        """Take the locks of chats, where they can be had; return what is stored there."""
        taken = await self._locks.take(chats)
        self._in_hand.held(taken)
        waiting = [chat for chat, stored in taken.items() if stored]
        return await self._storage.of_chats(waiting, MOST_STORED) if waiting else []

    def _begin(self, updates: Sequence[StoredUpdate], stored: Collection[int]) -> list[StoredUpdate]:
        """Handle the updates of chats that are held, in order; return those of other chats, to be stored."""
        others = []
        for each in sorted(updates, key=lambda each: each.body["update_id"]):
            if each.chat_id is None or each.chat_id in self._locks.held:
                self._handle(each, stored=each.body["update_id"] in stored)
            elif each.body["update_id"] not in stored:
                others.append(each)
        return others

    def _handle(self, each: StoredUpdate, *, stored: bool) -> None:
        update_id = each.body["update_id"]
        if update_id in self._in_hand:
            if stored:
                self._intake.note_stored(each)
            self._requests.answer(update_id, done=True)  # it is stored, or it would not have come again
            return
        if not stored and self._locks.handled(update_id):
            self._requests.answer(update_id, done=True)  # told of since it came
            return
        self._in_hand.begin(update_id, each.chat_id)
        if not stored:
            self._intake.take(each.body)
        elif self._locks.handled(update_id):
            self._intake.forget(update_id)
        else:
            self._intake.take_stored(each)

    def _confirm(self, update_id: int) -> None:
        self._requests.answer(update_id, done=True)

    def _ended(self, update_id: int) -> None:
        """Nothing is left of an update: tell the others, answer Telegram, and let go of the chat."""
        if update_id not in self._in_hand:
            return
        self._in_hand.end(update_id)
        self._locks.remember(update_id)
        self._wake.set()

    async def _give_back(self, keep: Collection[int]) -> None:
        """Tell what was handled and let go of idle chats, but for those to which something waits to be said."""
        waiting = self._outbox.chats_waiting() if self._in_hand.idle else set()
        free, done = self._in_hand.take_idle(self._locks.held, waiting.union(keep)), self._in_hand.take_done()
        try:
            if free or done:
                await self._locks.give_back(free, done)
        finally:
            for update_id in done:
                self._requests.answer(update_id, done=True)
        if self._in_hand.done:
            self._wake.set()

    def _look(self, chat_id: int) -> None:
        if not self._stopping:
            self._looks.add(chat_id)
            self._wake.set()

    def _changed(self, connected: bool) -> None:
        """The session was gained, or lost: then everything in hand is left to others, who can get the locks now."""
        self.progress.fails = not connected
        if connected and self._locks.number is not None:
            self._outbox.join(self._locks.number)
            return
        if self._in_hand:
            logger.warning("The locks are lost: %d updates are left to be delivered again.", len(self._in_hand))
        self._outbox.stop()
        self._intake.drop()
        self._outbox.drop()
        for update_id in self._in_hand.done:
            self._requests.answer(update_id, done=True)
        for collection in (self._in_hand, self._arrived, self._looks):
            collection.clear()
        self._requests.answer_all(done=False)

    async def _tick(self) -> float:
        """Notice a freeze of this process, and updates that take long."""
        now = asyncio.get_running_loop().time()
        late, self._ticked_at = now - self._ticked_at, now
        if late > FROZEN_AFTER_SECONDS and self._locks.number is not None:
            logger.warning("This process was frozen for %.0f s; what it had in hand is left to others.", late)
            self._locks.leave()
        if self._requests.oldest_seconds() > RELIEVE_AFTER_SECONDS:
            self._intake.relieve()
            self._outbox.relieve()
        if self._in_hand.idle or self._in_hand.done or self._looks:
            self._wake.set()
        return TICK_SECONDS
