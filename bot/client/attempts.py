"""A message in memory, one attempt to send it, and what its outcome means."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple

from aiogram import Bot
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramRetryAfter,
)

from bot.client.methods import Method, belated, destination, harmless, moved, never_left, passing, repeatable
from bot.client.outgoing import EPHEMERAL_REPLY_SECONDS, Outgoing, Recipient, recipient_of
from bot.errors import BotError
from bot.settling import Settling

logger = logging.getLogger(__name__)

ATTEMPT_SECONDS = 10
"""Seconds an attempt may take; a lost packet must not hold a recipient's queue for long."""

Migrated = Callable[[int, int], Awaitable[object]]


class Verdict(Enum):
    """What an attempt came to."""

    SENT = auto()
    REFUSED = auto()
    """Telegram refuses this call; an alternative may be accepted."""
    LATER = auto()
    """Telegram did not act on it: flood control, its servers are down or cannot be reached."""
    UNKNOWN = auto()
    """The connection broke after the call was sent."""
    FORBIDDEN = auto()
    """The bot may not write to this recipient at all."""
    EXPIRED = auto()
    """It was not worth sending any more when its turn came."""


class Outcome(NamedTuple):
    """A verdict with Telegram's answer, or the seconds to wait that Telegram asks for, or the error."""

    verdict: Verdict
    result: Any = None
    wait_seconds: float = 0.0
    error: Exception | None = None


QueueKey = tuple[str, Recipient]
Place = tuple[QueueKey, str]


@dataclass(eq=False, slots=True)
class Entry:
    """A message in memory. Times are those of the event loop."""

    message: Outgoing
    key: str
    recipient: Recipient
    seq: int
    since: float
    due: float
    expires: float
    update: Settling | None = None
    update_id: int | None = None
    alternative: int = 0
    attempts: int = 0
    row: tuple[int, int] | None = None
    """Id and version of its copy in the database."""
    place: Place | None = None
    """Its queue and its key there, worked out once."""
    done: bool = False
    outcome: asyncio.Future[Outcome] | None = None

    combined: Method | None = None
    """The call that says it together with others, once there is one."""

    @property
    def call(self) -> Method:
        """The call to make next."""
        return self.message.calls[self.alternative] if self.combined is None else self.combined

    def settle(self) -> None:
        """Let the update be confirmed as far as this message is concerned."""
        if self.update is not None:
            self.update.closed()
            self.update = None

    def next_alternative(self, now: float) -> bool:
        """Turn to the next call; False where none is left. What came late for one person is not shown to everybody."""
        if self.message.combiner is not None:
            return self.message.combiner.refused()
        late = now - self.since > EPHEMERAL_REPLY_SECONDS
        private = recipient_of(self.message.calls[0]).receiver_id != 0
        while self.alternative + 1 < len(self.message.calls):
            self.alternative += 1
            to = recipient_of(self.call)
            public = to.receiver_id == 0 and isinstance(to.chat_id, int) and to.chat_id < 0
            if not (late and private and public):
                return True
        return False


async def attempt(bot: Bot, method: Method, migrated: Migrated) -> Outcome:
    """Make one call. In a group that became a supergroup, `migrated` is told and the call is made there."""
    try:
        return Outcome(Verdict.SENT, await bot.session(bot, method, timeout=ATTEMPT_SECONDS))
    except TelegramMigrateToChat as error:
        there = await after_upgrade(method, error, migrated)
        return Outcome(Verdict.REFUSED, error=error) if there is None else await attempt(bot, there, migrated)
    except TelegramBadRequest as error:
        if (free := belated(method, error)) is not None:
            return await attempt(bot, free, migrated)
        return refused(method, error)
    except Exception as error:  # noqa: BLE001 - the queue goes on with the next message, whatever it is
        return failed(method, error)


def refused(method: Method, error: TelegramBadRequest) -> Outcome:
    """Return what a 400 means: nothing is left to do, or another call is to be tried."""
    value = harmless(method, error)
    if value is None or (value is False and not method.__api_method__.startswith("answer")):
        return Outcome(Verdict.REFUSED, value, error=error)
    return Outcome(Verdict.SENT, value)


def failed(method: Method, error: Exception) -> Outcome:
    """Return what any other failure means."""
    if isinstance(error, TelegramRetryAfter):
        return Outcome(Verdict.LATER, wait_seconds=float(error.retry_after), error=error)
    if isinstance(error, TelegramForbiddenError):
        return Outcome(Verdict.FORBIDDEN, error=error)
    if isinstance(error, TimeoutError):
        error = TelegramNetworkError(method, "no answer in time")
    if not passing(error):
        return Outcome(Verdict.REFUSED, error=error)
    broke = isinstance(error, TelegramNetworkError | OSError) and not never_left(error)
    return Outcome(Verdict.UNKNOWN if broke and not repeatable(method) else Verdict.LATER, error=error)


async def after_upgrade(method: Method, error: TelegramMigrateToChat, migrated: Migrated) -> Method | None:
    """Have a group's upgrade stored, and return the call for the supergroup; None where it is for no such group."""
    old, new = destination(method), error.migrate_to_chat_id
    if not isinstance(old, int) or old == new:
        return None
    try:
        await migrated(old, new)
    except BotError:
        # The service messages in both chats tell it again.
        logger.warning("Chat %d became %d, which could not be stored yet.", old, new)
    return moved(method, new)
