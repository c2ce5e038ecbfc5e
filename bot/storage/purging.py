"""Deleting what is kept for chats that the bot left long ago."""

from __future__ import annotations

import logging

from bot.storage.privacy import Privacy

logger = logging.getLogger(__name__)

PURGE_EVERY_SECONDS = 6 * 3600.0


async def purge(privacy: Privacy) -> float:
    """Delete what is due; return the seconds until the next turn."""
    purged = await privacy.purge()
    if purged:
        logger.info("Deleted what was kept for %d chats that were left more than 30 days ago.", purged)
    return PURGE_EVERY_SECONDS
