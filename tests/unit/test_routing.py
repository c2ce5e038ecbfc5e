"""The resolved routing takes every update to the handler that aiogram itself would take it to."""

from __future__ import annotations

import random
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiogram import Bot, Dispatcher, F, Router
from aiogram.dispatcher.event.bases import UNHANDLED, SkipHandler
from aiogram.filters import Command, Filter
from aiogram.handlers import MessageHandler
from aiogram.types import ErrorEvent, Message, TelegramObject, Update

from bot.fastpath.routing import Routing
from tests.conftest import TOKEN

Log = list[Any]
BOT = Bot(TOKEN)
WORDS = ("red", "green", "/blue", "red green")


def update(number: int, text: str, kind: str = "message") -> Update:
    chat = {"id": 5, "type": "private", "first_name": "Ann"}
    body = {"message_id": number, "date": 1, "chat": chat, "from": {"id": 5, "is_bot": False, "first_name": "Ann"}}
    return Update.model_validate({"update_id": number, kind: {**body, "text": text}}, context={"bot": BOT})


class Says(Filter):
    def __init__(self, word: str) -> None:
        self.word = word

    async def __call__(self, message: Message, seen: str = "") -> bool | dict[str, Any]:
        return {"seen": f"{seen}+{self.word}"} if self.word in (message.text or "") else False


def noting(log: Log, name: str) -> Callable[..., Awaitable[Any]]:
    async def around(handler: Callable[..., Awaitable[Any]], event: TelegramObject, data: dict[str, Any]) -> Any:
        where = data["event_router"].name if "event_router" in data else ""
        route = data["handler"].callback.__name__ if name.startswith("inner") else ""
        log.append((name, data.get("seen"), data["mark"], where, route))
        return await handler(event, {**data, "mark": name})

    return around


def handling(log: Log, name: str, chance: random.Random) -> Callable[..., Awaitable[Any]]:
    does = chance.choice(["answer", "answer", "skip", "fail", "leave"])

    async def handle(message: Message, bot: Bot, seen: str = "", mark: str = "", word: str = "") -> Any:
        log.append((name, message.text, seen, mark, word, bot.id))
        if does == "skip":
            raise SkipHandler
        if does == "fail":
            raise ValueError(name)
        return UNHANDLED if does == "leave" else name

    return handle


def grown(seed: int, log: Log) -> Dispatcher:
    """A random tree of routers that writes down whatever it does."""
    chance = random.Random(seed)  # noqa: S311
    dispatcher = Dispatcher(disable_fsm=True, name="dispatcher", mark="start")
    routers: list[Router] = [dispatcher]
    for number in range(chance.randint(1, 6)):
        router = Router(name=str(number))
        chance.choice(routers).include_router(router)
        routers.append(router)
    dispatcher.update.outer_middleware(noting(log, "update outer"))
    if chance.random() < 0.3:
        dispatcher.update.middleware(noting(log, "update inner"))
    filters: list[Callable[[], Any]] = [
        lambda: F.text == chance.choice(WORDS),
        lambda: F.text.as_("word"),
        lambda: Says(chance.choice(WORDS)),
        lambda: Command("blue"),
        lambda: lambda message: "green" in message.text,
    ]
    for number, router in enumerate(routers):
        if chance.random() < 0.3:
            router.message.outer_middleware(noting(log, f"outer {number}"))
        if chance.random() < 0.3:
            router.message.middleware(noting(log, f"inner {number}"))
        if number and chance.random() < 0.2:
            router.message.filter(chance.choice(filters)())
        for each in range(chance.randint(0, 3)):
            chosen = [chance.choice(filters)() for _ in range(chance.randint(0, 2))]
            router.message.register(handling(log, f"handler {number}.{each}", chance), *chosen)

    async def mend(event: ErrorEvent) -> str:
        log.append(("mended", str(event.exception)))
        return "mended"

    if chance.random() < 0.5:
        dispatcher.errors.register(mend)
    return dispatcher


async def outcome(feeding: Awaitable[Any]) -> Any:
    try:
        return await feeding
    except (ValueError, SkipHandler) as error:
        return repr(error)


@pytest.mark.parametrize("seed", range(60))
async def test_every_update_reaches_the_handler_that_aiogram_chooses(seed: int) -> None:
    ours: Log = []
    theirs: Log = []
    there = grown(seed, theirs)
    routing = Routing(grown(seed, ours))
    for number, text in enumerate(WORDS * 2):
        kind = "message" if number < len(WORDS) else "edited_message"
        wanted = await outcome(there.feed_update(BOT, update(number, text, kind)))
        assert await outcome(routing.feed(BOT, update(number, text, kind))) == wanted
        assert ours == theirs


async def test_handlers_in_classes_and_ordinary_functions_are_handlers_too() -> None:
    found: Log = []

    class InClass(MessageHandler):
        async def handle(self) -> Any:
            found.append(("class", self.event.text))

    def ordinary(message: Message) -> None:
        found.append(("function", message.text))

    dispatcher = Dispatcher(disable_fsm=True)
    dispatcher.message.register(InClass, F.text == "one")
    dispatcher.message.register(ordinary)
    routing = Routing(dispatcher)
    for number, text in enumerate(("one", "two")):
        await routing.feed(BOT, update(number, text))
    assert found == [("class", "one"), ("function", "two")]


async def test_a_condition_written_with_f_is_evaluated_in_the_event_loop() -> None:
    threads = set()

    def noted(_: str) -> bool:
        threads.add(threading.current_thread())
        return True

    dispatcher = Dispatcher(disable_fsm=True)
    dispatcher.message.register(handling([], "any", random.Random(1)), F.text.func(noted))  # noqa: S311
    await Routing(dispatcher).feed(BOT, update(1, "one"))
    assert threads == {threading.main_thread()}
