"""What `check` asks of the database; changes nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import asyncpg

from bot.storage.connection.availability import Pool, connection
from bot.storage.connection.control import FAILURES, has_own_session
from bot.storage.connection.dsn import Target
from bot.storage.schema.migrate import pending


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found out about the server, and what this user may do there.

    `connections` is how many this user may have at once; `seconds_ahead` by how much the server's clock is before ours;
    `foreign_tables` are tables of the bot that belong to somebody else; `refusal` is why no table may be created.
    """

    version: str
    read_only: bool
    connections: int
    seconds_ahead: float
    foreign_tables: list[str]
    refusal: str | None
    pending: list[str]
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
                extract(epoch FROM clock_timestamp())::float8 AS now,
                ARRAY(
                    SELECT tablename::text FROM pg_tables
                    WHERE schemaname = current_schema() AND NOT pg_has_role(tableowner, 'USAGE')
                        AND tablename IN (
                            'chat_configs', 'config_changes', 'chat_aliases', 'known_chats', 'outbox', 'stored_updates',
                            'schema_migrations'
                        )
                    ORDER BY tablename
                ) AS foreign_tables
            """
        )
        seconds_ahead = row["now"] - (asked_at + time.time()) / 2
        refusal = await _refusal_to_create(conn)
        own_session = await has_own_session(conn, partial(_connect, where))
    return Diagnosis(
        row["version"],
        row["read_only"],
        row["connections"],
        seconds_ahead,
        row["foreign_tables"],
        refusal,
        [] if row["foreign_tables"] else await pending(pool),
        own_session,
    )


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


async def control_refusal(where: Target) -> str | None:
    """Try `DATABASE_UNPOOLED_URL`: why it is of no use, None where it is."""
    try:
        conn = await _connect(where)
    except FAILURES as error:
        return (
            f"DATABASE_UNPOOLED_URL does not work ({where.place}): {type(error).__name__}; correct it, or leave it out."
        )
    try:
        if await has_own_session(conn, partial(_connect, where)):
            return None
        return "DATABASE_UNPOOLED_URL leads through a connection pooler, too: set it to the server's own URL."
    finally:
        await conn.close()


async def _connect(where: Target, **options: Any) -> asyncpg.Connection:
    return await asyncpg.connect(where.dsn, timeout=10, command_timeout=10, statement_cache_size=0, **options)
