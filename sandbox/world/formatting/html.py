"""`parse_mode=HTML`, with the words of Telegram's own parser for what it refuses.

The parser works on UTF-8 bytes because Telegram's errors name byte offsets.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from sandbox.world.errors import ApiError, bad_request

from .entities import Entity, utf16_length

_SIMPLE = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
}
_TAGS = frozenset({*_SIMPLE, "a", "pre", "blockquote", "tg-emoji", "tg-time"})
_NAME = re.compile(rb"[^\s>/=]*")
_NAMED = re.compile(r"&(?:(?:lt|gt|amp|quot);|#[0-9]{1,7};|#x[0-9A-Fa-f]{1,6};)")
_USER_LINK = re.compile(r"tg:(?://)?user\?id=(\d+)", re.IGNORECASE)
_HAS_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


@dataclass(slots=True)
class _Open:
    name: str
    offset: int
    attributes: dict[str, str] = field(default_factory=dict)


def _fail(text: str) -> ApiError:
    return bad_request(f"can't parse entities: {text}")


def _unescape(text: str) -> str:
    return _NAMED.sub(lambda match: html.unescape(match.group()), text)


class _Parser:
    """One pass over the bytes; `out` is the plain text, `length` its UTF-16 length so far."""

    def __init__(self, source: str) -> None:
        self.source = source.encode()
        self.at = 0
        self.out: list[str] = []
        self.length = 0
        self.open: list[_Open] = []
        self.entities: list[Entity] = []

    def run(self) -> tuple[str, list[Entity]]:
        while self.at < len(self.source):
            tag = self.source.find(b"<", self.at)
            end = len(self.source) if tag < 0 else tag
            self.text(self.source[self.at : end].decode())
            self.at = end
            if tag >= 0:
                (self.close if self.source[tag + 1 : tag + 2] == b"/" else self.begin)()
        if self.open:
            raise _fail(f'Can\'t find end tag corresponding to start tag "{self.open[-1].name}"')
        return "".join(self.out), self.entities

    def text(self, raw: str) -> None:
        plain = _unescape(raw) if "&" in raw else raw
        self.out.append(plain)
        self.length += utf16_length(plain)

    def begin(self) -> None:
        start = self.at
        match = _NAME.match(self.source, start + 1)
        raw_name = match.group() if match else b""
        name = raw_name.decode(errors="replace").lower()
        self.at = start + 1 + len(raw_name)
        if self.at >= len(self.source):
            raise _fail(f"Unclosed start tag at byte offset {start}")
        if name not in _TAGS:
            raise _fail(f'Unsupported start tag "{name}" at byte offset {start}')
        attributes = self.attributes(name, start)
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise _fail(f'Tag "span" must have class "tg-spoiler" at byte offset {start}')
        self.open.append(_Open(name, self.length, attributes))

    def attributes(self, name: str, start: int) -> dict[str, str]:
        found: dict[str, str] = {}
        while True:
            self.spaces()
            if self.at >= len(self.source):
                raise _fail(f'Unclosed start tag "{name}" at byte offset {start}')
            if self.source[self.at : self.at + 1] == b">":
                self.at += 1
                return found
            key, value = self.attribute(name, start)
            found.setdefault(key, value)

    def attribute(self, name: str, start: int) -> tuple[str, str]:
        match = _NAME.match(self.source, self.at)
        key = match.group().decode(errors="replace").lower() if match else ""
        if not key:
            raise _fail(f'Empty attribute name in the tag "{name}" at byte offset {start}')
        self.at += len(key.encode())
        self.spaces()
        if self.source[self.at : self.at + 1] != b"=":
            if self.source[self.at : self.at + 1] in {b">", b""} or name == "blockquote":
                return key, ""
            raise _fail(
                f'Expected equal sign in declaration of an attribute of the tag "{name}" at byte offset {start}'
            )
        self.at += 1
        self.spaces()
        return key, self.value(name, start)

    def value(self, name: str, start: int) -> str:
        quote = self.source[self.at : self.at + 1]
        if quote in {b'"', b"'"}:
            end = self.source.find(quote, self.at + 1)
            if end < 0:
                raise _fail(f'Unclosed start tag "{name}" at byte offset {start}')
            raw = self.source[self.at + 1 : end]
            self.at = end + 1
        else:
            match = re.compile(rb"[A-Za-z0-9.\-]*").match(self.source, self.at)
            raw = match.group() if match else b""
            self.at += len(raw)
            if self.at < len(self.source) and self.source[self.at : self.at + 1] not in {b" ", b"\n", b"\t", b">"}:
                raise _fail(f"Unexpected end of name token at byte offset {self.at}")
        return _unescape(raw.decode(errors="replace"))

    def spaces(self) -> None:
        while self.source[self.at : self.at + 1].isspace():
            self.at += 1

    def close(self) -> None:
        start = self.at
        end = self.source.find(b">", start)
        if end < 0:
            raise _fail(f"Unclosed end tag at byte offset {start}")
        name = self.source[start + 2 : end].decode(errors="replace").strip().lower()
        self.at = end + 1
        if not self.open:
            raise _fail(f"Unexpected end tag at byte offset {start}")
        tag = self.open.pop()
        if name not in {"", tag.name}:
            raise _fail(f'Unmatched end tag at byte offset {start}, expected "</{tag.name}>", found "</{name}>"')
        if self.length > tag.offset:
            self.add(tag)

    def add(self, tag: _Open) -> None:
        entity = {"offset": tag.offset, "length": self.length - tag.offset}
        described = _describe(tag, self.written_since(tag.offset))
        inner = self.entities[-1] if self.entities else {}
        if tag.name == "pre" and inner.get("type") == "code" and inner["offset"] == tag.offset:
            described |= {"language": inner["_language"]} if inner.get("_language") else {}
            self.entities.pop()
        if described:
            self.entities.append({**described, **entity})

    def written_since(self, offset: int) -> str:
        return "".join(self.out).encode("utf-16-le")[offset * 2 :].decode("utf-16-le")


def _describe(tag: _Open, inside: str) -> Entity:
    if tag.name in {"a", "tg-emoji", "tg-time"}:
        return _linked(tag, inside)
    if tag.name == "pre":
        return {"type": "pre"}
    if tag.name == "blockquote":
        return {"type": "expandable_blockquote" if "expandable" in tag.attributes else "blockquote"}
    language = tag.attributes.get("class", "").removeprefix("language-") if tag.name == "code" else ""
    return {"type": _SIMPLE[tag.name], **({"_language": language} if language else {})}


def _linked(tag: _Open, inside: str) -> Entity:
    if tag.name == "tg-emoji":
        emoji = tag.attributes.get("emoji-id", "")
        if not emoji.isdigit():
            raise _fail("Invalid custom emoji identifier specified")
        return {"type": "custom_emoji", "custom_emoji_id": emoji}
    if tag.name == "tg-time":
        unix = tag.attributes.get("unix", "")
        if not unix.isdigit():
            raise _fail("Invalid date specified")
        style = tag.attributes.get("format", "")
        return {"type": "date_time", "unix_time": int(unix), **({"date_time_format": style} if style else {})}
    return link_entity(tag.attributes.get("href") or inside)


def link_entity(url: str) -> Entity:
    """A link to an address or a person; nothing when the address is none, as Telegram does."""
    person = _USER_LINK.fullmatch(url)
    if person:
        return {"type": "text_mention", "_user_id": int(person.group(1))}
    if not _HAS_SCHEME.match(url):
        url = "http://" + url
    host = url.split("://", 1)[-1].split("/", 1)[0]
    if "." not in host and not url.startswith(("tg:", "ton:", "mailto:", "tel:")):
        return {}
    return {"type": "text_link", "url": url + ("/" if "://" in url and "/" not in url.split("://", 1)[1] else "")}


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """Plain text and its entities. A mention by id carries `_user_id`, for the world to look up."""
    text, entities = _Parser(source).run()
    return text, [{key: value for key, value in entity.items() if key != "_language"} for entity in entities]
