"""Start and end of the work, the same for updates that are asked for and those that come by webhook."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiogram import Bot, Dispatcher
from aiogram.exceptions import TelegramNotFound, TelegramUnauthorizedError

from bot.client.outbox import Outbox
from bot.deadlines import unless, within
from bot.errors import StartupError
from bot.updates.backoff import Backoff
from bot.updates.chat_queues import ChatQueues
from bot.updates.shares import Shares

logger = logging.getLogger(__name__)

SEND_WITHIN_SECONDS = 4.0
"""Seconds that messages have to be sent at the end; what is left is stored."""

FROZEN_AFTER_SECONDS = 5.0
"""Seconds without a turn of the event loop after which this process counts as frozen."""


@dataclass(slots=True)
class Progress:
    """How getting updates goes, for those who watch it. Times are those of the event loop, None: it never happened."""

    ready: bool = False
    """Whether the start is over: this process polls, or stands by."""
    telegram_away: bool = False
    """Whether Telegram left the start's getMe unanswered."""
    began_at: float | None = None
    """When this process last began to poll."""
    answered_at: float | None = None
    brought_at: float | None = None
    """When an answer last held an update."""
    fails: bool = False
    """Whether the last request failed; by webhook: whether this process cannot take updates."""
    webhook: bool = False

    def answered(self, *, brought: bool) -> None:
        """Note an answer."""
        self.fails, self.answered_at = False, asyncio.get_running_loop().time()
        if brought:
            self.brought_at = self.answered_at


@asynccontextmanager
async def started(
    bot: Bot, dispatcher: Dispatcher, shares: Shares, stop: asyncio.Event, progress: Progress
) -> AsyncIterator[None]:
    """Run the hooks around the work, and find out the bot's name. Shutdown hooks run also when starting fails half-way.

    Raises `StartupError` when Telegram refuses the token, and what a startup hook raises.
    """
    data = {"dispatcher": dispatcher, "bots": (bot,), **dispatcher.workflow_data, "bot": bot}
    try:
        await unless(stop, dispatcher.emit_startup(**data))
        shares.username = await unless(stop, get_username(bot, progress)) or ""
        yield
    finally:
        try:
            await dispatcher.emit_shutdown(**data)
        finally:
            await bot.session.close()


async def get_username(bot: Bot, progress: Progress) -> str:
    """Call getMe until Telegram answers, and note whether it does; raises `StartupError` where it refuses the token."""
    backoff = Backoff("Reaching Telegram", log_every_try=True)
    while True:
        try:
            me = await bot.me()
        except (TelegramUnauthorizedError, TelegramNotFound):
            raise StartupError(
                "Telegram refuses BOT_TOKEN: it is wrong or was revoked; @BotFather shows the present one."
            ) from None
        except Exception as error:  # noqa: BLE001 - a background loop's turn
            progress.telegram_away = True
            await asyncio.sleep(backoff.failed(error))
        else:
            progress.telegram_away = False
            backoff.succeeded()
            logger.info("This is @%s (%d).", me.username, me.id)
            return me.username or ""


async def finish(queues: ChatQueues, outbox: Outbox, in_hand: Callable[[], int], drain: float) -> None:
    """Wait for the running handlers, `drain` seconds at most, and send or store what they said."""
    if in_hand():
        logger.info("Stopping: waiting for the handlers of %d updates.", in_hand())
    if not await within(drain, queues.drained()):
        logger.error("%d updates are left unfinished; Telegram delivers them again.", in_hand())
        await queues.abandon()
    await outbox.finish(SEND_WITHIN_SECONDS)
