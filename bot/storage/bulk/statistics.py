"""Figures about all chats. Each statement reads a table once, which takes seconds for a million chats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.storage.connection.availability import Pool, connection

BUSIEST_CHATS = 10
BUSY_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Chats:
    """How many chats are stored: groups, private chats; those the bot has left; those that chose nothing."""

    all: int
    private: int
    left: int
    empty: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table: about how many rows it has, and the bytes it takes with its indexes."""

    name: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Everything that `stats` shows.

    `settings` says how many chats chose each key; `changes` how many were made within a day, a week, `BUSY_WITHIN`;
    `busiest` which chats made the most of these, with how many.
    """

    chats: Chats
    settings: dict[str, int]
    changes: tuple[int, int, int]
    busiest: list[tuple[int, int]]
    tables: list[Table]


async def read_statistics(pool: Pool) -> Statistics:
    """Return the figures; raises `Unavailable` when the database is away."""
    return Statistics(
        await _chats(pool), await _settings(pool), await _changes(pool), await _busiest(pool), await _tables(pool)
    )


async def _chats(pool: Pool) -> Chats:
    async with connection(pool) as conn:
        (row,) = await conn.fetch(
            """-- statistics.chats
            SELECT count(*) AS all, count(*) FILTER (WHERE chat_id > 0) AS private,
                count(*) FILTER (WHERE left_at IS NOT NULL) AS left, count(*) FILTER (WHERE config = '{}') AS empty
            FROM chat_configs
            """
        )
    return Chats(**row)


async def _settings(pool: Pool) -> dict[str, int]:
    async with connection(pool) as conn:
        rows = await conn.fetch(
            """-- statistics.settings
            SELECT key, count(*) AS chats
            FROM chat_configs, jsonb_object_keys(config) AS key
            GROUP BY key
            ORDER BY chats DESC, key COLLATE "C"
            """
        )
    return {row["key"]: row["chats"] for row in rows}


async def _changes(pool: Pool) -> tuple[int, int, int]:
    async with connection(pool) as conn:
        (row,) = await conn.fetch(
            """-- statistics.changes
            SELECT count(*) FILTER (WHERE changed_at > now() - interval '1 day') AS day,
                count(*) FILTER (WHERE changed_at > now() - interval '7 days') AS week, count(*) AS month
            FROM config_changes
            WHERE changed_at > now() - $1::interval
            """,
            BUSY_WITHIN,
        )
    return row["day"], row["week"], row["month"]


async def _busiest(pool: Pool) -> list[tuple[int, int]]:
    async with connection(pool) as conn:
        rows = await conn.fetch(
            """-- statistics.busiest
            SELECT chat_id, count(*) AS changes
            FROM config_changes
            WHERE changed_at > now() - $1::interval
            GROUP BY chat_id
            ORDER BY changes DESC, chat_id
            LIMIT $2
            """,
            BUSY_WITHIN,
            BUSIEST_CHATS,
        )
    return [(row["chat_id"], row["changes"]) for row in rows]


async def _tables(pool: Pool) -> list[Table]:
    async with connection(pool) as conn:
        rows = await conn.fetch(
            """-- statistics.tables
            -- Never analysed, a table says -1.
            SELECT relname AS name, greatest(reltuples, 0)::bigint AS rows, pg_total_relation_size(oid) AS bytes
            FROM pg_class
            WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
            ORDER BY bytes DESC, name
            """
        )
    return [Table(**row) for row in rows]
