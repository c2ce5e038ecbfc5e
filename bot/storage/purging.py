"""Deleting, from time to time, what is kept for chats that the bot left long ago."""

from __future__ import annotations

import asyncio
import logging

from bot.errors import Unavailable
from bot.storage.configs.repository import ChatConfigs

logger = logging.getLogger(__name__)

EVERY = 6 * 3600.0
"""Seconds between two turns."""


async def purge_periodically(configs: ChatConfigs) -> None:
    """Purge at once and then every few hours, until cancelled; a database that is away is asked again next time."""
    while True:
        try:
            purged = await configs.purge()
        except Unavailable:
            purged = 0
        if purged:
            logger.info("Deleted the settings of %d chats that were left more than 30 days ago.", purged)
        await asyncio.sleep(EVERY)
