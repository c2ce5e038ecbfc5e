"""What the log says while all is well: nothing."""

from __future__ import annotations

import json

import pytest

from bot.environment import Environment
from sandbox import Group, Sandbox
from tests.e2e.running import RunningBot
from tests.watching import Lines


@pytest.fixture
def environment(environment: Environment) -> Environment:
    """However slow the machine is that runs the test."""
    return environment.model_copy(update={"slow_query_seconds": 3600.0, "slow_handler_seconds": 3600.0})


def said(logged: Lines) -> list[str]:
    """What the bot logs by default, leaving out what only DEBUG shows."""
    lines = [json.loads(line) for line in logged.lines if line.startswith("{")]
    return [line["message"] for line in lines if line["level"] != "DEBUG" and line["logger"].startswith("bot")]


async def test_a_bot_that_serves_people_without_trouble_writes_no_line(
    telegram: Sandbox, bot: RunningBot, club: Group, logged: Lines
) -> None:
    anna = telegram.person("Anna")
    anna.say("/settings")
    await telegram.settled()
    before = said(logged)
    assert before, "the start is logged"
    for number in range(20):
        person = telegram.person(f"Reader {number}")
        person.join(club)
        for _ in range(10):
            person.say("good morning", club)
        person.say("/settings")
        person.say("/settings language german")
        person.say("/nonsense")
        person.leave(club)
    await telegram.settled()
    assert said(logged) == before
