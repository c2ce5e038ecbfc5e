"""What Telegram is told about the webhook, by the process that leads."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest

from bot.client.raw_call import call
from bot.updates.backoff import Backoff
from bot.updates.leader_lock import LeaderLock

logger = logging.getLogger(__name__)

MOST_CONNECTIONS = 100
"""Updates that Telegram delivers at the same time; more it does not allow."""

CALL_SECONDS, CHECK_SECONDS = 10, 60.0
FOLLOWER_SECONDS = 0.5
"""Between two looks of a process that does not lead at whether it does."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where Telegram delivers updates, and the secret by which it is known."""

    url: str
    secret: str


class Webhook:
    """Sets the webhook when this process begins to lead, and looks every minute whether it is still set."""

    def __init__(self, bot: Bot, address: Address, leadership: LeaderLock) -> None:
        self._bot = bot
        self._address = address
        self._leadership = leadership
        self._set = False
        self._last_error = 0
        self._backoff = Backoff("Setting the webhook")

    async def keep(self, allowed: Sequence[str]) -> float:
        """Take one turn; return the seconds until the next one."""
        if not self._leadership.held():
            self._set = False
            return FOLLOWER_SECONDS
        try:
            if not self._set:
                await self._tell(allowed)
            else:
                await self._check()
        except TelegramBadRequest as error:
            logger.error("Telegram refuses WEBHOOK_URL: %s. No updates come.", error.message)  # noqa: TRY400
            return CHECK_SECONDS
        except Exception as error:  # noqa: BLE001 - a background loop's turn
            return self._backoff.failed(error)
        self._backoff.succeeded()
        return CHECK_SECONDS if self._set else 0.0

    async def _tell(self, allowed: Sequence[str]) -> None:
        await call(
            self._bot,
            "setWebhook",
            within=CALL_SECONDS,
            url=self._address.url,
            secret_token=self._address.secret,
            allowed_updates=list(allowed),
            max_connections=MOST_CONNECTIONS,
            drop_pending_updates=False,
        )
        self._set = True
        logger.info("Telegram delivers updates to WEBHOOK_URL.")

    async def _check(self) -> None:
        info = await call(self._bot, "getWebhookInfo", within=CALL_SECONDS)
        if info.get("url") != self._address.url:
            logger.warning("Somebody else removed or changed the webhook; setting it again.")
            self._set = False
        elif info.get("last_error_date", 0) > self._last_error:
            self._last_error = info["last_error_date"]
            logger.warning(
                "Telegram could not deliver an update: %s.", info.get("last_error_message", "it says not why")
            )
