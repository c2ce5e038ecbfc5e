"""Drops raw updates that no feature wants, before they are parsed: most messages of a group are of no use to the bot.

What is wanted is not listed here but read off the dispatcher: a handler wants what its filters let through, and a
middleware says by `interests` what it acts on. Whatever cannot be told from the raw update counts as wanted.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aiogram import Dispatcher
from aiogram.dispatcher.event.handler import FilterObject
from aiogram.enums import ChatType
from aiogram.filters import Command, Filter
from aiogram.types import Message, TelegramObject

from bot.settings import ChatConfig
from bot.storage.configs.revisions import Stored
from bot.updates.raw_conditions import EventCondition, Probe, RawEvent, RawMagic, Undecidable, starts_with
from bot.updates.raw_updates import RawUpdate

StoredCondition = Callable[[Stored], bool]


@dataclass(frozen=True, slots=True)
class Interest:
    """What a handler or middleware acts on: events that fulfil all of `events`, in chats that fulfil all of `chats`."""

    events: frozenset[EventCondition] = frozenset()
    chats: frozenset[StoredCondition] = frozenset()


class Interests(Protocol):
    """A middleware that says on which updates it acts."""

    def interests(self) -> Iterable[Interest]:
        """Return what it acts on; nothing if it only prepares what handlers need."""
        ...


class RawFilter(Filter):
    """A filter that can be evaluated on the raw event."""

    @abstractmethod
    def may_match(self, event: RawEvent) -> bool:
        """Return False only where the filter is sure to refuse."""


class Where(Filter):
    """Lets events through only in chats whose configuration fulfils a condition; elsewhere they are dropped early.

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


class InPrivate(RawFilter):
    """Lets messages through that are written in a private chat with the bot."""

    def may_match(self, event: RawEvent) -> bool:
        """Look at the type of the chat."""
        return bool(event["chat"]["type"] == ChatType.PRIVATE)

    async def __call__(self, event: Message) -> bool:
        """Look at the type of the chat."""
        return event.chat.type == ChatType.PRIVATE


