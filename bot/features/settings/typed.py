"""What somebody typed after `/settings`: which setting, and which value; several lines set several settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from aiogram.types import Message

from bot.kinds import Setting
from bot.kinds.kind import bare
from bot.naming import mistyped, named
from bot.words import Words

_WORD = re.compile(r"\S+")
_MOST_WORDS = 6
_COMMAND = re.compile(r"/settings(?:@\w+)?(?!\S)[ \t]*", re.IGNORECASE)
# Between a key and its value: "welcome = on", "welcome: on".
_BETWEEN = re.compile(r"\s*(?:[=:]\s*)?")
MOST_LINES = 60


class Line(NamedTuple):
    """One `KEY VALUE`: where it begins in the text, what it names, and where its value begins and ends.

    `setting` is None where `name` is that of no setting.
    """

    number: int
    name: str
    setting: Setting | None
    begin: int
    end: int


def arguments(message: Message) -> str:
    """Return what follows `/settings` in a message or a caption."""
    text = message.text or message.caption or ""
    parts = text.split(maxsplit=1)
    return parts[1] if len(parts) > 1 else ""


def first(text: str, known: Mapping[str, Setting], words: Words) -> Line:
    """Return the one `KEY VALUE` of a text; the value may have several lines."""
    return _line(text, 0, len(text), 1, known, words)


def several(text: str, known: Mapping[str, Setting], words: Words) -> list[Line]:
    """Return the lines of a text that sets several settings, one a line; nothing for any other text.

    A text goes on until the next line that begins with `/settings`.
    """
    begins = list(islice(_begins(text, known, words), MOST_LINES + 1))
    if len(begins) < 2:
        return []
    ends = [*begins[1:], len(text)]
    lines = [
        _line(text, begin, end, text.count("\n", 0, begin) + 1, known, words)
        for begin, end in zip(begins, ends, strict=True)
    ]
    opens = lines[0].setting is not None and lines[0].begin < lines[0].end
    return lines[:MOST_LINES] if opens or all(_COMMAND.match(text, begin) for begin in begins[1:]) else []


def _begins(text: str, known: Mapping[str, Setting], words: Words) -> Iterator[int]:
    in_text = False
    for match in re.finditer(r"[^\n]+", text):
        begin = match.start() + len(match[0]) - len(match[0].lstrip())
        command = _COMMAND.match(text, begin)
        if not match[0].strip() or (in_text and not command):
            continue
        line = _line(text, begin, match.end(), 1, known, words)
        in_text = line.setting is not None and line.setting.kind.multiline
        yield begin


def _line(text: str, begin: int, end: int, number: int, known: Mapping[str, Setting], words: Words) -> Line:
    """Read the part of a text from `begin` to `end`; the longest beginning that names a setting is its key."""
    if command := _COMMAND.match(text, begin, end):
        begin = command.end()
    part = text[begin:end].rstrip()
    line_end = begin + len(part)
    ends = [match.end() for match in _WORD.finditer(part)][:_MOST_WORDS]
    # "welcome=on" has no blank.
    ends = sorted({*ends, *(match.start() for match in re.finditer(r"[=:]", part[: max(ends, default=0)]))})
    for length in reversed(ends):
        setting = named(bare(part[:length]), known, words)
        if setting is None or "\n" in part[:length].strip():
            continue
        between = _BETWEEN.match(text, begin + length, line_end)
        # Whatever follows is accepted as a text, the rest of a mistyped name as well.
        if setting.kind.markup and mistyped(part, part[:length], known, words):
            continue
        return Line(number, part[:length], setting, between.end() if between else line_end, line_end)
    name = re.split(r"[\s=:]", part, maxsplit=1)[0]
    between = _BETWEEN.match(text, begin + len(name), line_end)
    return Line(number, bare(name), None, between.end() if between else line_end, line_end)
