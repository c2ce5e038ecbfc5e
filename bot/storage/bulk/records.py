"""The lines of an export: what kinds there are, and what each looks like.

The first line says what file it is and how many lines of each kind follow:

    {"format": "telegram-bot chats", "version": 1, "lines": {"chat": 2, "change": 5, …}}

Each other line is an object with one name, its kind, and the columns of a row: {"chat": {"chat_id": -1001, …}}. The
changes of a chat follow it. PostgreSQL writes rows and reads them, so that no number loses a digit on the way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FORMAT, VERSION = "telegram-bot chats", 1

KINDS = ("chat", "change", "former_id", "listed", "deletion")
"""In the order of a file: chats, each with its changes; the ids that groups had before they were upgraded; the chats on
people's lists; what is to be deleted later."""


@dataclass(frozen=True, slots=True)
class Record:
    """One line: its kind, the chat it belongs to, and the columns as PostgreSQL writes them."""

    kind: str
    chat_id: int
    columns: str

    @property
    def line(self) -> str:
        """The line, without its end."""
        return f'{{"{self.kind}":{self.columns}}}'


def header(lines: Mapping[str, int]) -> str:
    """Return the first line of a file."""
    return json.dumps({"format": FORMAT, "version": VERSION, "lines": dict(lines)})


def read_header(line: str) -> dict[str, int] | None:
    """Return how many lines of each kind follow; None where this is not the first line of an export."""
    document = _document(line)
    if not isinstance(document, dict) or document.get("format") != FORMAT or document.get("version") != VERSION:
        return None
    lines = document.get("lines")
    if not isinstance(lines, dict) or not all(isinstance(count, int) for count in lines.values()):
        return None
    return lines if lines.keys() == set(KINDS) else None


def read_record(line: str) -> Record | None:
    """Return what a line holds; None where it is not one of an export."""
    document = _document(line)
    if not isinstance(document, dict) or len(document) != 1:
        return None
    ((kind, columns),) = document.items()
    chat_id = columns.get("chat_id") if isinstance(columns, dict) else None
    if kind not in KINDS or type(chat_id) is not int or not -(2**63) <= chat_id < 2**63:
        return None
    # The text and not what was read of it: Python rounds long numbers.
    return Record(kind, chat_id, line[line.index(":") + 1 : line.rindex("}")])


def _document(line: str) -> Any:
    try:
        return json.loads(line, parse_int=_whole)
    except (ValueError, RecursionError):
        return None


def _whole(digits: str) -> int | float:
    # Python refuses to read numbers of more than 4,300 digits as whole ones.
    return int(digits) if len(digits) < 20 else float(digits)
