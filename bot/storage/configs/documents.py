"""Documents that are not as they should be: those that PostgreSQL would not store, and values that no longer hold."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any

from bot.errors import Refused
from bot.words import N_

logger = logging.getLogger(__name__)

MAX_BYTES = 65_536
REMEMBERED_REFUSALS = 10_000

# A NUL character as JSON writes it; two backslashes before the u are a backslash the person typed.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")

TOO_LARGE = N_("That is too much text: all settings of a chat together may have 64 KB.")
TOO_LARGE_BY = N_("That is {over} KB too much: all settings of a chat together may have 64 KB.")
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


class RefusalLog:
    """Logs once which stored values of which chats today's code refuses."""

    def __init__(self) -> None:
        self._logged: set[tuple[int, str]] = set()

    def note(self, chat_id: int, keys: Iterable[str]) -> None:
        """Log those that were not logged yet."""
        for key in keys:
            if (chat_id, key) in self._logged:
                continue
            if len(self._logged) >= REMEMBERED_REFUSALS:
                self._logged.clear()
            self._logged.add((chat_id, key))
            logger.warning("Chat %s: the stored value of %s is no longer valid; the default holds.", chat_id, key)
