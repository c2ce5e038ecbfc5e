"""Opening the pool of database connections at the start, waiting for the database; closing it at the end."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from functools import partial
from typing import TYPE_CHECKING, Any

import asyncpg

from bot.environment import DatabaseEnvironment
from bot.errors import StartupError
from bot.storage.connection.availability import Pool, reason
from bot.storage.connection.dsn import Target, target
from bot.storage.connection.queries import Queries
from bot.storage.connection.refusals import refusal

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

logger = logging.getLogger(__name__)

APPLICATION_NAME = "telegram-bot"
FIRST_RETRY_SECONDS = 0.25
LONGEST_RETRY_SECONDS = 5.0
# Shorter than the minutes after which hosts and firewalls drop an idle connection without a word.
IDLE_SECONDS = 120.0

_FAILURES = (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


async def open_pool(pool: Pool, environment: DatabaseEnvironment, variable: str = "DATABASE_URL") -> None:
    """Connect the pool; a database that is not there yet is waited for, `database_wait` seconds long.

    `variable` is where the URL came from. Raises `StartupError` when it did not come, and at once for what waiting does
    not change.
    """
    if environment.database_url is None:
        raise StartupError("DATABASE_URL is not set.")
    where = target(environment.database_url.get_secret_value(), environment.database_ca_file, variable)
    pool.queries.slow_after = environment.slow_query_seconds
    loop = asyncio.get_running_loop()
    deadline, pause = loop.time() + environment.database_wait, FIRST_RETRY_SECONDS
    while True:
        try:
            pool.connections = await _connected(environment, where, pool.queries)
        except _FAILURES as error:
            permanent = refusal(error, where)
            if permanent is not None:
                raise permanent from error
            why = reason(error)
        else:
            return
        left = deadline - loop.time()
        if left <= 0:
            raise StartupError(
                f"The database did not answer ({where.place}): {why}; look whether it runs, and at host and port of "
                f"{variable}."
            )
        # Jitter, so that the processes of a deploy do not all come back in the same moment.
        wait = min(pause * random.uniform(0.5, 1.0), left)  # noqa: S311 - not for secrets
        logger.warning("The database is not there yet (%s): %s; retrying in %.1f s.", where.place, why, wait)
        await asyncio.sleep(wait)
        pause = min(pause * 2, LONGEST_RETRY_SECONDS)


async def close_pool(pool: Pool, within: float = 5.0) -> None:
    """Close the pool when its connections are given back; after `within` seconds cut them off."""
    await pool.breaker.stop()
    try:
        async with asyncio.timeout(within):
            await pool.connections.close()
    except TimeoutError:
        logger.warning("Database connections were still busy after %.1f s and were cut off.", within)
        pool.connections.terminate()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        logger.warning("Database connections were cut off (%s).", type(error).__name__)
        pool.connections.terminate()


async def _connected(environment: DatabaseEnvironment, where: Target, queries: Queries) -> asyncpg.Pool:
    return await asyncpg.create_pool(
        where.dsn,
        min_size=environment.database_pool_min,
        max_size=environment.database_pool_max,
        init_size=max(1, environment.database_pool_min),
        timeout=environment.database_connect_timeout,
        command_timeout=environment.database_command_timeout,
        statement_cache_size=environment.statement_cache,
        max_inactive_connection_lifetime=IDLE_SECONDS,
        max_queries=50_000,
        server_settings=None if where.names_application else {"application_name": APPLICATION_NAME},
        init=partial(_prepare, queries),
        reset=_keep_session,
    )


async def _prepare(queries: Queries, connection: Any) -> None:
    """Have a new connection speak JSON and tell of its queries."""
    connection.add_query_logger(queries.note)
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=_encode, decoder=_decode)


async def _keep_session(connection: PoolConnectionProxy | asyncpg.Connection) -> None:
    """Save the round trip of RESET; asyncpg rolls an open transaction back all the same.

    Nothing here uses SET, LISTEN or session locks on a pooled connection. And a RESET that fails after a statement was
    committed would tell a person that nothing was saved.
    """


def _encode(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _decode(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        # Python refuses numbers of more than 4,300 digits; a document stored by hand may hold one.
        return json.loads(text, parse_int=float)
