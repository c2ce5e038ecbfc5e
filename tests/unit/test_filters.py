"""No filter of ours waits for a thread."""

from __future__ import annotations

import threading

import pytest
from aiogram import Bot, Dispatcher, F
from aiogram.types import Message, Update

from bot.app import build_dispatcher
from bot.telegram.filters import keep_filters_in_the_loop
from tests.conftest import TOKEN, environment_for


def test_every_filter_of_the_bot_is_checked_in_the_loop() -> None:
    dispatcher = build_dispatcher(environment_for("postgres://localhost/nowhere"))
    for router in dispatcher.chain_tail:
        for observer in router.observers.values():
            for handler in observer.handlers:
                assert all(one.awaitable for one in handler.filters or ()), handler.callback


@pytest.mark.parametrize("text", ["yes", "no"])
async def test_a_condition_holds_as_before_and_hands_over_what_it_found(text: str) -> None:
    threads, found = set(), []

    def noted(word: str) -> bool:
        threads.add(threading.current_thread())
        return word == "yes"

    async def handle(_message: Message, word: str) -> None:
        found.append(word)

    dispatcher = Dispatcher(disable_fsm=True)
    dispatcher.message.register(handle, F.text.func(noted), F.text.as_("word"))
    keep_filters_in_the_loop(dispatcher)
    chat = {"id": 5, "type": "private", "first_name": "Ann"}
    update = Update.model_validate(
        {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": chat, "text": text}}
    )
    await dispatcher.feed_update(Bot(TOKEN), update)
    assert found == ([text] if text == "yes" else [])
    assert threads == {threading.main_thread()}
