"""Brings the database up to this release: numbered SQL files, each applied once, all or nothing."""

from __future__ import annotations

import hashlib
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from bot.errors import StartupError
from bot.storage.connection.availability import AWAY, Pool, is_away

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

logger = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parents[3] / "migrations"
_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
# Any constant will do, as long as nothing else in the database locks the same one.
_LOCK = 0x6D69677261746573
_SECONDS = 300.0

_REFUSALS = (
    asyncpg.InsufficientPrivilegeError,
    asyncpg.InvalidSchemaNameError,
    asyncpg.UndefinedColumnError,
    asyncpg.exceptions.ReadOnlySQLTransactionError,
)


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its number, its name, its text."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """Tells a file that was edited after it had been applied."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations_in(folder: Path) -> list[Migration]:
    """Return the files in order; raises `StartupError` for a gap, a double, or a name that is not like `0001_x`."""
    found = []
    for file in sorted(folder.glob("*.sql")):
        named = _NAME.fullmatch(file.name)
        if named is None:
            raise StartupError(f"Migration {file.name} must be named like 0001_what_it_does.sql.")
        found.append(Migration(int(named[1]), file.name, file.read_text(encoding="utf-8")))
    if not found:
        raise StartupError(f"There are no migrations in {folder}.")
    for expected, migration in enumerate(found, start=1):
        if migration.number != expected:
            raise StartupError(
                f"Migrations must be numbered without gaps and doubles; at {expected:04d}: {migration.name}."
            )
    return found


def refusal(error: asyncpg.PostgresError) -> StartupError:
    """Return what to do about an error that says what the bot may not do in this database."""
    match error:
        case asyncpg.UndefinedColumnError():
            return StartupError(
                "The table schema_migrations in this database is another program's: give the bot a database of its own."
            )
        case asyncpg.exceptions.ReadOnlySQLTransactionError():
            return StartupError(
                "The database takes no writes: set DATABASE_URL to the server that does, and not to its read-only "
                "stand-by or a user who may only read."
            )
        case asyncpg.InsufficientPrivilegeError() if "for schema" not in error.args[0]:
            return StartupError(
                f"The user of DATABASE_URL may not use the bot's tables ({error.args[0]}): connect as their owner."
            )
    return StartupError(
        f"The user of DATABASE_URL may not create tables ({error.args[0]}): as the database's owner run "
        "GRANT USAGE, CREATE ON SCHEMA public TO that user."
    )


async def migrate(pool: Pool, folder: Path = MIGRATIONS) -> list[str]:
    """Apply what is missing, in one transaction, and return the names; processes that start at once take turns.

    A database that is newer than the files is left as it is: the previous release goes on running during a deploy.
    Raises `StartupError`, nothing being applied then.
    """
    files = migrations_in(folder)
    try:
        async with pool.connections.acquire(timeout=_SECONDS) as connection, connection.transaction():
            missing = _missing(files, await _applied(connection))
            for migration in missing:
                await _apply(connection, migration)
    except _REFUSALS as error:
        raise refusal(error) from None
    except AWAY as error:
        if not is_away(error):
            raise
        raise StartupError("The database went away during the migrations; nothing was applied.") from error
    for migration in missing:
        logger.info("Applied migration %s.", migration.name)
    return [migration.name for migration in missing]


async def pending(pool: Pool, folder: Path = MIGRATIONS) -> list[str]:
    """Return the names of the migrations that the database lacks; changes nothing. Raises `StartupError`."""
    numbers: set[int] = set()
    try:
        async with pool.connections.acquire() as connection:
            begun = await connection.fetchval(
                """-- schema.begun
                SELECT to_regclass('schema_migrations') IS NOT NULL
                """
            )
            sql = """-- schema.numbers
                SELECT number FROM schema_migrations
                """
            numbers = {row["number"] for row in await connection.fetch(sql)} if begun else set()
    except _REFUSALS as error:
        raise refusal(error) from None
    return [migration.name for migration in migrations_in(folder) if migration.number not in numbers]


async def require_migrated(pool: Pool) -> None:
    """Raise `StartupError` where the database is older than this release."""
    if await pending(pool):
        raise StartupError("The database lacks tables of this release: run python -m bot migrate first.")


async def _applied(connection: PoolConnectionProxy) -> dict[int, tuple[str, str]]:
    """Wait for other processes, then return name and checksum of what the database has, by number."""
    await connection.execute("-- schema.lock\nSELECT pg_advisory_xact_lock($1)", _LOCK, timeout=_SECONDS)
    await connection.execute(
        """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            number      integer PRIMARY KEY,
            name        text NOT NULL,
            checksum    text NOT NULL,
            applied_at  timestamptz NOT NULL DEFAULT clock_timestamp()
        )
        """
    )
    rows = await connection.fetch("-- schema.applied\nSELECT number, name, checksum FROM schema_migrations")
    return {row["number"]: (row["name"], row["checksum"]) for row in rows}


def _missing(files: list[Migration], applied: dict[int, tuple[str, str]]) -> list[Migration]:
    missing = []
    for file in files:
        name, checksum = applied.get(file.number, (None, None))
        if name is None:
            missing.append(file)
        elif name != file.name:
            raise StartupError(f"Migration {file.name} cannot be applied: the database has {name} under that number.")
        elif checksum != file.checksum:
            logger.warning("Migration %s was edited after it had been applied; the database has the older form.", name)
    return missing


async def _apply(connection: PoolConnectionProxy, migration: Migration) -> None:
    try:
        await connection.execute(migration.sql, timeout=_SECONDS)
    except asyncpg.PostgresError as error:
        # An object in the wrong state is the migration's own fault here.
        if is_away(error) and not isinstance(error, asyncpg.ObjectNotInPrerequisiteStateError):
            raise
        # PostgreSQL counts characters from 1; within a function's body it gives no position of the file.
        position = getattr(error, "position", None)
        line = f" at line {migration.sql.count(chr(10), 0, int(position)) + 1}" if position else ""
        taken = isinstance(error, asyncpg.DuplicateTableError)
        advice = "; if that is another program's, give the bot a database of its own" if taken else ""
        raise StartupError(
            f"Migration {migration.name} failed{line}, nothing was applied: {error.args[0]}{advice}."
        ) from error
    await connection.execute(
        """-- schema.record
        INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, $2, $3)
        """,
        migration.number,
        migration.name,
        migration.checksum,
    )
