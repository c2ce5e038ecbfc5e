"""Text with entities: lengths in UTF-16, cleaning, and what Telegram marks by itself.

Offsets and lengths count UTF-16 code units, as the Bot API does.
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.world.errors import bad_request

Entity = dict[str, Any]
AUTOMATIC = (
    ("bot_command", "/", re.compile(r"(?<![\w/@<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])")),
    ("email", "@", re.compile(r"(?<![\w.+-])[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")),
    ("mention", "@", re.compile(r"(?<![\w@])@[A-Za-z0-9_]{4,32}\b")),
    ("hashtag", "#", re.compile(r"(?<![\w#])#\w*[^\W\d]\w*")),
    (
        "url",
        ".",
        re.compile(
            r"(?<![\w.@])(?:https?://[^\s<>\"]+|(?:[A-Za-z0-9-]+\.)+(?:com|org|net|me|io|dev)\b(?:/[^\s<>\"]*)?)"
        ),
    ),
)
TYPES = frozenset(
    [
        "mention",
        "hashtag",
        "cashtag",
        "bot_command",
        "url",
        "email",
        "phone_number",
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "blockquote",
        "expandable_blockquote",
        "code",
        "pre",
        "text_link",
        "text_mention",
        "custom_emoji",
        "date_time",
    ]
)
_SPACES = dict.fromkeys((*range(32), 0x2028, 0x2029), " ") | {10: "\n", 13: None}


def utf16_length(text: str) -> int:
    """How many UTF-16 code units the text has."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def require_utf8(text: str) -> None:
    """Refuse lone surrogates, which are no text in UTF-8."""
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        raise bad_request("strings must be encoded in UTF-8")


def clean(text: str) -> str:
    """What Telegram does to every text: control characters (NUL too) become spaces, carriage returns go."""
    require_utf8(text)
    return text.translate(_SPACES)


def trim(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Drop white space at both ends and move the entities along."""
    cut = utf16_length(text) - utf16_length(text.lstrip())
    text = text.strip()
    end = utf16_length(text)
    moved = []
    for entity in entities:
        start = max(entity["offset"] - cut, 0)
        stop = min(entity["offset"] - cut + entity["length"], end)
        if stop > start:
            moved.append({**entity, "offset": start, "length": stop - start})
    return text, moved


def detect(text: str, taken: list[Entity]) -> list[Entity]:
    """Commands, mentions, hashtags, addresses: what Telegram marks by itself where nothing else stands."""
    found: list[Entity] = []
    blocked = [(entity["offset"], entity["offset"] + entity["length"]) for entity in taken if entity["type"] in _SOLID]
    for kind, sign, pattern in AUTOMATIC:
        if sign not in text:
            continue
        for match in pattern.finditer(text):
            marked = _without_punctuation(match.group()) if kind == "url" else match.group()
            start = utf16_length(text[: match.start()])
            length = utf16_length(marked)
            if length and all(start + length <= left or start >= right for left, right in blocked):
                blocked.append((start, start + length))
                found.append({"type": kind, "offset": start, "length": length})
    return found


def _without_punctuation(url: str) -> str:
    """The URL without trailing punctuation; a closing bracket stays if it was opened inside the URL."""
    while url:
        last = url[-1]
        opening = _CLOSED_BY.get(last)
        if opening is None and last not in _AFTER_URL:
            break
        if opening is not None and url.count(opening) >= url.count(last):
            break
        url = url[:-1]
    return "" if url.endswith("://") else url


_AFTER_URL = ".,:;!?'…”’«»"
_CLOSED_BY = {")": "(", "]": "[", "}": "{"}
_SOLID = frozenset({"code", "pre", "text_link", "text_mention", "url", "mention", "email", "bot_command", "hashtag"})


def checked(entities: list[Entity], text: str) -> list[Entity]:
    """Entities a bot gave itself: refused when they lie outside the text or are of no known type."""
    end = utf16_length(text)
    result = []
    for entity in entities:
        if entity.get("type") not in TYPES:
            raise bad_request("can't parse MessageEntity: unsupported MessageEntity type specified")
        offset, length = int(entity["offset"]), int(entity["length"])
        if offset < 0 or length < 0 or offset + length > end:
            raise bad_request("can't parse entities: entity bounds lie outside the text: ENTITY_BOUNDS_INVALID")
        if length:
            result.append({key: value for key, value in entity.items() if value is not None})
    return result


def ordered(entities: list[Entity]) -> list[Entity]:
    """In reading order, the longer first where two begin together."""
    return sorted(entities, key=lambda entity: (entity["offset"], -entity["length"], entity["type"]))
