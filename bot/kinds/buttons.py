"""Link buttons under a text: up to three rows, typed line by line or inside the text.

Line by line, a row of them a line, as people know it from GroupHelp: `Shop - https://example.org && Help - t.me/help`.
Inside a text, as from Rose: `[Shop](buttonurl://https://example.org)`, with `:same` for the row of the button before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from bot.errors import Refused
from bot.kinds import markup
from bot.kinds.kind import OFF_WORDS, TAKE_AWAY_WORDS, Kind, Value, bare, means
from bot.words import N_, Words

MOST_ROWS, MOST_IN_ROW = 3, 4
MOST_OF_LABEL, MOST_OF_URL = 40, 512

_BUTTON = re.compile(r"[ \t]*(\S(?:[^\n]*?\S)??)[ \t]+[-–—][ \t]+(\S+?)[ \t]*(?:[ \t]&&[ \t]|\||$)")
# "buttonurl://" before an address or a bare host; apps may have made a link of the whole.
_TARGET = r"buttonurl:(?://)?([^\s<>()\"]+?)(:same)?"
_IN_TEXT = re.compile(rf"\[([^\[\]<>\n]+)\]\({_TARGET}\)|<a href=\"{_TARGET}\">([^<>\n]+)</a>", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t]+(?=\n|$)")
_LINES = re.compile(r"\n{3,}")
_HOST = re.compile(r"(?:[\w-]{1,63}\.)+[^\W\d][\w-]{1,62}(?::\d{1,5})?")


class LinkButton(NamedTuple):
    """A label, and the address that it opens."""

    label: str
    url: str


Rows = tuple[tuple[LinkButton, ...], ...]


def read(value: str) -> Rows:
    """Return the rows of buttons that a setting stores, or that somebody typed line by line; raises `Refused`."""
    return _checked(tuple(_row(line) for line in value.split("\n") if line.strip()))


def stored(rows: Sequence[Sequence[LinkButton]]) -> str:
    """Return rows as a setting stores them; empty rows are left out. Raises `Refused` where there are too many."""
    kept = _checked(tuple(tuple(row) for row in rows if row))
    return "\n".join(" && ".join(f"{one.label} - {one.url}" for one in row) for row in kept)


def taken_out(text: str) -> tuple[str, Rows]:
    """Return Telegram HTML without the buttons that are typed in it, and these; raises `Refused`."""
    rows: list[list[LinkButton]] = []
    for match in _IN_TEXT.finditer(text):
        label, url, same = (match[1], match[2], match[3]) if match[1] else (match[6], match[4], match[5])
        one = _button(markup.visible(label), markup.visible(url))
        if same and rows:
            rows[-1].append(one)
        else:
            rows.append([one])
    if not rows:
        return text, ()
    rest = _LINES.sub("\n\n", _BLANKS.sub("", _IN_TEXT.sub("", text)))
    return rest.strip(), _checked(tuple(map(tuple, rows)))


@dataclass(frozen=True)
class Buttons(Kind):
    """Rows of link buttons; empty where there are none."""

    buttons = True
    multiline = True

    def check(self, value: object) -> Value:
        if value == "":
            return ""
        if not isinstance(value, str) or stored(read(value)) != value:
            raise _unclear()
        return value

    def imported(self, value: object) -> Value:
        return stored(read(value)) if isinstance(value, str) else self.check(value)

    def parse(self, typed: str, words: Words) -> Value:
        text = bare(typed)
        if means(text, OFF_WORDS, words) or means(text, TAKE_AWAY_WORDS, words):
            return ""
        rest, rows = taken_out(text) if "buttonurl:" in text.lower() else ("", read(text))
        if rest or not rows:
            raise _unclear()
        return stored(rows)

    def added(self, value: Value, more: Value) -> Value:
        return stored((*read(str(value)), *read(str(more)))) if more else ""

    def show(self, value: Value, words: Words) -> str:
        return " / ".join(" · ".join(one.label for one in row) for row in read(str(value)))

    def accepts(self, words: Words) -> str:
        return words.plain(
            N_("{example}; up to {rows} lines, a row of buttons each, && between buttons of one row"),
            example=self.example_in(words),
            rows=MOST_ROWS,
        )

    @property
    def example(self) -> str:
        return "Website - https://example.org"

    def example_in(self, words: Words) -> str:
        label = words.plain(N_("Website"))  # not within the f-string, where sentences are collected from 3.12 on only
        return f"{label} - https://example.org"

    def pack(self, value: Value) -> str:
        return "" if not value else super().pack(value)

    def json_schema(self) -> dict[str, object]:
        return {"type": "string", "maxLength": MOST_ROWS * MOST_IN_ROW * (MOST_OF_LABEL + MOST_OF_URL + 7)}


def _row(line: str) -> tuple[LinkButton, ...]:
    row: list[LinkButton] = []
    end = 0
    while end < len(line.rstrip()):
        match = _BUTTON.match(line, end)
        if match is None:
            raise _unclear()
        row.append(_button(match[1], match[2]))
        end = match.end()
    return tuple(row)


def _button(label: str, url: str) -> LinkButton:
    """Return a button as Telegram takes it; raises `Refused`."""
    text = " ".join(label.split())
    if not text or markup.utf16_length(text) > MOST_OF_LABEL:
        raise Refused(N_("The text of a button has 1 to {limit} characters."), limit=MOST_OF_LABEL)
    markup.visible(text.replace("<", "&lt;"))  # raises for characters that no text should have
    if _BUTTON.fullmatch(f"{text} - t.me/x") is None or (" - " in text and _address(text.rsplit(" - ", 1)[1])):
        raise _unclear()
    address = _address(url)
    if address is None:
        raise Refused(N_("“{url}” is no link that a button can open."), url=url[:64])
    return LinkButton(text, address)


def _address(url: str) -> str | None:
    """Return an address with its scheme; None for what Telegram would not open, or what could deceive people.

    A button that mentions somebody by `tg://user` is refused by Telegram where they do not allow it.
    """
    full = url if re.match(r"[a-z][a-z0-9+.-]*:(?!\d)", url, re.IGNORECASE) else f"https://{url}"
    if len(full) > MOST_OF_URL or not full.isprintable() or any(char.isspace() or char in '<>"|' for char in full):
        return None
    try:
        parts = urlsplit(full)
    except ValueError:
        return None
    if parts.scheme == "tg":
        return full if re.fullmatch(r"[a-z_]{2,32}", parts.netloc) and parts.netloc != "user" else None
    return full if parts.scheme in {"http", "https"} and _HOST.fullmatch(parts.netloc) else None


def _checked(rows: Rows) -> Rows:
    if len(rows) > MOST_ROWS or any(len(row) > MOST_IN_ROW for row in rows):
        raise Refused(
            N_("At most {rows} rows of {buttons} buttons fit under a text."), rows=MOST_ROWS, buttons=MOST_IN_ROW
        )
    return rows


def _unclear() -> Refused:
    return Refused(N_("Write each button as text, a hyphen and a link: Website - https://example.org"))
