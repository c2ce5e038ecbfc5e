"""Conditions on an update before it is validated, and what they may know of it."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from aiogram.types import TelegramObject, Update
from magic_filter import MagicFilter

RawEvent = Mapping[str, Any]
EventCondition = Callable[[RawEvent], bool]


class RawMagic:
    """A condition written with `F`, asked of a raw event."""

    def __init__(self, magic: MagicFilter) -> None:
        self._magic = magic

    def __call__(self, event: RawEvent) -> bool:
        """Say whether it holds; raises `Undecidable` where that cannot be told."""
        return bool(self._magic.resolve(_Raw(event)))


@cache
def begins_with(prefix: str) -> EventCondition:
    """The same condition for all commands, so that it is checked once."""

    def holds(event: RawEvent) -> bool:
        text = event.get("text") or event.get("caption") or ""
        return text.lstrip()[:1] in prefix if text else False

    return holds


class Undecidable(Exception):
    """A filter looks at something that the raw event does not show as aiogram's types do."""


class _Raw:
    """A raw object as a filter sees it, as long as it looks at plain fields only."""

    def __init__(self, fields: RawEvent) -> None:
        self.__fields = fields

    def __getattr__(self, name: str) -> Any:
        value = self.__fields.get({"from_user": "from"}.get(name, name))
        if value is None:
            if name in _OPTIONAL:
                return None
            raise Undecidable(name)
        if isinstance(value, dict):
            return _Raw(value)
        if isinstance(value, list):
            return _RawList(value)
        if isinstance(value, int) and name not in _INTEGERS:
            raise Undecidable(name)  # a moment or a duration, perhaps
        return value

    def __call__(self, *_: object, **__: object) -> Any:
        raise Undecidable

    __getitem__ = __contains__ = __iter__ = __eq__ = __call__
    __hash__ = None  # type: ignore[assignment]


class _RawList(_Raw):
    """A list of raw objects; whether there are any is all that is told."""

    def __init__(self, items: list[Any]) -> None:
        super().__init__({})
        self.__items = items

    def __bool__(self) -> bool:
        return bool(self.__items)


_INTEGERS = frozenset({"id", "message_id", "message_thread_id", "migrate_to_chat_id", "migrate_from_chat_id"})

# Fields that are None where Telegram leaves them out; of anything else aiogram's types may make something.
_OPTIONAL = frozenset(
    name
    for kind in Update.model_fields
    for model in typing.get_args(Update.model_fields[kind].annotation)
    if isinstance(model, type) and issubclass(model, TelegramObject)
    for name, field in model.model_fields.items()
    if not field.is_required() and field.default is None
)


class Probe(dict[str, Any]):
    """An event without any field; it notes which ones are looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.looked_at: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        """Note that the field is looked at."""
        self.looked_at.add(key)
        return default

    def __getitem__(self, key: str) -> Any:
        self.looked_at.add(key)
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        self.looked_at.add(str(key))
        return False
