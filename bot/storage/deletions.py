"""Messages that are to be deleted later, kept where a restart cannot lose them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.storage.connection.availability import Pool, connection

# So long a process has for what it took; then another one tries.
TAKEN = timedelta(seconds=60)
TAKEN_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Due:
    """A message to delete. With `receiver_id` it is ephemeral, seen by that person, and `message_id` is its own id."""

    chat_id: int
    message_id: int
    receiver_id: int | None = None


class DueDeletions:
    """The messages to delete. Every method raises `Unavailable` when the database is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def schedule(self, message: Due, after: timedelta) -> None:
        """Have a message deleted so much later; another time for the same message replaces the first."""
        async with connection(self._pool) as lent:
            await lent.execute(
                """
                INSERT INTO due_deletions (chat_id, receiver_id, message_id, due_at)
                VALUES ($1, $2, $3, clock_timestamp() + $4::interval)
                ON CONFLICT (chat_id, receiver_id, message_id)
                DO UPDATE SET due_at = excluded.due_at, taken_until = NULL
                """,
                message.chat_id,
                message.receiver_id or 0,
                message.message_id,
                after,
            )

    async def due(self, limit: int = TAKEN_AT_ONCE) -> list[Due]:
        """Take what is due now. What is not reported as done within a minute is handed out again, to any process."""
        async with connection(self._pool) as lent:
            rows = await lent.fetch(
                """
                UPDATE due_deletions SET taken_until = clock_timestamp() + $1::interval
                WHERE (chat_id, receiver_id, message_id) IN (
                    SELECT chat_id, receiver_id, message_id
                    FROM due_deletions
                    WHERE due_at <= clock_timestamp()
                        AND (taken_until IS NULL OR taken_until <= clock_timestamp())
                    ORDER BY due_at
                    LIMIT $2
                    FOR UPDATE SKIP LOCKED
                )
                RETURNING chat_id, message_id, receiver_id
                """,
                TAKEN,
                limit,
            )
        return [Due(row["chat_id"], row["message_id"], row["receiver_id"] or None) for row in rows]

    async def done(self, message: Due) -> None:
        """Forget a message that is deleted, or cannot be."""
        async with connection(self._pool) as lent:
            await lent.execute(
                """
                DELETE FROM due_deletions WHERE chat_id = $1 AND receiver_id = $2 AND message_id = $3
                """,
                message.chat_id,
                message.receiver_id or 0,
                message.message_id,
            )

    async def next_in(self) -> float | None:
        """Return in how many seconds something is due (0 for overdue), None when nothing is scheduled."""
        async with connection(self._pool) as lent:
            seconds: float | None = await lent.fetchval(
                """
                SELECT greatest(0, extract(epoch FROM min(greatest(due_at, taken_until)) - clock_timestamp()))::float8
                FROM due_deletions
                HAVING count(*) > 0
                """
            )
        return seconds
