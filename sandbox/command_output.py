"""What the command beside the sandbox writes, made readable for a person: a bot in a pipe logs JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

QUIET_LEVELS = frozenset({"DEBUG", "INFO"})


class CommandOutput:
    """Passes lines on to `write`. Log lines of a start that goes well are held back, and dropped once it is ready."""

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
        """One line. A warning shows what was held back before it."""
        record = _log_record(line)
        if self._holding and record is not None and record["level"] in QUIET_LEVELS:
            self._held.append(_readable(record))
            return
        if record is not None:
            self.show_held()
        self._write(line if record is None else _readable(record))

    def show_held(self) -> None:
        """Hold nothing back any more: it did not start, or not soon."""
        self._holding = False
        for line in self._held:
            self._write(line)
        self._held.clear()

    def drop_held(self) -> None:
        """It started: what led there is of no interest."""
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
