"""aiogram passes by parameter name and notices a wrong one only when somebody presses the button: notice it here."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from aiogram import BaseMiddleware, Bot, Dispatcher, Router
from aiogram.dispatcher.event.event import EventObserver
from aiogram.dispatcher.event.handler import CallableObject, FilterObject, HandlerObject
from aiogram.dispatcher.event.telegram import TelegramEventObserver
from aiogram.filters import Command, CommandObject, Filter
from aiogram.types import CallbackQuery, Chat, ErrorEvent, Message, Update, User
from pydantic import SecretStr

from bot.app import build_bot, build_dispatcher
from bot.client.outbox import Outbox
from bot.environment import Environment
from bot.features.settings.commands import SUBCOMMANDS
from bot.features.settings.context import Context, Services
from bot.features.settings.menu.prompts import AnswersPrompt
from bot.features.settings.routes import Presses, ProvideServices
from bot.settings import ChatConfig
from bot.storage.configs.cache import CachedConfigs
from bot.storage.configs.repository import ChatConfigs
from bot.storage.configs.revisions import Stored
from bot.storage.connection.chat_locks import ChatLocks
from bot.storage.connection.leadership import Leadership
from bot.storage.greeted import Greeted
from bot.storage.known_chats import KnownChats
from bot.storage.privacy import Privacy
from bot.storage.stored_updates import StoredUpdates
from bot.telegram.callback_data import Press, Pressed
from bot.telegram.languages import PersonalWords
from bot.telegram.names import KnownNames
from bot.updates.shares import Shares
from bot.words import Catalogues, Languages, Words

TOKEN = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"

# Keywords of the dispatcher.
COLLABORATORS = {
    "catalogues": Catalogues,
    "known_names": KnownNames,
    "configs": CachedConfigs,
    "outbox": Outbox,
    "known": KnownChats,
    "greeted": Greeted,
    "personal_words": PersonalWords,
    "privacy": Privacy,
    "shares": Shares,
    "stored_updates": StoredUpdates,
    "leadership": Leadership,
    "locks": ChatLocks,
}
# What aiogram adds to each update (its UserContextMiddleware).
AIOGRAM = {"bot": Bot, "event_update": Update, "event_from_user": User, "event_chat": Chat}
CHAT_MIDDLEWARE = {"stored": Stored, "config": ChatConfig, "languages": Languages, "words": Words, "update_id": int}
# What a filter hands over.
FILTERS: dict[type[Filter], dict[str, Any]] = {
    Command: {"command": CommandObject},
    AnswersPrompt: {"press": Press},
    Pressed: {"press": Press},
}
# What a middleware between the filters and the handlers of a router adds.
MIDDLEWARES: dict[type[BaseMiddleware], dict[str, Any]] = {ProvideServices: {"services": Services}}
EVERYWHERE = COLLABORATORS | AIOGRAM | CHAT_MIDDLEWARE


class Wired(NamedTuple):
    """A handler or a filter with what it is offered: the event's type first."""

    what: str
    function: Any
    event: Any
    offered: dict[str, Any]


def built() -> Dispatcher:
    environment = Environment.model_validate({"bot_token": SecretStr(TOKEN)})
    return build_dispatcher(environment, build_bot(environment))


def routers(router: Router) -> Iterator[Router]:
    yield router
    for sub in router.sub_routers:
        yield from routers(sub)


def offered_by(one: CallableObject) -> dict[str, Any]:
    handed: dict[str, Any] = {}
    for kind, values in FILTERS.items():
        if isinstance(one.callback, kind):
            handed |= values
    return handed


def resolved_event(observer: TelegramEventObserver) -> Any:
    if observer.event_name in {"error", "update"}:
        return ErrorEvent if observer.event_name == "error" else Update
    annotation = Update.model_fields[observer.event_name].annotation
    return next(one for one in typing.get_args(annotation) if one is not type(None))


def wired() -> Iterator[Wired]:
    for router in routers(built()):
        for name, observer in router.observers.items():
            for handler in observer.handlers:
                if handler.callback.__module__.startswith("aiogram."):
                    continue
                own = "" if isinstance(router, Dispatcher) else f"{router.name}."
                around = [one for each in router.chain_head for one in each.observers[name]._handler.filters or ()]
                added = {
                    key: value
                    for each in router.chain_head
                    for one in each.observers[name].middleware
                    for key, value in MIDDLEWARES.get(type(one), {}).items()  # type: ignore[arg-type]
                }
                yield from wired_handler(f"{own}{name}", resolved_event(observer), handler, around, added)
    yield from wired_by_table()


def wired_by_table() -> Iterator[Wired]:
    """What the settings call themselves, once rights were asked for."""
    presses, offered = Presses(), {"ctx": Context}
    for action, press in {**presses.viewing, **presses.changing}.items():
        yield Wired(f"the press {action.name}: {press.__qualname__}", press, CallbackQuery, offered)
    for word, one in SUBCOMMANDS.items():
        yield Wired(f"/settings {word}: {one.handler.__qualname__}", one.handler, Message, offered)


