"""One connection beside the pool: it is notified of every change of a configuration and holds the leader's lock."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

import asyncpg

from bot.background import repeat
from bot.environment import DatabaseEnvironment
from bot.errors import StartupError
from bot.storage.connection.chat_locks import ChatLocks
from bot.storage.connection.dsn import target
from bot.storage.connection.leadership import Leadership
from bot.storage.connection.refusals import refusal
from bot.storage.connection.session import Session

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

logger = logging.getLogger(__name__)

Connection = asyncpg.Connection

CHANNEL = "chat_configs"
"""Where the trigger of that table notifies of changes, as "CHAT_ID REVISION"."""

TIMEOUT_SECONDS = 3.0
"""For a connection, and for an answer on it."""

RETRY_SECONDS = 0.5
"""Between two attempts to connect."""

# The server notices within about 11 s when this machine is gone, and frees the lock.
_KEEPALIVE = "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3"

TRIES = 3
"""Of telling a pooler in transaction mode from one that gives each client a session; others may come between."""

NEEDS_UNPOOLED_URL = (
    "The database URL leads through a connection pooler in transaction mode: set DATABASE_UNPOOLED_URL to the URL that "
    "goes to the server directly."
)

FAILURES = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class Listener(Protocol):
    """Wants to know of changes, by whichever process or hand they are made."""

    def on_listening(self) -> None:
        """From now on every change is notified; nothing that was remembered before may be trusted."""
        ...

    def on_notification(self, chat_id: int, revision: int) -> None:
        """The configuration of this chat changed."""
        ...

    def on_disconnect(self) -> None:
        """The connection is gone: changes are not notified."""
        ...


class Control:
    """The control connection, made again whenever it breaks: for the leader's lock, those of chats, one listener."""

    def __init__(
        self,
        environment: DatabaseEnvironment,
        leadership: Leadership,
        listener: Listener | None = None,
        locks: ChatLocks | None = None,
    ) -> None:
        dsn = environment.database_unpooled_url or environment.database_url
        if dsn is None:
            raise StartupError("DATABASE_URL is not set.")
        variable = "DATABASE_UNPOOLED_URL" if environment.database_unpooled_url else "DATABASE_URL"
        self._target = target(dsn.get_secret_value(), environment.database_ca_file, variable)
        self._leadership = leadership
        self._listener = listener
        self._locks = locks
        self._task: asyncio.Task[None] | None = None
        self._first: asyncio.Future[None]  # made by `open`, done with the first connection that is in use
        self._opening = True
        self._broken = False
        self._failing = False

    async def open(self) -> None:
        """Connect, and go on trying in the background when the database is away.

        Raises `StartupError` where the URL leads through a pooler, on which neither LISTEN nor a session's lock works,
        and for what waiting does not change, such as a wrong password.
        """
        self._first = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(repeat("The control connection", self._connect_and_use))
        await asyncio.wait([self._first], timeout=2 * TIMEOUT_SECONDS)
        self._opening = False
        if self._first.done():
            self._first.result()  # raises what makes the connection useless

    async def close(self) -> None:
        """Close the connection; the lock is free with that, and nobody has to be told of a loss."""
        self._listener = None
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _connect_and_use(self) -> float | None:
        """Use one connection until it breaks; return the seconds until the next attempt."""
        try:
            connection = await self._connect()
        except (*FAILURES, ValueError) as error:
            permanent = refusal(error, self._target) if self._opening else None
            if permanent is not None:
                self._first.set_exception(permanent)
                return None
            self._warn("The control connection cannot be made (%s); retrying every %.1f s.", error, RETRY_SECONDS)
            self._leadership.unreachable()
            return RETRY_SECONDS
        try:
            await self._use(connection)
        except FAILURES as error:
            self._warn("The control connection is lost (%s).", error)
        except StartupError as error:
            self._first.set_exception(error)
            return None
        finally:
            self._disconnected()
            if self._listener is not None:
                self._listener.on_disconnect()
            await _close(connection)
        return 0.0

    async def _connect(self) -> Connection:
        settings = None if self._target.names_application else {"application_name": "telegram-bot control"}
        return await asyncpg.connect(
            self._target.dsn,
            timeout=TIMEOUT_SECONDS,
            command_timeout=TIMEOUT_SECONDS,
            statement_cache_size=0,
            server_settings=settings,
        )

    async def _use(self, connection: Connection) -> None:
        """Listen and lead until the connection breaks."""
        self._broken = False
        connection.add_termination_listener(self._terminated)
        await connection.execute(_KEEPALIVE)
        if not self._first.done() and not await has_own_session(connection, self._connect):
            raise StartupError(NEEDS_UNPOOLED_URL)
        await connection.add_listener(CHANNEL, self._notified)
        if self._listener is not None:
            self._listener.on_listening()
        session = Session(connection)
        if self._locks is not None:
            await self._locks.connected(session)
        self._leadership.connected(session)
        if not self._first.done():
            self._first.set_result(None)
        if self._failing:
            logger.info("The control connection is back.")
        self._failing = False
        while not self._broken:
            self._leadership.turn_wanted.clear()
            pause = await self._leadership.turn(session)
            try:
                async with asyncio.timeout(pause):
                    await self._leadership.turn_wanted.wait()
            except TimeoutError:
                continue
        raise ConnectionResetError

    def _terminated(self, _: object) -> None:
        self._broken = True
        self._disconnected()
        self._leadership.turn_wanted.set()

    def _disconnected(self) -> None:
        self._leadership.disconnected()
        if self._locks is not None:
            self._locks.disconnected()

    def _notified(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        chat_id, _, revision = str(payload).partition(" ")
        if self._listener is not None:
            self._listener.on_notification(int(chat_id), int(revision))

    def _warn(self, message: str, error: Exception, *values: object) -> None:
        if not self._failing:
            logger.warning(message, type(error).__name__, *values)
        self._failing = True


async def has_own_session(
    connection: Connection | PoolConnectionProxy, another: Callable[[], Awaitable[Connection]]
) -> bool:
    """Find out whether the statements of a connection have one session of the server to themselves.

    A lock and LISTEN need one; a pooler in transaction mode gives each transaction another. `another` makes one more
    connection of the same kind; it is asked for only where a pooler stands between.
    """
    if not await _hears_itself(connection):
        return False
    for _ in range(TRIES):
        session = await _session(connection)
        if session == connection.get_server_pid():
            return True  # no pooler between: those give themselves numbers of their own
        other = await another()
        try:
            async with other.transaction():
                # The other one now has our session, or we get a third one.
                if session == await _session(other) or session != await _session(connection):
                    return False
        finally:
            await _close(other)
    return True


async def _session(connection: Connection | PoolConnectionProxy) -> int:
    number: int = await connection.fetchval(
        """-- control.session
        SELECT pg_backend_pid()
        """
    )
    return number


async def _hears_itself(connection: Connection | PoolConnectionProxy) -> bool:
    notified = asyncio.Event()

    def note(*_: object) -> None:
        notified.set()

    await connection.add_listener("control_check", note)
    await connection.execute("-- control.notify\nNOTIFY control_check")
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await notified.wait()
    except TimeoutError:
        return False
    finally:
        await connection.remove_listener("control_check", note)
    return True


async def _close(connection: Connection) -> None:
    try:
        await connection.close(timeout=1.0)
    except (*FAILURES, asyncio.CancelledError):
        connection.terminate()
