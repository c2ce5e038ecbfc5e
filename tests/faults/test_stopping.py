"""Signals at inconvenient moments."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.faults.conftest import Launch, Row, answers

pytestmark = pytest.mark.timeout(600)

UPDATES = 50


@pytest.mark.parametrize("seconds", [0.5, 2.0])
async def test_fifty_in_hand_are_finished_and_confirmed(
    telegram: Sandbox, launch: Launch, row: Row, seconds: float
) -> None:
    bot = await launch()
    await bot.says("Polling for")
    with row("SIGTERM with 50 updates in hand", f"handlers of {seconds} s, signal when all 50 have begun") as numbers:
        for number in range(UPDATES):
            telegram.person(f"P{number}").say(f"{seconds} n{number}")
        await bot.says("began", UPDATES)
        began = time.monotonic()
        assert await bot.stopped() == 0
        numbers["seconds"] = round(time.monotonic() - began, 1)
        done = answers(telegram)
        numbers["handled"], numbers["unconfirmed"] = len(set(done)), len(telegram.world.updates)
        assert sorted(done) == sorted(f"done n{number}" for number in range(UPDATES))
        assert not len(telegram.world.updates)
        assert numbers["seconds"] < 20


def process_one() -> tuple[str, ...]:
    """The command that makes a program process 1 of a namespace of its own; nothing where that is forbidden."""
    unshare = shutil.which("unshare")
    command = (unshare or "", "--pid", "--fork", "--kill-child")
    works = unshare and subprocess.run([*command, "true"], check=False, capture_output=True).returncode == 0  # noqa: S603
    return command if works else ()


@pytest.mark.parametrize(
    ("moments", "as_one"),
    [
        (6, False),
        (3, True),
        pytest.param(40, False, marks=pytest.mark.slow),
        pytest.param(20, True, marks=pytest.mark.slow),
    ],
)
async def test_a_signal_while_starting_ends_the_start(
    telegram: Sandbox, launch: Launch, row: Row, database: str, moments: int, as_one: bool
) -> None:
    before = process_one() if as_one else ()
    if as_one and not before:
        pytest.skip("this machine forbids namespaces")
    how = f"python -m bot, {moments} random moments until just after it polls, two signals"
    with row(f"SIGTERM while starting{', as process 1' if as_one else ''}", how) as numbers:
        starts_in = await _start_time(launch, database)
        codes: dict[int, int] = {}
        longest = 0.0
        for _ in range(moments):
            bot = await launch(*before, whole=True, DATABASE_URL=database)
            # As process 1, Linux drops what comes before Python has run the program's first line.
            await asyncio.sleep(random.uniform(0.4 if as_one else 0.0, starts_in * 1.1))  # noqa: S311
            began = time.monotonic()
            _terminate(bot.pid, inside=as_one)
            await asyncio.sleep(0.01)
            _terminate(bot.pid, inside=as_one)
            code = await bot.ended(20)
            longest = max(longest, time.monotonic() - began)
            codes[code] = codes.get(code, 0) + 1
        numbers["exit codes"], numbers["longest"] = codes, f"{longest:.1f} s"
        assert set(codes) <= {0, 143, -signal.SIGTERM}
        bot = await launch(real=True, DATABASE_URL=database)
        await bot.says("Polling for")
        assert await bot.stopped() == 0


async def _start_time(launch: Launch, database: str) -> float:
    began = time.monotonic()
    bot = await launch(whole=True, DATABASE_URL=database)
    await bot.says("Polling for")
    took = time.monotonic() - began
    assert await bot.stopped() == 0
    return took


def _terminate(pid: int, *, inside: bool) -> None:
    try:
        if inside:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            pid = int(children[0])
        os.kill(pid, signal.SIGTERM)
    except (ProcessLookupError, FileNotFoundError, IndexError):
        return
