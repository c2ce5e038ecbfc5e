"""Messages that wait to be sent, deletions that were promised, and the proof that something was said once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.storage.connection.availability import Pool, connection

MOST_ROWS_IN_CHAT = 1_000
"""More rows of one chat are not stored: a chat cannot fill the table."""

_ADOPT = """-- outbox.adopt
UPDATE outbox SET bot_id = $1 WHERE bot_id = 0 AND state = 'waiting'
"""

_STORE = """-- outbox.store
INSERT INTO outbox AS o (bot_id, chat_id, receiver_id, key, seq, kind, update_id, calls, delete_after,
    by_admin, holder, state, version, created_at, due_at, expires_at)
SELECT $1, new.chat_id, new.receiver_id, new.key, new.seq, new.kind, new.update_id,
    CASE WHEN $3 THEN '[]' ELSE new.calls END, new.delete_after, new.by_admin,
    CASE WHEN new.kind <> 'deletion' OR new.due_in <= $6 THEN $5::integer END,
    CASE WHEN $3 THEN 'claimed' ELSE 'waiting' END,
    new.version + 1,
    clock_timestamp() - make_interval(secs => new.age),
    clock_timestamp() + make_interval(secs => new.due_in),
    clock_timestamp()
        + make_interval(secs => CASE WHEN $3 THEN least(new.expires_in, 86400) ELSE new.expires_in END)
FROM jsonb_to_recordset($2) AS new (
    chat_id bigint, receiver_id bigint, key text, seq bigint, kind text, update_id bigint, calls jsonb,
    delete_after float8, by_admin boolean, version integer, age float8, due_in float8, expires_in float8
)
WHERE $3 OR (
    SELECT count(*) FROM (
        SELECT FROM outbox AS held WHERE held.chat_id = new.chat_id AND held.bot_id = $1
            AND held.state = 'waiting'
        LIMIT $4
    ) AS bounded
) < $4
ON CONFLICT (chat_id, bot_id, receiver_id, key) DO UPDATE
SET calls = excluded.calls, due_at = excluded.due_at, expires_at = excluded.expires_at,
    state = excluded.state, holder = excluded.holder, version = o.version + 1
WHERE o.state = 'waiting'
    -- It had a version before: this process knows it, and no other one has claimed it since.
    OR $3 AND excluded.version > 1 AND o.holder IS NOT DISTINCT FROM excluded.holder
RETURNING o.chat_id, o.receiver_id, o.key, o.id, o.version
"""

_TAKE_OVER = """-- outbox.take_over
UPDATE outbox SET holder = NULL
WHERE bot_id = $1 AND holder IS NOT NULL AND NOT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid = ($1 % 2147483648)::oid
        AND objid = holder::oid AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
)
"""

Call = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Row:
    """A message as it is stored. Times are seconds from now, negative ones have passed."""

    chat_id: int
    receiver_id: int
    key: str
    seq: int
    kind: str
    calls: Sequence[Call]
    due_in: float
    expires_in: float
    age: float = 0.0
    update_id: int | None = None
    delete_after: float = 0.0
    by_admin: bool = False
    id: int = 0
    version: int = 1


FAR_SECONDS = 60.0
"""A deletion that is due later is in nobody's memory, so that no process holds it."""


