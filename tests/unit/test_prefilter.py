"""Which raw updates are dropped; whatever cannot be told from the raw update is let through."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from aiogram import BaseMiddleware, Dispatcher, F
from aiogram.enums import ChatType
from aiogram.filters import Command
from aiogram.types import Message

from bot.app import build_bot, build_dispatcher
from bot.settings import ChatConfig
from bot.storage.configs.revisions import Stored
from bot.updates.prefilter import Plans, Prefilter, Where
from tests.conftest import environment_for

GROUP = {"id": -1001, "type": "supergroup", "title": "Chess"}
ANN = {"id": 7, "is_bot": False, "first_name": "Ann"}


def stored(*, left_at: datetime | None = None, **chosen: Any) -> Stored:
    return Stored(GROUP["id"], 1, chosen, ChatConfig(**chosen), None, left_at)  # type: ignore[arg-type]


def message(**fields: Any) -> dict[str, Any]:
    return {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": GROUP, "from": ANN, **fields}}


def member(old: str, new: str) -> dict[str, Any]:
    was, is_ = ({"status": status, "user": ANN} for status in (old, new))
    event = {"chat": GROUP, "from": ANN, "date": 1, "old_chat_member": was, "new_chat_member": is_}
    return {"update_id": 1, "chat_member": event}


def prefilter_for(dispatcher: Dispatcher, found: Stored | None) -> Prefilter:
    plans = Plans(dispatcher)
    return Prefilter(plans, lambda _: None if found is None else plans.of(found))


@pytest.fixture(scope="module")
def ours() -> Dispatcher:
    environment = environment_for("postgres://localhost/nowhere")
    return build_dispatcher(environment, build_bot(environment))


@pytest.mark.parametrize(
    "update",
    [
        message(text="hello"),
        message(photo=[{"file_id": "x"}], caption="hello"),
        message(text="hello", reply_to_message={"message_id": 2, "text": "hi"}),
        message(new_chat_members=[ANN]),
        message(left_chat_member=ANN),
        message(pinned_message={"message_id": 2}),
        message(new_chat_title="Chess"),
        member("left", "member"),
        member("member", "left"),
    ],
)
def test_what_nobody_wants_is_dropped(ours: Dispatcher, update: dict[str, Any]) -> None:
    assert not prefilter_for(ours, stored()).wants(update)


@pytest.mark.parametrize(
    ("update", "chosen"),
    [
        (message(text="/settings"), {}),
        (message(text="  /settings"), {}),
        (message(caption="/rules"), {}),
        (message(reply_to_message={"reply_markup": {"inline_keyboard": []}}, text="23"), {}),
        (message(new_chat_members=[ANN]), {"welcome": "everyone"}),
        (message(new_chat_members=[ANN]), {"clean_joins": True}),
        (message(left_chat_member=ANN), {"goodbye": True}),
        (message(left_chat_member=ANN), {"clean_leaves": True}),
        (message(pinned_message={"message_id": 2}), {"clean_pins": True}),
        (message(entities=[{"type": "bot_command", "offset": 0, "length": 4}], text="/ban"), {"clean_commands": "all"}),
        (message(migrate_to_chat_id=-5), {}),
        (message(migrate_from_chat_id=-5), {}),
        (message(text="hello"), {"left_at": datetime.now(UTC)}),
        (member("left", "member"), {"welcome": "newcomer"}),
        (member("member", "left"), {"goodbye": True}),
        ({"update_id": 1, "callback_query": {"id": "1", "from": ANN, "data": "x", "message": {"chat": GROUP}}}, {}),
        ({"update_id": 1, "my_chat_member": member("member", "left")["chat_member"]}, {}),
        ({"update_id": 1, "a_type_of_tomorrow": {"chat": GROUP}}, {}),
        ({"update_id": 1, "message": {"text": "no chat"}}, {}),
        ({"update_id": 1, "message": "no message"}, {}),
        ({"update_id": 1}, {}),
    ],
)
def test_what_somebody_wants_is_handled(ours: Dispatcher, update: dict[str, Any], chosen: dict[str, Any]) -> None:
    assert prefilter_for(ours, stored(**chosen)).wants(update)


def test_without_the_configuration_in_memory_everything_is_handled(ours: Dispatcher) -> None:
    assert prefilter_for(ours, None).wants(message(text="hello"))


def test_a_new_title_of_a_known_chat_is_handled(ours: Dispatcher) -> None:
    prefilter = prefilter_for(ours, stored())
    ours["known_names"].remember(None, Message.model_validate(message()["message"]).chat)
    assert not prefilter.wants(message(text="hello"))
    assert prefilter.wants(message(text="hello", chat={**GROUP, "title": "Chess and go"}))


async def handle(_message: Message) -> None: ...


def test_a_middleware_that_does_not_say_what_it_wants_gets_everything() -> None:
    class Counts(BaseMiddleware):
        async def __call__(self, handler: Any, event: Any, data: dict[str, Any]) -> Any: ...

    dispatcher = Dispatcher(disable_fsm=True)
    dispatcher.message.register(handle, Command("start"))
    assert not prefilter_for(dispatcher, stored()).wants(message(text="hello"))
    dispatcher.message.outer_middleware(Counts())
    assert prefilter_for(dispatcher, stored()).wants(message(text="hello"))


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        (F.text, True),
        (F.poll, False),
        (~F.text, False),
        (F.text.len() > 3, True),
        (F.text == "hello", True),
        (F.text == "bye", False),
        (F.poll | F.text, True),
        (F.poll & F.text, False),
        (F.from_user.id == 7, True),
        (F.from_user.id == 8, False),
        (F.chat.type == ChatType.SUPERGROUP, True),
        (F.chat.type.in_({ChatType.PRIVATE}), False),
        # aiogram's types show these otherwise than Telegram does: who can say?
        (F.date.year == 2020, True),
        (F.html_text == "bye", True),
        (F.chat.full_name == "Go", True),
        (F.content_type == "photo", True),
        (F.entities[0].type == "bold", True),
        (F.func(lambda event: event.text == "bye"), False),
    ],
)
def test_a_condition_written_with_f_is_evaluated_or_let_through(condition: Any, wanted: bool) -> None:
    dispatcher = Dispatcher(disable_fsm=True)
    dispatcher.message.register(handle, condition)
    update = message(text="hello", entities=[{"type": "italic", "offset": 0, "length": 5}])
    assert prefilter_for(dispatcher, stored()).wants(update) == wanted


def test_a_filter_of_a_router_drops_nothing() -> None:
    dispatcher = Dispatcher(disable_fsm=True)
    dispatcher.message.filter(Command("start"))
    dispatcher.message.register(handle)
    assert prefilter_for(dispatcher, stored()).wants(message(text="hello"))


def test_a_handler_without_filters_wants_everything_and_one_for_some_chats_those() -> None:
    dispatcher = Dispatcher(disable_fsm=True)
    dispatcher.message.register(handle, Where(lambda config: config.goodbye))
    assert not prefilter_for(dispatcher, stored()).wants(message(text="hello"))
    assert prefilter_for(dispatcher, stored(goodbye=True)).wants(message(text="hello"))
    dispatcher.message.register(handle)
    assert prefilter_for(dispatcher, stored()).wants(message(text="hello"))
