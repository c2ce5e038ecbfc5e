"""Updates that were confirmed to Telegram before they were handled."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import Unavailable
from bot.storage.connection.availability import Pool, connection
from bot.storage.connection.breaker import UNAVAILABLE

EXPIRE = """-- stored_updates.expire
DELETE FROM stored_updates WHERE bot_id = $1 AND stored_at < now() - interval '1 day'
"""


@dataclass(frozen=True, slots=True)
class StoredUpdate:
    """An update as it came, whom and which chat it refers to, and how often handling it was given up."""

    body: dict[str, Any]
    chat_id: int | None = None
    user_id: int | None = None
    tries: int = 0


class StoredUpdates:
    """The stored updates of one bot. Every method raises `Unavailable` when the database is away."""

    def __init__(self, pool: Pool, bot_id: int) -> None:
        self._pool = pool
        self._bot_id = bot_id

    async def store(self, updates: Sequence[StoredUpdate]) -> None:
        """Store updates in one statement; one that is stored already gets the new number of tries."""
        async with connection(self._pool, writing=True) as conn:
            await conn.execute(
                """-- stored_updates.store
                INSERT INTO stored_updates (bot_id, update_id, chat_id, user_id, body, tries)
                SELECT $1, (new.body ->> 'update_id')::bigint, new.chat_id, new.user_id, new.body, new.tries
                FROM jsonb_to_recordset($2) AS new (body jsonb, chat_id bigint, user_id bigint, tries integer)
                ON CONFLICT (bot_id, update_id) DO UPDATE SET tries = excluded.tries
                """,
                self._bot_id,
                [
                    {"body": each.body, "chat_id": each.chat_id, "user_id": each.user_id, "tries": each.tries}
                    for each in updates
                ],
            )

    async def forward(self, updates: Sequence[StoredUpdate]) -> None:
        """Store updates for whoever has the locks of their chats, and tell of those that are new."""
        async with connection(self._pool, writing=True) as conn:
            await conn.execute(
                """-- stored_updates.forward
                WITH forwarded AS (
                    INSERT INTO stored_updates (bot_id, update_id, chat_id, user_id, body)
                    SELECT $1, (new.body ->> 'update_id')::bigint, new.chat_id, new.user_id, new.body
                    FROM jsonb_to_recordset($2) AS new (body jsonb, chat_id bigint, user_id bigint)
                    ON CONFLICT (bot_id, update_id) DO NOTHING
                    RETURNING chat_id
                )
                SELECT pg_notify('stored_updates', $1 || ' ' || chat_id) FROM forwarded
                WHERE chat_id IS NOT NULL GROUP BY chat_id
                """,
                self._bot_id,
                [{"body": each.body, "chat_id": each.chat_id, "user_id": each.user_id} for each in updates],
            )

    async def of_chats(self, chat_ids: Collection[int], limit: int) -> list[StoredUpdate]:
        """Return what is stored of these chats, oldest first."""
        async with connection(self._pool) as conn:
            rows = await conn.fetch(
                """-- stored_updates.of_chats
                SELECT body, chat_id, user_id, tries FROM stored_updates
                WHERE bot_id = $1 AND chat_id = ANY ($2::bigint[])
                ORDER BY update_id LIMIT $3
                """,
                self._bot_id,
                list(chat_ids),
                limit,
            )
        return [StoredUpdate(**row) for row in rows]

    async def chats(self, limit: int) -> list[int]:
        """Return chats of which something is stored; what is older than a day is deleted."""
        async with connection(self._pool, writing=True) as conn:
            await conn.execute(EXPIRE, self._bot_id)
            rows = await conn.fetch(
                """-- stored_updates.chats
                SELECT chat_id FROM stored_updates WHERE bot_id = $1 AND chat_id IS NOT NULL
                GROUP BY chat_id ORDER BY min(update_id) LIMIT $2
                """,
                self._bot_id,
                limit,
            )
        return [row["chat_id"] for row in rows]

    async def delete(self, update_ids: Collection[int]) -> None:
        """Delete updates that are done with."""
        async with connection(self._pool, writing=True) as conn:
            await conn.execute(
                """-- stored_updates.delete
                DELETE FROM stored_updates WHERE bot_id = $1 AND update_id = ANY ($2::bigint[])
                """,
                self._bot_id,
                list(update_ids),
            )

    async def load(self, limit: int) -> list[StoredUpdate]:
        """Return what is stored, oldest first; what is older than a day is deleted, as Telegram would have done.

        Raises `Unavailable`, too, while another process has some of it in hand, which got updates by webhook.
        """
        async with connection(self._pool, writing=True) as conn:
            await conn.execute(EXPIRE, self._bot_id)
            rows = await conn.fetch(
                """-- stored_updates.load
                SELECT body, chat_id, user_id, tries, EXISTS (
                    SELECT FROM pg_locks
                    WHERE locktype = 'advisory' AND objsubid = 1
                        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                        AND (classid::bigint << 32 | objid::bigint)
                            = hashtextextended($1::bigint || ':' || stored_updates.chat_id, 0)
                ) AS in_hand
                FROM stored_updates WHERE bot_id = $1 ORDER BY update_id LIMIT $2
                """,
                self._bot_id,
                limit,
            )
        if any(row["in_hand"] for row in rows):
            raise Unavailable(UNAVAILABLE)
        return [StoredUpdate(row["body"], row["chat_id"], row["user_id"], row["tries"]) for row in rows]
