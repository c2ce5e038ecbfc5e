"""How long each query takes, by the name that stands in its first line: `-- configs.read`. Slow ones are logged.

The name also shows in what PostgreSQL itself tells: pg_stat_activity, pg_stat_statements, its log.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.lru import Seldom

if TYPE_CHECKING:
    from asyncpg.connection import LoggedQuery

logger = logging.getLogger(__name__)

SAME_LINE_EVERY_SECONDS = 10.0
"""Until the log names the same slow query again."""

OTHER = "other"
"""A query without a name: one of asyncpg's own, or of a migration."""

Observe = Callable[[str, float, bool, bool], None]

_NAME = re.compile(r"\s*-- ([a-z_]+\.[a-z_]+)\n")
_TRANSACTION = re.compile(r"(BEGIN|COMMIT|ROLLBACK)\b")


class Queries:
    """Is told of each query of a pool. `observe(name, seconds, failed, slow)` counts them, where somebody does."""

    def __init__(self) -> None:
        self.slow_after = 0.5
        self.observe: Observe | None = None
        self._seldom: Seldom[str] = Seldom(SAME_LINE_EVERY_SECONDS)

    def note(self, query: LoggedQuery) -> None:
        """Note a query; asyncpg calls this after each."""
        slow = query.elapsed >= self.slow_after
        if slow or self.observe is not None:
            name = name_of(query.query)
            if self.observe is not None:
                self.observe(name, query.elapsed, query.exception is not None, slow)
            if slow:
                self._log(name, query.elapsed)

    def _log(self, name: str, seconds: float) -> None:
        more = self._seldom(name, asyncio.get_running_loop().time())
        if more is not None:
            about = {"seconds": round(seconds, 3)}
            logger.warning("A slow query: %s; %d more since the last line.", name, more, extra=about)


@lru_cache(maxsize=1_000)
def name_of(sql: str) -> str:
    """Return the name of a query."""
    if named := _NAME.match(sql):
        return named[1]
    transaction = _TRANSACTION.match(sql)
    return transaction[1].lower() if transaction else OTHER
