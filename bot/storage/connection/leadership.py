"""The lock that makes one process of a bot the one that polls, and what becomes of it when the database is away.

The lock is PostgreSQL's, held by a session: it is free the moment its holder ends, however that happens. Beyond that:

- Whoever loses the session stops leading at once and asks again. While the database is away for all, nobody else can
  lead either; then the last leader stands in, so that people get answers, and stops as soon as another one leads.
- A stand-by that lost its own session lets the former leader go first.
- A stand-by that gets the lock leads a moment later: who lost its session and knows it may use that moment to confirm
  what it finished, so that nobody does it again.
- A leader must have reached the database within `LEASE` seconds to be sure. A frozen one reaches nothing: after `STALE`
  seconds a stand-by ends its session, and when it thaws it is not sure any more.
"""

from __future__ import annotations

import asyncio
import logging

import asyncpg

logger = logging.getLogger(__name__)

Connection = asyncpg.Connection

TRY = 0.25
"""Seconds between two attempts of a stand-by to get the lock."""

PING = 3.0
"""Seconds between two signs of life of a leader."""

LEASE = 10.0
"""Seconds after the last sign of life in which a leader is sure to lead."""

STALE = 20.0
"""Seconds without a sign of life after which a stand-by ends the leader's session; well beyond `LEASE`."""

YIELD = 3.0
"""Seconds a stand-by that was disconnected leaves the lock to the former leader."""

SETTLE = 0.4
"""Seconds between a stand-by's getting the lock and its leading."""

LINGER = 0.25
"""Seconds in which one that lost its session may confirm what it finished; well within `SETTLE`."""

_LOCK = 0x706F6C6C  # "poll"; the second number of the lock is the bot's


class Leadership:
    """The lead of one bot among the processes that share a database: `bot.updates.leader_lock.LeaderLock`.

    `stirred` is set when a turn is due before its time; the owner of the connection calls `turn` whenever one is due.
    """

    def __init__(self, bot_id: int) -> None:
        self.stirred = asyncio.Event()
        self._keys = (_LOCK, bot_id % 2**31)
        self._connection: Connection | None = None
        self._using = asyncio.Lock()
        self._wanted = False
        self._locked = False  # by the session we have
        self._leads = False  # by the lock, or in its place
        self._may_stand_in = False
        self._stood_by = False  # another had the lock when this one last tried
        self._had_a_session = False
        self._lost = asyncio.Event()
        self._changed = asyncio.Event()
        self._verified = self._not_before = self._looked_at = 0.0
        self._lost_at = -LINGER

    async def acquire(self) -> asyncio.Event:
        """Wait until this process leads. Return the event that is set when it leads no more."""
        self._wanted = True
        self.stirred.set()
        while not self.held():
            self._changed.clear()
            await self._changed.wait()
        return self._lost

    def held(self) -> bool:
        """Whether this process leads for sure at this instant."""
        return self._leads and _now() - self._verified < LEASE

    def lingers(self) -> float:
        """Return how many seconds are left of the moment in which nobody else can lead yet."""
        return 0.0 if self._leads else max(0.0, self._lost_at + LINGER - _now())

    async def release(self) -> None:
        """Let the next one lead."""
        self._wanted = self._may_stand_in = False
        self._lose()
        async with self._using:
            if self._locked and self._connection is not None:
                self._locked = False
                try:
                    await self._connection.execute("SELECT pg_advisory_unlock($1::int, $2::int)", *self._keys)
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    self.stirred.set()  # the session is gone or will be, and the lock with it

    def contested(self) -> None:
        """Another process polls: whoever only stands in gives way."""
        if self._leads and not self._locked:
            logger.warning("Another process leads; this one stands by.")
            self._may_stand_in = False
            self._lose()

    def connected(self, connection: Connection) -> None:
        """There is a session, perhaps again."""
        if self._had_a_session and not self._may_stand_in:
            self._not_before = _now() + YIELD
        self._connection, self._had_a_session = connection, True

    async def turn(self, connection: Connection) -> float:
        """Give a sign of life, or try to get the lock. Return the seconds until the next turn."""
        async with self._using:
            if self._locked or not self._wanted:
                await connection.fetchval("SELECT 1")
                self._seen()
                return PING
            if not self._leads and _now() < self._not_before:
                return TRY
            if await connection.fetchval("SELECT pg_try_advisory_lock($1::int, $2::int)", *self._keys):
                self._locked = True
                if self._stood_by and not self._leads:
                    await asyncio.sleep(SETTLE)
                    if not (self._locked and self._wanted):
                        return TRY
                self._stood_by, self._may_stand_in = False, True
                self._lead()
                return PING
            if self._leads:
                logger.warning("Another process leads since the database was away; this one stands by.")
            self._may_stand_in, self._stood_by = False, True
            self._lose()
            await self._look_at_leader(connection)
            return TRY

    def disconnected(self) -> None:
        """The session is gone, and with it the lock."""
        if self.held():
            self._lost_at = _now()
        self._connection, self._locked = None, False
        self._lose()

    def unreachable(self) -> None:
        """The database is away. Whoever led last leads on: nobody can get the lock."""
        if self._wanted and self._may_stand_in:
            self._lead()

    def _lead(self) -> None:
        if not self._leads:
            self._lost = asyncio.Event()
            logger.info("This process leads%s.", "" if self._locked else " on while the database is away")
        self._leads = True
        self._seen()

    def _lose(self) -> None:
        self._leads = False
        self._lost.set()

    def _seen(self) -> None:
        self._verified = _now()
        self._changed.set()

    async def _look_at_leader(self, connection: Connection) -> None:
        """End the session of a leader that has given no sign of life: it is frozen, or its machine is gone."""
        if _now() - self._looked_at < PING:
            return
        self._looked_at = _now()
        ended = await connection.fetch(
            """
            SELECT pg_terminate_backend(pid)
            FROM pg_locks JOIN pg_stat_activity USING (pid)
            WHERE locktype = 'advisory' AND granted AND classid = $1::bigint::oid AND objid = $2::bigint::oid
                AND objsubid = 2 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND usename = current_user AND state_change < clock_timestamp() - make_interval(secs => $3)
            """,
            *self._keys,
            STALE,
        )
        if ended:
            logger.warning("The process that led has given no sign of life for %.0f s; its lead is ended.", STALE)


def _now() -> float:
    return asyncio.get_running_loop().time()
