"""Reads every log line of a test as an operator would, and fails the test that let a secret into one."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import pytest

from bot.log import RedactingFormatter

# Written anew here: the check must not trust the patterns of the formatter it checks.
TOKEN = re.compile(r"\d{5,}:[A-Za-z0-9_-]{25,}")
PASSWORD = re.compile(r"\w+://[^/\s:@]*:(?!\*\*\*@|password@)[^@\s]+@")


class Lines(logging.Handler):
    """Keeps what is logged, rendered for a terminal and as JSON; knows no secret but by its looks."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.errors: list[str] = []
        self._formatters = (RedactingFormatter(), RedactingFormatter(as_json=True))

    def emit(self, record: logging.LogRecord) -> None:
        """Render and keep."""
        rendered = [formatter.format(record) for formatter in self._formatters]
        self.lines += rendered
        if record.levelno >= logging.ERROR and record.name.startswith(("bot", "aiogram", "asyncio")):
            self.errors.append(rendered[0])


def leaks(lines: list[str]) -> list[str]:
    """Return the lines that show a token or a password."""
    return [line for line in lines if TOKEN.search(line) or PASSWORD.search(line)]


@pytest.fixture(autouse=True)
def logged() -> Iterator[Lines]:
    """What this test logs, at the most talkative level; no line of it may hold a secret."""
    handler, root = Lines(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)
    assert not leaks(handler.lines), "a log line shows a secret"
