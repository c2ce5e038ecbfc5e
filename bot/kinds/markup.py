"""Telegram's HTML as a setting stores it: whether Telegram accepts it, and what people see of it.

Rules: https://core.telegram.org/bots/api#html-style, and what its parser does with the rest
(https://github.com/tdlib/td/blob/master/td/telegram/MessageEntity.cpp, parse_html): every "<" begins a tag, and only
four named character references exist.
"""

from __future__ import annotations

import html
import re

from bot.errors import Refused
from bot.words import N_

# The attributes each tag may carry; a tag in `_NEEDED` is refused without its own.
_TAGS: dict[str, frozenset[str]] = {
    **dict.fromkeys(("b", "del", "em", "i", "ins", "pre", "s", "strike", "strong", "tg-spoiler", "u"), frozenset()),
    "a": frozenset({"href"}),
    "blockquote": frozenset({"expandable"}),
    "code": frozenset({"class"}),
    "span": frozenset({"class"}),
    "tg-emoji": frozenset({"emoji-id"}),
    "tg-time": frozenset({"unix", "format"}),
}
_NEEDED = {
    "a": ("href", re.compile(r".+", re.DOTALL)),
    "span": ("class", re.compile("tg-spoiler")),
    "tg-emoji": ("emoji-id", re.compile(r"[0-9]{1,19}")),
    "tg-time": ("unix", re.compile(r"[0-9]{1,10}")),
}
_ATTRIBUTE = r"""\s+([a-z-]+)(?:="([^"<>]*)"|='([^'<>]*)')?"""
_TAG = re.compile(rf"<(/?)([a-z-]+)((?:{_ATTRIBUTE})*)\s*>", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot)(?![a-zA-Z])|#x([0-9a-fA-F]{1,6})|#([0-9]{1,7}));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
# What Telegram drops or refuses: control characters other than line breaks and tabs, and halves of a surrogate pair.
UNFIT = N_("The text has characters in it that no text should have.")
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


def visible(source: str) -> str:
    """Return what people see of Telegram HTML.

    Raises `Refused` for what Telegram or PostgreSQL would not take: NUL and other control characters, lone surrogates,
    unknown, unclosed or crossed tags.
    """
    opened: list[str] = []
    text: list[str] = []
    end = 0
    for match in _TAG.finditer(source):
        text.append(_plain(source[end : match.start()]))
        end = match.end()
        name = match[2].lower()
        if match[1]:
            if match[3] or not opened or opened.pop() != name:
                raise _broken()
        else:
            _require_known(name, match[3])
            opened.append(name)
    text.append(_plain(source[end:]))
    if opened:
        raise _broken()
    return "".join(text)


def beginning(source: str, most: int) -> str:
    """Return Telegram HTML that is cut after so many visible units, with an ellipsis; a short one as it is."""
    if visible_length(source) <= most:
        return source
    opened: list[str] = []
    kept: list[str] = []
    end, left = 0, most - 1
    for match in (*_TAG.finditer(source), None):
        text = _plain(source[end : match.start() if match else len(source)])
        units = utf16_length(text)
        if units > left or match is None:
            kept.append(html.escape(text.encode("utf-16-le")[: 2 * left].decode("utf-16-le", errors="ignore")))
            break
        kept += [html.escape(text), match[0]]
        end, left = match.end(), left - units
        if match[1]:
            opened.pop()
        else:
            opened.append(match[2])
    return "".join([*kept, "…", *(f"</{name}>" for name in reversed(opened))])


def visible_length(source: str) -> int:
    """Return the length of what people see, as Telegram counts it; raises as `visible` does."""
    return utf16_length(visible(source))


def utf16_length(text: str) -> int:
    """Return the length as Telegram counts it: in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def _require_known(tag: str, attributes: str) -> None:
    given = {name.lower(): one or other for name, one, other in re.findall(_ATTRIBUTE, attributes, re.IGNORECASE)}
    if _UNFIT.search(attributes) or tag not in _TAGS or not given.keys() <= _TAGS[tag]:
        raise _broken()
    if tag in _NEEDED:
        name, rule = _NEEDED[tag]
        if not rule.fullmatch(given.get(name, "")):
            raise _broken()


def _plain(source: str) -> str:
    """Return text between tags with its character references resolved."""
    if "<" in source:
        raise _broken()
    text = _REFERENCE.sub(_resolved, source)
    if _UNFIT.search(text):
        raise Refused(UNFIT)
    return text


def _resolved(match: re.Match[str]) -> str:
    named, hexadecimal, decimal = match.groups()
    if named:
        return _NAMED[named]
    number = int(hexadecimal, 16) if hexadecimal else int(decimal)
    # Telegram leaves a reference to nothing as it stands.
    return chr(number) if 0 < number < 0x10FFFF else match[0]


def _broken() -> Refused:
    return Refused(N_("The formatting of the text is broken: a tag is unknown, unclosed or crossed."))
