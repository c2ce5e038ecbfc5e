"""Programs of the bot in processes of their own, forked from one that has imported the bot already.

The import of aiogram takes seconds of CPU, and the tests start the bot about a hundred times. Where the start itself is
the matter, they start a whole interpreter instead.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import runpy
import signal
import sys
import warnings
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["bot.app"])


class Forked:
    """What `asyncio.subprocess.Process` has and tests use."""

    def __init__(self, process: BaseProcess, stdout: asyncio.StreamReader) -> None:
        assert process.pid is not None
        self.pid: int = process.pid
        self.stdout = stdout
        self._process = process
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(process.sentinel, self._end)

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        if self.returncode is None:
            os.kill(self.pid, number)

    async def wait(self) -> int:
        """Wait for the end; return the exit code."""
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self._process.join()
        self._ended.set()


async def fork(program: str, *arguments: str, folder: Path, variables: dict[str, str], strict: bool = False) -> Forked:
    """Run a module (`bot`) or a file with nothing in its environment but `variables`.

    `strict` makes warnings errors. What it writes can be read from `stdout`.
    """
    reading, writing = _CONTEXT.Pipe(duplex=False)
    what = ((program, *arguments), str(folder), variables, strict, writing)
    process = _CONTEXT.Process(target=_run, args=what, daemon=True)
    await asyncio.to_thread(process.start)  # the first one waits for the imports
    writing.close()
    stdout = asyncio.StreamReader()
    pipe = os.fdopen(os.dup(reading.fileno()), "rb", 0)
    reading.close()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdout), pipe)
    return Forked(process, stdout)


def _run(command: tuple[str, ...], folder: str, variables: dict[str, str], strict: bool, output: Connection) -> None:
    """What the forked process does."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(output.fileno(), number)
        setattr(sys, name, os.fdopen(number, "w", closefd=False))
    output.close()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    if strict:
        warnings.simplefilter("error")
    sys.argv = [*command]
    run = runpy.run_path if command[0].endswith(".py") else runpy.run_module
    try:
        run(command[0], run_name="__main__")
    finally:
        gc.collect()  # so that what was left open is complained of, as at the end of a whole interpreter
