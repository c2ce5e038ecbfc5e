"""What `check` asks of the database; changes nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import asyncpg

from bot.storage.connection.availability import Pool, connection, reason
from bot.storage.connection.control import FAILURES, has_own_session
from bot.storage.connection.dsn import Target
from bot.storage.connection.refusals import refusal
from bot.storage.schema.migrate import MIGRATIONS, migrations_in, pending

TABLES = (
    "chat_configs", "config_changes", "chat_aliases", "known_chats", "outbox", "stored_updates", "schema_migrations",
)  # fmt: skip
"""Those of the bot."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found out about the server, and what this user may do there.

    `connections` is how many this user may have at once; `seconds_ahead` by how much the server's clock is before ours;
    `foreign_tables` are tables of the bot that belong to somebody else; `refusal` is why no table may be created;
    `taken_names` are those of another program's tables that the bot's would have.
    """

    version: str
    read_only: bool
    connections: int
    seconds_ahead: float
    foreign_tables: list[str]
    refusal: str | None
    pending: list[str]
    taken_names: list[str]
    own_session: bool


async def diagnose(pool: Pool, where: Target) -> Diagnosis:
    """Find out what matters to the bot; raises `Unavailable` when the database goes away meanwhile."""
    async with connection(pool) as conn:
        asked_at = time.time()
        (row,) = await conn.fetch(
            """-- diagnosis.server
            SELECT current_setting('server_version') AS version,
                pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS read_only,
                (
                    SELECT min(allowed) FROM unnest(ARRAY[
                        current_setting('max_connections')::integer
                            - current_setting('superuser_reserved_connections')::integer,
                        (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user),
                        (SELECT datconnlimit FROM pg_database WHERE datname = current_database())
                    ]) AS allowed
                    WHERE allowed >= 0
                ) AS connections,
                extract(epoch FROM clock_timestamp())::float8 AS now
            """
        )
        seconds_ahead = row["now"] - (asked_at + time.time()) / 2
        tables = await _tables(conn)
        why = await _refusal_to_create(conn)
        own_session = await has_own_session(conn, partial(_connect, where))
    foreign = [name for name, own in tables.items() if not own]
    missing = [] if foreign else await pending(pool)
    return Diagnosis(
        row["version"],
        row["read_only"],
        row["connections"],
        seconds_ahead,
        foreign,
        why,
        missing,
        list(tables) if len(missing) == len(migrations_in(MIGRATIONS)) else [],
        own_session,
    )


async def _tables(conn: asyncpg.pool.PoolConnectionProxy) -> dict[str, bool]:
    """Return which tables of the bot's names there are, and whether they are this user's."""
    rows = await conn.fetch(
        """-- diagnosis.tables
        SELECT tablename::text AS name, pg_has_role(tableowner, 'USAGE') AS own
        FROM pg_tables
        WHERE schemaname = current_schema() AND tablename = ANY ($1)
        ORDER BY tablename
        """,
        TABLES,
    )
    return {row["name"]: row["own"] for row in rows}


async def _refusal_to_create(conn: asyncpg.pool.PoolConnectionProxy) -> str | None:
    """Try to create a table and take it back."""
    trial = conn.transaction()
    await trial.start()
    try:
        await conn.execute("CREATE TABLE created_by_check (nothing integer)")
    except (asyncpg.InsufficientPrivilegeError, asyncpg.InvalidSchemaNameError) as error:
        return str(error.args[0])
    except (asyncpg.exceptions.ReadOnlySQLTransactionError, asyncpg.DuplicateTableError):
        return None  # told by itself; somebody else checks at the same time
    finally:
        await trial.rollback()
    return None


async def is_encrypted(where: Target) -> bool:
    """Whether connections are encrypted as far as the other end of them, be that the server or a pooler before it."""
    query = dict(parse_qsl(urlsplit(where.dsn).query))
    if where.place.startswith("/") or query.get("sslmode") in {"disable", "allow"}:
        return False
    if query.get("sslmode", "prefer") != "prefer":
        return True
    try:
        conn = await _connect(where, ssl="require")
    except FAILURES:
        return False
    await conn.close()
    return True


async def control_refusal(pool: Pool, where: Target) -> str | None:
    """Try `DATABASE_UNPOOLED_URL`: why it is of no use, None where it is."""
    try:
        conn = await _connect(where)
    except (*FAILURES, ValueError) as error:
        why = refusal(error, where)
        return f"DATABASE_UNPOOLED_URL does not work. {why}" if why else _leads_nowhere(where, error)
    try:
        if not await has_own_session(conn, partial(_connect, where)):
            return "DATABASE_UNPOOLED_URL leads through a connection pooler, too: set it to the server's own URL."
        async with connection(pool) as pooled:
            same = await _identity(conn) == await _identity(pooled)
        return None if same else "DATABASE_UNPOOLED_URL leads to another database than DATABASE_URL: correct it."
    finally:
        await conn.close()


def _leads_nowhere(where: Target, error: Exception) -> str:
    return (
        f"DATABASE_UNPOOLED_URL does not work ({where.place}): {reason(error)}; look whether the server runs, and at "
        "host and port."
    )


async def _identity(conn: asyncpg.Connection | asyncpg.pool.PoolConnectionProxy) -> asyncpg.Record | None:
    """Return what two connections to one database of one server have in common, and no others."""
    return await conn.fetchrow(
        """-- diagnosis.identity
        SELECT pg_postmaster_start_time(), oid FROM pg_database WHERE datname = current_database()
        """
    )


async def seconds_behind(pool: Pool) -> float | None:
    """Return how far a stand-by is behind its server; None where it is no stand-by."""
    async with connection(pool) as conn:
        behind: float | None = await conn.fetchval(
            """-- diagnosis.behind
            SELECT CASE WHEN NOT pg_is_in_recovery() THEN NULL
                -- Where nothing is written, what was replayed last grows old.
                WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
                ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 END
            """
        )
    return behind


async def _connect(where: Target, **options: Any) -> asyncpg.Connection:
    return await asyncpg.connect(where.dsn, timeout=10, command_timeout=10, statement_cache_size=0, **options)
