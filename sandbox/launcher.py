"""Starts the sandbox from a terminal, and a bot beside it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import webbrowser
from typing import TextIO

from .box import Sandbox

STOP_SECONDS = 30.0


def _say(text: str, where: TextIO | None = None) -> None:
    """One line, at once: whoever reads a pipe waits for the address."""
    (where or sys.stdout).write(text + "\n")
    (where or sys.stdout).flush()


def _arguments(given: list[str]) -> argparse.Namespace:
    command: list[str] = []
    if "--" in given:
        cut = given.index("--")
        given, command = given[:cut], given[cut + 1 :]
    parser = argparse.ArgumentParser("python -m sandbox", description="Telegram's Bot API on your own machine.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--limits", action="store_true", help="flood control as Telegram has it")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    found = parser.parse_args(given)
    found.command = command
    return found


def main(given: list[str]) -> int:
    """Run until the command ends or a signal comes; the exit code of the command is ours."""
    arguments = _arguments(given)
    try:
        return asyncio.run(_run(arguments))
    except OSError as error:
        _say(f"The sandbox cannot start: {error}", sys.stderr)  # a terminal program
        return 1


async def _run(arguments: argparse.Namespace) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    async with Sandbox(port=arguments.port, limits=arguments.limits) as box:
        _say(f"Sandbox: {box.url}/")  # a terminal program
        if not arguments.no_browser:
            _open_browser(f"{box.url}/")
        if not arguments.command:
            await stop.wait()
            return 0
        return await _with_child(box, arguments.command, stop)


def _open_browser(address: str) -> None:
    """Only where somebody looks at a screen."""
    if sys.platform in {"darwin", "win32"} or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(address)


async def _with_child(box: Sandbox, command: list[str], stop: asyncio.Event) -> int:
    environment = {**os.environ, "BOT_TOKEN": box.token, "BOT_API_URL": box.url}
    try:
        # Its own process group: Ctrl-C in the terminal reaches the child once, through us.
        child = await asyncio.create_subprocess_exec(*command, env=environment, process_group=0)
    except OSError as error:
        _say(f"The command cannot start: {error}", sys.stderr)  # a terminal program
        return 127
    ended = asyncio.ensure_future(child.wait())
    asked = asyncio.ensure_future(stop.wait())
    await asyncio.wait({ended, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if ended.done():
        _say(f"The command ended with exit code {ended.result()}.", sys.stderr)
        return ended.result() if ended.result() >= 0 else 128 - ended.result()
    return await _end(child, ended)


async def _end(child: asyncio.subprocess.Process, ended: asyncio.Future[int]) -> int:
    """Pass the signal on and wait; a child that does not listen is ended for good."""
    child.send_signal(signal.SIGTERM)
    try:
        code = await asyncio.wait_for(ended, STOP_SECONDS)
    except TimeoutError:
        _say(f"The command did not end within {STOP_SECONDS:.0f} s.", sys.stderr)
        child.kill()
        code = await child.wait()
    return code if code >= 0 else 128 - code
