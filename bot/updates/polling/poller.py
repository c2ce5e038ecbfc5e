"""Long polling that loses no update: none is confirmed before it is handled, and no chat holds up others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from aiogram import Bot, Dispatcher
from aiogram.exceptions import TelegramConflictError

from bot.client.outbox import Outbox
from bot.deadlines import cancelled, unless, within
from bot.errors import Unavailable
from bot.updates.backoff import Backoff, is_about_webhook
from bot.updates.handling import Feed, UpdateHandler, Watch
from bot.updates.intake import Intake
from bot.updates.leader_lock import LeaderLock, OnlyProcess
from bot.updates.lifecycle import FROZEN_AFTER_SECONDS, Progress, finish, started
from bot.updates.polling.fetching import MARGIN_SECONDS, delete_webhook, get_updates
from bot.updates.polling.offsets import LIMIT, UnconfirmedUpdates
from bot.updates.raw_updates import RawUpdate, Storage
from bot.updates.shares import Shares

logger = logging.getLogger(__name__)

LONG_POLL_SECONDS = 30
"""Seconds Telegram keeps getUpdates open while there are no updates (its server allows 50)."""

LEAST_PAUSE_SECONDS = 0.05
"""Least seconds between two requests while updates are unfinished, unless half of the window can be confirmed."""

SAME_OFFSET_PAUSE_SECONDS = 0.6
"""Seconds between two requests with the same offset. Asked within 0.5 s of the last, Telegram's server answers with
one update only, the oldest (telegram-bot-api, process_get_updates_query)."""

RELIEVE_AFTER_SECONDS = 0.15
"""When nothing can be confirmed and nothing new can come for so long, what is in hand is stored."""

SURELY_ARRIVED_SECONDS = 1.0
"""Seconds after which a request that was sent has surely reached Telegram."""

SEND_AFTER_LOSS_SECONDS = 5.0
"""Seconds for which answers of running handlers are sent after the leadership was lost."""


class Poller:
    """Fetches the updates of a bot and has a dispatcher handle them; `feed` is its `feed_update`, or does the same.

    - An update is confirmed only when it and every older one is settled: handled, and its answers are sent or stored.
      At most `in_flight` are in hand.
    - An update that nobody `wants` is as good as handled.
    - Updates of one chat are handled in order, those of different chats at the same time. Nobody gets more than their
      share (`Shares`), of which `tell(update)` tells them.
    - A handler is cancelled after `deadline` seconds. Telegram hands out the 100 oldest unconfirmed updates only: when
      a few handlers hold up a window full of finished ones, `patience` seconds are enough.
    - What would hold the window is stored in `storage` and confirmed (`Intake`).
    - Only the process that has the `leadership` polls. One that loses it stops at once; while nobody else can lead
      yet it confirms, once, what it finished.
    - When `stop` is set: polling ends, handlers have `drain` seconds, what is finished is confirmed, hooks run.
    """

    def __init__(
        self,
        bot: Bot,
        dispatcher: Dispatcher,
        *,
        feed: Feed | None = None,
        shares: Shares,
        storage: Storage,
        outbox: Outbox,
        tell: Callable[[RawUpdate], None] = lambda _: None,
        leadership: LeaderLock | None = None,
        wants: Callable[[RawUpdate], bool] = lambda _: True,
        end_webhook: Callable[[], Awaitable[None]] | None = None,
        in_flight: int = LIMIT,
        deadline: float = 10.0,
        patience: float = 5.0,
        drain: float = 14.0,
        watch: Watch | None = None,
    ) -> None:
        self._bot = bot
        self._dispatcher = dispatcher
        self._leadership: LeaderLock = leadership or OnlyProcess()
        self._end_webhook = end_webhook or partial(delete_webhook, bot)
        self._patience = patience
        self._drain = drain
        self._unconfirmed = UnconfirmedUpdates(in_flight)
        self._shares = shares
        self._outbox = outbox
        self._intake = Intake(
            UpdateHandler(bot, feed or dispatcher.feed_update), shares, storage,
            deadline=deadline, wants=wants, confirm=self._confirmable, tell=tell, watch=watch,
        )  # fmt: skip
        self._queues = self._intake.queues
        self._progress = asyncio.Event()
        self._asked = 0
        self._asked_at = 0.0
        self._allowed: list[str] = []
        self._watchdog: asyncio.TimerHandle | None = None
        self._backoff = Backoff("getUpdates")
        self.progress = Progress()

    @property
    def in_hand(self) -> int:
        """How many updates are unfinished."""
        return self._unconfirmed.unfinished

    async def run(self, stop: asyncio.Event) -> None:
        """Start up, poll until `stop` is set, shut down. Shutdown hooks run also when starting fails half-way.

        Raises `StartupError` when Telegram refuses the token, and what a startup hook raises.
        """
        async with started(self._bot, self._dispatcher, self._shares, stop, self.progress):
            try:
                self._allowed = self._dispatcher.resolve_used_update_types()
                self.progress.ready = True
                while not stop.is_set():
                    await self._serve(stop)
                await self._finish()
            finally:
                self._outbox.stop()
                await self._intake.close()
                if self._watchdog is not None:
                    self._watchdog.cancel()
                await self._leadership.release()

    async def _serve(self, stop: asyncio.Event) -> None:
        """Wait for the leadership and poll until it is lost."""
        logger.info("Standing by until this process leads.")
        lost = await unless(stop, self._leadership.acquire())
        if lost is None:
            return
        self._outbox.start()
        polling = asyncio.create_task(self._poll(), name="polling")
        waits = [polling, asyncio.create_task(lost.wait()), asyncio.create_task(stop.wait())]
        self.progress.began_at = asyncio.get_running_loop().time()
        self._watch_for_freeze(self.progress.began_at)
        try:
            logger.info("Polling for %s.", ", ".join(self._allowed) or "updates")
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            await cancelled(*waits)
            if not polling.cancelled():
                polling.result()  # a mistake of ours ends the process rather than going unnoticed
            if stop.is_set():
                await self._finish()
                await self._confirm()
            else:
                logger.warning("Leadership lost: polling stopped until this process leads again.")
                self._outbox.stop(grace_seconds=SEND_AFTER_LOSS_SECONDS)
                self._intake.leave_stored()
                await self._confirm_after_loss()
        finally:
            await cancelled(*waits)

    async def _confirm_after_loss(self) -> None:
        """Confirm what was finished when the leadership was lost, before the next leader fetches it."""
        left = self._leadership.grace_seconds()
        if not left:
            return
        await within(left / 2, self._queues.drained())
        if self._leadership.grace_seconds() and self._unconfirmed.offset != self._asked:
            try:
                await within(left / 2, self._ask(0, limit=1))
            except Exception as error:  # noqa: BLE001 - what is not confirmed is handled again
                logger.warning("What was finished could not be confirmed (%s).", type(error).__name__)

    def _watch_for_freeze(self, last: float) -> None:
        """Once a second: after a freeze that cost the leadership, end all handlers and messages before they go on.

        The next leader got the same updates, and what was stored. A timer's callback runs before tasks that are due at
        the same time.
        """
        loop = asyncio.get_running_loop()
        if self._watchdog is not None:
            self._watchdog.cancel()
        if loop.time() - last > FROZEN_AFTER_SECONDS and not self._leadership.held():
            self._leave_all()
        self._watchdog = loop.call_later(1.0, self._watch_for_freeze, loop.time())

    def _leave_all(self) -> None:
        """Leave what is in hand to the next leader."""
        self._outbox.stop()
        self._intake.drop()
        if self._unconfirmed.unfinished:
            logger.warning(
                "Leadership lost in a freeze: %d updates are left to the next leader.", self._unconfirmed.unfinished
            )
            self._outbox.drop()
            self._unconfirmed.drop()

    async def _poll(self) -> None:
        # Before any that Telegram has: these are older.
        loaded = await self._load()
        while self._leadership.held():
            self._asked, self._asked_at = self._unconfirmed.offset, asyncio.get_running_loop().time()
            try:
                at_once = self._unconfirmed.unfinished or self.progress.fails  # to know when a failure is over
                updates = await self._ask(0 if at_once else LONG_POLL_SECONDS)
            except Exception as error:  # noqa: BLE001 - a background loop's turn
                self._asked = -1  # whether Telegram got the offset is not known
                await self._recover(error)
                continue
            self._backoff.succeeded()
            self.progress.answered(brought=bool(updates))
            self._outbox.confirmed(self._asked)
            # After a freeze this answer may be old, and another process may be polling.
            if self._leadership.held():
                for update in self._unconfirmed.take(updates, self._asked):
                    self._intake.take(update)
                loaded = loaded or await self._load()
                await self._wait_until_worth_asking()

    async def _load(self) -> bool:
        """Go on with the updates that a former process stored; False while the database is away."""
        try:
            await self._intake.load()
        except Unavailable:
            return False
        return True

    def _relieve(self) -> None:
        """Store what is being handled, and what was said: nothing else can come before it is confirmed."""
        self._intake.relieve()
        self._outbox.relieve()

    async def _ask(self, wait: int, *, limit: int | None = None) -> list[RawUpdate]:
        most = limit or self._unconfirmed.limit
        return await get_updates(self._bot, self._unconfirmed.offset, most, wait, self._allowed)

    async def _wait_until_worth_asking(self) -> None:
        """Wait until another request can bring or confirm something.

        While updates are unconfirmed Telegram answers at once, so that polling without pauses would be a busy loop.
        While none are unfinished the request itself waits.
        """
        loop, stuck_since = asyncio.get_running_loop(), 0.0
        while self._unconfirmed.unfinished:
            self._progress.clear()
            confirmable = self._unconfirmed.confirmable(self._asked)
            pause = LEAST_PAUSE_SECONDS if confirmable else SAME_OFFSET_PAUSE_SECONDS
            rest = 0.0 if confirmable * 2 >= self._unconfirmed.limit else self._asked_at + pause - loop.time()
            if not confirmable and self._unconfirmed.exhausted:
                rest = RELIEVE_AFTER_SECONDS
                stuck_since = stuck_since or loop.time()
                if loop.time() - stuck_since >= RELIEVE_AFTER_SECONDS:
                    self._relieve()
                if self._unconfirmed.unfinished * 4 <= self._unconfirmed.limit:
                    self._queues.give_up_slow(self._patience)
            elif rest < 0.001:  # less than a timer can tell
                return
            await within(rest, self._progress.wait())

    async def _recover(self, error: Exception) -> None:
        """Do what helps against the error, and back off."""
        self.progress.fails = True
        pause = self._backoff.failed(error)
        if isinstance(error, TelegramConflictError):
            self._leadership.report_conflict()
        if is_about_webhook(error) and self._leadership.held():
            await self._end_webhook()
        await asyncio.sleep(pause)

    async def _finish(self) -> None:
        await finish(self._queues, self._outbox, lambda: self.in_hand, self._drain)

    async def _confirm(self) -> None:
        """Confirm what is finished for the last time."""
        known = self._unconfirmed.offset == self._asked
        age = asyncio.get_running_loop().time() - self._asked_at
        if not self._leadership.held() or (known and age > SURELY_ARRIVED_SECONDS):
            return
        try:
            # To the same offset within 3 s Telegram's server answers 3 s later, but it has read the request.
            if (
                not await within(SURELY_ARRIVED_SECONDS if known else MARGIN_SECONDS / 2, self._ask(0, limit=1))
                and not known
            ):
                logger.warning("The last updates could not be confirmed in time; they may come again.")
        except Exception as error:  # noqa: BLE001 - whatever it is, stopping goes on
            logger.warning("The last updates could not be confirmed (%s); they come again.", type(error).__name__)

    def _confirmable(self, update_id: int) -> None:
        self._unconfirmed.finish(update_id)
        self._progress.set()
