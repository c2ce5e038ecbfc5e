"""The fast path is used only with the versions it was written for, and only where it is wanted."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiogram import Dispatcher

from bot import app, fastpath
from bot.client.session import post
from bot.environment import Environment
from tests.conftest import environment_for

ON = environment_for("postgres://nobody@localhost/none", fast_path=True)
OFF = environment_for("postgres://nobody@localhost/none", fast_path=False)
REQUIREMENTS = Path(__file__).parents[2] / "requirements.in"


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    fastpath.supported.cache_clear()
    yield
    fastpath.supported.cache_clear()


def used(environment: Environment) -> list[bool]:
    dispatcher = Dispatcher(disable_fsm=True)
    return [app._post(environment) is not post, app._feed(environment, dispatcher) != dispatcher.feed_update]


def test_it_is_used_unless_it_is_switched_off() -> None:
    assert used(ON) == [True, True]
    assert used(OFF) == [False, False]


@pytest.mark.parametrize("library", fastpath.WRITTEN_FOR)
def test_another_version_of_a_library_switches_it_off_with_one_warning(
    library: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(fastpath.WRITTEN_FOR, library, "0.1")
    assert used(ON) == [False, False]
    ((_, level, message),) = caplog.record_tuples
    assert level == logging.WARNING
    assert message.startswith(f"The fast path is off: it needs {library} 0.1, and ")


def test_the_versions_it_was_written_for_are_pinned() -> None:
    pins = REQUIREMENTS.read_text().splitlines()
    assert {f"{library}=={version}" for library, version in fastpath.WRITTEN_FOR.items()} <= set(pins)
