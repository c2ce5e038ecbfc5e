"""Starts the sandbox from a terminal, and a bot beside it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import os
import signal
import sys
import webbrowser
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TextIO

from sandbox import scenarios
from sandbox.command_output import CommandOutput

from .sandbox import Sandbox
from .terminal import Terminal
from .world import snapshot

STOP_SECONDS = 30.0
START_SECONDS = 15.0
LAST_LINES_SECONDS = 1.0
# The last one is a closed terminal, which Windows does not have.
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
DEFAULT_SCENARIO = "start"


def _print(text: str, where: TextIO | None = None) -> None:
    """Print one line and flush it: a program that reads the pipe waits for the address."""
    (where or sys.stdout).write(text + "\n")
    (where or sys.stdout).flush()


def _arguments(given: list[str]) -> argparse.Namespace:
    command: list[str] = []
    if "--" in given:
        cut = given.index("--")
        given, command = given[:cut], given[cut + 1 :]
    parser = argparse.ArgumentParser("python -m sandbox", description="Telegram's Bot API on your own machine.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--scenario", help=f"a ready world: {', '.join(scenarios.names())}, or a JSON file")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="the world survives in this file")
    parser.add_argument("--limits", action="store_true", help="flood control as Telegram has it")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="what each answer takes")
    parser.add_argument("--terminal", action="store_true", help="a small chat in this terminal")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    found = parser.parse_args(given)
    found.command = command
    return found


def main(given: list[str]) -> int:
    """Run until the command ends or a signal comes; the exit code of the command is ours."""
    arguments = _arguments(given)
    try:
        return asyncio.run(_run(arguments))
    except (OSError, ValueError) as error:
        _print(f"The sandbox cannot start: {error}", sys.stderr)
        return 1


async def _run(arguments: argparse.Namespace) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in _STOP_SIGNALS:
        loop.add_signal_handler(name, stop.set)
    sandbox = Sandbox(port=arguments.port, limits=arguments.limits, latency=arguments.latency)
    _load_world(sandbox, arguments)
    async with sandbox:
        _print(f"Sandbox: {sandbox.url}/")
        if not arguments.no_browser and not arguments.terminal:
            _open_browser(f"{sandbox.url}/")
        async with _terminal(sandbox, stop, wanted=arguments.terminal):
            code = await _run_command(sandbox, arguments.command, stop)
    if arguments.keep is not None:
        _save_world(sandbox, arguments.keep)
    return code


def _load_world(sandbox: Sandbox, arguments: argparse.Namespace) -> None:
    """Load the saved world, or the scenario; a scenario named on the command line wins over the saved world."""
    kept = arguments.keep is not None and arguments.keep.is_file()
    if kept and arguments.scenario is None:
        try:
            snapshot.restore(sandbox.world, json.loads(arguments.keep.read_text("utf-8")))
        except (KeyError, TypeError, IndexError, ValueError) as error:
            message = f"{arguments.keep} cannot be read ({error}); move it away to begin anew"
            raise ValueError(message) from error
    else:
        # A bot keeps its database from run to run, and what it noted of an update's number. Telegram's never repeat.
        sandbox.world.updates.next_id = int(sandbox.clock.now())
        scenarios.load(sandbox, arguments.scenario or DEFAULT_SCENARIO)


def _save_world(sandbox: Sandbox, path: Path) -> None:
    """Write a new file and rename it, so that a crash does not damage the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(json.dumps(snapshot.dump(sandbox.world)), "utf-8")
    beside.replace(path)


@contextlib.asynccontextmanager
async def _terminal(sandbox: Sandbox, stop: asyncio.Event, *, wanted: bool) -> AsyncIterator[None]:
    if not wanted:
        yield
        return
    task = asyncio.create_task(Terminal(sandbox, _print).run(stop))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _open_browser(address: str) -> None:
    """Open it only where there is a screen."""
    if sys.platform in {"darwin", "win32"} or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(address)


async def _run_command(sandbox: Sandbox, command: list[str], stop: asyncio.Event) -> int:
    """Run the command until it ends or a signal comes; without a command, wait for the signal."""
    if not command:
        await stop.wait()
        return 0
    # In a pipe Python would keep its lines back until there are many.
    environment = {"PYTHONUNBUFFERED": "1", **os.environ, "BOT_TOKEN": sandbox.token, "BOT_API_URL": sandbox.url}
    try:
        # Its own process group: Ctrl-C in the terminal reaches the child once, through us.
        child = await asyncio.create_subprocess_exec(
            *command, env=environment, process_group=0, stdout=asyncio.subprocess.PIPE
        )
    except OSError as error:
        _print(f"The command cannot start: {error}", sys.stderr)
        return 127
    output = CommandOutput(_print)
    async with _printed(child, output):
        ready = asyncio.create_task(_say_when_ready(sandbox, output))
        ended = asyncio.ensure_future(child.wait())
        asked = asyncio.ensure_future(stop.wait())
        await asyncio.wait({ended, asked}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        asked.cancel()
        output.show_held()
        by_itself = ended.done()
        code = _exit_code(ended.result()) if by_itself else await _stop_command(child, ended)
    if by_itself:
        _print(f"The command ended by itself with exit code {code}.", sys.stderr)
    return code


@contextlib.asynccontextmanager
async def _printed(child: asyncio.subprocess.Process, output: CommandOutput) -> AsyncIterator[None]:
    """Print what the command writes. A process it leaves behind may keep the pipe open: do not wait long."""
    copying = asyncio.create_task(output.copy(child.stdout or asyncio.StreamReader()))
    yield
    await asyncio.wait({copying}, timeout=LAST_LINES_SECONDS)
    copying.cancel()


async def _say_when_ready(sandbox: Sandbox, output: CommandOutput) -> None:
    """Wait for the bot's first getUpdates."""
    try:
        async with asyncio.timeout(START_SECONDS):
            await sandbox.polled(math.inf)
    except TimeoutError:
        output.show_held()
        await sandbox.polled(math.inf)
    output.drop_held()
    _print("Ready: open that address and write to the bot. Ctrl-C ends both.")


async def _stop_command(child: asyncio.subprocess.Process, ended: asyncio.Future[int]) -> int:
    """Send SIGTERM and wait; after STOP_SECONDS, kill."""
    child.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_SECONDS):
            return _exit_code(await asyncio.shield(ended))
    except TimeoutError:
        _print(f"The command did not end within {STOP_SECONDS:.0f} s.", sys.stderr)
        child.kill()
        return _exit_code(await ended)


def _exit_code(returned: int) -> int:
    """The exit code as in a shell: 128 + N after signal N."""
    return returned if returned >= 0 else 128 - returned
