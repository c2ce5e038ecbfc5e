"""Reads all chats with what belongs to them, as they are at one instant.

Rows are read some hundred at a time, in the order of an index, beginning behind the last: unlike a cursor this needs no
prepared statement, which a connection pooler may not keep.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

from bot.errors import StartupError, Unavailable
from bot.storage.bulk.records import KINDS, Record
from bot.storage.connection.availability import Pool, connection

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

ROWS_AT_ONCE = 200
"""A row has up to 130 kB."""

BEFORE_ALL = -(2**63)
"""Less than every id."""


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

    def _former_ids(self) -> AsyncIterator[Record]:
        sql = """-- bulk.former_ids
            SELECT chat_id, old_chat_id, row_to_json(alias)::text AS columns
            FROM (SELECT old_chat_id, chat_id, moved_at FROM chat_aliases) AS alias
            WHERE old_chat_id > $2
            ORDER BY old_chat_id
            LIMIT $1
            """
        return _rows(self._conn, "former_id", sql, {"old_chat_id": BEFORE_ALL})

    def _listed(self) -> AsyncIterator[Record]:
        sql = """-- bulk.listed
            SELECT chat_id, user_id, row_to_json(known)::text AS columns
            FROM (SELECT user_id, chat_id, title, seen_at FROM known_chats) AS known
            WHERE (user_id, chat_id) > ($2, $3)
            ORDER BY user_id, chat_id
            LIMIT $1
            """
        return _rows(self._conn, "listed", sql, {"user_id": BEFORE_ALL, "chat_id": BEFORE_ALL})

    def _deletions(self) -> AsyncIterator[Record]:
        # The order of texts differs from one database to another.
        sql = """-- bulk.deletions
            SELECT chat_id, bot_id, receiver_id, key, row_to_json(message)::text AS columns
            FROM (
                SELECT bot_id, chat_id, receiver_id, key, seq, kind, update_id, calls, version, created_at, due_at,
                    expires_at
                FROM outbox
                WHERE kind = 'deletion' AND state = 'waiting'
            ) AS message
            WHERE (chat_id, bot_id, receiver_id, key COLLATE "C") > ($2, $3, $4, $5)
            ORDER BY chat_id, bot_id, receiver_id, key COLLATE "C"
            LIMIT $1
            """
        before_all = {"chat_id": BEFORE_ALL, "bot_id": BEFORE_ALL, "receiver_id": BEFORE_ALL, "key": ""}
        return _rows(self._conn, "deletion", sql, before_all)


@asynccontextmanager
async def export(pool: Pool) -> AsyncIterator[Export]:
    """Hold one instant of the database for as long as it is read.

    Raises `Unavailable` when the database is away, and `StartupError` when a stand-by may not hold it any longer.
    """
    stand_by = False
    try:
        async with connection(pool) as conn, conn.transaction(isolation="repeatable_read", readonly=True):
            await write_times_in_utc(conn)
            stand_by = await conn.fetchval("-- bulk.stand_by\nSELECT pg_is_in_recovery()")
            yield Export(conn)
    except (asyncpg.SerializationError, Unavailable):
        if not stand_by:
            raise
        # https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-CONFLICT
        raise StartupError(
            "The stand-by ended the export, probably as the primary has removed rows that were still read: set "
            "hot_standby_feedback=on or a longer max_standby_streaming_delay there, or unset DATABASE_REPLICA_URL."
        ) from None


async def write_times_in_utc(conn: PoolConnectionProxy) -> None:
    """Have PostgreSQL write points in time alike, whatever the server's own time zone is, in this transaction."""
    await conn.execute("-- bulk.time_zone\nSET LOCAL TimeZone = 'UTC'")


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
        WHERE chat_id > $2 AND ($3::bigint[] IS NULL OR chat_id = ANY ($3))
        ORDER BY chat_id
        LIMIT $1
        """
    async for chat in _rows(conn, "chat", sql, {"chat_id": BEFORE_ALL}, wanted):
        yield chat
        while change is not None and change.chat_id == chat.chat_id:
            yield change
            change = await anext(changes, None)


def _changes(conn: PoolConnectionProxy, chats: list[int] | None) -> AsyncIterator[Record]:
    sql = """-- bulk.changes
        -- Named only where it is so: then files of releases that did not know it are still the same.
        SELECT chat_id, revision,
            CASE WHEN anonymous THEN left(line, -1) || ',"anonymous":true}' ELSE line END AS columns
        FROM config_changes CROSS JOIN LATERAL (
            SELECT row_to_json(change)::text AS line
            FROM (SELECT chat_id, revision, changed_at, changed_by, via, update_id, before, after) AS change
        ) AS written
        WHERE (chat_id, revision) > ($2, $3) AND ($4::bigint[] IS NULL OR chat_id = ANY ($4))
        ORDER BY chat_id, revision
        LIMIT $1
        """
    return _rows(conn, "change", sql, {"chat_id": BEFORE_ALL, "revision": BEFORE_ALL}, chats)


async def _rows(
    conn: PoolConnectionProxy, kind: str, sql: str, before_all: Mapping[str, object], *chats: list[int] | None
) -> AsyncIterator[Record]:
    """Yield all rows of a statement; `before_all` holds the columns of its order, each with less than every value."""
    behind = list(before_all.values())
    while True:
        rows = await conn.fetch(sql, ROWS_AT_ONCE, *behind, *chats)
        for row in rows:
            yield Record(kind, row["chat_id"], row["columns"])
        if len(rows) < ROWS_AT_ONCE:
            return
        behind = [rows[-1][name] for name in before_all]
