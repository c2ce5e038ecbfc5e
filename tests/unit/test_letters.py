"""The letters on buttons."""

from __future__ import annotations

from collections import Counter

from aiogram import Router

from bot.app import build_bot, build_dispatcher
from bot.telegram.callback_data import Action, Pressed
from tests.conftest import environment_for


def test_every_action_of_a_button_is_handled_once() -> None:
    counted: Counter[str] = Counter()
    environment = environment_for("postgres://nobody@localhost/none")
    routers: list[Router] = [build_dispatcher(environment, build_bot(environment))]
    for router in routers:
        routers += router.sub_routers
        for handler in router.callback_query.handlers:
            for one in handler.filters or ():
                if isinstance(one.callback, Pressed):
                    counted.update(one.callback.actions)
    assert counted == Counter(Action)
