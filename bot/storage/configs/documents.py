"""What the database would refuse to store, refused before it is asked, in words for the person."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from bot.errors import Refused
from bot.words import N_

MAX_BYTES = 65_536

# A NUL character as JSON writes it; two backslashes before the u are a backslash the person typed.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")

TOO_LARGE = N_("That is too much text: all settings of a chat together may have 64 kB.")
TOO_LARGE_BY = N_("That is {over} kB too much: all settings of a chat together may have 64 kB.")
UNREADABLE = N_("That holds characters that cannot be stored. Please type it anew.")


def require_storable(document: Mapping[str, Any]) -> None:
    """Raise `Refused` for what PostgreSQL could not store: NUL characters, lone surrogates, over 64 KiB.

    Of a whole document the refusal says by how much it is too large; callers who know only a patch validate it, too.
    """
    try:
        text = json.dumps(dict(document), ensure_ascii=False, allow_nan=False)
        size = len(text.encode())
    except (ValueError, TypeError):
        # UnicodeEncodeError, a ValueError, is what lone surrogates raise.
        raise Refused(UNREADABLE) from None
    if _NUL.search(text):
        raise Refused(UNREADABLE)
    if size > MAX_BYTES:
        raise Refused(TOO_LARGE_BY, over=-(-(size - MAX_BYTES) // 1024))
