"""Rich messages, as far as modelled: blocks within Telegram's limits; HTML and Markdown become a paragraph a line.

Source: https://core.telegram.org/bots/api#rich-message-limits. Telegram's texts for what it refuses here are not
documented.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sandbox.world.errors import ApiError, bad_request

from .entities import clean

MAX_CHARACTERS = 32_768
MAX_BLOCKS = 500
MAX_LEVELS = 16
MAX_COLUMNS = 20
_TAG = re.compile(r"<[^>]*>")
# Rich text is a string, a list of rich text, or an object of one of these types.
_TEXTS = frozenset(
    {
        "anchor",
        "anchor_link",
        "bank_card_number",
        "bold",
        "bot_command",
        "button",
        "cashtag",
        "code",
        "custom_emoji",
        "date_time",
        "email_address",
        "hashtag",
        "italic",
        "marked",
        "mathematical_expression",
        "mention",
        "phone_number",
        "reference",
        "reference_link",
        "spoiler",
        "strikethrough",
        "subscript",
        "superscript",
        "text_mention",
        "underline",
        "url",
    }
)
_WITH_TEXT = ("text", "caption", "credit", "summary")
_ALIGNMENTS = {"align": {"left", "center", "right"}, "valign": {"top", "middle", "bottom"}}


def rich_content(given: dict[str, Any]) -> dict[str, Any]:
    """The `RichMessage` object for an `InputRichMessage`: exactly one of blocks, html and markdown."""
    sources = [name for name in ("html", "markdown", "blocks") if given.get(name)]
    if len(sources) != 1:
        raise bad_request("exactly one of the fields html, markdown, or blocks must be used")
    blocks = given["blocks"] if sources == ["blocks"] else _paragraphs(given[sources[0]])
    rich: dict[str, Any] = {"blocks": _checked(blocks, 1)}
    if given.get("is_rtl"):
        rich["is_rtl"] = True
    if len(list(_all_blocks(rich["blocks"]))) > MAX_BLOCKS:
        raise _invalid("too many blocks")
    characters = len(plain(rich))
    if not characters:
        raise bad_request("message text is empty")
    if characters > MAX_CHARACTERS:
        raise bad_request("message is too long")
    return rich


def plain(rich: dict[str, Any]) -> str:
    """The plain text of a rich message, one line for each part."""
    lines = [_plain_text(one[name]) for one in _all_blocks(rich["blocks"]) for name in _WITH_TEXT if name in one]
    return "\n".join(line for line in lines if line)


def _paragraphs(source: str) -> list[dict[str, Any]]:
    lines = [line.strip() for line in clean(_TAG.sub("", source)).splitlines() if line.strip()]
    return [{"type": "paragraph", "text": line} for line in lines]


def _all_blocks(blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every block, item and cell, in reading order."""
    for block in blocks:
        yield block
        for row in block.get("cells", ()):
            yield from row
        for item in block.get("items", ()):
            yield from _all_blocks(item["blocks"])
        yield from _all_blocks(block.get("blocks", ()))


def _plain_text(text: Any) -> str:
    if isinstance(text, str):
        return text
    if isinstance(text, list):
        return "".join(_plain_text(part) for part in text)
    return _plain_text(text.get("text") or text.get("alternative_text") or text.get("expression") or "")


def _checked(blocks: list[dict[str, Any]], level: int) -> list[dict[str, Any]]:
    if level > MAX_LEVELS:
        raise _invalid("too many nested blocks")
    return [_block(block, level) for block in blocks]


def _block(block: dict[str, Any], level: int) -> dict[str, Any]:
    """A block as the `RichMessage` shows it: checked, the items of lists with their labels."""
    for name in _WITH_TEXT:
        if name in block:
            _check_text(block[name], level)
    if block["type"] == "heading" and not 1 <= block["size"] <= 6:
        raise _invalid("heading size must be from 1 to 6")
    if block["type"] == "buttons" and not 1 <= len(block["buttons"]) <= 8:
        raise _invalid("a row must have from 1 to 8 buttons")
    if "cells" in block:
        _check_cells(block["cells"], level)
    if "items" in block:
        return {**block, "items": [_item(item, number, level) for number, item in enumerate(block["items"], 1)]}
    return {**block, "blocks": _checked(block["blocks"], level + 1)} if "blocks" in block else block


def _item(item: dict[str, Any], number: int, level: int) -> dict[str, Any]:
    label = f"{item.get('value', number)}." if "value" in item or "type" in item else "•"
    return {**item, "label": label, "blocks": _checked(item["blocks"], level + 1)}


def _check_cells(rows: list[list[dict[str, Any]]], level: int) -> None:
    if not rows or not all(rows):
        raise _invalid("a table must have rows and cells")
    for row in rows:
        if sum(cell.get("colspan", 1) for cell in row) > MAX_COLUMNS:
            raise _invalid("too many columns in a table")
        for cell in row:
            if any(cell[name] not in allowed for name, allowed in _ALIGNMENTS.items()):
                raise _invalid("unknown alignment of a table cell")
            _check_text(cell.get("text", ""), level)


def _check_text(text: Any, level: int) -> None:
    if level > MAX_LEVELS:
        raise _invalid("too many nested texts")
    if isinstance(text, str):
        return
    if isinstance(text, list):
        for part in text:
            _check_text(part, level + 1)
        return
    # A caption of media is an object without a type.
    if not isinstance(text, dict) or text.get("type", "bold") not in _TEXTS:
        raise bad_request("can't parse rich text: unsupported RichText type specified")
    _check_text(text.get("text", ""), level + 1)


def _invalid(what: str) -> ApiError:
    return bad_request(f"can't parse rich message: {what}")
