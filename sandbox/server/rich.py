"""Rich messages, as far as modelled: blocks are kept as given, HTML and Markdown become a paragraph a line."""

from __future__ import annotations

import re
from typing import Any

from sandbox.world.entities import clean
from sandbox.world.errors import bad_request

_TAG = re.compile(r"<[^>]*>")


def rich_content(given: dict[str, Any]) -> dict[str, Any]:
    """The `RichMessage` object for an `InputRichMessage`: exactly one of blocks, html and markdown."""
    sources = [name for name in ("html", "markdown", "blocks") if given.get(name)]
    if len(sources) != 1:
        raise bad_request("exactly one of the fields html, markdown, or blocks must be used")
    rtl = {"is_rtl": True} if given.get("is_rtl") else {}
    if sources == ["blocks"]:
        return {"blocks": given["blocks"], **rtl}
    plain = clean(_TAG.sub("", given[sources[0]]))
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    if not lines:
        raise bad_request("message text is empty")
    return {"blocks": [{"type": "paragraph", "text": line} for line in lines], **rtl}
