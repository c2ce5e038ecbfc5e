"""Filling placeholders in a text with Telegram's formatting, so that the result always fits into one message."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from bot.kinds import markup
from bot.kinds.text import MOST_IN_MESSAGE
from bot.words import Html, escape

# How long values may be, tried until the result fits; at 4 every text does that fits with its placeholders.
_LENGTHS = (MOST_IN_MESSAGE, 512, 256, 128, 64, 32, 16, 12, 8, 4, 2, 1)
# Of HTML. A placeholder of nine letters becomes the links of several people, and a message waits in a row of 64 KiB.
_MOST_BYTES = 20_000
# Doubled braces stand for themselves.
_PLACE = re.compile(r"\{\{|\}\}|\{([a-z_]+)\}")
_TAG_OR_PLACE = re.compile(rf"<[^>]*>|{_PLACE.pattern}")
# Control characters, and those that turn the direction of everything after them: a name must not rewrite its sentence.
_CONTROLS = re.compile("[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
# No language puts more than two accents on a letter; more of them cover the lines above and below.
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_STACKED_MARKS = re.compile(f"([{_MARKS}]{{2}})[{_MARKS}]+")
_BLANKS, _NO_BREAK = re.compile(r"\s+"), "\N{NO-BREAK SPACE}"
_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_ISOLATED = "\u2068{}\u2069"


@dataclass(frozen=True, slots=True)
class Filling:
    """What replaces a placeholder: plain text, and the same text with formatting where it has some."""

    plain: str
    html: Html | None = None

    def within(self, most: int) -> Html:
        """Return it with at most so many visible UTF-16 units; a text that is cut loses its formatting."""
        if markup.utf16_length(self.plain) <= most:
            return escape(self.plain) if self.html is None else self.html
        return escape(cut(self.plain, most))


def fill(text: str, fillings: Mapping[str, Filling], limit: int = MOST_IN_MESSAGE) -> Html:
    """Return the text with its placeholders filled in; where more than `limit` units result, the values are shortened.

    A placeholder inside a tag, such as a link's address, gets the plain value. Unknown ones stay as they are, and of
    doubled braces one.
    """
    filled = Html("")
    for most in _LENGTHS:
        filled = _filled(text, fillings, most)
        if len(filled.encode()) <= _MOST_BYTES and markup.visible_length(filled) <= limit:
            break
    return filled


def safe_name(name: str) -> str:
    """Return a name or a value on one line, without what would disarrange the text around it.

    Words of a language that runs from right to left are isolated: what follows them keeps its order.
    """
    line = _BLANKS.sub(lambda blank: blank[0] if blank[0] == _NO_BREAK else " ", _CONTROLS.sub(" ", name)).strip()
    text = _STACKED_MARKS.sub(r"\1", line)
    if text.isascii() or all(unicodedata.bidirectional(char) not in _RIGHT_TO_LEFT for char in text):
        return text
    return _ISOLATED.format(text)


def cut(text: str, most: int) -> str:
    """Return the beginning of a text with an ellipsis, `most` UTF-16 units in all; a short text as it is."""
    if markup.utf16_length(text) <= most:
        return text
    return text.encode("utf-16-le")[: 2 * (most - 1)].decode("utf-16-le", errors="ignore") + "…"


def _filled(text: str, fillings: Mapping[str, Filling], most: int) -> Html:
    def plain(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        return escape(fillings[match[1]].plain) if match[1] in fillings else match[0]

    def formatted(match: re.Match[str]) -> str:
        if match[1] is None:
            return _PLACE.sub(plain, match[0])
        return fillings[match[1]].within(most) if match[1] in fillings else match[0]

    return Html(_TAG_OR_PLACE.sub(formatted, text))
