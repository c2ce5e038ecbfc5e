"""The fault suite: what happens to the bot, and what must hold. Its table is printed at the end of a run.

The quick faults are ordinary tests; those that take their time are marked `slow`.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.storage.connection.pool import close_pool
from bot.storage.schema.migrate import migrate
from sandbox import Sandbox
from tests.conftest import create_pool, environment_for
from tests.forking import Forked, fork
from tests.storage.conftest import lasting_server, server
from tests.storage.server import Server
from tests.watching import leaks

__all__ = ["lasting_server", "server"]

PROJECT = Path(__file__).parents[2]
SLOW_BOT = Path(__file__).with_name("slow_bot.py")
PATIENCE = 60.0
"""Seconds for what takes one on a machine with nothing else to do."""

Numbers = dict[str, Any]
Row = Callable[[str, str], AbstractContextManager[Numbers]]
ROW = "fault"


class Instance:
    """A process of the bot; `lines` is what it said so far."""

    def __init__(self, process: asyncio.subprocess.Process | Forked) -> None:
        self.process = process
        self.lines: list[str] = []
        self._said = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    @property
    def pid(self) -> int:
        return self.process.pid

    async def says(self, words: str, times: int = 1, within: float = PATIENCE) -> None:
        """Wait until a line with these words was said so many times."""
        async with asyncio.timeout(within), self._said:
            await self._said.wait_for(lambda: self.said(words) >= times or self._reading.done())
        assert self.said(words) >= times, "\n".join(["the bot ended:", *self.lines[-30:]])

    def said(self, words: str) -> int:
        return sum(words in line for line in self.lines)

    def send(self, number: signal.Signals) -> None:
        if self.process.returncode is None:
            self.process.send_signal(number)

    async def ended(self, within: float = PATIENCE) -> int:
        async with asyncio.timeout(within):
            code = await self.process.wait()
            await self._reading
            return code

    async def stopped(self, within: float = PATIENCE) -> int:
        """SIGTERM; return the exit code."""
        self.send(signal.SIGTERM)
        return await self.ended(within)

    async def killed(self) -> None:
        self.send(signal.SIGKILL)
        await self.ended()

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            async with self._said:
                self.lines.append(line.decode().rstrip())
                self._said.notify_all()
        async with self._said:
            self._said.notify_all()


Launch = Callable[..., Any]


@pytest.fixture
async def dsn(server: Server) -> str:
    """A database of the server that may be ill-treated."""
    name = f"faults_{time.time_ns()}"
    await server.execute(f'CREATE DATABASE "{name}"')
    where = server.url(database=name)
    pool = await create_pool(environment_for(where))
    await migrate(pool)
    await close_pool(pool)
    return where


@pytest.fixture
async def telegram() -> AsyncIterator[Sandbox]:
    async with Sandbox(privacy=False) as sandbox:
        yield sandbox


@pytest.fixture
async def launch(telegram: Sandbox, tmp_path: Path) -> AsyncIterator[Launch]:
    """Start an instance: of the slow bot, or with `real=True` of the bot itself; variables as keywords.

    It is forked with its imports done. With `whole=True` it is a whole `python -m bot`, after the command `before`.
    """
    instances: list[Instance] = []

    async def start(*before: str, real: bool = False, whole: bool = False, **variables: str) -> Instance:
        own = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        given = {"BOT_TOKEN": telegram.token, "BOT_API_URL": telegram.url, "PYTHONPATH": str(PROJECT)}
        environment = {**own, **given, **variables}
        process: asyncio.subprocess.Process | Forked
        if whole:
            process = await asyncio.create_subprocess_exec(
                *before, sys.executable, "-m", "bot",
                cwd=tmp_path, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
        else:
            process = await fork("bot" if real else str(SLOW_BOT), folder=tmp_path, variables=environment)
        instances.append(Instance(process))
        return instances[-1]

    yield start
    for instance in instances:
        await instance.killed()
    assert not leaks([line for instance in instances for line in instance.lines]), "the output shows a secret"


async def came(condition: Callable[[], bool], within: float = PATIENCE) -> float:
    """Wait until something holds that is no event; return how long that took."""
    began = time.monotonic()
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.005)
    return time.monotonic() - began


def answers(telegram: Sandbox) -> list[str]:
    """Everything the bot wrote."""
    return [call.parameters.get("text", "") for call in telegram.calls.all("sendMessage") if call.status == 200]


@pytest.fixture
def row(record_property: Callable[[str, object], None]) -> Row:
    """One row of the table: `with row(fault, how it was provoked) as numbers:`; it holds if nothing is raised."""

    @contextmanager
    def row(fault: str, how: str) -> Iterator[Numbers]:
        numbers: Numbers = {}
        held = False
        try:
            yield numbers
            held = True
        finally:
            said = ", ".join(f"{name} {value}" for name, value in numbers.items())
            record_property(ROW, json.dumps([fault, how, "yes" if held else "NO", said], ensure_ascii=False))

    return row


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [report for each in ("passed", "failed") for report in terminalreporter.stats.get(each, [])]
    rows = [json.loads(value) for report in reports for name, value in report.user_properties if name == ROW]
    if rows:
        terminalreporter.section("faults")
        for line in [["fault", "provoked by", "held", "numbers"], ["---"] * 4, *sorted(rows)]:
            terminalreporter.write_line(f"| {' | '.join(line)} |")
