"""One raw update from the wire to its handler; whatever happens to it, nothing gets past here."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from aiogram import Bot
from aiogram.dispatcher.event.bases import CancelHandler, SkipHandler
from aiogram.exceptions import TelegramAPIError
from aiogram.methods import TelegramMethod
from aiogram.types import Update
from pydantic import ValidationError

from bot.errors import Unavailable
from bot.updates.offsets import RawUpdate
from bot.updates.parsing import Parser
from bot.updates.raw_updates import KNOWN_TYPES, update_type

logger = logging.getLogger(__name__)

Feed = Callable[[Bot, Update], Awaitable[Any]]


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

    def __call__(self, raw: RawUpdate) -> Callable[[], Coroutine[Any, Any, bool]]:
        """Read one update and return what handles it."""
        return partial(self._handle, raw, self._valid(raw))

    async def _handle(self, raw: RawUpdate, update: Update | None) -> bool:
        """Handle one update; its errors end here, in the log. False where it has to be handled again.

        That is what a handler means by letting `Unavailable` through: nobody waits for an answer, and what Telegram
        tells must be stored.
        """
        if update is None:
            return True
        try:
            await self._answer(await self._feed(self._bot, update))
        except (CancelHandler, SkipHandler):
            return True
        except Unavailable:
            return False
        except Exception:
            logger.exception("Update %d (%s) failed.", raw["update_id"], update_type(raw))
        return True

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
