"""What refers to a person or a chat, and deleting it: when somebody asks, and 30 days after the bot was removed."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.storage.connection.availability import Pool, connection

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

logger = logging.getLogger(__name__)

FORMER_ADMIN = 0
"""Stands in the history for somebody who had their traces deleted."""

PURGE_AFTER = timedelta(days=30)
PURGE_EVERY_SECONDS = 6 * 3600.0
PURGED_AT_ONCE = 100
"""Chats and people whose data one statement deletes, each with up to 200 revisions."""

MOST_COUNTED = 1_000
"""Traces of a kind that are counted; beyond that it is one more, however many there are."""

CHANGES_AT_ONCE = 500
"""Revisions that one transaction takes a person's id out of."""

ERASE_SECONDS = 4.0
"""Well within the deadline of a handler, so that the person who pressed gets an answer."""


@dataclass(frozen=True, slots=True)
class Traces:
    """What is stored about a person: changes in histories, entries of their list of groups, settings of their own."""

    changes: int
    chats: int
    settings: int

    def __bool__(self) -> bool:
        return bool(self.changes or self.chats or self.settings)


class Privacy:
    """Looks for and deletes what refers to somebody. Every method raises `Unavailable` when the database is away.

    It uses one connection of the pool at a time, for statements of bounded work, however many people ask.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._turn = asyncio.Lock()

    async def traces(self, user_id: int) -> Traces:
        """Return what refers to a person; no count is greater than `MOST_COUNTED` + 1."""
        async with self._connection() as conn:
            # In the order of their indexes, so that no plan reads a table until it has found enough.
            (row,) = await conn.fetch(
                """-- privacy.traces
                SELECT
                    (SELECT count(*) FROM (
                        SELECT FROM config_changes WHERE changed_by = $1 AND changed_by > 0 ORDER BY chat_id LIMIT $2
                    ) AS found) AS changes,
                    (SELECT count(*) FROM (
                        SELECT FROM known_chats WHERE user_id = $1 ORDER BY chat_id LIMIT $2
                    ) AS found) AS chats,
                    (SELECT count(*) FROM chat_configs, jsonb_object_keys(config) WHERE chat_id = $1) AS settings
                """,
                user_id,
                MOST_COUNTED + 1,
            )
        return Traces(**row)

    async def erase_person(self, user_id: int) -> bool:
        """Delete a person's own settings and list; in the histories of groups they become `FORMER_ADMIN`.

        False when there is more than can be done in `ERASE_SECONDS`: call it again for the rest.
        """
        async with self._connection() as conn:
            await conn.execute(
                """-- privacy.delete_person
                WITH listed AS (
                    DELETE FROM known_chats WHERE user_id = $1
                ), messages AS (
                    DELETE FROM outbox WHERE receiver_id = $1 OR chat_id = $1
                ), updates AS (
                    DELETE FROM stored_updates WHERE user_id = $1 OR chat_id = $1
                )
                DELETE FROM chat_configs WHERE chat_id = $1
                """,
                user_id,
            )
        return await self._anonymise(user_id, ERASE_SECONDS)

    async def erase_chat(self, chat_id: int) -> None:
        """Delete everything about a chat: settings, history, its place on people's lists.

        What stays is its id with the number of the revision, and its former id: a button drawn before must not mean a
        change that is made after.
        """
        async with self._connection() as conn, conn.transaction():
            await conn.execute(
                """-- privacy.delete_chat
                WITH listed AS (
                    DELETE FROM known_chats
                    WHERE chat_id = ANY (ARRAY(SELECT $1 UNION SELECT old_chat_id FROM chat_aliases WHERE chat_id = $1))
                ), messages AS (
                    DELETE FROM outbox WHERE chat_id = $1
                ), updates AS (
                    DELETE FROM stored_updates WHERE chat_id = $1
                )
                UPDATE chat_configs SET config = '{}', revision = revision + 1, via = 'move' WHERE chat_id = $1
                """,
                chat_id,
            )
            # Once more: the trigger has just filled in what the row held before.
            await conn.execute(
                """-- privacy.clear_row
                UPDATE chat_configs SET before = '{}', after = '{}', changed_by = NULL, update_id = NULL,
                    anonymous_revision = NULL, refused_topic = NULL
                WHERE chat_id = $1
                """,
                chat_id,
            )
            await conn.execute(
                """-- privacy.delete_history
                DELETE FROM config_changes WHERE chat_id = $1
                """,
                chat_id,
            )

    async def purge(self, older_than: timedelta = PURGE_AFTER) -> int:
        """Delete all that refers to chats that the bot left longer ago, and to people who blocked it; return how many.

        What people changed in groups stays, made by `FORMER_ADMIN`.
        """
        purged = 0
        while True:
            for person in await self._due_people(older_than):
                await self._anonymise(person)
            deleted = await self._delete_due(older_than)
            purged += deleted
            if deleted < PURGED_AT_ONCE:
                return purged

    async def purge_regularly(self) -> float:
        """Purge; return the seconds until the next turn."""
        purged = await self.purge()
        if purged:
            logger.info("Deleted what was kept for %d chats that were left more than 30 days ago.", purged)
        return PURGE_EVERY_SECONDS

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[PoolConnectionProxy]:
        async with self._turn, connection(self._pool, writing=True) as conn:
            yield conn

    async def _anonymise(self, user_id: int, within: float = math.inf) -> bool:
        """Take a person out of all histories; False when so many seconds were not enough."""
        end = asyncio.get_running_loop().time() + within
        while True:
            async with self._connection() as conn, conn.transaction():
                if not await _anonymise_some(conn, user_id):
                    return True
            if asyncio.get_running_loop().time() > end:
                return False

    async def _due_people(self, older_than: timedelta) -> list[int]:
        async with self._connection() as conn:
            rows = await conn.fetch(
                """-- privacy.due_people
                SELECT chat_id FROM chat_configs
                -- Not clock_timestamp(), which no index helps with.
                WHERE left_at < now() - $1::interval AND chat_id > 0
                ORDER BY left_at
                LIMIT $2
                """,
                older_than,
                PURGED_AT_ONCE,
            )
        return [row["chat_id"] for row in rows]

    async def _delete_due(self, older_than: timedelta) -> int:
        async with self._connection() as conn:
            deleted: int = await conn.fetchval(
                """-- privacy.purge
                WITH deleted AS (
                    DELETE FROM chat_configs
                    WHERE chat_id = ANY (ARRAY(
                        SELECT chat_id FROM chat_configs
                        WHERE left_at < now() - $1::interval
                        ORDER BY left_at
                        LIMIT $2
                        -- A chat that somebody is just changing is none to delete.
                        FOR UPDATE SKIP LOCKED
                    ))
                    RETURNING chat_id
                ), former AS (
                    DELETE FROM chat_aliases WHERE chat_id = ANY (ARRAY(SELECT chat_id FROM deleted))
                    RETURNING old_chat_id
                ), unlisted_chats AS (
                    DELETE FROM known_chats
                    WHERE chat_id = ANY (ARRAY(SELECT chat_id FROM deleted UNION ALL SELECT old_chat_id FROM former))
                ), lists AS (
                    DELETE FROM known_chats WHERE user_id = ANY (ARRAY(SELECT chat_id FROM deleted))
                )
                SELECT count(*) FROM deleted
                """,
                older_than,
                PURGED_AT_ONCE,
            )
        return deleted


async def _anonymise_some(conn: PoolConnectionProxy, user_id: int) -> bool:
    """Take a person out of a bounded number of revisions; False where there are none left."""
    chats = await conn.fetchval(
        """-- privacy.histories_of
        SELECT array_agg(DISTINCT chat_id) FROM (
            SELECT chat_id FROM config_changes WHERE changed_by = $1 AND changed_by > 0 ORDER BY chat_id LIMIT $2
        ) AS found
        """,
        user_id,
        CHANGES_AT_ONCE,
    )
    if not chats:
        return False
    # Chats before their history, as every change locks them, and in the order in which a move does.
    await conn.execute(
        """-- privacy.lock_rows
        SELECT FROM chat_configs WHERE chat_id = ANY ($1) ORDER BY chat_id FOR UPDATE
        """,
        chats,
    )
    await conn.execute(
        """-- privacy.anonymise_rows
        UPDATE chat_configs SET changed_by = $3 WHERE chat_id = ANY ($1) AND changed_by = $2
        """,
        chats,
        user_id,
        FORMER_ADMIN,
    )
    await conn.execute(
        """-- privacy.anonymise_history
        UPDATE config_changes SET changed_by = $3 WHERE chat_id = ANY ($1) AND changed_by = $2 AND changed_by > 0
        """,
        chats,
        user_id,
        FORMER_ADMIN,
    )
    return True
