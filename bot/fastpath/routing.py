"""aiogram's routing, resolved once: the chains of middlewares, the handlers of all routers, the arguments they take.

aiogram resolves all of it anew for every update. It also runs every condition written with `F` in a thread; those are
too quick to be worth that. Private part of aiogram: where an observer keeps the filters of its router.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

from aiogram import Bot, Dispatcher, Router
from aiogram.dispatcher.event.bases import REJECTED, UNHANDLED, SkipHandler
from aiogram.dispatcher.event.handler import CallableObject, FilterObject, HandlerObject
from aiogram.types import TelegramObject, Update

Data = dict[str, Any]
Step = Callable[[TelegramObject, Data], Awaitable[Any]]
Check = tuple[Step, bool]


class Routing:
    """Feeds updates to the handlers of a dispatcher: the same ones, in the same order, as aiogram does.

    Routers, middlewares and handlers that are added later are not seen.
    """

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        inner = _wrap(dispatcher.update.middleware, self._route)
        self._outermost = _wrap(dispatcher.update.outer_middleware, inner)
        self._routes = {kind: _router_step(dispatcher, kind) for kind in dispatcher.observers if kind != "update"}

    async def feed(self, bot: Bot, update: Update) -> Any:
        """Handle one update; returns what its handler returned, `UNHANDLED` where there is none."""
        data = {"dispatcher": self._dispatcher, **self._dispatcher.workflow_data, "bot": bot}
        return await self._outermost(update, data)

    async def _route(self, update: Any, data: Data) -> Any:
        kind = update.event_type
        data["event_update"] = update
        data["event_router"] = self._dispatcher
        return await self._routes[kind](getattr(update, kind), data)


def _router_step(router: Router, kind: str) -> Step:
    """Return what takes an event through a router and the routers in it."""
    observer = router.observers[kind]
    inner = [one for each in reversed(list(router.chain_head)) for one in each.observers[kind].middleware]
    step = _RouterStep(
        [_check(one) for one in observer._handler.filters or ()],  # noqa: SLF001
        [_Route(handler, inner) for handler in observer.handlers],
        [(each, _router_step(each, kind)) for each in router.sub_routers],
    )
    return _wrap(observer.outer_middleware, step)


class _RouterStep:
    """Tries the handlers of a router, then the routers in it, until one handles the event."""

    def __init__(self, checks: list[Check], routes: list[_Route], inner: list[tuple[Router, Step]]) -> None:
        self._checks = checks
        self._routes = routes
        self._inner = inner

    async def __call__(self, event: TelegramObject, data: Data) -> Any:
        if self._checks:
            found = await _filtered(self._checks, event, data)
            if found is None:
                return UNHANDLED
            data = found
        for route in self._routes:
            data["handler"] = route.handler
            found = await _filtered(route.checks, event, data) if route.checks else data
            if found is None:
                continue
            try:
                result = await route.call(event, {**found})
            except SkipHandler:
                continue
            if result is not UNHANDLED:
                return UNHANDLED if result is REJECTED else result
            break
        for router, step in self._inner:
            result = await step(event, {**data, "event_router": router})
            if result is not UNHANDLED:
                return result
        return UNHANDLED


class _Route:
    """A handler, its filters, and the middlewares between the two."""

    __slots__ = ("call", "checks", "handler")

    def __init__(self, handler: HandlerObject, inner: Iterable[Any]) -> None:
        self.handler = handler
        self.checks = [_check(one) for one in handler.filters or ()]
        self.call = _wrap(inner, _caller(handler))


async def _filtered(checks: list[Check], event: TelegramObject, data: Data) -> Data | None:
    """Return the data with what the filters found; None when one of them refuses."""
    for check, awaitable in checks:
        found: Any = check(event, data)
        if awaitable:
            found = await found
        if not found:
            return None
        if isinstance(found, dict):
            data = {**data, **found}
    return data


def _check(one: FilterObject) -> Check:
    """Return a filter as a function of event and data, and whether it has to be awaited."""
    if one.magic is not None:
        resolve = one.callback
        return (lambda event, _: resolve(event)), False
    return _caller(one), True


def _caller(one: CallableObject) -> Step:
    """Return what calls a handler or filter with those of the data that it takes."""
    if not one.awaitable or one.varkw or inspect.isclass(one.callback):

        async def by_aiogram(event: TelegramObject, data: Data) -> Any:
            return await one.call(event, **data)

        return by_aiogram

    callback, names = one.callback, tuple(one.params)

    def directly(event: TelegramObject, data: Data) -> Any:
        return callback(event, **{name: data[name] for name in names if name in data})

    return directly


def _wrap(middlewares: Iterable[Any], step: Step) -> Step:
    """Return the step with the middlewares around it, the first one outermost."""
    for middleware in reversed(list(middlewares)):
        step = partial(middleware, step)
    return step
