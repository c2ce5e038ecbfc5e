"""Forwarded messages and messages by inline bots are neither commands nor answers: nobody here wrote them.

Otherwise a member's refused command would succeed because an admin forwards it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from aiogram import BaseMiddleware
from aiogram.types import Message, TelegramObject

from bot.errors import Refused
from bot.telegram.screens import is_private
from bot.updates.prefilter import Interest
from bot.words import N_


class IgnoreForwarded(BaseMiddleware):
    """Outer middleware of messages, the last one: what it stops has been looked at by those that tidy up."""

    def interests(self) -> Iterable[Interest]:
        """Nothing of its own: it only stands between a message and its handlers."""
        return ()

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        """Let messages pass that their author wrote."""
        if isinstance(event, Message) and (event.forward_origin is not None or event.via_bot is not None):
            if is_private(event):
                raise Refused(N_("I take no commands and answers from forwarded messages. Please write it yourself."))
            return None
        return await handler(event, data)
