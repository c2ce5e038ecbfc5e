"""Whom the bot greeted lately: what tells several processes, and one that was started anew, the same join apart."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from bot.storage.connection.availability import Pool, connection

# The two ways carry the same second, or neighbouring ones where the servers' clocks differ.
SAME_EVENT_WITHIN = timedelta(seconds=10)

NOTED_FOR = timedelta(hours=1)
"""An update that comes later is about something of so long ago that nobody is greeted for it."""


class Greeted:
    """A row of the outbox for each person who is greeted, or told goodbye: the proof of which update that was for."""

    def __init__(self, pool: Pool, bot_id: int) -> None:
        self._pool = pool
        self._bot_id = bot_id

    async def first_told(
        self, chat_id: int, people: Collection[int], what: str, *, way: str, update_id: int, at: datetime
    ) -> set[int]:
        """Note what an update tells of people, and return those of whom no other update told it before.

        An update by another `way` tells of the same where it is about the same moment; by the same way it is about
        something that happened again. Of an update that is handled again everybody is returned: the messages that
        answer it know whether they were sent. Raises `Unavailable`.
        """
        async with connection(self._pool, writing=True) as conn:
            records = await conn.fetch(
                """-- greeted.first_told
                INSERT INTO outbox AS o (bot_id, chat_id, receiver_id, key, seq, kind, update_id, calls, state,
                    created_at, due_at, expires_at)
                SELECT $1, $2, person, $4, 0, $5, $6, '[]', 'claimed', $7, $7, clock_timestamp() + $8::interval
                FROM unnest($3::bigint[]) AS person
                ON CONFLICT (chat_id, bot_id, receiver_id, key) DO UPDATE
                SET kind = excluded.kind, update_id = excluded.update_id, created_at = excluded.created_at,
                    expires_at = excluded.expires_at
                WHERE o.update_id = excluded.update_id OR o.kind = excluded.kind
                    OR greatest(o.created_at - excluded.created_at, excluded.created_at - o.created_at) > $9::interval
                RETURNING o.receiver_id
                """,
                *(self._bot_id, chat_id, list(people), what, way, update_id, at, NOTED_FOR, SAME_EVENT_WITHIN),
            )
        return {record["receiver_id"] for record in records}

    async def note_shown(self, chat_id: int, people: Collection[int], what: str) -> None:
        """Note that a message that was said before is to show these people, too: no row of its own would prove that.

        Then nothing tells of them first any more, not even the same update: no way is this one. Raises `Unavailable`.
        """
        async with connection(self._pool, writing=True) as conn:
            await conn.execute(
                """-- greeted.note_shown
                UPDATE outbox SET kind = 'shown', update_id = NULL
                WHERE chat_id = $2 AND bot_id = $1 AND receiver_id = ANY ($3) AND key = $4
                """,
                *(self._bot_id, chat_id, list(people), what),
            )
