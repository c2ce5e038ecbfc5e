"""Whether Telegram can be reached: while it cannot, nothing but one small question a second is asked."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from aiogram import Bot

from bot.client.methods import passing
from bot.client.raw_call import call

logger = logging.getLogger(__name__)

FAILURES = 3
"""After so many calls that fail in a row, with none that works between them, Telegram is asked whether it is there."""

PROBE_EVERY_SECONDS, PROBE_SECONDS = 1.0, 3
"""Between two questions, and for the answer to one."""


class Connectivity:
    """Counts failures of calls to Telegram; `back()` is called when it answers after it did not.

    Where calls fail although Telegram answers, nothing is held back here.
    """

    def __init__(self, bot: Bot, back: Callable[[], None]) -> None:
        self._bot = bot
        self._back = back
        self._failures = 0
        self._asking = asyncio.Lock()
        self._away_since: float | None = None

    def in_doubt(self) -> bool:
        """Say whether `until_answered` is to be awaited before a call."""
        return self._failures >= FAILURES

    async def until_answered(self) -> None:
        """Wait until Telegram answers; one of all who wait asks."""
        async with self._asking:
            while self.in_doubt():
                if await self._answers():
                    self.worked()
                else:
                    self._is_away()
                    await asyncio.sleep(PROBE_EVERY_SECONDS)

    def failed(self) -> None:
        """Count a call that did not reach Telegram, or that its servers could not answer."""
        self._failures += 1

    def worked(self) -> None:
        """Note a call that was answered."""
        self._failures = 0
        if self._away_since is not None:
            logger.info("Telegram is back after %.1f s.", asyncio.get_running_loop().time() - self._away_since)
            self._away_since = None
            self._back()

    async def _answers(self) -> bool:
        """Ask Telegram something that changes nothing: no message is risked to find out whether it is there."""
        try:
            await call(self._bot, "getMe", within=PROBE_SECONDS)
        except Exception as error:  # noqa: BLE001 - any other error is an answer
            return not passing(error)
        return True

    def _is_away(self) -> None:
        if self._away_since is None:
            self._away_since = asyncio.get_running_loop().time()
            logger.warning("Telegram cannot be reached; messages wait.")
