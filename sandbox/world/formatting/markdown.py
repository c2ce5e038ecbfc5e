"""`parse_mode=MarkdownV2` and the old `Markdown`, with the words of Telegram's own parser."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.world.errors import ApiError, bad_request

from .entities import Entity, utf16_length
from .html import link_entity

RESERVED = "_*[]()~`>#+-=|{}.!"
_NAMES = {
    "*": ("bold", "Bold"),
    "_": ("italic", "Italic"),
    "__": ("underline", "Underline"),
    "~": ("strikethrough", "Strikethrough"),
    "||": ("spoiler", "Spoiler"),
    "`": ("code", "Code"),
    "```": ("pre", "Pre"),
    "[": ("text_link", "TextUrl"),
    "![": ("custom_emoji", "CustomEmoji"),
}


@dataclass(slots=True)
class _Open:
    mark: str
    offset: int
    byte_offset: int
    written: int
    language: str = ""


def _fail(text: str) -> ApiError:
    return bad_request(f"can't parse entities: {text}")


class _Parser:
    """One pass over the characters; offsets in errors are bytes, in entities UTF-16 units."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.out: list[str] = []
        self.length = 0
        self.open: list[_Open] = []
        self.entities: list[Entity] = []
        self.quote_start = -1

    def run(self) -> tuple[str, list[Entity]]:
        while self.at < len(self.source):
            self.step()
        self.end_quote()
        if self.open:
            raise self.unfinished()
        return "".join(self.out), self.entities

    def unfinished(self) -> ApiError:
        last = self.open[-1]
        return _fail(f"Can't find end of {_NAMES[last.mark][1]} entity at byte offset {last.byte_offset}")

    def step(self) -> None:
        char = self.source[self.at]
        following = self.source[self.at + 1 : self.at + 2]
        raw = bool(self.open) and self.open[-1].mark in {"`", "```"}
        if char == "\\" and following and following.isascii() and following.isprintable():
            self.write(following)
            self.at += 2
        elif raw and not self.source.startswith(self.open[-1].mark, self.at):
            self.write(char)
            self.at += 1
        elif char == ">" and self.at_line_start():
            self.quote_start = self.length if self.quote_start < 0 else self.quote_start
            self.at += 1
        elif char == "\n":
            self.newline()
        elif char in RESERVED:
            self.mark(char)
        else:
            self.write(char)
            self.at += 1

    def write(self, char: str) -> None:
        self.out.append(char)
        self.length += utf16_length(char)

    def at_line_start(self) -> bool:
        return self.at == 0 or self.source[self.at - 1] == "\n"

    def newline(self) -> None:
        if self.quote_start >= 0 and self.source[self.at + 1 : self.at + 2] != ">":
            self.end_quote()
        self.write("\n")
        self.at += 1

    def end_quote(self) -> None:
        if self.quote_start >= 0:
            kind = "blockquote"
            if self.open and self.open[-1].mark == "||" and self.open[-1].offset == self.length:
                self.open.pop()
                kind = "expandable_blockquote"
            if self.length > self.quote_start:
                self.entities.append(
                    {"type": kind, "offset": self.quote_start, "length": self.length - self.quote_start}
                )
        self.quote_start = -1

    def mark(self, char: str) -> None:
        mark = next(
            (two for two in ("```", "__", "||", "![") if self.source.startswith(two, self.at)),
            char,
        )
        if self.open and (char == "]" if self.open[-1].mark in {"[", "!["} else mark.startswith(self.open[-1].mark)):
            self.finish(self.open[-1].mark)
        elif mark in _NAMES:
            self.begin(mark)
        else:
            raise _fail(f"Character '{char}' is reserved and must be escaped with the preceding '\\'")

    def begin(self, mark: str) -> None:
        if any(entry.mark == mark for entry in self.open):
            raise self.unfinished()
        self.open.append(_Open(mark, self.length, len(self.source[: self.at].encode()), len(self.out)))
        self.at += len(mark)
        if mark == "```":
            line_end = self.source.find("\n", self.at)
            word = self.source[self.at : line_end] if line_end >= 0 else ""
            if line_end >= 0 and (not word or (word.isascii() and " " not in word and "`" not in word)):
                self.open[-1].language = word
                self.at = line_end + 1

    def finish(self, mark: str) -> None:
        entry = self.open.pop()
        self.at += 1 if mark in {"[", "!["} else len(mark)
        entity: Entity = {"type": _NAMES[mark][0]}
        if mark in {"[", "!["}:
            entity = self.linked(entry)
        elif mark == "```" and entry.language:
            entity["language"] = entry.language
        if entity and self.length > entry.offset:
            self.entities.append({**entity, "offset": entry.offset, "length": self.length - entry.offset})

    def linked(self, entry: _Open) -> Entity:
        target = "".join(self.out[entry.written :])
        if self.source[self.at : self.at + 1] == "(":
            begin, self.at = self.at, self.at + 1
            address: list[str] = []
            while self.source[self.at : self.at + 1] != ")":
                if self.at >= len(self.source):
                    raise _fail(f"Can't find end of a URL at byte offset {len(self.source[:begin].encode())}")
                self.at += self.source[self.at] == "\\"
                address.append(self.source[self.at : self.at + 1])
                self.at += 1
            self.at += 1
            target = "".join(address)
        if entry.mark == "![":
            emoji = target.removeprefix("tg://emoji?id=")
            if not emoji.isdigit():
                raise _fail("Custom emoji entity must contain a tg://emoji URL")
            return {"type": "custom_emoji", "custom_emoji_id": emoji}
        return link_entity(target)


def parse_markdown_v2(source: str) -> tuple[str, list[Entity]]:
    """Plain text and its entities."""
    return _Parser(source).run()


def parse_markdown(source: str) -> tuple[str, list[Entity]]:
    """The old Markdown: no nesting, `_*` and backticks and links only."""
    out: list[str] = []
    entities: list[Entity] = []
    at = length = 0
    entity: Entity
    while at < len(source):
        char = source[at]
        if char == "\\" and source[at + 1 : at + 2] in {"_", "*", "`", "["}:
            inside, at, entity = source[at + 1], at + 2, {}
        elif char in "_*`[":
            inside, at, entity = _old_entity(source, at)
        else:
            inside, at, entity = char, at + 1, {}
        if entity and inside:
            entities.append({**entity, "offset": length, "length": utf16_length(inside)})
        out.append(inside)
        length += utf16_length(inside)
    return "".join(out), entities


def _old_entity(source: str, at: int) -> tuple[str, int, Entity]:
    mark = "```" if source.startswith("```", at) else source[at]
    closing = "]" if mark == "[" else mark
    end = source.find(closing, at + len(mark))
    if end < 0:
        raise _fail(f"Can't find end of the entity starting at byte offset {len(source[:at].encode())}")
    inside = source[at + len(mark) : end]
    after = end + len(closing)
    if mark != "[":
        return inside, after, {"type": _NAMES[{"*": "*", "_": "_", "`": "`"}.get(mark, "```")][0]}
    if source[after : after + 1] != "(" or ")" not in source[after:]:
        return inside, after, {}
    stop = source.index(")", after)
    return inside, stop + 1, link_entity(source[after + 1 : stop])
