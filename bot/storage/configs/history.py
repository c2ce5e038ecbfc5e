"""Reading the changes of a chat: a page of its history, and what is newer than that page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.storage.configs.revisions import Change

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy


async def read_changes(
    conn: PoolConnectionProxy, chat_id: int, before: int | None, limit: int, key: str | None
) -> list[Change]:
    """Return the latest changes, newest first: those before a revision, and of one setting, where these are given."""
    rows = await conn.fetch(
        """-- configs.history
        SELECT chat_id, revision, changed_at, changed_by, via, before, after, anonymous
        FROM config_changes
        WHERE chat_id = coalesce((SELECT chat_id FROM chat_aliases WHERE old_chat_id = $1), $1)
            AND ($2::bigint IS NULL OR revision < $2)
            AND ($4::text IS NULL OR before ? $4 OR after ? $4)
        ORDER BY revision DESC
        LIMIT $3
        """,
        chat_id,
        before,
        limit,
        key,
    )
    return [Change(**row) for row in rows]


async def read_newer(conn: PoolConnectionProxy, chat_id: int, revision: int, limit: int, key: str | None) -> list[int]:
    """Return the first revisions from this one on, ascending."""
    rows = await conn.fetch(
        """-- configs.newer
        SELECT revision
        FROM config_changes
        WHERE chat_id = coalesce((SELECT chat_id FROM chat_aliases WHERE old_chat_id = $1), $1)
            AND revision >= $2 AND ($4::text IS NULL OR before ? $4 OR after ? $4)
        ORDER BY revision
        LIMIT $3
        """,
        chat_id,
        revision,
        limit,
        key,
    )
    return [row["revision"] for row in rows]
