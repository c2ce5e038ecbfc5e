"""The description of the Bot API beside the server is the one aiogram has."""

from __future__ import annotations

from sandbox.server.describe import FILE, as_text, describe
from sandbox.server.methods import METHODS
from sandbox.server.parameters import description


def test_parameters_and_types_are_those_of_aiogram() -> None:
    assert FILE.read_text("utf-8") == as_text(describe()), "aiogram has moved: run python -m sandbox.server.describe"


def test_every_modelled_method_exists_in_the_bot_api() -> None:
    assert METHODS.keys() <= description()["methods"].keys()
