"""Deleting what is kept for chats that the bot left long ago."""

from __future__ import annotations

import logging

from bot.storage.configs.repository import ChatConfigs

logger = logging.getLogger(__name__)

PURGE_EVERY_SECONDS = 6 * 3600.0


async def purge(configs: ChatConfigs) -> float:
    """Delete what is due; return the seconds until the next turn."""
    purged = await configs.purge()
    if purged:
        logger.info("Deleted the settings of %d chats that were left more than 30 days ago.", purged)
    return PURGE_EVERY_SECONDS
