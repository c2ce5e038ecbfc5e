"""One raw update from the wire to its handler, and what becomes of it: nothing gets past here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from enum import StrEnum
from functools import partial
from typing import Any

from aiogram import Bot
from aiogram.dispatcher.event.bases import CancelHandler, SkipHandler
from aiogram.exceptions import TelegramAPIError
from aiogram.methods import TelegramMethod
from aiogram.types import Update
from pydantic import ValidationError

from bot.errors import Unavailable
from bot.lru import Seldom
from bot.updates.parsing import Parser
from bot.updates.raw_updates import KNOWN_TYPES, RawUpdate, update_type

logger = logging.getLogger(__name__)

Feed = Callable[[Bot, Update], Awaitable[Any]]

SLOW_AFTER_SECONDS = 2.0

SAME_LINE_EVERY_SECONDS = 10.0
"""Until another slow update of the same type is logged: while Telegram is slow, all are."""


class Result(StrEnum):
    """What became of an update."""

    HANDLED = "handled"
    FAILED = "failed"
    """By an error in a handler."""
    INVALID = "invalid"
    """This release cannot read it."""
    AGAIN = "again"
    """It could not be stored as the database is away, and is handled again."""
    GIVEN_UP = "given_up"
    """It took longer than its deadline."""
    IGNORED = "ignored"
    """Nobody wants it."""
    REFUSED = "refused"
    """It was beyond its sender's share."""


Note = Callable[[str, Result, float], None]
"""Takes type, result, and the seconds that handling took."""


class Watch:
    """Is told of each update once, but of one that is handled again each time. `note` counts them."""

    def __init__(self, slow_after: float = SLOW_AFTER_SECONDS, note: Note | None = None) -> None:
        self.slow_after = slow_after
        self.note = note
        self._seldom: Seldom[str] = Seldom(SAME_LINE_EVERY_SECONDS)

    def passed_over(self, update: RawUpdate, result: Result) -> None:
        """Count an update that no handler gets."""
        if self.note is not None:
            self.note(_type(update), result, 0.0)

    def ended(self, update: RawUpdate, chat_id: int | None, result: Result, seconds: float, where: str | None) -> None:
        """Count an update that was handled; `where` it waited when it became slow, if that is known."""
        if self.note is not None:
            self.note(_type(update), result, seconds)
        # What was given up has a line of its own.
        if seconds < self.slow_after or result is Result.GIVEN_UP:
            return
        kind = update_type(update)
        more = self._seldom(kind, asyncio.get_running_loop().time())
        if more is not None:
            about = {"update": update["update_id"], "chat": chat_id, "seconds": round(seconds, 3)}
            place = where or "the event loop, which something else kept busy"
            logger.warning(
                "A slow update (%s), waiting in %s; %d more since the last line.", kind, place, more, extra=about
            )


def _type(update: RawUpdate) -> str:
    kind = update_type(update)
    return kind if kind in KNOWN_TYPES else "unknown"


class UpdateHandler:
    """Feeds raw updates to a dispatcher. Nothing it does raises but `CancelledError`.

    `feed` is the dispatcher's `feed_update`, or does the same.

    What is not valid for this release is passed over, and said once in the log by id and type: another try would fail
    the same way, and Telegram would hand out nothing else meanwhile.
    """

    def __init__(self, bot: Bot, feed: Feed) -> None:
        self._bot = bot
        self._feed = feed
        self._parser = Parser(bot)

    def __call__(self, raw: RawUpdate) -> Callable[[], Coroutine[Any, Any, Result]]:
        """Read one update and return what handles it."""
        return partial(self._handle, raw, self._valid(raw))

    async def _handle(self, raw: RawUpdate, update: Update | None) -> Result:
        """Handle one update; its errors end here, in the log. `AGAIN` where it has to be handled again.

        That is what a handler means by letting `Unavailable` through: nobody waits for an answer, and what Telegram
        tells must be stored.
        """
        if update is None:
            return Result.INVALID
        try:
            await self._answer(await self._feed(self._bot, update))
        except (CancelHandler, SkipHandler):
            return Result.HANDLED
        except Unavailable:
            return Result.AGAIN
        except Exception:
            logger.exception("Update %d (%s) failed.", raw["update_id"], update_type(raw))
            return Result.FAILED
        return Result.HANDLED

    def _valid(self, raw: RawUpdate) -> Update | None:
        """Return the update; None, and a line in the log, where this release cannot read it."""
        kind = update_type(raw)
        if kind not in KNOWN_TYPES:
            logger.warning("Update %d passed over: this release does not know the type %s.", raw["update_id"], kind)
            return None
        try:
            return self._parser.parse(raw)
        except Exception as error:  # noqa: BLE001 - the end of an update
            logger.error("Update %d (%s) passed over: not valid at %s.", raw["update_id"], kind, _where(error))  # noqa: TRY400
            return None

    async def _answer(self, returned: Any) -> None:
        """Make the call a handler returned, as aiogram's polling does."""
        if not isinstance(returned, TelegramMethod):
            return
        try:
            await self._bot(returned)
        except TelegramAPIError as error:
            logger.warning("The returned %s failed: %s", returned.__api_method__, type(error).__name__)


def _where(error: Exception) -> str:
    """Return the names of the fields that could not be read, never their values."""
    if not isinstance(error, ValidationError):
        return type(error).__name__
    lines = error.errors(include_url=False, include_input=False, include_context=False)
    return ", ".join(sorted({".".join(str(step) for step in line["loc"][:4]) for line in lines})[:3])
