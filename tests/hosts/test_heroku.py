"""A new user follows the README's section on Heroku, word for word, and reaches a running worker."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.e2e.running import polled
from tests.hosts.conftest import PROJECT, WITHIN, commit, on_the_hosts_python
from tests.storage.server import Server

# pip installs what production needs, from the network.
pytestmark = [pytest.mark.timeout(900), on_the_hosts_python]


def commands_of(readme: str, section: str) -> list[str]:
    """The lines of the first block of commands of a section."""
    text = readme.partition(f"### {section}\n")[2].partition("\n#")[0]
    block = re.search(r"```\n(.*?)```", text, re.DOTALL)
    assert block, f"the README has no commands under {section}"
    return block[1].splitlines()


async def shell(folder: Path, lines: list[str], variables: dict[str, str]) -> str:
    """Run lines one after the other, as somebody who reads each answer; return what is said."""
    process = await asyncio.create_subprocess_exec(
        *("bash", "-euc", "\n".join(lines)),
        cwd=folder,
        env=variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def logged(log: Path, line: str, times: int) -> str:
    """Wait until a line was logged so often; return all that was."""
    async with asyncio.timeout(WITHIN):
        while (said := await asyncio.to_thread(log.read_text)).count(line) < times:  # noqa: ASYNC110 - a file
            await asyncio.sleep(0.05)
    return said


async def test_the_readme_s_commands_lead_to_a_worker_that_answers_and_a_second_push_loses_nothing(
    checkout: Path, telegram: Sandbox, server: Server, tmp_path: Path
) -> None:
    heroku = tmp_path / "heroku"
    (heroku / "bin").mkdir(parents=True)
    (heroku / "state.json").write_text(json.dumps({"config": {"BOT_API_URL": telegram.url}}))
    program = heroku / "bin" / "heroku"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PROJECT}/tests/hosts/heroku.py" "{heroku}" "$@"\n')
    program.chmod(0o755)
    await server.execute("DROP DATABASE IF EXISTS heroku WITH (FORCE)", "CREATE DATABASE heroku")
    variables = {
        "PATH": f"{heroku}/bin:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "IMITATED_DATABASE_URL": server.url(database="heroku"),
    }
    lines = commands_of((checkout / "README.md").read_text(), "Heroku")
    assert sum("BOT_TOKEN=" in line for line in lines) == 1
    lines = [re.sub(r"BOT_TOKEN=\S+", f"BOT_TOKEN={telegram.token}", line) for line in lines]
    switched_on = next(number for number, line in enumerate(lines) if line.startswith("heroku ps:scale worker=1"))
    try:
        said = await shell(checkout, lines[:switched_on], variables)
        assert "Using Python" in said
        assert telegram.calls.count() == 0, "workers start switched off"
        asks = asyncio.create_task(polled(telegram, WITHIN))
        await shell(checkout, lines[switched_on:], variables)
        await asks
        anna = telegram.person("Anna")
        anna.say("/start")
        await anna.sees(text="settings")
        assert "Nothing is wrong." in await shell(checkout, ["heroku run python -m bot check"], variables)

        commit(checkout)
        anna.say("/privacy")
        await shell(checkout, ["git push --quiet heroku main"], variables)
        await anna.sees(text="user id")
        log = await logged(heroku / "log", "This process leads.", times=2)
        anna.say("/help")
        await anna.sees(text="/settings")
        assert "ERROR" not in log
        assert "Traceback" not in log
    finally:
        await shell(checkout, ["heroku stop"], variables)


async def test_a_push_without_a_token_is_refused_with_a_sentence(
    checkout: Path, telegram: Sandbox, server: Server, tmp_path: Path
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "migrate"),
        cwd=checkout,
        env={"DATABASE_URL": server.url()},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode == 1, "the release phase fails, and with it the push"
    assert said.decode().startswith("BOT_TOKEN is not set")
