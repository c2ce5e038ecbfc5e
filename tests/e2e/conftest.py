"""A Telegram for each test, and the bot in it: `bot` in this process, `processes` as `python -m bot`."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.environment import Environment
from sandbox import Group, Person, Sandbox
from tests.conftest import FAST_PATH, environment_for, pooled
from tests.e2e.running import BotProcess, RunningBot
from tests.watching import Lines, leaks, logged

__all__ = ["logged"]


@pytest.fixture
def sandbox_options() -> dict[str, Any]:
    """Arguments of the sandbox; a test says others by `@pytest.mark.parametrize("sandbox_options", [{...}])`."""
    return {}


@pytest.fixture
async def telegram(sandbox_options: dict[str, Any]) -> AsyncIterator[Sandbox]:
    """A Telegram of this test alone."""
    async with Sandbox(**sandbox_options) as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def shared_tls_context(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clients of aiogram, which speak HTTP here, share a context for TLS: to make one takes 20 ms."""
    made = SimpleNamespace(create_default_context=_tls_context)
    monkeypatch.setattr("aiogram.client.session.aiohttp.ssl", made)


_tls_context = cache(ssl.create_default_context)


@pytest.fixture
def pace() -> float:
    """How many times faster than in production the bot writes, and people may send; all rules hold as they are."""
    return 50.0


@pytest.fixture
def environment(database: str, telegram: Sandbox) -> Environment:
    """A deployment at this sandbox, with the test's database."""
    return pooled(environment_for(database, bot_token=telegram.token, bot_api_url=telegram.url))


@pytest.fixture
async def bot(environment: Environment, telegram: Sandbox, logged: Lines, pace: float) -> AsyncIterator[RunningBot]:
    """The bot, running. At the end it is stopped.

    It must have answered every press it was told of, and must not have logged an error: a test that causes one takes it
    out of `logged.errors`.
    """
    running = RunningBot(environment, telegram, pace)
    await running.start()
    yield running
    await running.stop()
    assert not logged.errors, "the bot logged an error"
    assert not unanswered(telegram), "a press was not answered"


@pytest.fixture
def anna(telegram: Sandbox) -> Person:
    """Who founded the club."""
    return telegram.person("Anna")


@pytest.fixture
def ben(telegram: Sandbox) -> Person:
    """A member of the club."""
    return telegram.person("Ben")


@pytest.fixture
def club(telegram: Sandbox, anna: Person, ben: Person) -> Group:
    """A supergroup with the bot as its administrator."""
    return telegram.supergroup("Book club", owner=anna, members=[ben], bot="administrator")


def unanswered(telegram: Sandbox) -> list[str]:
    """The data of the presses that the bot left without an answer."""
    presses = telegram.world.callbacks.values()
    return [one.data for one in presses if one.answer is None and telegram.world.access_error(one.chat) is None]


@pytest.fixture
async def new_process(
    database: str, telegram: Sandbox, tmp_path: Path, logged: Lines
) -> AsyncIterator[Callable[..., BotProcess]]:
    """Make a `python -m bot` at this sandbox with the test's database; other variables as keywords."""
    processes: list[BotProcess] = []

    def make(**variables: str) -> BotProcess:
        usual = {"BOT_TOKEN": telegram.token, "BOT_API_URL": telegram.url, "DATABASE_URL": database}
        usual["FAST_PATH"] = FAST_PATH
        processes.append(BotProcess(tmp_path, telegram, **{**usual, **variables}))
        return processes[-1]

    yield make
    for process in processes:
        await process.close()
    assert not leaks([line for process in processes for line in process.output]), "the output shows a secret"
