"""Setting aside what no feature wants, on the raw update: most of what a group writes is nothing to the bot.

What is wanted is not listed here. It is read off the dispatcher: every handler wants what its filters let through, and
a middleware says by `wishes` what it acts on. Whatever cannot be told from the raw update counts as wanted.
"""

from __future__ import annotations

import typing
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from aiogram import Dispatcher
from aiogram.dispatcher.event.handler import HandlerObject
from aiogram.filters import Command, Filter
from aiogram.types import TelegramObject, Update
from magic_filter import MagicFilter

from bot.settings import ChatConfig
from bot.storage.revisions import Stored
from bot.telegram.window import RawUpdate

RawEvent = Mapping[str, Any]
EventCondition = Callable[[RawEvent], bool]
StoredCondition = Callable[[Stored], bool]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody acts on: an event for which all of these hold, in a chat for which all of those hold."""

    events: frozenset[EventCondition] = frozenset()
    chats: frozenset[StoredCondition] = frozenset()


class Wishes(Protocol):
    """A middleware that acts on some updates by itself, and says on which."""

    def wishes(self) -> Iterable[Wish]:
        """Return what it acts on; nothing where it only prepares what handlers need."""
        ...


class Foreseeable(Filter):
    """A filter that can tell from the raw event that it will not let it through."""

    @abstractmethod
    def may_match(self, event: RawEvent) -> bool:
        """Return False only where the filter is sure to refuse."""


class Where(Filter):
    """Routes an event only in chats whose configuration fulfils a condition; elsewhere it costs nothing.

    `routes.message.register(greet, F.new_chat_members, Where(lambda config: config.welcome != "off"))`
    """

    def __init__(self, condition: Callable[[ChatConfig], bool]) -> None:
        self._condition = condition

    async def __call__(self, _event: TelegramObject, config: ChatConfig) -> bool:
        """Let the event through where the condition holds."""
        return self._condition(config)

    def holds(self, stored: Stored) -> bool:
        """Say whether the condition holds in this chat."""
        return self._condition(stored.config)


class Sieve:
    """Tells the updates that somebody wants from those that can be dropped without a trace.

    What is wanted in a chat follows from its configuration; `digest` is that, worked out. `digest_of` returns the one
    of a chat where it is in memory; without it, an update is wanted.
    """

    def __init__(self, dispatcher: Dispatcher, digest_of: Callable[[int], object | None] = lambda _: None) -> None:
        self.digest_of = digest_of
        self._wishes: dict[str, list[Wish]] = {}
        for kind in dispatcher.resolve_used_update_types():
            wishes = _wishes_of(dispatcher, kind)
            if wishes is not None:
                self._wishes[kind] = _without_repetitions(wishes)
        self._conditions = tuple({each for wishes in self._wishes.values() for wish in wishes for each in wish.chats})
        self._digests: dict[tuple[bool, ...], Digest] = {}

    def digest(self, stored: Stored) -> Digest:
        """Return what is wanted in a chat; chats in which the same is wanted share it."""
        holding = tuple(condition(stored) for condition in self._conditions)
        found = self._digests.get(holding)
        if found is None:
            fulfilled = {each for each, holds in zip(self._conditions, holding, strict=True) if holds}
            found = self._digests[holding] = {
                kind: _Plan([wish for wish in wishes if wish.chats <= fulfilled])
                for kind, wishes in self._wishes.items()
            }
        return found

    def wants(self, update: RawUpdate) -> bool:
        """Return False where handling the update would change nothing and say nothing."""
        kind = ""
        for kind in update:
            if kind != "update_id":
                break
        if kind not in self._wishes:
            return True
        event = update[kind]
        try:
            digest: Any = self.digest_of(event["chat"]["id"])
            return digest is None or digest[kind].wants(event)
        except (KeyError, TypeError, AttributeError, _NotForeseeable):
            return True


class _Plan:
    """The wishes for one type of update, by a field that must be there for them; those without one are always asked."""

    def __init__(self, wishes: Collection[Wish]) -> None:
        self._always: list[tuple[EventCondition, ...]] = []
        self._by_field: dict[str, list[tuple[EventCondition, ...]]] = {}
        for wish in wishes:
            fields = _telling_fields(wish)
            for field in fields:
                self._by_field.setdefault(field, []).append(tuple(wish.events))
            if not fields:
                self._always.append(tuple(wish.events))
        self._fields = frozenset(self._by_field)

    def wants(self, event: RawEvent) -> bool:
        """Say whether some wish is fulfilled."""
        # Loops, not all(...): this runs for every update, and generators make it a third slower.
        for wish in self._always:
            if _fulfils(wish, event):
                return True
        if self._fields.isdisjoint(event):
            return False
        return any(
            _fulfils(wish, event) for field in self._fields.intersection(event) for wish in self._by_field[field]
        )


Digest = Mapping[str, _Plan]


def _fulfils(wish: tuple[EventCondition, ...], event: RawEvent) -> bool:
    for holds in wish:  # noqa: SIM110
        if not holds(event):
            return False
    return True


def _wishes_of(dispatcher: Dispatcher, kind: str) -> set[Wish] | None:
    """Return what handlers and middlewares want of one type of update; None where one does not say."""
    wishes: set[Wish] = set()
    middlewares: list[Any] = [*dispatcher.update.outer_middleware]
    for router in dispatcher.chain_tail:
        observer = router.observers[kind]
        middlewares += observer.outer_middleware
        wishes.update(_wish(handler) for handler in observer.handlers)
    for middleware in middlewares:
        if type(middleware).__module__.startswith("aiogram."):
            continue  # those prepare the context and pass errors on
        if not hasattr(middleware, "wishes"):
            return None
        wishes.update(middleware.wishes())
    return wishes


def _wish(handler: HandlerObject) -> Wish:
    """Return what must hold for a handler to be called, as far as that can be told beforehand."""
    events: set[EventCondition] = set()
    chats: set[StoredCondition] = set()
    for one in handler.filters or ():
        checks = one.callback
        if one.magic is not None:
            events.add(_foreseen(one.magic))
        elif isinstance(checks, Command):
            events.add(_begins_with(checks.prefix))
        elif isinstance(checks, Where):
            chats.add(checks.holds)
        elif isinstance(checks, Foreseeable):
            events.add(checks.may_match)
    return Wish(frozenset(events), frozenset(chats))


def _foreseen(magic: MagicFilter) -> EventCondition:
    def holds(event: RawEvent) -> bool:
        return bool(magic.resolve(_Raw(event)))

    return holds


@cache
def _begins_with(prefix: str) -> EventCondition:
    """The same condition for all commands, so that it is checked once."""

    def holds(event: RawEvent) -> bool:
        text = event.get("text") or event.get("caption") or ""
        return text.lstrip()[:1] in prefix if text else False

    return holds


class _NotForeseeable(Exception):
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
            raise _NotForeseeable(name)
        if isinstance(value, dict):
            return _Raw(value)
        if isinstance(value, list):
            return _RawList(value)
        if isinstance(value, int) and name not in _INTEGERS:
            raise _NotForeseeable(name)  # a moment or a duration, perhaps
        return value

    def __call__(self, *_: object, **__: object) -> Any:
        raise _NotForeseeable

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


class _Probe(dict[str, Any]):
    """An event without any field; it notes which ones are looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.looked_at: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.looked_at.add(key)
        return default

    def __getitem__(self, key: str) -> Any:
        self.looked_at.add(key)
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        self.looked_at.add(str(key))
        return False


def _telling_fields(wish: Wish) -> frozenset[str]:
    """Return fields of which one has to be there for the wish; none where that cannot be told.

    A condition that an empty event does not fulfil cannot hold for an event that lacks all it looked at.
    """
    candidates = [fields for condition in wish.events if (fields := _looked_at_in_vain(condition))]
    return min(candidates, key=lambda fields: (len(fields & _ALWAYS_THERE), len(fields), sorted(fields)), default=_NONE)


_NONE: frozenset[str] = frozenset()
_ALWAYS_THERE = frozenset({"chat", "date", "from", "message_id", "old_chat_member", "new_chat_member"})


def _looked_at_in_vain(condition: EventCondition) -> frozenset[str]:
    probe = _Probe()
    try:
        fulfilled = condition(probe)
    except (KeyError, TypeError, AttributeError, _NotForeseeable):
        return _NONE
    return _NONE if fulfilled else frozenset(probe.looked_at)


def _without_repetitions(wishes: Collection[Wish]) -> list[Wish]:
    """Leave out wishes that are only granted where another one is granted as well."""
    return [
        wish
        for wish in wishes
        if not any(other != wish and other.events <= wish.events and other.chats <= wish.chats for other in wishes)
    ]
