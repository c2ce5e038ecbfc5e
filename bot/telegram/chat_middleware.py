"""What every handler finds among its parameters: the chat's configuration and the language to answer in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from aiogram import BaseMiddleware
from aiogram.dispatcher.middlewares.user_context import EVENT_CONTEXT_KEY, EventContext
from aiogram.enums import ChatType
from aiogram.types import TelegramObject, Update

from bot.settings import ChatConfig
from bot.storage.configs.cache import CachedConfigs
from bot.telegram.names import KnownNames
from bot.updates.prefilter import Interest
from bot.updates.raw_conditions import RawEvent
from bot.words import Catalogues, Words

_DEFAULTS = ChatConfig()


def words_for(catalogues: Catalogues, config: ChatConfig, *, private: bool, language_code: str | None) -> Words:
    """Return the words of a chat: as it chose; else the person's own in private, English in groups."""
    if config.language != "auto":
        return catalogues.words(config.language)
    return catalogues.words(language_code if private else None)


class ChatMiddleware(BaseMiddleware):
    """Reads the configuration of the update's chat once.

    Handlers get `stored` (with revision), `config` (the typed values), `words` and `update_id`. An update without a
    chat gets the defaults. While the database is away these are the last known values: who changes something reads
    it again.
    """

    def __init__(self, known_names: KnownNames) -> None:
        self._known_names = known_names

    def interests(self) -> Iterable[Interest]:
        """A chat's new name is worth an update; of everything else what is remembered of people can be asked for."""
        return [Interest(events=frozenset({self._tells_new_title}))]

    def _tells_new_title(self, event: RawEvent) -> bool:
        chat = event["chat"]
        return self._known_names.is_new_title(chat["id"], chat.get("title"))

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        """Fill in the parameters and go on."""
        configs: CachedConfigs = data["configs"]
        context: EventContext = data[EVENT_CONTEXT_KEY]
        language_code = context.user.language_code if context.user else None
        data["update_id"] = event.update_id if isinstance(event, Update) else None
        self._known_names.remember(context.user, context.chat)
        config, private = _DEFAULTS, True
        try:
            if context.chat is not None:
                stored = data["stored"] = await configs.read_or_last_known(context.chat.id)
                config = data["config"] = stored.config
                private = context.chat.type == ChatType.PRIVATE
        finally:
            # An answer to an error needs words even when the configuration cannot be read.
            data["words"] = words_for(data["catalogues"], config, private=private, language_code=language_code)
        return await handler(event, data)
