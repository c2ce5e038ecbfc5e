"""What every handler finds among its parameters: the chat's configuration and the languages to answer in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from aiogram import BaseMiddleware
from aiogram.dispatcher.middlewares.user_context import EVENT_CONTEXT_KEY, EventContext
from aiogram.enums import ChatType
from aiogram.types import TelegramObject, Update

from bot.settings import ChatConfig
from bot.storage.configs.cache import CachedConfigs
from bot.telegram.languages import PersonalWords, chat_words, own_words
from bot.telegram.names import KnownNames
from bot.updates.prefilter import Interest
from bot.updates.raw_conditions import RawEvent
from bot.words import Languages

_DEFAULTS = ChatConfig()


class ChatMiddleware(BaseMiddleware):
    """Reads the configuration of the update's chat once.

    Handlers get `stored` (with revision), `config` (the typed values), `languages`, the person's own ones as `words`,
    and `update_id`. An update without a chat gets the defaults. While the database is away these are the last known
    values: who changes something reads it again.
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
        data["update_id"] = event.update_id if isinstance(event, Update) else None
        self._known_names.remember(context.user, context.chat)
        config = _DEFAULTS
        try:
            if context.chat is not None:
                stored = data["stored"] = await configs.read_or_last_known(context.chat.id)
                config = data["config"] = stored.config
        finally:
            # An answer to an error needs words even when the configuration cannot be read.
            languages = await self._languages(event, context, config, data)
            data["languages"], data["words"] = languages, languages.own
        return await handler(event, data)

    async def _languages(
        self, event: TelegramObject, context: EventContext, config: ChatConfig, data: dict[str, Any]
    ) -> Languages:
        person, catalogues = context.user, data["catalogues"]
        if person is not None and (context.chat is None or context.chat.type == ChatType.PRIVATE):
            own = own_words(catalogues, config, person.language_code)
            return Languages(own, own)
        everybody = chat_words(catalogues, config)
        if person is None or not _waits_for_answer(event):
            return Languages(everybody, everybody)
        personal: PersonalWords = data["personal_words"]
        own = await personal.of(person, otherwise=everybody)
        return Languages(own.understanding(everybody), everybody)


def _waits_for_answer(event: TelegramObject) -> bool:
    """Say whether an update may be answered to its person alone; what only tells something is not worth a query."""
    if not isinstance(event, Update):
        return False
    message = event.message
    if message is None:
        return event.callback_query is not None
    return message.new_chat_members is None and message.left_chat_member is None
