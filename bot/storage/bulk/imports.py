"""Stores what an export holds, some hundred lines in a transaction; chats that are there already are told apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import asyncpg

from bot.errors import StartupError
from bot.storage.bulk.export import chats_with_changes, write_times_in_utc
from bot.storage.bulk.records import Record
from bot.storage.connection.availability import Pool, connection

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

ATTEMPTS = 5

# The same chat was written or moved meanwhile by the running bot.
_CAME_BETWEEN = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError)


@dataclass(slots=True)
class Outcome:
    """What became of the chats of a file: how many, and for those that differ their ids."""

    added: int = 0
    same: int = 0
    replaced: list[int] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    """They differ, and stay as they are."""
    moved: list[int] = field(default_factory=list)
    """Here they have another id, as groups have that became supergroups."""

    def add(self, other: Outcome) -> None:
        """Count what became of other chats, too."""
        self.added += other.added
        self.same += other.same
        self.replaced += other.replaced
        self.kept += other.kept
        self.moved += other.moved


class Import:
    """Stores the records of an export. Every method raises `Unavailable` when the database is away."""

    def __init__(self, pool: Pool, *, replace: bool) -> None:
        self._pool = pool
        self._replace = replace

    async def store(self, records: Sequence[Record]) -> Outcome:
        """Store these records in one transaction, all or none; a chat comes with all its changes.

        Raises `StartupError` where PostgreSQL refuses one of them.
        """
        for _ in range(ATTEMPTS):
            try:
                async with connection(self._pool, writing=True) as conn, conn.transaction():
                    await write_times_in_utc(conn)
                    outcome = await self._store_chats(conn, _of("chat", records), _of("change", records))
                    await _store_former_ids(conn, _of("former_id", records))
                    await _store_listed(conn, _of("listed", records))
                    await _store_deletions(conn, _of("deletion", records))
            except _CAME_BETWEEN:
                continue
            except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
                raise StartupError(f"The database refuses what stands there ({type(error).__name__})") from None
            return outcome
        raise StartupError("The database refuses what stands there (something twice, perhaps)")

    async def _store_chats(
        self, conn: PoolConnectionProxy, chats: Sequence[Record], changes: Sequence[Record]
    ) -> Outcome:
        if not chats:
            return Outcome()
        ids = {record.chat_id for record in chats}
        given = _lines_by_chat([*chats, *changes])
        present = _lines_by_chat([record async for record in chats_with_changes(conn, ids)])
        outcome = Outcome(same=sum(present.get(chat) == lines for chat, lines in given.items()))
        differing = sorted(chat for chat in present if present[chat] != given[chat])
        marks: dict[int, datetime | None] = {}
        if self._replace:
            rows = await conn.fetch(
                """-- bulk.delete_chats
                DELETE FROM chat_configs WHERE chat_id = ANY ($1) RETURNING chat_id, left_at
                """,
                differing,
            )
            marks = {row["chat_id"]: row["left_at"] for row in rows}
            outcome.replaced = differing
        else:
            outcome.kept = differing
        wanted = ids - present.keys() | set(outcome.replaced)
        stored = await _store_chats(conn, [record for record in chats if record.chat_id in wanted], marks)
        await _store_changes(conn, [record for record in changes if record.chat_id in stored])
        outcome.added = len(stored - set(outcome.replaced))
        outcome.moved = sorted(wanted - stored)
        return outcome


def _of(kind: str, records: Sequence[Record]) -> list[Record]:
    return [record for record in records if record.kind == kind]


def _lines_by_chat(records: Iterable[Record]) -> dict[int, list[str]]:
    lines: dict[int, list[str]] = {}
    for record in records:
        lines.setdefault(record.chat_id, []).append(record.line)
    return lines


async def _store_chats(
    conn: PoolConnectionProxy, chats: Sequence[Record], marks: Mapping[int, datetime | None]
) -> set[int]:
    """Add chats; return the ids of those that were added: all but those with another id here.

    `marks` say of replaced chats since when the bot is out of them: this database knows it better than an old file. Of
    others the file's word is taken, but a purge of what was left long ago waits for a week: the bot may be back.
    """
    columns = [record.columns for record in chats]
    rows = await conn.fetch(
        """-- bulk.add_chats
        INSERT INTO chat_configs (chat_id, config, revision, via)
        -- The triggers take a move for something that brings its own history.
        SELECT chat_id, config, revision, 'move'
        FROM unnest($1::text[]) AS line,
            jsonb_to_record(line::jsonb) AS new (chat_id bigint, config jsonb, revision bigint)
        WHERE NOT EXISTS (SELECT FROM chat_aliases WHERE old_chat_id = new.chat_id)
        RETURNING chat_id
        """,
        columns,
    )
    stored = [row["chat_id"] for row in rows]
    # The triggers filled in columns of their own accord; an update that leaves config alone they take as it is.
    await conn.execute(
        """-- bulk.complete_chats
        UPDATE chat_configs AS c
        SET revision = new.revision, updated_at = new.updated_at, changed_by = new.changed_by, via = new.via,
            update_id = new.update_id, before = new.before, after = new.after,
            left_at = CASE WHEN was.chat_id IS NOT NULL THEN was.left_at WHEN new.left_at IS NOT NULL
                THEN greatest(new.left_at, clock_timestamp() - interval '23 days') END
        FROM unnest($1::text[]) AS line
        CROSS JOIN jsonb_to_record(line::jsonb) AS new (
            chat_id bigint, revision bigint, updated_at timestamptz, changed_by bigint, via text, update_id bigint,
            before jsonb, after jsonb, left_at timestamptz
        )
        LEFT JOIN unnest($3::bigint[], $4::timestamptz[]) AS was (chat_id, left_at) USING (chat_id)
        WHERE c.chat_id = new.chat_id AND c.chat_id = ANY ($2)
        """,
        *(columns, stored, list(marks), list(marks.values())),
    )
    return set(stored)


async def _store_changes(conn: PoolConnectionProxy, changes: Sequence[Record]) -> None:
    await conn.execute(
        """-- bulk.add_changes
        INSERT INTO config_changes (
            chat_id, revision, changed_at, changed_by, via, update_id, before, after, anonymous
        )
        SELECT new.chat_id, new.revision, new.changed_at, new.changed_by, new.via, new.update_id, new.before, new.after,
            coalesce(new.anonymous, false)
        FROM unnest($1::text[]) AS line, jsonb_to_record(line::jsonb) AS new (
            chat_id bigint, revision bigint, changed_at timestamptz, changed_by bigint, via text, update_id bigint,
            before jsonb, after jsonb, anonymous boolean
        )
        """,
        [record.columns for record in changes],
    )


async def _store_former_ids(conn: PoolConnectionProxy, aliases: Sequence[Record]) -> None:
    """Add former ids, but for those that are chats of their own here; aliases must not lead to aliases."""
    if not aliases:
        return
    # As a move does.
    await conn.execute(
        """-- bulk.lock_former_ids
        LOCK TABLE chat_aliases IN SHARE ROW EXCLUSIVE MODE
        """
    )
    await conn.execute(
        """-- bulk.add_former_ids
        INSERT INTO chat_aliases (old_chat_id, chat_id, moved_at)
        SELECT new.old_chat_id, new.chat_id, new.moved_at
        FROM unnest($1::text[]) AS line,
            jsonb_to_record(line::jsonb) AS new (old_chat_id bigint, chat_id bigint, moved_at timestamptz)
        WHERE NOT EXISTS (SELECT FROM chat_configs AS c WHERE c.chat_id = new.old_chat_id)
            AND NOT EXISTS (SELECT FROM chat_aliases AS other WHERE other.old_chat_id = new.chat_id)
            AND NOT EXISTS (SELECT FROM chat_aliases AS other WHERE other.chat_id = new.old_chat_id)
        ON CONFLICT (old_chat_id) DO NOTHING
        """,
        [record.columns for record in aliases],
    )


async def _store_listed(conn: PoolConnectionProxy, listed: Sequence[Record]) -> None:
    await conn.execute(
        """-- bulk.add_listed
        INSERT INTO known_chats (user_id, chat_id, title, seen_at)
        SELECT new.user_id, new.chat_id, new.title, new.seen_at
        FROM unnest($1::text[]) AS line,
            jsonb_to_record(line::jsonb) AS new (user_id bigint, chat_id bigint, title text, seen_at timestamptz)
        ON CONFLICT (user_id, chat_id) DO NOTHING
        """,
        [record.columns for record in listed],
    )


async def _store_deletions(conn: PoolConnectionProxy, deletions: Sequence[Record]) -> None:
    await conn.execute(
        """-- bulk.add_deletions
        INSERT INTO outbox (
            bot_id, chat_id, receiver_id, key, seq, kind, update_id, calls, version, created_at, due_at, expires_at
        )
        SELECT new.bot_id, new.chat_id, new.receiver_id, new.key, new.seq, 'deletion', new.update_id, new.calls,
            new.version, new.created_at, new.due_at, new.expires_at
        FROM unnest($1::text[]) AS line, jsonb_to_record(line::jsonb) AS new (
            bot_id bigint, chat_id bigint, receiver_id bigint, key text, seq bigint, update_id bigint, calls jsonb,
            version integer, created_at timestamptz, due_at timestamptz, expires_at timestamptz
        )
        ON CONFLICT (chat_id, bot_id, receiver_id, key) DO NOTHING
        """,
        [record.columns for record in deletions],
    )
