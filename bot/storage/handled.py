"""Which updates were answered in public already, so that a redelivered one is not answered again."""

from __future__ import annotations

from bot.errors import Unavailable
from bot.storage.connection.availability import Pool, connection


class HandledUpdates:
    """For the few features that say something everybody sees, such as greetings; most updates need no record.

    A change of settings is recorded with its update by `ChatConfigs` and is not made twice either way.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def claim(self, update_id: int) -> bool:
        """Return True the first time, to whoever may speak now; False for an update that was claimed before.

        Claim just before speaking: a process that dies in between stays silent, which disturbs less than twice. While
        the database is away everybody may speak: it would take a kill at the same time to have it said twice, and to
        stay silent would be felt in every chat. Old claims are forgotten on the way.
        """
        try:
            return await self._claimed(update_id)
        except Unavailable:
            return True

    async def _claimed(self, update_id: int) -> bool:
        async with connection(self._pool, writing=True) as lent:
            claimed = await lent.fetchval(
                """
                WITH forgotten AS (
                    DELETE FROM handled_updates
                    WHERE update_id IN (
                        SELECT update_id
                        FROM handled_updates
                        WHERE claimed_at < clock_timestamp() - interval '2 days' AND update_id <> $1
                        ORDER BY claimed_at
                        LIMIT 100
                        FOR UPDATE SKIP LOCKED
                    )
                )
                INSERT INTO handled_updates AS h (update_id)
                VALUES ($1)
                ON CONFLICT (update_id) DO UPDATE SET claimed_at = excluded.claimed_at
                    WHERE h.claimed_at < clock_timestamp() - interval '2 days'
                RETURNING true
                """,
                update_id,
            )
            return bool(claimed)
