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
UNREADABLE = N_("That holds characters that cannot be stored. Please type it anew.")


def require_storable(patch: Mapping[str, Any]) -> None:
    """Raise `Refused` for a patch that PostgreSQL could not store: NUL characters, lone surrogates, over 64 KiB.

    Callers validate what people type; this keeps a mistake there from becoming a database error.
    """
    try:
        text = json.dumps(dict(patch), ensure_ascii=False, allow_nan=False)
        size = len(text.encode())
    except (ValueError, TypeError):
        # UnicodeEncodeError, a ValueError, is what lone surrogates raise.
        raise Refused(UNREADABLE) from None
    if _NUL.search(text):
        raise Refused(UNREADABLE)
    if size > MAX_BYTES:
        raise Refused(TOO_LARGE)
