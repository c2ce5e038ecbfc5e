"""Whose language: what one person alone sees is said in theirs, what everybody in a chat sees in the chat's."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aiogram.types import User

from bot.errors import Unavailable
from bot.kinds import AUTO
from bot.settings import ChatConfig
from bot.storage.configs.cache import CachedConfigs
from bot.storage.configs.revisions import Stored
from bot.words import Catalogues, Words

WAIT_SECONDS = 0.5
"""For what somebody set in their private chat; their Telegram's language will do where the database is slow."""


def chat_words(catalogues: Catalogues, config: ChatConfig) -> Words:
    """Return the words in which everybody in a chat is spoken to: as it chose, else English."""
    return catalogues.words(None if config.language == AUTO else config.language)


def own_words(catalogues: Catalogues, own: ChatConfig, language_code: str | None) -> Words:
    """Return a person's words: as they chose in their private chat, else those of their Telegram, else English."""
    return catalogues.words(language_code if own.language == AUTO else own.language)


class PersonalWords:
    """Finds the words of people who are met in a group; Telegram does not tell everybody's language."""

    def __init__(self, catalogues: Catalogues, configs: CachedConfigs) -> None:
        self._catalogues = catalogues
        self._configs = configs

    async def of(self, person: User, otherwise: Words) -> Words:
        """Return the words of a person; `otherwise` where nobody knows their language."""
        stored = self._configs.cached(person.id)
        if stored is None:
            with suppress(TimeoutError, Unavailable):
                async with asyncio.timeout(WAIT_SECONDS):
                    stored = await self._configs.read_or_last_known(person.id)
        return self._found(stored, person.language_code, otherwise)

    def known(self, user_id: int, language_code: str | None, chat_id: int) -> Words:
        """Return the words of a person in a chat by what is in memory."""
        own, chat = (self._configs.cached(one) for one in (user_id, chat_id))
        otherwise = chat_words(self._catalogues, chat.config if chat else ChatConfig())
        return self._found(own, language_code, otherwise)

    def _found(self, own: Stored | None, language_code: str | None, otherwise: Words) -> Words:
        if own is not None and own.config.language != AUTO:
            return self._catalogues.words(own.config.language)
        return self._catalogues.words(language_code) if language_code else otherwise
