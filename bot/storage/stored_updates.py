"""Updates that were confirmed to Telegram before they were handled."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from bot.storage.connection.availability import Pool, connection


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
        """Return what is stored, oldest first; what is older than a day is deleted, as Telegram would have done."""
        async with connection(self._pool, writing=True) as conn:
            await conn.execute(
                """-- stored_updates.expire
                DELETE FROM stored_updates WHERE bot_id = $1 AND stored_at < clock_timestamp() - interval '1 day'
                """,
                self._bot_id,
            )
            rows = await conn.fetch(
                """-- stored_updates.load
                SELECT body, chat_id, user_id, tries FROM stored_updates WHERE bot_id = $1 ORDER BY update_id LIMIT $2
                """,
                self._bot_id,
                limit,
            )
        return [StoredUpdate(**row) for row in rows]
