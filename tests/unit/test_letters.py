"""The letters on buttons."""

from __future__ import annotations

from collections import Counter

from aiogram import Router

from bot.app import build_dispatcher
from bot.features.settings.view import Viewing
from bot.telegram.callback_data import Pressed
from tests.conftest import environment_for


def test_no_letter_of_a_button_means_two_things() -> None:
    counted: Counter[str] = Counter()
    routers: list[Router] = [build_dispatcher(environment_for("postgres://nobody@localhost/none"))]
    for router in routers:
        routers += router.sub_routers
        for handler in router.callback_query.handlers:
            for one in handler.filters or ():
                if isinstance(one.callback, Pressed | Viewing):
                    counted.update(one.callback.actions)
    assert counted
    assert not [letter for letter, times in counted.items() if times > 1]
