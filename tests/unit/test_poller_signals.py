"""Signals at every moment of a process's life, in processes of their own."""
# ruff: noqa: S603 - the programs stand in this file

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

EARLY = """
from bot import signals
signals.install()
print("ready", flush=True)
try:
    while True:
        import time
        time.sleep(0.01)
except BaseException:
    print("an import swallowed it", flush=True)
"""

LATE = """
import asyncio
from bot import signals
signals.install()

async def main():
    stop = asyncio.Event()
    signals.stop_sets(stop)
    print("ready", flush=True)
    await stop.wait()
    print("stopping", flush=True)
    await asyncio.sleep(0.3)

asyncio.run(main())
print("ready", flush=True)
import time
time.sleep(0.3)
print("done", flush=True)
"""


@contextmanager
def program(text: str, *before: str) -> Iterator[subprocess.Popen[str]]:
    command = [*before, sys.executable, "-c", text]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def read(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_before_the_loop_a_signal_ends_the_process_at_once(number: signal.Signals, code: int) -> None:
    with program(EARLY) as process:
        assert read(process) == "ready"
        process.send_signal(number)
        assert process.wait(10) == code
        assert read(process) == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_in_the_loop_a_signal_stops_in_order_and_more_of_them_make_it_no_worse(number: signal.Signals) -> None:
    with program(LATE) as process:
        assert read(process) == "ready"
        process.send_signal(number)
        assert read(process) == "stopping"
        process.send_signal(number)
        process.send_signal(signal.SIGTERM)
        assert read(process) == "ready"
        process.send_signal(number)
        assert read(process) == "done"
        assert process.wait(10) == 0


def can_be_process_one() -> bool:
    unshare = shutil.which("unshare")
    command = [unshare or "unshare", "--pid", "--fork", "true"]
    return unshare is not None and subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(not can_be_process_one(), reason="needs unshare and the right to use it")
@pytest.mark.parametrize(("text", "code"), [(EARLY, 143), (LATE, 0)])
def test_process_one_of_a_container_obeys_too(text: str, code: int) -> None:
    inside = text.replace('print("ready", flush=True)', 'print("ready", __import__("os").getpid(), flush=True)')
    with program(inside, "unshare", "--pid", "--fork", "--kill-child") as process:
        assert read(process) == "ready 1"
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        os.kill(int(children.split()[0]), signal.SIGTERM)
        assert process.wait(10) == code
