"""Loops beside the polling: none of them ends by an error."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any, NoReturn

import pytest
from aiogram import Bot, Dispatcher
from aiogram.exceptions import ClientDecodeError

from bot.app import background_turns, build_bot, build_dispatcher
from bot.background import LONGEST_RETRY_SECONDS, OUTAGE_RETRY_SECONDS, Background, Turn, repeat
from bot.errors import Unavailable
from tests.conftest import environment_for
from tests.unit.clockwork import in_no_time, now
from tests.unit.telegram_border import TOKEN
from tests.watching import Lines

HTML = ClientDecodeError("Failed to decode", ValueError("<html>"), "<html>Bad Gateway, Anna</html>")


class Broken:
    """A collaborator of which nothing works."""

    def __getattr__(self, name: str) -> Any:
        async def fail(*_: object, **__: object) -> NoReturn:
            raise HTML

        return fail


def turns_of(dispatcher: Dispatcher) -> dict[str, Turn]:
    return background_turns(Bot(TOKEN), dispatcher)


def built() -> Dispatcher:
    environment = environment_for("postgres://localhost/nowhere")
    return build_dispatcher(environment, build_bot(environment))


@pytest.mark.parametrize("name", turns_of(built()))
def test_no_loop_ends_when_nothing_works(name: str, logged: Lines) -> None:
    dispatcher = built()
    dispatcher.workflow_data.update(dict.fromkeys(dispatcher.workflow_data, Broken()))
    turn, taken = turns_of(dispatcher)[name], list[float]()

    async def counted() -> float | None:
        taken.append(now())
        return await turn()

    @in_no_time
    async def watch() -> None:
        async with Background({name: counted}):
            await asyncio.sleep(3 * LONGEST_RETRY_SECONDS)

    watch()
    assert len(taken) > 6, "the loop ended"
    assert len(logged.errors) == len(taken), "a failure was not logged"
    logged.errors.clear()


@in_no_time
async def test_a_turn_that_fails_is_logged_without_content_and_the_next_one_comes(logged: Lines) -> None:
    errors: list[Exception] = [HTML, KeyError("Anna"), TimeoutError(), RecursionError()]
    at: list[float] = []

    async def turn() -> float | None:
        at.append(now())
        if errors:
            raise errors.pop()
        return None

    await repeat("Greeting everybody", turn)
    assert [later - earlier for earlier, later in pairwise(at)] == [1, 2, 4, 8]
    assert len(logged.errors) == 4
    assert all("Greeting everybody failed; retrying in" in line for line in logged.errors)
    assert "ClientDecodeError" in logged.errors[-1]
    logged.errors.clear()


@in_no_time
async def test_while_the_database_is_away_a_loop_tries_quietly(logged: Lines) -> None:
    tries: list[float] = []

    async def turn() -> float | None:
        tries.append(now())
        raise Unavailable("The database is away.")

    async with Background({"Purging": turn}):
        await asyncio.sleep(10 * OUTAGE_RETRY_SECONDS + 1)
    assert len(tries) == 11
    assert not logged.errors


@in_no_time
async def test_after_a_success_the_pauses_begin_anew_and_the_end_cancels_what_is_under_way() -> None:
    at: list[float] = []
    ended: list[bool] = []

    async def turn() -> float:
        at.append(now())
        if len(at) in (1, 3):
            raise OSError
        try:
            return 10.0 if len(at) == 2 else await asyncio.Event().wait()
        finally:
            ended.append(True)

    async with Background({"A loop": turn}):
        await asyncio.sleep(100)
        assert len(ended) == 1
    assert at == [0, 1, 11, 12]
    assert len(ended) == 2
