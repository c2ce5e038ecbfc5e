"""When Telegram does not answer as it should: how long to wait, and what to say about it without filling the log."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable

from aiogram.exceptions import ClientDecodeError, TelegramConflictError, TelegramRetryAfter

logger = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = 0.5, 5.0
"""Seconds between two tries: doubled from the first to the longest, and each up to a quarter shorter by chance."""

SILENCE: dict[type[Exception], float] = {TelegramConflictError: 600.0}
"""Seconds until the same failure is logged again; 60 for what is not named here."""

_FOREIGN = (
    "Another program polls with this bot's token; each takes updates from the other. Stop the other one, or give this "
    "one a token of its own. Trying again every few seconds."
)


class Backoff:
    """One run of failures of one kind of call. `chance` returns a number from 0 to 1."""

    def __init__(self, what: str, chance: Callable[[], float] = random.random, *, every_try: bool = False) -> None:
        self._what = what
        self._chance = chance
        self._every_try = every_try
        self._tries = 0
        self._since = 0.0
        self._said: dict[type[Exception], float] = {}

    def failed(self, error: Exception) -> float:
        """Return how many seconds to wait before the next try, and say so unless it was said lately."""
        now = asyncio.get_running_loop().time()
        self._since = self._since if self._tries else now
        wait: float = min(FIRST_WAIT * 2.0 ** min(self._tries, 10), LONGEST_WAIT)
        wait *= 1 - self._chance() / 4
        if isinstance(error, TelegramRetryAfter):
            wait = max(wait, float(error.retry_after))
        self._tries += 1
        if self._every_try or now >= self._said.get(type(error), now):
            self._said[type(error)] = now + SILENCE.get(type(error), 60.0)
            logger.warning("%s failed: %s Next try in %.1f s.", self._what, _reason(error), wait)
        return wait

    def over(self) -> None:
        """It worked: the next failure starts from the beginning."""
        if self._tries:
            took = asyncio.get_running_loop().time() - self._since
            logger.info("%s works again after %.1f s and %d failed tries.", self._what, took, self._tries)
        self._tries = 0
        self._said = {kind: until for kind, until in self._said.items() if kind in SILENCE}


def is_about_webhook(error: Exception) -> bool:
    """Whether Telegram refuses getUpdates because a webhook is set."""
    return isinstance(error, TelegramConflictError) and "webhook" in error.message


def _reason(error: Exception) -> str:
    """Say what happened, not in aiogram's words: they quote the URL with the token, or a batch of people's messages."""
    if is_about_webhook(error):
        return "A webhook is set for this bot; it is being deleted."
    if isinstance(error, TelegramConflictError):
        return _FOREIGN
    kind = type(error).__name__
    cause = error.original if isinstance(error, ClientDecodeError) else error.__cause__
    return f"{kind} ({type(cause).__name__})." if cause is not None else f"{kind}."
