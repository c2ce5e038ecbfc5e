"""Whatever fails, no line of the log holds a name, a title or anything that somebody wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NoReturn

import asyncpg
import pytest

from bot.environment import Environment
from bot.storage.configs.cache import CachedConfigs
from bot.storage.configs.repository import ChatConfigs
from sandbox import Sandbox
from tests.e2e.running import RunningBot
from tests.watching import Lines

MARKER = "Zanzibar4711"
DESCRIPTIONS = [
    f'Bad Request: can\'t parse entities: unsupported start tag "{MARKER}" at byte offset 3',
    f"Bad Request: {MARKER} is not accepted",
]


@pytest.fixture
async def bot(environment: Environment, telegram: Sandbox, logged: Lines) -> AsyncIterator[RunningBot]:
    """The bot; its errors are expected here, and presses may stay without an answer."""
    running = RunningBot(environment, telegram)
    await running.start()
    yield running
    telegram.faults.clear()
    await running.stop()
    text = "\n".join(logged.lines)
    assert MARKER not in text
    assert any("update" in line.casefold() or "chat" in line.casefold() for line in logged.lines)


async def do_everything(telegram: Sandbox, bot: RunningBot) -> None:
    """What people do, with the marker in all they name and write."""
    anna, ben = telegram.person(MARKER), telegram.person(f"Ben {MARKER}")
    club = telegram.supergroup(f"{MARKER} club", owner=anna, bot="administrator")
    for key, value in (
        ("welcome", "everyone"),
        ("welcome_text", f"Hello {{mention}}, {MARKER}"),
        ("clean_joins", "on"),
    ):
        anna.say(f"/settings {key} {value}", club)
        await telegram.settled()
    for text in (MARKER, "/settings", f"/settings {MARKER}", f"/settings timezone {MARKER}", f"/{MARKER}", "/privacy"):
        anna.say(text)
        anna.say(text, club)
        await telegram.settled()
    ben.join(club)
    await telegram.settled()
    ben.leave(club)
    anna.remove_bot(club)
    anna.add_bot(club)
    await telegram.settled()


@pytest.mark.parametrize("description", DESCRIPTIONS)
async def test_when_telegram_quotes_it_in_a_refusal(telegram: Sandbox, bot: RunningBot, description: str) -> None:
    for method in ("sendMessage", "sendRichMessage", "editMessageText", "deleteMessage", "getChatMember", "getChat"):
        telegram.faults.refuse(method, 400, description, times=100)
    await do_everything(telegram, bot)


async def test_when_a_gateway_answers_with_pages(telegram: Sandbox, bot: RunningBot) -> None:
    for method in ("sendMessage", "sendRichMessage", "deleteMessage", "getChatMember"):
        telegram.faults.bad_gateway(method, times=5)
    await do_everything(telegram, bot)


@pytest.mark.parametrize("method", ["read_or_last_known", "read", "change", "mark_left", "unmark_left"])
async def test_when_the_database_or_a_mistake_of_ours_quotes_it(
    telegram: Sandbox, bot: RunningBot, monkeypatch: pytest.MonkeyPatch, method: str, logged: Lines
) -> None:
    async def fail(*_: object, **__: object) -> NoReturn:
        try:
            raise asyncpg.DataError(f"invalid input for query argument $2: {MARKER!r}")
        except asyncpg.DataError as error:
            error.add_note(MARKER)
            raise ValueError(MARKER, {"name": MARKER}) from error

    monkeypatch.setattr(CachedConfigs, method, fail)
    monkeypatch.setattr(ChatConfigs, method, fail)
    await do_everything(telegram, bot)
    assert any("ValueError" in line and "DataError" in line for line in logged.errors)
