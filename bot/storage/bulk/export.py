"""Reads all chats with what belongs to them, as they are at one instant."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.storage.bulk.records import KINDS, Record
from bot.storage.connection.availability import Pool, connection

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

ROWS_AT_ONCE = 100
"""Fetched of each cursor; a row has up to 130 kB."""


class Export:
    """What is exported: the figures first, then the lines."""

    def __init__(self, conn: PoolConnectionProxy) -> None:
        self._conn = conn

    async def counts(self) -> dict[str, int]:
        """Return how many lines of each kind there will be."""
        (row,) = await self._conn.fetch(
            """-- bulk.counts
            SELECT
                (SELECT count(*) FROM chat_configs) AS chat,
                (SELECT count(*) FROM config_changes) AS change,
                (SELECT count(*) FROM chat_aliases) AS former_id,
                (SELECT count(*) FROM known_chats) AS listed,
                (SELECT count(*) FROM outbox WHERE kind = 'deletion' AND state = 'waiting') AS deletion
            """
        )
        return {kind: row[kind] for kind in KINDS}

    async def records(self) -> AsyncIterator[Record]:
        """Yield everything, always in the same order."""
        async for record in chats_with_changes(self._conn):
            yield record
        for records in (self._former_ids(), self._listed(), self._deletions()):
            async for record in records:
                yield record

    async def _former_ids(self) -> AsyncIterator[Record]:
        sql = """-- bulk.former_ids
            SELECT chat_id, row_to_json(alias)::text AS columns
            FROM (SELECT old_chat_id, chat_id, moved_at FROM chat_aliases) AS alias
            ORDER BY old_chat_id
            """
        async for row in self._conn.cursor(sql, prefetch=ROWS_AT_ONCE):
            yield Record("former_id", row["chat_id"], row["columns"])

    async def _listed(self) -> AsyncIterator[Record]:
        sql = """-- bulk.listed
            SELECT chat_id, row_to_json(known)::text AS columns
            FROM (SELECT user_id, chat_id, title, seen_at FROM known_chats) AS known
            ORDER BY user_id, chat_id
            """
        async for row in self._conn.cursor(sql, prefetch=ROWS_AT_ONCE):
            yield Record("listed", row["chat_id"], row["columns"])

    async def _deletions(self) -> AsyncIterator[Record]:
        # The order of texts differs from one database to another.
        sql = """-- bulk.deletions
            SELECT chat_id, row_to_json(message)::text AS columns
            FROM (
                SELECT bot_id, chat_id, receiver_id, key, seq, kind, update_id, calls, version, created_at, due_at,
                    expires_at
                FROM outbox
                WHERE kind = 'deletion' AND state = 'waiting'
            ) AS message
            ORDER BY chat_id, bot_id, receiver_id, key COLLATE "C"
            """
        async for row in self._conn.cursor(sql, prefetch=ROWS_AT_ONCE):
            yield Record("deletion", row["chat_id"], row["columns"])


@asynccontextmanager
async def export(pool: Pool) -> AsyncIterator[Export]:
    """Hold one instant of the database for as long as it is read; raises `Unavailable` when the database is away."""
    async with connection(pool) as conn, conn.transaction(isolation="repeatable_read", readonly=True):
        await write_times_in_utc(conn)
        yield Export(conn)


async def write_times_in_utc(conn: PoolConnectionProxy) -> None:
    """Have PostgreSQL write points in time alike, whatever the server's own time zone is, in this transaction."""
    await conn.execute("SET LOCAL TimeZone = 'UTC'")


async def chats_with_changes(conn: PoolConnectionProxy, chats: Collection[int] | None = None) -> AsyncIterator[Record]:
    """Yield each chat, the changes of its history after it; only these chats where some are named."""
    wanted = None if chats is None else list(chats)
    changes = _changes(conn, wanted)
    change = await anext(changes, None)
    sql = """-- bulk.chats
        SELECT chat_id, row_to_json(chat)::text AS columns
        FROM (
            SELECT chat_id, config, revision, updated_at, changed_by, via, update_id, before, after, left_at
            FROM chat_configs
        ) AS chat
        WHERE $1::bigint[] IS NULL OR chat_id = ANY ($1)
        ORDER BY chat_id
        """
    async for row in conn.cursor(sql, wanted, prefetch=ROWS_AT_ONCE):
        yield Record("chat", row["chat_id"], row["columns"])
        while change is not None and change.chat_id == row["chat_id"]:
            yield change
            change = await anext(changes, None)


async def _changes(conn: PoolConnectionProxy, chats: list[int] | None) -> AsyncIterator[Record]:
    sql = """-- bulk.changes
        SELECT chat_id, row_to_json(change)::text AS columns
        FROM (
            SELECT chat_id, revision, changed_at, changed_by, via, update_id, before, after FROM config_changes
        ) AS change
        WHERE $1::bigint[] IS NULL OR chat_id = ANY ($1)
        ORDER BY chat_id, revision
        """
    async for row in conn.cursor(sql, chats, prefetch=ROWS_AT_ONCE):
        yield Record("change", row["chat_id"], row["columns"])
