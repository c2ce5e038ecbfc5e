"""The output of the command started beside the sandbox, readable: a bot that writes into a pipe logs JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

QUIET_LEVELS = frozenset({"DEBUG", "INFO"})


class CommandOutput:
    """Passes lines on to `write`. Log lines below WARNING are held back until the command is ready, then dropped."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._held: list[str] = []
        self._holding = True

    async def copy(self, stream: asyncio.StreamReader) -> None:
        """Read to the end."""
        rest = b""
        while chunk := await stream.read(64 * 1024):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self.add(line.decode(errors="replace"))
        if rest:
            self.add(rest.decode(errors="replace"))

    def add(self, line: str) -> None:
        """Handle one line. A warning shows what was held back before it."""
        record = _log_record(line)
        if self._holding and record is not None and record["level"] in QUIET_LEVELS:
            self._held.append(_readable(record))
            return
        if record is not None:
            self.show_held()
        self._write(line if record is None else _readable(record))

    def show_held(self) -> None:
        """Print what was held back, and hold back nothing more: the start failed or takes long."""
        self._holding = False
        for line in self._held:
            self._write(line)
        self._held.clear()

    def drop_held(self) -> None:
        """The start succeeded: drop its log lines."""
        self._held.clear()
        self._holding = False


def _log_record(line: str) -> dict[str, Any] | None:
    """The fields of a log line in JSON; None for any other line."""
    try:
        found = json.loads(line) if line.startswith("{") else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and {"level", "message"} <= found.keys() else None


def _readable(record: dict[str, Any]) -> str:
    level, message = str(record["level"]), str(record["message"])
    shown = f"{_time(record.get('time'))}{'' if level == 'INFO' else f'{level} '}{message}"
    more = record.get("traceback")
    return shown + ("\n" + str(more) if more else "").replace("\n", "\n    ")


def _time(value: Any) -> str:
    try:
        return datetime.fromisoformat(value).astimezone().strftime("%H:%M:%S ")
    except (TypeError, ValueError):
        return ""