def wired_handler(
    place: str, event: Any, handler: HandlerObject, around: list[FilterObject], added: dict[str, Any]
) -> Iterator[Wired]:
    offered = dict(EVERYWHERE)
    for one in around:
        offered |= offered_by(one)
    for one in handler.filters or []:
        if isinstance(one.callback, Filter) and not type(one.callback).__module__.startswith("aiogram."):
            yield Wired(f"the filter {type(one.callback).__name__} at {place}", one.callback.__call__, event, offered)
        offered = offered | offered_by(one)
    offered = offered | added
    yield Wired(f"{place}: {handler.callback.__qualname__}", handler.callback, event, offered)


EVERY = list(wired())


def fits(offered: Any, wanted: Any) -> bool:
    if wanted is Any or wanted == offered:
        return True
    if isinstance(wanted, types.UnionType) or typing.get_origin(wanted) is typing.Union:
        return any(fits(offered, one) for one in typing.get_args(wanted))
    return isinstance(offered, type) and isinstance(wanted, type) and issubclass(offered, wanted)


def complaints(one: Wired) -> list[str]:
    """What is wrong with the parameters of a handler, in sentences."""
    first, *others = inspect.signature(one.function).parameters.values()
    hints = typing.get_type_hints(one.function)
    wrong = []
    if not fits(one.event, hints.get(first.name, Any)):
        wrong.append(f"{one.what} takes a {hints[first.name]} where it gets a {one.event}")
    for parameter in others:
        if parameter.name not in one.offered:
            if parameter.default is parameter.empty:
                wrong.append(f"{one.what} asks for “{parameter.name}”, which nobody provides")
        elif not fits(one.offered[parameter.name], hints.get(parameter.name)):
            given, wanted = one.offered[parameter.name], hints.get(parameter.name)
            wrong.append(f"{one.what} takes “{parameter.name}” for a {wanted}; it is a {given}")
    return wrong


@pytest.mark.parametrize("one", EVERY, ids=[one.what.replace(" ", "_") for one in EVERY])
def test_a_handler_asks_for_nothing_that_nobody_provides(one: Wired) -> None:
    assert not complaints(one), "; ".join(complaints(one))
    assert inspect.iscoroutinefunction(inspect.unwrap(one.function)), f"{one.what} is not async"


def test_there_are_handlers_for_messages_presses_members_and_errors() -> None:
    dispatcher = built()
    assert {"message", "callback_query", "my_chat_member", "chat_member"} <= set(dispatcher.resolve_used_update_types())
    assert len(EVERY) > 40
    assert dispatcher.errors.handlers, "an error would be answered by nobody"


def test_the_last_route_of_all_answers_a_press_nobody_knows() -> None:
    *_, last = (one for router in routers(built()) for one in router.callback_query.handlers)
    assert last.callback.__name__ == "answer_unknown_press"
    assert not last.filters
    assert not built().callback_query.handlers, "the dispatcher's own handlers would come before those of its routers"


def hooks() -> Iterator[tuple[str, CallableObject]]:
    for router in routers(built()):
        for name, observer in (("startup", router.startup), ("shutdown", router.shutdown)):
            assert isinstance(observer, EventObserver)
            yield from ((f"{router.name}.{name}", hook) for hook in observer.handlers)


def test_a_hook_asks_for_nothing_that_a_start_or_an_end_does_not_provide() -> None:
    offered = AIOGRAM | {"dispatcher": Dispatcher} | COLLABORATORS
    for name in ("event_update", "event_from_user", "event_chat"):
        del offered[name]
    for place, hook in hooks():
        for parameter in inspect.signature(hook.callback).parameters.values():
            known = parameter.name in offered or parameter.default is not parameter.empty
            assert known, f"{place}: {hook.callback.__qualname__} asks for “{parameter.name}”"
            if parameter.name in offered:
                hint = typing.get_type_hints(hook.callback).get(parameter.name)
                assert fits(offered[parameter.name], hint), f"{place}: {parameter.name} is no {hint}"


def test_middlewares_are_objects_of_their_kind() -> None:
    for router in routers(built()):
        for observer in router.observers.values():
            for middleware in (*observer.middleware, *observer.outer_middleware):
                own = type(middleware).__module__.startswith("bot.")
                assert not own or isinstance(middleware, BaseMiddleware)


def test_every_collaborator_is_a_keyword_of_the_dispatcher() -> None:
    given = built().workflow_data
    for name, kind in COLLABORATORS.items():
        assert isinstance(given[name], kind)


async def renamed(_message: Update, confgis: ChatConfigs) -> None: ...


async def mistyped(_message: Update, configs: Words) -> None: ...


async def of_another_event(_query: Chat) -> None: ...


@pytest.mark.parametrize(
    ("function", "sentence"),
    [(renamed, "asks for “confgis”"), (mistyped, "takes “configs” for"), (of_another_event, "takes a")],
)
def test_this_test_would_name_a_handler_that_is_wired_wrongly(function: Any, sentence: str) -> None:
    (complaint,) = complaints(Wired(function.__qualname__, function, Update, dict(EVERYWHERE)))
    assert sentence in complaint
    assert function.__qualname__ in complaint
