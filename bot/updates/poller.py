"""Long polling that loses no update: none is confirmed before it is handled, and no chat holds up others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from aiogram import Bot, Dispatcher
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramConflictError,
    TelegramNotFound,
    TelegramUnauthorizedError,
)

from bot.client.raw_call import call
from bot.errors import StartupError
from bot.updates.backoff import Backoff, is_about_webhook
from bot.updates.chat_queues import ChatQueues
from bot.updates.handling import Feed, UpdateHandler
from bot.updates.leader_lock import LeaderLock, OnlyProcess
from bot.updates.offsets import LIMIT, RawUpdate, UnconfirmedUpdates

logger = logging.getLogger(__name__)

T = TypeVar("T")

LONG_POLL_SECONDS = 30
"""Seconds Telegram keeps getUpdates open while there are no updates (its server allows 50)."""

MARGIN = 10
"""Seconds getUpdates may take beyond its long poll before it times out."""

LEAST_PAUSE_SECONDS = 0.05
"""Least seconds between two requests while updates are unfinished, unless half of the window can be confirmed."""

SAME_OFFSET_PAUSE_SECONDS = 0.6
"""Seconds between two requests with the same offset. Asked within 0.5 s of the last, Telegram's server answers with
one update only, the oldest (telegram-bot-api, process_get_updates_query)."""

SURELY_ARRIVED_SECONDS = 1.0
"""Seconds after which a request that was sent has surely reached Telegram."""

FROZEN_AFTER_SECONDS = 5.0
"""Seconds without a turn of the event loop after which this process counts as frozen."""


class Poller:
    """Fetches the updates of a bot and has a dispatcher handle them; `feed` is its `feed_update`, or does the same.

    - An update is confirmed only when it and every older one ended. At most `in_flight` are unfinished.
    - An update that nobody `wants` is as good as handled.
    - Updates of one chat are handled in order, those of different chats at the same time.
    - A handler is cancelled after `deadline` seconds. Telegram hands out the 100 oldest unconfirmed updates only: when
      a few handlers hold up a window full of finished ones, `patience` seconds are enough.
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
        leadership: LeaderLock | None = None,
        wants: Callable[[RawUpdate], bool] = lambda _: True,
        in_flight: int = LIMIT,
        deadline: float = 10.0,
        patience: float = 5.0,
        drain: float = 20.0,
    ) -> None:
        self._bot = bot
        self._dispatcher = dispatcher
        self._leadership: LeaderLock = leadership or OnlyProcess()
        self._patience = patience
        self._drain = drain
        self._unconfirmed = UnconfirmedUpdates(in_flight)
        handler = UpdateHandler(bot, feed or dispatcher.feed_update)
        self._queues = ChatQueues(handler, self._finished, deadline=deadline, wants=wants)
        self._progress = asyncio.Event()
        self._asked = 0
        self._asked_at = 0.0
        self._allowed: list[str] = []
        self._watchdog: asyncio.TimerHandle | None = None
        self._backoff = Backoff("getUpdates")

    async def run(self, stop: asyncio.Event) -> None:
        """Start up, poll until `stop` is set, shut down. Shutdown hooks run also when starting fails half-way.

        Raises `StartupError` when Telegram refuses the token, and what a startup hook raises.
        """
        data = {"dispatcher": self._dispatcher, "bots": (self._bot,), **self._dispatcher.workflow_data}
        data["bot"] = self._bot
        try:
            await _unless(stop, self._dispatcher.emit_startup(**data))
            await _unless(stop, self._get_me())
            self._allowed = self._dispatcher.resolve_used_update_types()
            while not stop.is_set():
                await self._serve(stop)
            await self._finish()
        finally:
            if self._watchdog is not None:
                self._watchdog.cancel()
            await self._leadership.release()
            try:
                await self._dispatcher.emit_shutdown(**data)
            finally:
                await self._bot.session.close()

    async def _get_me(self) -> None:
        """Call getMe until Telegram answers."""
        backoff = Backoff("Reaching Telegram", log_every_try=True)
        while True:
            try:
                me = await self._bot.me()
            except (TelegramUnauthorizedError, TelegramNotFound):
                raise StartupError(
                    "Telegram refuses BOT_TOKEN: it is wrong or was revoked; @BotFather shows the present one."
                ) from None
            except Exception as error:  # noqa: BLE001 - a background loop's turn
                await asyncio.sleep(backoff.failed(error))
            else:
                backoff.succeeded()
                logger.info("This is @%s (%d).", me.username, me.id)
                return

    async def _serve(self, stop: asyncio.Event) -> None:
        """Wait for the leadership and poll until it is lost."""
        logger.info("Standing by until this process leads.")
        lost = await _unless(stop, self._leadership.acquire())
        if lost is None:
            return
        polling = asyncio.create_task(self._poll(), name="polling")
        waits = [polling, asyncio.create_task(lost.wait()), asyncio.create_task(stop.wait())]
        self._watch_for_freeze(asyncio.get_running_loop().time())
        try:
            logger.info("Polling for %s.", ", ".join(self._allowed) or "updates")
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            await _cancelled(*waits)
            if not polling.cancelled():
                polling.result()  # a mistake of ours ends the process rather than going unnoticed
            if stop.is_set():
                await self._finish()
                await self._confirm()
            else:
                logger.warning("Leadership lost: polling stopped until this process leads again.")
                await self._confirm_after_loss()
        finally:
            await _cancelled(*waits)

    async def _confirm_after_loss(self) -> None:
        """Confirm what was finished when the leadership was lost, before the next leader fetches it."""
        left = self._leadership.grace_seconds()
        if not left:
            return
        await _within(left / 2, self._queues.drained())
        if self._leadership.grace_seconds() and self._unconfirmed.offset != self._asked:
            try:
                await _within(left / 2, self._ask(0, limit=1))
            except Exception as error:  # noqa: BLE001 - what is not confirmed is handled again
                logger.warning("What was finished could not be confirmed (%s).", type(error).__name__)

    def _watch_for_freeze(self, last: float) -> None:
        """Once a second: after a freeze that cost the leadership, cancel all handlers before they go on.

        The next leader got the same updates. A timer's callback runs before tasks that are due at the same time.
        """
        loop = asyncio.get_running_loop()
        if self._watchdog is not None:
            self._watchdog.cancel()
        if loop.time() - last > FROZEN_AFTER_SECONDS and not self._leadership.held() and self._unconfirmed.unfinished:
            logger.warning(
                "Leadership lost in a freeze: %d updates are left to the next leader.", self._unconfirmed.unfinished
            )
            self._queues.drop()
            self._unconfirmed.drop()
        self._watchdog = loop.call_later(1.0, self._watch_for_freeze, loop.time())

    async def _poll(self) -> None:
        while self._leadership.held():
            self._asked, self._asked_at = self._unconfirmed.offset, asyncio.get_running_loop().time()
            try:
                updates = await self._ask(0 if self._unconfirmed.unfinished else LONG_POLL_SECONDS)
            except Exception as error:  # noqa: BLE001 - a background loop's turn
                self._asked = -1  # whether Telegram got the offset is not known
                await self._recover(error)
                continue
            self._backoff.succeeded()
            # After a freeze this answer may be old, and another process may be polling.
            if self._leadership.held():
                for update in self._unconfirmed.take(updates, self._asked):
                    self._queues.add(update)
                await self._wait_until_worth_asking()

    async def _ask(self, wait: int, *, limit: int | None = None) -> list[RawUpdate]:
        answer = await call(
            self._bot,
            "getUpdates",
            within=wait + MARGIN,
            offset=self._unconfirmed.offset,
            limit=limit or self._unconfirmed.limit,
            timeout=wait,
            allowed_updates=self._allowed,
        )
        # Not parsed here, so that an update this release cannot parse does not spoil the others.
        if not isinstance(answer, list):
            raise ClientDecodeError("These are no updates", TypeError(type(answer).__name__), None)
        return answer

    async def _wait_until_worth_asking(self) -> None:
        """Wait until another request can bring or confirm something.

        While updates are unconfirmed Telegram answers at once, so that polling without pauses would be a busy loop.
        While none are unfinished the request itself waits.
        """
        loop = asyncio.get_running_loop()
        while self._unconfirmed.unfinished:
            self._progress.clear()
            confirmable = self._unconfirmed.confirmable(self._asked)
            pause = LEAST_PAUSE_SECONDS if confirmable else SAME_OFFSET_PAUSE_SECONDS
            rest = 0.0 if confirmable * 2 >= self._unconfirmed.limit else self._asked_at + pause - loop.time()
            if not confirmable and self._unconfirmed.exhausted:
                rest = SAME_OFFSET_PAUSE_SECONDS
                if self._unconfirmed.unfinished * 4 <= self._unconfirmed.limit:
                    self._queues.hurry(self._patience)
            elif rest < 0.001:  # less than a timer can tell
                return
            await _within(rest, self._progress.wait())

    async def _recover(self, error: Exception) -> None:
        """Do what helps against the error, and back off."""
        pause = self._backoff.failed(error)
        if is_about_webhook(error):
            await self._delete_webhook()
        elif isinstance(error, TelegramConflictError):
            self._leadership.report_conflict()
        await asyncio.sleep(pause)

    async def _delete_webhook(self) -> None:
        try:
            await self._bot.delete_webhook(drop_pending_updates=False)
        except Exception as error:  # noqa: BLE001 - a gateway's HTML page must not end the polling
            logger.warning("The webhook could not be deleted: %s.", type(error).__name__)

    async def _finish(self) -> None:
        """Wait for the running handlers."""
        if not self._unconfirmed.unfinished:
            return
        logger.info("Stopping: waiting for the handlers of %d updates.", self._unconfirmed.unfinished)
        if not await _within(self._drain, self._queues.drained()):
            logger.error("%d updates are left unfinished; Telegram delivers them again.", self._unconfirmed.unfinished)
            await self._queues.abandon()

    async def _confirm(self) -> None:
        """Confirm what is finished for the last time."""
        known = self._unconfirmed.offset == self._asked
        age = asyncio.get_running_loop().time() - self._asked_at
        if not self._leadership.held() or (known and age > SURELY_ARRIVED_SECONDS):
            return
        try:
            # To the same offset within 3 s Telegram's server answers 3 s later, but it has read the request.
            if not await _within(SURELY_ARRIVED_SECONDS if known else MARGIN / 2, self._ask(0, limit=1)) and not known:
                logger.warning("The last updates could not be confirmed in time; they may come again.")
        except Exception as error:  # noqa: BLE001 - whatever it is, stopping goes on
            logger.warning("The last updates could not be confirmed (%s); they come again.", type(error).__name__)

    def _finished(self, update_id: int) -> None:
        self._unconfirmed.finish(update_id)
        self._progress.set()


async def _unless(stop: asyncio.Event, doing: Coroutine[Any, Any, T]) -> T | None:
    """Return what `doing` returns, or None when `stop` is set first; then it is cancelled."""
    task = asyncio.create_task(doing)
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        await _cancelled(task, stopped)


async def _within(seconds: float, waiting: Awaitable[Any]) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await waiting
    except TimeoutError:
        return False
    return True


async def _cancelled(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
