"""The calls of polling: getUpdates, and deleteWebhook where a webhook is in the way."""

from __future__ import annotations

import asyncio
import logging

from aiogram import Bot
from aiogram.exceptions import ClientDecodeError

from bot.client.raw_call import call
from bot.errors import Unavailable
from bot.storage.connection.chat_locks import ChatLocks
from bot.updates.raw_updates import RawUpdate

logger = logging.getLogger(__name__)


MARGIN_SECONDS = 10
"""Seconds getUpdates may take beyond its long poll before it times out."""

OTHERS_END_SECONDS, LOOK_EVERY_SECONDS = 15.0, 0.25
"""Seconds for which a process that begins to poll waits for what others got by webhook; a handler may take 10."""


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


async def end_webhook(bot: Bot, locks: ChatLocks) -> None:
    """Have Telegram hand out updates by getUpdates, and wait until no other process has any in hand."""
    await delete_webhook(bot)
    try:
        async with asyncio.timeout(OTHERS_END_SECONDS):
            while await locks.others_busy():  # noqa: ASYNC110 - a state of the database, not an event
                await asyncio.sleep(LOOK_EVERY_SECONDS)
    except (TimeoutError, Unavailable):
        logger.warning("Other processes still have updates in hand; some may be answered twice.")
