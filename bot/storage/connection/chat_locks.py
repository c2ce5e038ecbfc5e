"""The locks of chats: of all processes that get updates by webhook, one at a time handles those of a chat.

They are PostgreSQL's advisory locks, held by the session of the control connection: those of a process are free the
moment it ends, however that happens. A process that cannot get a chat's lock stores the update; NOTIFY tells of that,
and whoever holds the lock, or gets it then, goes on with what is stored, in the order of the updates.

Each process also holds a lock of its own, with a number: so it is known which numbers in `outbox.holder` are alive, and
how many processes there are.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence
from typing import Any

import asyncpg

from bot.errors import Unavailable
from bot.storage.connection.breaker import UNAVAILABLE
from bot.storage.connection.session import Session

STORED, HANDLED = "stored_updates", "handled_updates"
"""Channels: "BOT CHAT" where an update was stored for whoever holds the lock, "BOT UPDATE …" of what was handled."""

MOST_TOLD = 400
"""Updates told of in one notification, which has 8,000 bytes."""

REMEMBERED = 50_000
"""Handled updates that each process remembers. Telegram repeats one whose answer was lost within minutes."""

FAILURES = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

_TAKE = """-- chat_locks.take
SELECT chat_id,
    -- A session may have a lock several times over, and would have to give it back as often.
    CASE WHEN held THEN true ELSE pg_try_advisory_lock(hashtextextended($1::text || ':' || chat_id, 0)) END AS taken,
    EXISTS (
        SELECT FROM stored_updates AS stored WHERE stored.bot_id = $1::bigint AND stored.chat_id = chats.chat_id
    ) AS stored
FROM unnest($2::bigint[], $3::boolean[]) AS chats (chat_id, held)
"""

_TELL = """-- chat_locks.tell
SELECT pg_notify('handled_updates', $1::text || ' ' || $2)
"""

_GIVE_BACK = """-- chat_locks.give_back
SELECT pg_advisory_unlock(hashtextextended($1::text || ':' || chat_id, 0)) FROM unnest($2::bigint[]) AS chat_id
"""

_MEMBERS = """-- chat_locks.members
SELECT live.pid = pg_backend_pid() AS own, EXISTS (
    SELECT FROM pg_locks AS chat WHERE chat.pid = live.pid AND chat.locktype = 'advisory' AND chat.objsubid = 1
) AS busy
FROM pg_locks AS live
WHERE live.locktype = 'advisory' AND live.granted AND live.objsubid = 2 AND live.classid = $1::bigint::oid
    AND live.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class ChatLocks:
    """What one process holds. `on_change(connected)` is told of every loss and gain of the session.

    `on_stored(chat_id)` is told where somebody stored an update. A process that polls is no `member`: it listens only.
    """

    def __init__(self, bot_id: int, *, member: bool) -> None:
        self.member = member
        self.number: int | None = None
        """This process's own number, while it has a session."""
        self.held: set[int] = set()
        self.on_stored: Callable[[int], None] = _nothing
        self.on_change: Callable[[bool], None] = _nothing
        self._bot_id = bot_id
        self._key = bot_id % 2**31
        self._session: Session | None = None
        self._handled: dict[int, None] = {}  # in the order in which they were told

    async def connected(self, session: Session) -> None:
        """There is a session, perhaps again: from now on it holds what is taken. Raises what the driver raises."""
        await session.listen(STORED, self._stored)
        await session.listen(HANDLED, self._told_handled)
        if self.member:
            number = secrets.randbelow(2**31 - 1) + 1
            await session.execute("-- chat_locks.join\nSELECT pg_advisory_lock($1::int, $2::int)", self._key, number)
            self.number = number
        self._session = session
        self.on_change(True)

    def disconnected(self) -> None:
        """The session is gone, and with it every lock."""
        if self._session is None:
            return
        self._session = self.number = None
        self.held.clear()
        self.on_change(False)

    def leave(self) -> None:
        """Give everything back at once: this process was frozen, and others may have gone on."""
        session = self._session
        self.disconnected()
        if session is not None:
            session.terminate()

    def handled(self, update_id: int) -> bool:
        """Say whether some process told that it handled an update."""
        return update_id in self._handled

    async def take(self, chats: Collection[int]) -> dict[int, bool]:
        """Take the locks of chats; return those held now, and where updates are stored; raises `Unavailable`."""
        asked = list(chats)
        records = await self._ask(_TAKE, str(self._bot_id), asked, [each in self.held for each in asked])
        taken = {record["chat_id"]: record["stored"] for record in records if record["taken"]}
        self.held.update(taken)
        return taken

    async def give_back(self, chats: Collection[int], handled: Sequence[int]) -> None:
        """Let others have these chats, and tell all which updates were handled. Raises `Unavailable`."""
        if handled:
            # By itself: told when it is committed, and a lock is free at once. Whoever gets it has been told.
            await self._ask(_TELL, str(self._bot_id), " ".join(map(str, handled)))
        if chats:
            await self._ask(_GIVE_BACK, str(self._bot_id), list(chats))
            self.held.difference_update(chats)

    async def members(self) -> int:
        """Return how many processes get updates by webhook. Raises `Unavailable`."""
        return len(await self._ask(_MEMBERS, self._key))

    async def others_busy(self) -> bool:
        """Say whether other processes that get updates by webhook have some in hand. Raises `Unavailable`."""
        return any(member["busy"] and not member["own"] for member in await self._ask(_MEMBERS, self._key))

    async def _ask(self, sql: str, *arguments: object) -> Sequence[Any]:
        session = self._session
        if session is None:
            raise Unavailable(UNAVAILABLE)
        try:
            return await session.fetch(sql, *arguments)
        except FAILURES as error:
            # Whether it was carried out is not known: a new session begins with nothing.
            session.terminate()
            self.disconnected()
            raise Unavailable(UNAVAILABLE) from error

    def remember(self, update_id: int) -> None:
        """Note that an update was handled, here or by a process that told of it."""
        self._handled[update_id] = None
        if len(self._handled) > REMEMBERED:
            del self._handled[next(iter(self._handled))]

    def _stored(self, payload: str) -> None:
        bot_id, _, chat_id = payload.partition(" ")
        if int(bot_id) == self._bot_id:
            self.on_stored(int(chat_id))

    def _told_handled(self, payload: str) -> None:
        bot_id, *handled = payload.split()
        if int(bot_id) == self._bot_id:
            for update_id in handled:
                self.remember(int(update_id))


def _nothing(_: object) -> None:
    """Stand in until somebody wants to know."""
