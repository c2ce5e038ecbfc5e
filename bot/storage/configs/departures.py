"""Chats the bot was removed from: marked, restored when it comes back, deleted when it does not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy


async def mark(connection: PoolConnectionProxy, chat_id: int) -> bool:
    """Note that the bot left the chat now; False where nothing is stored, or it was noted before."""
    marked = await connection.fetchval(
        """
        UPDATE chat_configs SET left_at = clock_timestamp()
        WHERE chat_id = $1 AND left_at IS NULL
        RETURNING true
        """,
        chat_id,
    )
    return bool(marked)


async def unmark(connection: PoolConnectionProxy, chat_id: int) -> bool:
    """Note that the bot is in the chat; True where it was marked and something is chosen there."""
    chosen = await connection.fetchval(
        """
        UPDATE chat_configs SET left_at = NULL
        WHERE chat_id = coalesce((SELECT chat_id FROM chat_aliases WHERE old_chat_id = $1), $1)
            AND left_at IS NOT NULL
        RETURNING config <> '{}'
        """,
        chat_id,
    )
    return bool(chosen)


async def delete_marked(connection: PoolConnectionProxy, older_than: timedelta, limit: int) -> int:
    """Delete up to `limit` chats that were marked longer ago, histories included; returns how many."""
    deleted: int = await connection.fetchval(
        """
        WITH deleted AS (
            DELETE FROM chat_configs
            WHERE chat_id = ANY (ARRAY(
                SELECT chat_id FROM chat_configs
                WHERE left_at < clock_timestamp() - $1::interval
                LIMIT $2
                -- A chat that somebody is just changing or restoring is none to delete.
                FOR UPDATE SKIP LOCKED
            ))
            RETURNING chat_id
        ), unlisted AS (
            DELETE FROM known_chats USING deleted WHERE known_chats.chat_id = deleted.chat_id
        )
        SELECT count(*) FROM deleted
        """,
        older_than,
        limit,
    )
    return deleted
