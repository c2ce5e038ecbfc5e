"""Tries the database: the way there, what the server allows, what stands between."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator

from bot.commandline.findings import Finding, clock
from bot.environment import Environment
from bot.errors import StartupError, Unavailable
from bot.storage.connection.availability import Pool
from bot.storage.connection.control import NEEDS_UNPOOLED_URL
from bot.storage.connection.dsn import target
from bot.storage.database import connected, opened_for_bulk
from bot.storage.diagnosis import Diagnosis, control_refusal, diagnose, is_encrypted, seconds_behind

MOST_SECONDS_BEHIND = 60.0
"""A stand-by that is further behind shows figures of the past."""

PROCESSES = 2
"""During a deploy the old and the new process overlap."""


async def database_findings(environment: Environment) -> AsyncGenerator[Finding]:
    """Say whether the database can be used; without `DATABASE_URL` the embedded one."""
    pool = Pool()
    few = {"database_pool_min": 1, "database_pool_max": 1, "database_wait": 0.0, "database_statement_cache": 0}
    if environment.database_url is None:
        yield Finding(
            "note", "DATABASE_URL is not set: the bot uses an embedded PostgreSQL. A host forgets it; set DATABASE_URL."
        )
    try:
        async with connected(pool, environment.model_copy(update=few)) as database:
            url = database.database_url
            where = target(url.get_secret_value() if url else "", environment.database_ca_file)
            found = await diagnose(pool, where)
            encrypted = await is_encrypted(where)
            for finding in findings(environment, found, where.place, encrypted=encrypted):
                yield finding
            async for finding in _pooler(environment, pool, found):
                yield finding
    except StartupError as error:
        yield Finding("wrong", str(error))
    except Unavailable:
        yield Finding("wrong", "The database answers and then goes away: look at its log, and try again.")
    async for finding in _replica(environment):
        yield finding


def findings(environment: Environment, found: Diagnosis, place: str, *, encrypted: bool) -> Iterator[Finding]:
    """Yield what a diagnosis means for this environment."""
    yield Finding("ok", f"Database: PostgreSQL {found.version.split()[0]} at {place}.")
    yield _rights(found)
    if found.pending:
        yield Finding("note", f"Migrations to be applied by the next start: {', '.join(found.pending)}.")
    needed = PROCESSES * (environment.database_pool_max + 1)
    if found.own_session and found.connections < needed:
        fitting = max(1, found.connections // PROCESSES - 1)
        yield Finding(
            "wrong",
            f"The server allows {found.connections} connections, and {PROCESSES} processes during a deploy need "
            f"{needed}: set DATABASE_POOL_MAX={fitting}.",
        )
    yield _tls(environment, encrypted=encrypted)
    yield clock("the database", found.seconds_ahead)


def _rights(found: Diagnosis) -> Finding:
    if found.read_only:
        return Finding(
            "wrong",
            "The database takes no writes: set DATABASE_URL to the server that does, and not to its read-only stand-by "
            "or a user who may only read.",
        )
    if found.taken_names:
        return Finding(
            "wrong",
            f"Another program has tables of the names that the bot's have ({', '.join(found.taken_names)}): give the "
            "bot a database of its own.",
        )
    if found.foreign_tables:
        return Finding(
            "wrong",
            f"Tables of the bot belong to another user ({', '.join(found.foreign_tables)}): connect as that one, or "
            "give them to this one by REASSIGN OWNED.",
        )
    if found.refusal is not None:
        return Finding(
            "wrong",
            f"The user of DATABASE_URL may not create tables ({found.refusal}): as the database's owner run "
            "GRANT USAGE, CREATE ON SCHEMA public TO that user.",
        )
    return Finding("ok", "Rights: tables can be created and changed.")


def _tls(environment: Environment, *, encrypted: bool) -> Finding:
    url = environment.database_url.get_secret_value() if environment.database_url else ""
    if not encrypted:
        return Finding(
            "note",
            "The connection to the database is not encrypted: right within one machine or a private network; otherwise "
            "add ?sslmode=require to DATABASE_URL.",
        )
    if environment.database_ca_file or "sslmode=verify-" in url:
        return Finding("ok", "TLS: encrypted, and the server's certificate is verified.")
    return Finding(
        "note", "TLS: encrypted; the server's certificate is not verified. DATABASE_CA_FILE makes the bot verify it."
    )


async def _pooler(environment: Environment, pool: Pool, found: Diagnosis) -> AsyncIterator[Finding]:
    direct = environment.database_unpooled_url
    if direct is not None:
        where = target(direct.get_secret_value(), environment.database_ca_file, "DATABASE_UNPOOLED_URL")
        if refusal := await control_refusal(pool, where):
            yield Finding("wrong", refusal)
    if found.own_session:
        yield Finding("ok", "Pooler: none in transaction mode; LISTEN and locks work.")
        return
    if direct is None:
        yield Finding("wrong", NEEDS_UNPOOLED_URL)
    if environment.database_statement_cache:
        yield Finding(
            "wrong",
            "DATABASE_URL leads through a connection pooler in transaction mode, where prepared statements get lost: "
            "set DATABASE_STATEMENT_CACHE=0.",
        )


async def _replica(environment: Environment) -> AsyncIterator[Finding]:
    if environment.database_replica_url is None:
        return
    try:
        async with opened_for_bulk(environment.model_copy(update={"database_wait": 0.0})) as pool:
            behind = await seconds_behind(pool)
    except StartupError as error:
        yield Finding("wrong", f"stats and export cannot use DATABASE_REPLICA_URL. {error}")
        return
    except Unavailable:
        yield Finding(
            "wrong", "DATABASE_REPLICA_URL leads to a server that answers and then goes away: look at its log."
        )
        return
    if behind is None:
        yield Finding("note", "DATABASE_REPLICA_URL leads to no stand-by: stats and export read where the bot writes.")
    elif behind > MOST_SECONDS_BEHIND:
        yield Finding("note", f"The stand-by of DATABASE_REPLICA_URL is {behind:,.0f} s behind its server.")
    else:
        yield Finding("ok", "Stand-by: stats and export read there.")
