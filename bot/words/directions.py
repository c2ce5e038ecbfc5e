"""Text that runs from right to left, with names, keys and numbers in it that do not.

Telegram gives each line the direction of its first letter, and puts signs between two directions on the wrong side. So
a line that begins with something else gets an invisible mark, and what is put into a sentence is isolated. Rules:
https://www.unicode.org/reports/tr9/
"""

from __future__ import annotations

import re

LEFT_TO_RIGHT_MARK, RIGHT_TO_LEFT_MARK = "\u200e", "\u200f"
ISOLATE, END_OF_ISOLATE = "\u2068", "\u2069"

_RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
_LETTER = re.compile(r"[^\W\d_]")
_OWN_LETTER = re.compile(f"(?=[{_RIGHT_TO_LEFT}])[^\\W\\d_]")
_OTHER_LETTER = re.compile(f"(?![{_RIGHT_TO_LEFT}])[^\\W\\d_]")
_CODE = re.compile(r"<(code|pre)\b.*?</\1>", re.DOTALL)
# What has no say in the direction of a line; {n} is always a number.
_SILENT = re.compile(r"<[^<>]*>|&#?\w+;|\{n\}")
_PLACE, _DIGIT = re.compile(r"\{\w*\}"), re.compile(r"\d")
_FIRST = re.compile(rf"{_LETTER.pattern}|{_PLACE.pattern}")
_CODE_OR_COMMAND = re.compile(rf"{_CODE.pattern}|(?<![\w/<&;{LEFT_TO_RIGHT_MARK}])/(?=[a-z])", re.DOTALL)
_COMMAND_IN_CODE = re.compile(r"<code>/[a-z]")
_MARKS = re.compile(f"[{LEFT_TO_RIGHT_MARK}{RIGHT_TO_LEFT_MARK}{ISOLATE}{END_OF_ISOLATE}]")


def runs_right_to_left(text: str) -> bool:
    """Say whether the first letter of a text is of a script that runs from right to left."""
    first = _LETTER.search(_SILENT.sub("", text))
    return bool(first and _OWN_LETTER.match(first[0]))


def led(text: str) -> str:
    """Return HTML whose lines run from right to left, all but those that have no word of such a script."""
    # A block of code has lines of its own.
    blocks = [match.span() for match in _CODE.finditer(text) if "\n" in match[0]]
    within = {line for begin, end in blocks for line in range(text.count("\n", 0, begin), text.count("\n", 0, end) + 1)}
    return "\n".join(one if line in within else _led(one) for line, one in enumerate(text.split("\n")))


def _led(line: str) -> str:
    bare = _SILENT.sub("", _CODE.sub("a", line))
    # What is isolated should have no say, but not every program leaves it out.
    first = _FIRST.search(bare)
    if line.startswith(RIGHT_TO_LEFT_MARK) or (first and _OWN_LETTER.match(first[0])):
        return line
    runs = _OWN_LETTER.search(bare) or _PLACE.search(bare) or (first is None and _DIGIT.search(bare))
    return f"{RIGHT_TO_LEFT_MARK}{line}" if runs else line


def with_commands(text: str) -> str:
    """Return HTML in which the stroke of a command stays before its name; within code nothing is changed."""

    def marked(match: re.Match[str]) -> str:
        if match[0] != "/" and (
            not _COMMAND_IN_CODE.match(match[0]) or text[: match.start()].endswith(LEFT_TO_RIGHT_MARK)
        ):
            return match[0]
        return f"{LEFT_TO_RIGHT_MARK}{match[0]}"

    return _CODE_OR_COMMAND.sub(marked, text)


def isolated(value: str) -> str:
    """Return what is put into a sentence that runs from right to left so that it disarranges nothing around it."""
    bare = _SILENT.sub("", value)
    if not value or "\n" in value or value.startswith(ISOLATE) or bare.isdecimal():
        return value
    if _OWN_LETTER.search(bare) and not _OTHER_LETTER.search(bare):
        return value
    return f"{ISOLATE}{value}{END_OF_ISOLATE}"


def without_marks(text: str) -> str:
    """Return a text to be copied or typed, without what only directs it."""
    return _MARKS.sub("", text)
