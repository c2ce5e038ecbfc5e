"""The lock that makes one process of a bot the one that polls, and what becomes of it when the database is away.

The lock is PostgreSQL's, held by a session: it is free the moment its holder ends, however that happens. Beyond that:

- A process that loses its session stops leading at once and asks again. While the database is away for all, nobody can
  get the lock; then the last leader goes on, so that people get answers, and stops as soon as another one leads.
- A stand-by that was disconnected gives the former leader `FORMER_LEADER_FIRST_SECONDS` to get the lock again.
- A stand-by that gets the lock leads `TAKEOVER_DELAY_SECONDS` later: a leader that lost its session and knows it may
  use a part of that time to confirm what it finished, so that nobody does it again.
- A leader is sure for `LEASE_SECONDS` from the moment at which it asked the question that the database last answered.
  A frozen one asks nothing: after `DEAD_AFTER_SECONDS` a stand-by ends its session, and when it goes on it is not sure.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Protocol

import asyncpg

logger = logging.getLogger(__name__)


class Connection(Protocol):
    """What asks the database on the session that holds the lock: asyncpg's connection, or `Session`."""

    async def fetch(self, sql: str, *arguments: Any) -> Any:
        """Return the rows of a statement."""
        ...

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        """Return the first value of a statement."""
        ...

    async def execute(self, sql: str, *arguments: Any) -> Any:
        """Run a statement."""
        ...


RETRY_SECONDS = 0.25
"""Between two attempts of a stand-by to get the lock."""

PING_SECONDS = 3.0
"""Between two questions of a leader to the database, and between two checks of the leader by a stand-by."""

LEASE_SECONDS = 10.0

DEAD_AFTER_SECONDS = 20.0
"""Well beyond the lease."""

FORMER_LEADER_FIRST_SECONDS = 3.0

TAKEOVER_DELAY_SECONDS = 0.4

LAST_WORD_SECONDS = 0.25
"""For confirming what was finished; well within the delay of a takeover."""

_LOCK = 0x706F6C6C  # "poll"; the second number of the lock is the bot's
_TRY_LOCK = "-- leadership.try_lock\nSELECT pg_try_advisory_lock($1::int, $2::int)"
_UNLOCK = "-- leadership.unlock\nSELECT pg_advisory_unlock($1::int, $2::int)"


