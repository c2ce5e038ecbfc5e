"""Raw updates as aiogram's types."""

from __future__ import annotations

from typing import Any

from aiogram import Bot
from aiogram.types import Chat, MessageEntity, TelegramObject, Update, User
from pydantic import ValidationError

from bot.lru import LruCache
from bot.updates.raw_updates import RawUpdate, update_type


class Parser:
    """Reads updates bound to a bot: binding them later would validate them a second time.

    Parts that come again and again are remembered as they were read: people, chats, and where a command stands in its
    text. That halves the work, and they cannot be changed.
    """

    def __init__(self, bot: Bot, size: int = 4_000) -> None:
        self._context = {"bot": bot}
        self._known: LruCache[Any, TelegramObject] = LruCache(size)

    def parse(self, raw: RawUpdate) -> Update:
        """Return the update; raises `pydantic.ValidationError`."""
        kind = update_type(raw)
        try:
            return Update.model_validate({**raw, kind: self._with_known(raw.get(kind))}, context=self._context)
        except ValidationError:
            # As it came, so that the error names the field.
            return Update.model_validate(raw, context=self._context)

    def _with_known(self, event: Any) -> Any:
        """Return an event with those parts already read."""
        if not isinstance(event, dict):
            return event
        event = dict(event)
        for name, kind in (("from", User), ("chat", Chat)):
            if name in event:
                event[name] = self._read(event[name], kind)
        if isinstance(entities := event.get("entities"), list):
            event["entities"] = [self._read(one, MessageEntity) for one in entities]
        if "message" in event:  # that of a press
            event["message"] = self._with_known(event["message"])
        return event

    def _read(self, raw: Any, kind: type[TelegramObject]) -> Any:
        try:
            key = (kind, *raw.items())
            known = self._known.get(key)
        except (AttributeError, TypeError):  # no object, or one with others in it
            return raw
        if known is None:
            known = kind.model_validate(raw, context=self._context)
            self._known.put(key, known)
        return known
