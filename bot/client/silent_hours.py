"""Silent hours: what the bot sends in these hours of a chat arrives without a sound, whichever feature sends it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from aiogram import Bot
from aiogram.client.session.middlewares.base import BaseRequestMiddleware, NextRequestMiddlewareType
from aiogram.methods import Response, TelegramMethod
from aiogram.methods.base import TelegramType

from bot.errors import Unavailable
from bot.kinds.kind import OFF
from bot.settings import ChatConfig
from bot.storage.configs.cache import CachedConfigs
from bot.storage.configs.revisions import Stored


def is_silent(config: ChatConfig, now: datetime) -> bool:
    """Say whether a moment lies in the quiet hours of a chat, on the clock of the chat's time zone."""
    if config.quiet_hours == OFF:
        return False
    begin, end = (time.fromisoformat(clock) for clock in config.quiet_hours.split("-"))
    clock = now.astimezone(ZoneInfo(config.timezone)).time()
    if begin < end:
        return begin <= clock < end
    return clock >= begin or clock < end


class SilentHours(BaseRequestMiddleware):
    """Sends silently what falls into the receiving chat's quiet hours.

    It stands in front of every request, so no feature has to think of it. Whoever says `disable_notification` itself,
    either way, is obeyed. Without the database the message goes out as it is: late is worse than loud.
    """

    def __init__(self, configs: CachedConfigs, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._configs = configs
        self._now = now

    async def __call__(
        self, make_request: NextRequestMiddlewareType[TelegramType], bot: Bot, method: TelegramMethod[TelegramType]
    ) -> Response[TelegramType]:
        """Decide for one request and go on."""
        chat_id: Any = getattr(method, "chat_id", None)
        undecided = getattr(method, "disable_notification", False) is None
        if undecided and isinstance(chat_id, int):
            stored = self._configs.cached(chat_id) or await self._recalled(chat_id)
            if stored is not None and stored.config.quiet_hours != OFF and is_silent(stored.config, self._now()):
                method = method.model_copy(update={"disable_notification": True})
        return await make_request(bot, method)

    async def _recalled(self, chat_id: int) -> Stored | None:
        try:
            return await self._configs.read_or_last_known(chat_id)
        except Unavailable:
            return None