class OutboxRows:
    """The rows of one bot. Every method raises `Unavailable` when the database is away.

    `holder` is the number of this process among several that send (`ChatLocks`); None where only the leader does.
    """

    def __init__(self, pool: Pool, bot_id: int) -> None:
        self.holder: int | None = None
        self._pool = pool
        self._bot_id = bot_id

    async def store(self, rows: Sequence[Row], *, claimed: bool = False) -> dict[tuple[int, int, str], tuple[int, int]]:
        """Store messages in one statement: a newer edit or deletion replaces the older one, other keys are said once.

        Returns id and version by chat, receiver and key, but for those that were said before or have no room.
        With `claimed` an attempt to send them begins, which is not repeated after a crash. Those are not bounded: what
        is not returned was said before, or another process is about to say it. They are kept for a day at most, as
        Telegram keeps updates for 24 hours, and without their calls: as a proof they need neither texts nor names.
        """
        async with connection(self._pool, writing=True) as conn:
            records = await conn.fetch(
                _STORE,
                *(self._bot_id, [_as_json(row) for row in rows], claimed, MOST_ROWS_IN_CHAT, self.holder, FAR_SECONDS),
            )
        return {
            (record["chat_id"], record["receiver_id"], record["key"]): (record["id"], record["version"])
            for record in records
        }

    async def release(self, row_id: int, calls: Sequence[Call], wait_seconds: float) -> None:
        """Have a claimed message wait again, with its calls: Telegram did not act on it, and asks for a pause."""
        async with connection(self._pool, writing=True) as conn:
            await conn.execute(
                """-- outbox.release
                UPDATE outbox
                SET state = 'waiting', calls = $2, due_at = clock_timestamp() + make_interval(secs => $3)
                WHERE id = $1
                """,
                row_id,
                calls,
                wait_seconds,
            )

    async def delete(self, rows: Collection[tuple[int, int]]) -> None:
        """Delete rows by id and version; one that was replaced by a newer version stays."""
        async with connection(self._pool, writing=True) as conn:
            await conn.execute(
                """-- outbox.delete
                DELETE FROM outbox USING unnest($1::bigint[], $2::integer[]) AS done (id, version)
                WHERE outbox.id = done.id AND outbox.version = done.version
                """,
                [row_id for row_id, _ in rows],
                [version for _, version in rows],
            )

    async def free_held(self) -> bool:
        """Have nobody hold what processes held that are gone; return whether there was any."""
        async with connection(self._pool, writing=True) as conn:
            status: str = await conn.execute(_TAKE_OVER, self._bot_id)
        return int(status.rpartition(" ")[2]) > 0

    async def waiting(self, limit: int) -> list[Row]:
        """Return what waits to be said, oldest first, and hold it: what a process that leads goes on with.

        That is what nobody holds; see `free_held`.
        """
        async with connection(self._pool, writing=True) as conn:
            await conn.execute(_ADOPT, self._bot_id)
            records = await conn.fetch(
                """-- outbox.waiting
                WITH next AS (
                    SELECT id, version, chat_id, receiver_id, key, seq, kind, update_id, calls, delete_after, by_admin,
                        extract(epoch FROM clock_timestamp() - created_at)::float8 AS age,
                        extract(epoch FROM due_at - clock_timestamp())::float8 AS due_in,
                        extract(epoch FROM expires_at - clock_timestamp())::float8 AS expires_in
                    FROM outbox
                    WHERE bot_id = $1 AND state = 'waiting' AND expires_at > now() AND holder IS NULL
                        -- Not "<>", which no index helps with.
                        AND (kind < 'deletion' OR kind > 'deletion')
                    ORDER BY seq
                    LIMIT $2
                ), held AS (
                    UPDATE outbox SET holder = $3 FROM next WHERE outbox.id = next.id AND $3::integer IS NOT NULL
                )
                SELECT * FROM next ORDER BY seq
                """,
                self._bot_id,
                limit,
                self.holder,
            )
        return [Row(**record) for record in records]

    async def due_deletions(self, within_seconds: float, limit: int) -> list[Row]:
        """Return the deletions that are due within so many seconds, those of long ago first."""
        async with connection(self._pool) as conn:
            records = await conn.fetch(
                """-- outbox.due_deletions
                SELECT id, version, chat_id, receiver_id, key, seq, kind, update_id, calls, delete_after, by_admin,
                    extract(epoch FROM clock_timestamp() - created_at)::float8 AS age,
                    extract(epoch FROM due_at - clock_timestamp())::float8 AS due_in,
                    extract(epoch FROM expires_at - clock_timestamp())::float8 AS expires_in
                FROM outbox
                WHERE bot_id = $1 AND kind = 'deletion' AND state = 'waiting' AND holder IS NULL
                    AND due_at <= now() + make_interval(secs => $2)
                ORDER BY due_at
                LIMIT $3
                """,
                self._bot_id,
                within_seconds,
                limit,
            )
        return [Row(**record) for record in records]

    async def purge(self) -> int:
        """Delete what has expired, also of other bots; returns how many rows that were."""
        async with connection(self._pool, writing=True) as conn:
            status = await conn.execute(
                """-- outbox.purge
                DELETE FROM outbox WHERE id IN (
                    SELECT id FROM outbox WHERE expires_at < now() ORDER BY expires_at LIMIT 1000
                )
                """
            )
        return int(status.rpartition(" ")[2])


def _as_json(row: Row) -> dict[str, Any]:
    names = ("chat_id", "receiver_id", "key", "seq", "kind", "update_id", "calls", "delete_after", "by_admin")
    known = {name: getattr(row, name) for name in (*names, "age", "due_in", "expires_in")}
    return known | {"version": row.version if row.id else 0}
