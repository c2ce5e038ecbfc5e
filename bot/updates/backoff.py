"""Pauses between retries while Telegram fails, and log lines about it that do not fill the log."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable

from aiogram.exceptions import (
    ClientDecodeError,
    TelegramConflictError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)

logger = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 5.0
"""The pause doubles from try to try. Each is up to a quarter shorter at random."""

LOG_INTERVAL_SECONDS: dict[type[Exception], float] = {TelegramConflictError: 600.0}
"""Until the same error is logged again; 60 for those that are not listed."""

_CONFLICT = (
    "Another program polls with this bot's token; each takes updates from the other. Stop the other one, or give this "
    "one a token of its own."
)


_REVOKED = "Telegram refuses BOT_TOKEN: it was revoked. Set the present one, which @BotFather shows, and start again."


class Backoff:
    """The pauses between tries of one kind of call. `jitter` returns a number from 0 to 1."""

    def __init__(self, what: str, jitter: Callable[[], float] = random.random, *, log_every_try: bool = False) -> None:
        self._what = what
        self._jitter = jitter
        self._log_every_try = log_every_try
        self._failures = 0
        self._failing_since = 0.0
        self._log_again_at: dict[type[Exception], float] = {}

    def failed(self, error: Exception) -> float:
        """Count a failure and return the seconds until the next try; log it unless it was logged lately."""
        now = asyncio.get_running_loop().time()
        self._failing_since = self._failing_since if self._failures else now
        pause: float = min(FIRST_PAUSE_SECONDS * 2.0 ** min(self._failures, 10), LONGEST_PAUSE_SECONDS)
        pause *= 1 - self._jitter() / 4
        if isinstance(error, TelegramRetryAfter):
            pause = max(pause, float(error.retry_after))
        self._failures += 1
        if self._log_every_try or now >= self._log_again_at.get(type(error), now):
            self._log_again_at[type(error)] = now + LOG_INTERVAL_SECONDS.get(type(error), 60.0)
            logger.warning("%s failed: %s Retrying in %.1f s.", self._what, _reason(error), pause)
        return pause

    def succeeded(self) -> None:
        """Start from the first pause at the next failure."""
        if self._failures:
            took = asyncio.get_running_loop().time() - self._failing_since
            logger.info("%s works again after %.1f s and %d failed tries.", self._what, took, self._failures)
        self._failures = 0
        # A conflict comes and goes with every request of the other program.
        self._log_again_at = {kind: at for kind, at in self._log_again_at.items() if kind in LOG_INTERVAL_SECONDS}


def is_about_webhook(error: Exception) -> bool:
    """Whether Telegram refuses getUpdates because a webhook is set."""
    return isinstance(error, TelegramConflictError) and "webhook" in error.message


def _reason(error: Exception) -> str:
    """Return a sentence. aiogram's messages are not used: they quote the URL with the token, or people's messages."""
    if is_about_webhook(error):
        return "A webhook is set for this bot; it is being deleted."
    if isinstance(error, TelegramConflictError):
        return _CONFLICT
    if isinstance(error, TelegramUnauthorizedError | TelegramNotFound):
        return _REVOKED
    kind = type(error).__name__
    cause = error.original if isinstance(error, ClientDecodeError) else error.__cause__
    return f"{kind} ({type(cause).__name__})." if cause is not None else f"{kind}."