class Leadership:
    """The leadership of one bot among the processes that share a database: `bot.updates.leader_lock.LeaderLock`.

    The owner of the connection calls `turn` when one is due, or as soon as `turn_wanted` is set. `taken` is how often
    this process began to lead.
    """

    def __init__(self, bot_id: int) -> None:
        self.turn_wanted = asyncio.Event()
        self.taken = 0
        self._keys = (_LOCK, bot_id % 2**31)
        self._connection: Connection | None = None
        self._using = asyncio.Lock()
        self._wanted = False
        self._locked = False  # by the session we have
        self._leads = False  # by the lock, or in its place
        self._led_last = False  # nobody else had the lock since this process had it
        self._stood_by = False  # another had the lock when this one last tried
        self._was_connected = False
        self._lost = asyncio.Event()
        self._changed = asyncio.Event()
        self._sure_since = self._not_before = self._checked_at = 0.0
        self._lost_at = -LAST_WORD_SECONDS

    async def acquire(self) -> asyncio.Event:
        """Wait until this process leads. Return the event that is set when it leads no more."""
        self._wanted = True
        self.turn_wanted.set()
        while not self.held():
            self._changed.clear()
            await self._changed.wait()
        return self._lost

    def held(self) -> bool:
        """Whether this process leads for sure at this instant."""
        return self._leads and _now() - self._sure_since < LEASE_SECONDS

    def can_be_taken(self) -> bool:
        """Whether this process is connected, and would lead if nobody else did."""
        return self._connection is not None

    def grace_seconds(self) -> float:
        """Return for how many seconds yet nobody else can lead, since this process lost the leadership."""
        return 0.0 if self._leads else max(0.0, self._lost_at + LAST_WORD_SECONDS - _now())

    async def release(self) -> None:
        """Let the next one lead."""
        self._wanted = self._led_last = False
        self._lose()
        async with self._using:
            if self._locked and self._connection is not None:
                self._locked = False
                try:
                    await self._connection.execute(_UNLOCK, *self._keys)
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    self.turn_wanted.set()  # the session is gone or will be, and the lock with it

    def report_conflict(self) -> None:
        """Another process polls: one that leads without the lock gives way."""
        if self._leads and not self._locked:
            logger.warning("Another process leads; this one stands by.")
            self._led_last = False
            self._lose()

    def connected(self, connection: Connection) -> None:
        """There is a session, perhaps again."""
        if self._was_connected and not self._led_last:
            self._not_before = _now() + FORMER_LEADER_FIRST_SECONDS
        self._connection, self._was_connected = connection, True

    def disconnected(self) -> None:
        """The session is gone, and with it the lock."""
        if self.held():
            self._lost_at = _now()
        self._connection, self._locked = None, False
        self._lose()

    def unreachable(self) -> None:
        """The database is away, so nobody can get the lock: the last leader goes on."""
        if self._wanted and self._led_last:
            self._lead(_now())

    async def turn(self, connection: Connection) -> float:
        """Renew the lease, or try to get the lock. Return the seconds until the next turn."""
        async with self._using:
            asked_at = _now()
            if self._locked or not self._wanted:
                await connection.fetchval("-- leadership.renew\nSELECT 1")
                self._sure(asked_at)
                if self._locked:
                    await self._end_dead(connection)
                return PING_SECONDS
            if not self._leads and asked_at < self._not_before:
                return RETRY_SECONDS
            if await connection.fetchval(_TRY_LOCK, *self._keys):
                return await self._take_over(asked_at)
            if self._leads:
                logger.warning("Another process leads since the database was away; this one stands by.")
            self._led_last, self._stood_by = False, True
            self._lose()
            await self._end_dead(connection)
            return RETRY_SECONDS

    async def _take_over(self, asked_at: float) -> float:
        """Lead, having got the lock."""
        self._locked = True
        if self._stood_by and not self._leads:
            await asyncio.sleep(TAKEOVER_DELAY_SECONDS)
            if not (self._locked and self._wanted):
                return RETRY_SECONDS
        self._stood_by, self._led_last = False, True
        self._lead(asked_at)
        return PING_SECONDS

    def _lead(self, sure_since: float) -> None:
        if not self._leads:
            self._lost = asyncio.Event()
            self.taken += 1
            logger.info("This process leads%s.", "" if self._locked else " on while the database is away")
        self._leads = True
        self._sure(sure_since)

    def _lose(self) -> None:
        self._leads = False
        self._lost.set()

    def _sure(self, since: float) -> None:
        self._sure_since = since
        self._changed.set()

    async def _end_dead(self, connection: Connection) -> None:
        """End the session of a leader, or of a webhook process, that asks nothing any more: frozen, or cut off."""
        if _now() - self._checked_at < PING_SECONDS:
            return
        self._checked_at = _now()
        ended = await connection.fetch(
            """-- leadership.end_dead
            SELECT pg_terminate_backend(pid)
            FROM pg_locks JOIN pg_stat_activity USING (pid)
            WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND pid <> pg_backend_pid()
                AND (classid = $1::bigint::oid AND objid = $2::bigint::oid OR classid = $2::bigint::oid)
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND usename = current_user AND state_change < clock_timestamp() - make_interval(secs => $3)
            """,
            *self._keys,
            DEAD_AFTER_SECONDS,
        )
        if ended:
            logger.warning(
                "Another process has given no sign of life for %.0f s; what it held is free.", DEAD_AFTER_SECONDS
            )


def _now() -> float:
    return asyncio.get_running_loop().time()
