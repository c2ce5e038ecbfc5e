"""The description of the Bot API beside the server is the one aiogram has."""

from __future__ import annotations

from sandbox.server.check import description
from sandbox.server.describe import FILE, as_text, describe
from sandbox.server.registry import METHODS


def test_parameters_and_types_are_those_of_aiogram() -> None:
    assert FILE.read_text("utf-8") == as_text(describe()), "aiogram has moved: run python -m sandbox.server.describe"


def test_every_modelled_method_is_one_of_telegram_s() -> None:
    from sandbox.server.bot_api import MODELLED_BY

    assert MODELLED_BY
    assert METHODS.keys() <= description()["methods"].keys()
