"""Start and end of the work, and the calls of polling: getMe, getUpdates, deleteWebhook where one is in the way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiogram import Bot, Dispatcher
from aiogram.exceptions import ClientDecodeError, TelegramNotFound, TelegramUnauthorizedError

from bot.client.raw_call import call
from bot.deadlines import unless
from bot.errors import StartupError
from bot.updates.backoff import Backoff
from bot.updates.offsets import RawUpdate
from bot.updates.shares import Shares

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Progress:
    """How polling goes, for those who watch it. Times are those of the event loop, None where it never happened."""

    ready: bool = False
    """Whether the start is over: this process polls, or stands by."""
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


MARGIN_SECONDS = 10
"""Seconds getUpdates may take beyond its long poll before it times out."""


async def get_username(bot: Bot) -> str:
    """Call getMe until Telegram answers; raises `StartupError` where it refuses the token."""
    backoff = Backoff("Reaching Telegram", log_every_try=True)
    while True:
        try:
            me = await bot.me()
        except (TelegramUnauthorizedError, TelegramNotFound):
            raise StartupError(
                "Telegram refuses BOT_TOKEN: it is wrong or was revoked; @BotFather shows the present one."
            ) from None
        except Exception as error:  # noqa: BLE001 - a background loop's turn
            await asyncio.sleep(backoff.failed(error))
        else:
            backoff.succeeded()
            logger.info("This is @%s (%d).", me.username, me.id)
            return me.username or ""


async def get_updates(bot: Bot, offset: int, limit: int, wait: int, allowed: list[str]) -> list[RawUpdate]:
    """Return up to `limit` updates from `offset` on, the oldest first; waits up to `wait` seconds for the first one."""
    answer = await call(
        bot,
        "getUpdates",
        within=wait + MARGIN_SECONDS,
        offset=offset,
        limit=limit,
        timeout=wait,
        allowed_updates=allowed,
    )
    # Not parsed here, so that an update this release cannot parse does not spoil the others.
    if not isinstance(answer, list):
        raise ClientDecodeError("These are no updates", TypeError(type(answer).__name__), None)
    return answer


async def delete_webhook(bot: Bot) -> None:
    """Have Telegram hand out updates by getUpdates again."""
    try:
        await bot.delete_webhook(drop_pending_updates=False)
    except Exception as error:  # noqa: BLE001 - a gateway's HTML page must not end the polling
        logger.warning("The webhook could not be deleted: %s.", type(error).__name__)


@asynccontextmanager
async def started(bot: Bot, dispatcher: Dispatcher, shares: Shares, stop: asyncio.Event) -> AsyncIterator[None]:
    """Run the hooks around the work, and find out the bot's name. Shutdown hooks run also when starting fails half-way.

    Raises `StartupError` when Telegram refuses the token, and what a startup hook raises.
    """
    data = {"dispatcher": dispatcher, "bots": (bot,), **dispatcher.workflow_data, "bot": bot}
    try:
        await unless(stop, dispatcher.emit_startup(**data))
        shares.username = await unless(stop, get_username(bot)) or ""
        yield
    finally:
        try:
            await dispatcher.emit_shutdown(**data)
        finally:
            await bot.session.close()
