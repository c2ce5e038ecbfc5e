"""Calls given as the JSON that is sent, which is neither validated nor dumped by pydantic.

Screens are sent this way, and updates fetched; for everything else aiogram's own methods are right. It saves 40 % of an
answer's CPU time (docs/performance.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from aiogram import Bot

if TYPE_CHECKING:
    from aiogram.methods import TelegramMethod


class RawCall:
    """One call: the method's name in the Bot API and its parameters as plain JSON; those that are None are not sent.

    For our session, our middlewares and aiogram's errors it looks like one of aiogram's methods: parameters are
    attributes, and `model_copy` returns a changed one. The result is Telegram's, as plain JSON.
    """

    __slots__ = ("__api_method__", "parameters")
    __returning__ = Any

    def __init__(self, name: str, parameters: Mapping[str, Any]) -> None:
        self.__api_method__ = name
        self.parameters = parameters

    def __getattr__(self, name: str) -> Any:
        try:
            return self.parameters[name]
        except KeyError:
            raise AttributeError(name) from None

    def model_copy(self, *, update: Mapping[str, Any]) -> RawCall:
        """Return the same call with other parameters."""
        return RawCall(self.__api_method__, {**self.parameters, **update})

    def payload(self) -> dict[str, Any]:
        """Return the parameters that are sent."""
        return {name: value for name, value in self.parameters.items() if value is not None}


async def call(bot: Bot, name: str, *, within: int | None = None, **parameters: Any) -> Any:
    """Make a call of the Bot API and return its result as plain JSON; raises aiogram's errors.

    `within` are the seconds after which the answer is given up, where that is not what the session does by itself.
    """
    return await bot.session(bot, cast("TelegramMethod[Any]", RawCall(name, parameters)), timeout=within)


def raw_call(name: str, **parameters: Any) -> TelegramMethod[Any]:
    """Return a call of the Bot API that is to be handed to the outbox."""
    return cast("TelegramMethod[Any]", RawCall(name, parameters))
