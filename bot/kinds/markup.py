"""Telegram's HTML as a setting stores it: whether Telegram would take it, and what of it people see.

Rules: https://core.telegram.org/bots/api#html-style
"""

from __future__ import annotations

from html.parser import HTMLParser

from bot.errors import Refused
from bot.words import N_

_TAGS = frozenset(
    {"a", "b", "blockquote", "code", "del", "em", "i", "ins", "pre", "s", "span", "strike", "strong", "tg-emoji"}
    | {"tg-spoiler", "tg-time", "u"}
)
# What Telegram drops or refuses: control characters other than line breaks and tabs.
_CONTROL = frozenset(map(chr, range(32))) - frozenset("\n\t\r")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.open: list[str] = []
        self.sound = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sound &= tag in _TAGS and (tag != "a" or bool(dict(attrs).get("href")))
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sound = False

    def handle_endtag(self, tag: str) -> None:
        self.sound &= bool(self.open) and self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        self.sound = False

    def handle_decl(self, decl: str) -> None:
        self.sound = False

    def handle_pi(self, data: str) -> None:
        self.sound = False


def visible(source: str) -> str:
    """Return what people see of Telegram HTML.

    Raises `Refused` for what Telegram or PostgreSQL would not take: NUL and other control characters, lone surrogates,
    unknown, unclosed or crossed tags.
    """
    if not _CONTROL.isdisjoint(source) or any("\ud800" <= sign <= "\udfff" for sign in source):
        raise Refused(N_("The text has characters in it that no text should have."))
    reader = _Reader()
    reader.feed(source)
    reader.close()
    if not reader.sound or reader.open:
        raise Refused(N_("The formatting of the text is broken: a tag is unknown, unclosed or crossed."))
    return "".join(reader.text)


def visible_length(source: str) -> int:
    """Return the number of UTF-16 units people see, which is how Telegram counts; raises as `visible` does."""
    return len(visible(source).encode("utf-16-le")) // 2
