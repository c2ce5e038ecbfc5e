"""Whether Telegram can be reached: while it cannot, one call at a time finds out, and the others wait."""

from __future__ import annotations

import asyncio
import logging

logger = logging.getLogger(__name__)

FAILURES = 3
"""So many calls that fail in a row, with none that works between them, and Telegram counts as away."""


class Connectivity:
    """Counts failures of calls to Telegram. While it is `away` calls are made one by one, under the lock `probe`."""

    def __init__(self) -> None:
        self._failures = 0
        self.probe = asyncio.Lock()
        self._since = 0.0

    def is_away(self) -> bool:
        """Say whether only one call at a time is made."""
        return self._failures >= FAILURES

    def failed(self) -> None:
        """Count a call that did not reach Telegram, or that its servers could not answer."""
        self._failures += 1
        if self._failures == FAILURES:
            self._since = asyncio.get_running_loop().time()
            logger.warning("Telegram cannot be reached; messages wait.")

    def worked(self) -> bool:
        """Note a call that was answered; True where Telegram was away until now."""
        was_away, self._failures = self.is_away(), 0
        if was_away:
            logger.info("Telegram is back after %.1f s.", asyncio.get_running_loop().time() - self._since)
        return was_away
