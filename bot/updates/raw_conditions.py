"""Conditions that are evaluated on a raw event, before it is parsed."""

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
    """A condition written with `F`, evaluated on a raw event."""

    def __init__(self, magic: MagicFilter) -> None:
        self._magic = magic

    def __call__(self, event: RawEvent) -> bool:
        """Say whether it holds; raises `Undecidable` if the raw event does not show that."""
        return bool(self._magic.resolve(_Raw(event)))


@cache
def starts_with(prefix: str) -> EventCondition:
    """Return the condition that a text starts like a command. It is cached so that all commands share one."""

    def holds(event: RawEvent) -> bool:
        text = event.get("text") or event.get("caption") or ""
        return text.lstrip()[:1] in prefix if text else False

    return holds


class Undecidable(Exception):
    """A condition reads something that a raw event does not show as aiogram's types do."""


class _Raw:
    """A raw object with the attributes of aiogram's type, as far as they are the same."""

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
            raise Undecidable(name)  # aiogram may make a datetime of it
        return value

    def __call__(self, *_: object, **__: object) -> Any:
        raise Undecidable

    __getitem__ = __contains__ = __iter__ = __eq__ = __call__
    __hash__ = None  # type: ignore[assignment]


class _RawList(_Raw):
    """A list of raw objects, of which a condition may only ask whether it is empty."""

    def __init__(self, items: list[Any]) -> None:
        super().__init__({})
        self.__items = items

    def __bool__(self) -> bool:
        return bool(self.__items)


_INTEGERS = frozenset({"id", "message_id", "message_thread_id", "migrate_to_chat_id", "migrate_from_chat_id"})

# Fields that are None if Telegram leaves them out; for others aiogram may have a default or a property.
_OPTIONAL = frozenset(
    name
    for kind in Update.model_fields
    for model in typing.get_args(Update.model_fields[kind].annotation)
    if isinstance(model, type) and issubclass(model, TelegramObject)
    for name, field in model.model_fields.items()
    if not field.is_required() and field.default is None
)


class Probe(dict[str, Any]):
    """An event without any field that records which ones are read."""

    def __init__(self) -> None:
        super().__init__()
        self.read: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        """Record the field."""
        self.read.add(key)
        return default

    def __getitem__(self, key: str) -> Any:
        self.read.add(key)
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        self.read.add(str(key))
        return False