class Plans:
    """Compiles which events are wanted in a chat from its configuration. Chats in which the same is wanted share it."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._interests: dict[str, list[Interest]] = {}
        for kind in dispatcher.resolve_used_update_types():
            interests = _interests_of(dispatcher, kind)
            if interests is not None:
                self._interests[kind] = _without_repetitions(interests)
        self.types = frozenset(self._interests)
        self._conditions = tuple(
            {each for interests in self._interests.values() for interest in interests for each in interest.chats}
        )
        self._plans: dict[tuple[bool, ...], ChatPlan] = {}

    def of(self, stored: Stored) -> ChatPlan:
        """Return what is wanted in a chat."""
        results = tuple(condition(stored) for condition in self._conditions)
        plan = self._plans.get(results)
        if plan is None:
            fulfilled = {condition for condition, holds in zip(self._conditions, results, strict=True) if holds}
            plan = self._plans[results] = {
                kind: _TypePlan([interest for interest in interests if interest.chats <= fulfilled])
                for kind, interests in self._interests.items()
            }
        return plan


class Prefilter:
    """Decides which updates can be dropped.

    `plan_of` returns the plan of a chat if its configuration is in memory; otherwise every update of it is wanted.
    """

    def __init__(self, plans: Plans, plan_of: Callable[[int], object | None]) -> None:
        self._types = plans.types
        self._plan_of = plan_of

    def wants(self, update: RawUpdate) -> bool:
        """Return False where handling the update would change nothing and say nothing."""
        kind = ""
        for kind in update:
            if kind != "update_id":
                break
        if kind not in self._types:
            return True
        event = update[kind]
        try:
            plan: Any = self._plan_of(event["chat"]["id"])
            return plan is None or plan[kind].wants(event)
        except (KeyError, TypeError, AttributeError, Undecidable):
            return True


class _TypePlan:
    """The interests in one type of update, indexed by a field without which they are not fulfilled."""

    def __init__(self, interests: Collection[Interest]) -> None:
        self._always: list[EventCondition] = []
        self._by_field: dict[str, list[EventCondition]] = {}
        # Conditions written with `F` come last: they take microseconds, all others a tenth of that.
        for interest in sorted(
            interests, key=lambda interest: sum(isinstance(one, RawMagic) for one in interest.events)
        ):
            fulfils = _all_of(sorted(interest.events, key=lambda condition: isinstance(condition, RawMagic)))
            fields = _index_fields(interest)
            for field in fields:
                self._by_field.setdefault(field, []).append(fulfils)
            if not fields:
                self._always.append(fulfils)
        self._fields = frozenset(self._by_field)

    def wants(self, event: RawEvent) -> bool:
        """Say whether one of the interests is fulfilled."""
        # Loops instead of any(): this runs for every update, and generators make it a third slower.
        for fulfils in self._always:
            if fulfils(event):
                return True
        for field in self._fields.intersection(event):
            for fulfils in self._by_field[field]:
                if fulfils(event):
                    return True
        return False


ChatPlan = Mapping[str, _TypePlan]


def _all_of(conditions: Sequence[EventCondition]) -> EventCondition:
    if len(conditions) == 1:
        return conditions[0]

    def hold(event: RawEvent) -> bool:
        for holds in conditions:  # noqa: SIM110
            if not holds(event):
                return False
        return True

    return hold


def _interests_of(dispatcher: Dispatcher, kind: str) -> set[Interest] | None:
    """Return the interests in one type of update; None if a middleware does not tell its own."""
    interests: set[Interest] = set()
    middlewares: list[Any] = [*dispatcher.update.outer_middleware]
    for router in dispatcher.chain_tail:
        observer = router.observers[kind]
        middlewares += observer.outer_middleware
        # Filters of routers cannot be seen: handlers behind one count as wanting more than reaches them.
        interests.update(_interest(handler.filters or ()) for handler in observer.handlers)
    for middleware in middlewares:
        if type(middleware).__module__.startswith("aiogram."):
            continue  # they prepare the context and pass errors on
        if not hasattr(middleware, "interests"):
            return None
        interests.update(middleware.interests())
    return interests


def _interest(filters: Iterable[FilterObject]) -> Interest:
    """Return what must hold for a handler with these filters to be called, as far as the raw event shows it."""
    events: set[EventCondition] = set()
    chats: set[StoredCondition] = set()
    for one in filters:
        checks = one.callback
        if one.magic is not None:
            events.add(RawMagic(one.magic))
        elif isinstance(checks, Command):
            events.add(starts_with(checks.prefix))
        elif isinstance(checks, Where):
            chats.add(checks.holds)
        elif isinstance(checks, RawFilter):
            events.add(checks.may_match)
    return Interest(frozenset(events), frozenset(chats))


def _index_fields(interest: Interest) -> frozenset[str]:
    """Return fields of which an event must have one to fulfil the interest; none if there are no such fields.

    A condition that an empty event does not fulfil is not fulfilled either by an event without the fields it read.
    """
    candidates = [fields for condition in interest.events if (fields := _fields_read_in_vain(condition))]
    return min(candidates, key=lambda fields: (len(fields & _ALWAYS_THERE), len(fields), sorted(fields)), default=_NONE)


_NONE: frozenset[str] = frozenset()
_ALWAYS_THERE = frozenset({"chat", "date", "from", "message_id", "old_chat_member", "new_chat_member"})


def _fields_read_in_vain(condition: EventCondition) -> frozenset[str]:
    probe = Probe()
    try:
        fulfilled = condition(probe)
    except (KeyError, TypeError, AttributeError, Undecidable):
        return _NONE
    return _NONE if fulfilled else frozenset(probe.read)


def _without_repetitions(interests: Collection[Interest]) -> list[Interest]:
    """Leave out interests that are fulfilled only where another one is fulfilled, too."""
    return [
        interest
        for interest in interests
        if not any(
            other != interest and other.events <= interest.events and other.chats <= interest.chats
            for other in interests
        )
    ]
