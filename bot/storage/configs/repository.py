"""The repository: reads, changes, takes back and moves the configurations of chats."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from bot.errors import Refused, Unavailable
from bot.settings import ChatConfig
from bot.storage.configs.conflicts import explain_undo, require_revision
from bot.storage.configs.documents import TOO_LARGE, RefusalLog, require_storable
from bot.storage.configs.history import read_changes, read_newer
from bot.storage.configs.moves import move_chat
from bot.storage.configs.revisions import Change, Stored
from bot.storage.connection.availability import Pool, connection
from bot.storage.connection.breaker import UNAVAILABLE

ATTEMPTS = 5

# The chat was moved, or the same update was written, by a transaction that ended while the statement waited.
CAME_BETWEEN = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError)


@dataclass(eq=False, slots=True)
class Write:
    """A write under way; `done` is the revision it made, if it made one."""

    done: Change | None = None


class ChatConfigs:
    """The configurations of all chats.

    Every write is one statement, so no two of them can lose each other's keys; triggers record the change in the same
    transaction. Every method takes the old id of an upgraded group for the new one. A write with the id of an update
    that wrote before changes nothing and returns what was changed then: Telegram may deliver an update twice.

    Every method raises `Unavailable` when the database is away.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._refusals = RefusalLog()

    async def read(self, chat_id: int) -> Stored:
        """Return the configuration of a chat; defaults where nothing was chosen, or where a stored value is bad."""
        async with connection(self._pool) as conn:
            (row,) = await conn.fetch(
                """-- configs.read
                SELECT chat_id, config AS chosen, coalesce(revision, 0) AS revision, updated_at, left_at, refused_topic
                FROM (
                    SELECT coalesce((SELECT chat_id FROM chat_aliases WHERE old_chat_id = $1), $1) AS chat_id
                ) AS chat
                LEFT JOIN chat_configs USING (chat_id)
                """,
                chat_id,
            )
        chosen = row["chosen"] if isinstance(row["chosen"], dict) else {}
        config, refused = ChatConfig.tolerant(chosen)
        self._refusals.note(row["chat_id"], refused)
        return Stored(config=config, **{**row, "chosen": chosen})

    def cached(self, chat_id: int) -> Stored | None:
        """Return the configuration where it is cached; this class caches nothing."""
        return None

    async def read_or_last_known(self, chat_id: int) -> Stored:
        """Return the configuration, the last known one where a cache has it and the database is away."""
        return await self.read(chat_id)

    async def change(
        self,
        chat_id: int,
        patch: Mapping[str, Any],
        *,
        by: int | None,
        via: str,
        anonymous: bool = False,
        remove: Collection[str] = (),
        update_id: int | None = None,
        expected_revision: int | None = None,
    ) -> Change | None:
        """Set the keys of the patch and take the choice of those in `remove` back, as one revision.

        Returns what was touched, None where everything was so already. With `expected_revision` it happens only while
        the chat is still there (0: nothing was ever chosen). Raises `Overtaken` otherwise, and `Refused` for a
        document that becomes larger than 64 KiB or holds what cannot be stored.
        """
        require_storable(patch)
        async with self._writing(chat_id) as write:
            write.done = await self._merge(
                chat_id, patch, list(remove), by, via, update_id, expected_revision, anonymous
            )
        return write.done

    async def reset(
        self,
        chat_id: int,
        keys: Collection[str] | None,
        *,
        by: int | None,
        via: str,
        update_id: int | None = None,
        expected_revision: int | None = None,
    ) -> Change | None:
        """Take the choice of these keys back; None stands for all, those that today's code does not know included."""
        remove = None if keys is None else list(keys)
        async with self._writing(chat_id) as write:
            write.done = await self._merge(chat_id, {}, remove, by, via, update_id, expected_revision)
        return write.done

    async def undo(
        self, chat_id: int, revision: int, *, by: int | None, anonymous: bool = False, update_id: int | None = None
    ) -> Change:
        """Take one revision back where its keys still hold what it wrote; a revision itself, so it can be undone too.

        Raises `Overtaken` where a key was changed since, and `Refused` where there is nothing to take back.
        """
        sql = """-- configs.undo
            WITH chat AS (
                SELECT coalesce((SELECT chat_id FROM chat_aliases WHERE old_chat_id = $1), $1) AS chat_id
            ), recorded AS (
                SELECT chat_id, revision, changed_at, changed_by, via, before, after, anonymous
                FROM chat JOIN config_changes USING (chat_id)
                WHERE update_id = $4
            ), undone AS (
                SELECT chat_id, before, after,
                    ARRAY(SELECT jsonb_object_keys(after)) AS written,
                    ARRAY(SELECT jsonb_object_keys(config_difference(before, after))) AS lost
                FROM chat JOIN config_changes USING (chat_id)
                WHERE revision = $2 AND NOT EXISTS (SELECT FROM recorded)
            ), taken_back AS (
                UPDATE chat_configs AS c
                SET config = (c.config - undone.written) || undone.before, revision = c.revision + 1,
                    updated_at = clock_timestamp(), changed_by = $3, via = 'undo', update_id = $4, left_at = NULL,
                    anonymous_revision = CASE WHEN $5 THEN c.revision + 1 END
                FROM undone
                WHERE c.chat_id = undone.chat_id
                    AND config_difference(undone.after, c.config) = '{}'
                    AND NOT (c.config - undone.written) ?| undone.lost
                RETURNING c.chat_id, c.revision, c.updated_at, c.changed_by, c.via, c.before, c.after
            )
            SELECT chat_id, revision, changed_at, changed_by, via, before, after, anonymous FROM recorded
            UNION ALL
            SELECT chat_id, revision, updated_at, changed_by, via, before, after, $5::boolean FROM taken_back
            """
        async with self._writing(chat_id) as write:
            for _ in range(ATTEMPTS):
                row = await self._fetchrow(sql, chat_id, revision, by, update_id, anonymous)
                if row is not None:
                    write.done = _change(row)
                    return write.done
                async with connection(self._pool) as conn:
                    await explain_undo(conn, chat_id, revision)
            raise Unavailable(UNAVAILABLE)

    async def history(
        self, chat_id: int, *, before: int | None = None, limit: int = 10, key: str | None = None
    ) -> list[Change]:
        """Return the latest changes, newest first; with `before`, those older than that revision.

        With `key` only the changes of that setting.
        """
        async with connection(self._pool) as conn:
            return await read_changes(conn, chat_id, before, limit, key)

    async def newer(self, chat_id: int, revision: int, *, limit: int, key: str | None = None) -> list[int]:
        """Return the revisions from this one on, ascending; with `key` only those that changed that setting."""
        async with connection(self._pool) as conn:
            return await read_newer(conn, chat_id, revision, limit, key)

    async def move(self, old_id: int, new_id: int) -> bool:
        """Carry configuration and history of an upgraded group over to its new id; False where that was done before.

        Where both ids were configured the new one's keys win. Old revision numbers go on meaning the same changes, or
        none, and the revision afterwards is greater than both, so no button drawn before does harm.
        """
        async with self._writing(old_id, new_id), connection(self._pool, writing=True) as conn:
            return await move_chat(conn, old_id, new_id)

    async def mark_left(self, chat_id: int, at: datetime) -> bool:
        """Note that the bot left the chat; what is stored is kept for 30 days. False where that is nothing, or known.

        A chat that never chose anything gets an empty row where lists, histories or aliases refer to it. An upgraded
        group's old id means nothing here: what Telegram says of the emptied group is not said of the new.
        """
        sql = """-- configs.mark_left
            INSERT INTO chat_configs AS c (chat_id, left_at)
            SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM chat_aliases WHERE old_chat_id = $1)
                AND (
                    EXISTS (SELECT FROM chat_configs WHERE chat_id = $1)
                    OR EXISTS (SELECT FROM known_chats WHERE chat_id = $1)
                    OR EXISTS (SELECT FROM known_chats WHERE user_id = $1)
                    OR EXISTS (SELECT FROM chat_aliases WHERE chat_id = $1)
                    OR EXISTS (SELECT FROM config_changes WHERE changed_by = $1 AND changed_by > 0)
                )
            ON CONFLICT (chat_id) DO UPDATE SET left_at = $2 WHERE c.left_at IS NULL OR c.left_at < $2
            RETURNING true
            """
        async with self._writing(chat_id):
            return await self._fetchrow(sql, chat_id, at) is not None

    async def unmark_left(self, chat_id: int, at: datetime) -> bool:
        """Note that the bot is in the chat again, unless it left later; True where its settings are as they were."""
        sql = """-- configs.unmark_left
            WITH chat AS (
                SELECT coalesce((SELECT chat_id FROM chat_aliases WHERE old_chat_id = $1), $1) AS chat_id
            ), empty AS (
                DELETE FROM chat_configs
                WHERE chat_id = (SELECT chat_id FROM chat) AND left_at <= $2 AND revision = 0
            )
            UPDATE chat_configs SET left_at = NULL
            WHERE chat_id = (SELECT chat_id FROM chat) AND left_at <= $2 AND revision > 0
            RETURNING config <> '{}' AS chosen
            """
        async with self._writing(chat_id):
            row = await self._fetchrow(sql, chat_id, at)
        return row is not None and row["chosen"]

    async def note_topic(self, chat_id: int, thread: int, *, refused: bool) -> bool:
        """Note whether Telegram refused to write in a topic; True where that is news."""
        sql = """-- configs.note_topic
            UPDATE chat_configs SET refused_topic = CASE WHEN $3 THEN $2::bigint END
            WHERE chat_id = $1 AND (refused_topic IS NOT DISTINCT FROM $2) <> $3 RETURNING true
            """
        if ((stored := await self.read(chat_id)).refused_topic == thread) is refused:
            return False
        async with self._writing(chat_id):
            return await self._fetchrow(sql, stored.chat_id, thread, refused) is not None

    def _writing(self, *chats: int) -> AbstractAsyncContextManager[Write]:
        """Surround every write; a cache knows by it which chats change, and to what."""
        return nullcontext(Write())

    async def _merge(
        self,
        chat_id: int,
        patch: Mapping[str, Any],
        remove: list[str] | None,
        by: int | None,
        via: str,
        update_id: int | None,
        expected: int | None,
        anonymous: bool = False,
    ) -> Change | None:
        sql = """-- configs.change
            WITH chat AS (
                SELECT coalesce((SELECT chat_id FROM chat_aliases WHERE old_chat_id = $1), $1) AS chat_id
            ), recorded AS (
                SELECT chat_id, revision, changed_at, changed_by, via, before, after, anonymous
                FROM chat JOIN config_changes USING (chat_id)
                WHERE update_id = $6
            ), written AS (
                INSERT INTO chat_configs AS c (chat_id, config, changed_by, via, update_id, anonymous_revision)
                SELECT chat_id, $2::jsonb, $4, $5, $6, CASE WHEN $8 THEN 1 END FROM chat
                WHERE NOT EXISTS (SELECT FROM recorded)
                    AND (
                        EXISTS (SELECT FROM chat_configs WHERE chat_configs.chat_id = chat.chat_id)
                        OR ($2 <> '{}' AND coalesce($7, 0) = 0)
                    )
                ON CONFLICT (chat_id) DO UPDATE
                SET config = CASE WHEN $3::text[] IS NULL THEN $2 ELSE (c.config - $3) || $2 END,
                    revision = c.revision + 1, updated_at = clock_timestamp(),
                    changed_by = $4, via = $5, update_id = $6, left_at = NULL,
                    anonymous_revision = CASE WHEN $8 THEN c.revision + 1 END
                WHERE c.config <> CASE WHEN $3::text[] IS NULL THEN $2 ELSE (c.config - $3) || $2 END
                    AND ($7::bigint IS NULL OR c.revision = $7)
                RETURNING c.chat_id, c.revision, c.updated_at, c.changed_by, c.via, c.before, c.after
            )
            SELECT chat_id, revision, changed_at, changed_by, via, before, after, anonymous FROM recorded
            UNION ALL
            SELECT chat_id, revision, updated_at, changed_by, via, before, after, $8::boolean FROM written
            """
        row = await self._fetchrow(sql, chat_id, patch, remove, by, via, update_id, expected, anonymous)
        if row is None and expected is not None:
            async with connection(self._pool) as conn:
                await require_revision(conn, chat_id, expected)
        # Revision 0 is a row that a purge deleted in the very moment of a reset.
        return _change(row) if row is not None and row["revision"] else None

    async def _fetchrow(self, sql: str, *values: object) -> asyncpg.Record | None:
        """Run one writing statement, again where another transaction came between."""
        for _ in range(ATTEMPTS):
            try:
                async with connection(self._pool, writing=True) as conn:
                    return await conn.fetchrow(sql, *values)
            except asyncpg.CheckViolationError:
                raise Refused(TOO_LARGE) from None
            except CAME_BETWEEN:
                continue
        raise Unavailable(UNAVAILABLE)


def _change(row: asyncpg.Record) -> Change:
    return Change(**row)
