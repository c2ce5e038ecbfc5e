"""One connection beside the pool: it hears of every change of a configuration and holds the lock of who polls."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

import asyncpg

from bot.environment import Environment
from bot.errors import StartupError
from bot.storage.connection.dsn import target
from bot.storage.connection.leadership import Connection, Leadership

logger = logging.getLogger(__name__)

CHANNEL = "chat_configs"
"""Where the trigger of that table tells changes, as "CHAT_ID REVISION"."""

TIMEOUT = 3.0
"""Seconds for a connection, and for an answer on it; whoever is slower is away."""

PAUSE = 0.5
"""Seconds between two attempts to connect."""

# The server notices within about 11 s when this machine is gone, and frees the lock.
_KEEPALIVE = "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3"

_FAILURES = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class Listener(Protocol):
    """Who wants to know of changes, by whichever process or hand they are made."""

    def on_listening(self) -> None:
        """From now on every change is heard; nothing that was remembered before may be trusted."""
        ...

    def on_notification(self, chat_id: int, revision: int) -> None:
        """The configuration of this chat changed; 0 is no chat's id."""
        ...

    def on_disconnect(self) -> None:
        """The connection is gone: changes are not heard."""
        ...


class Control:
    """The control connection, made again whenever it breaks. `leadership` lives on it, `listener` hears from it."""

    def __init__(self, environment: Environment, leadership: Leadership, listener: Listener | None = None) -> None:
        dsn = environment.database_unpooled_url or environment.database_url
        if dsn is None:
            raise StartupError("DATABASE_URL is not set.")
        variable = "DATABASE_UNPOOLED_URL" if environment.database_unpooled_url else "DATABASE_URL"
        self._target = target(dsn.get_secret_value(), environment.database_ca_file, variable)
        self._leadership = leadership
        self._listener = listener
        self._task: asyncio.Task[None] | None = None
        self._first = asyncio.Event()
        self._broken = False
        self._failing = False

    async def open(self) -> None:
        """Connect, and go on trying in the background when the database is away.

        Raises `StartupError` where the URL leads through a pooler that swallows what this connection is for.
        """
        self._task = asyncio.create_task(self._keep(), name="control connection")
        first = asyncio.create_task(self._first.wait())
        await asyncio.wait({self._task, first}, timeout=2 * TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
        first.cancel()
        if self._task.done():
            self._task.result()

    async def close(self) -> None:
        """Close the connection; the lock is free with that."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _keep(self) -> None:
        while True:
            try:
                connection = await self._connect()
            except _FAILURES as error:
                self._say("The control connection cannot be made (%s); trying on.", type(error).__name__)
                self._leadership.unreachable()
                await asyncio.sleep(PAUSE)
                continue
            try:
                await self._use(connection)
            except _FAILURES as error:
                self._say("The control connection is lost (%s).", type(error).__name__)
            finally:
                self._leadership.disconnected()
                if self._listener is not None:
                    self._listener.on_disconnect()
                await _closed(connection)

    async def _connect(self) -> Connection:
        settings = None if self._target.names_application else {"application_name": "telegram-bot control"}
        return await asyncpg.connect(
            self._target.dsn,
            timeout=TIMEOUT,
            command_timeout=TIMEOUT,
            statement_cache_size=0,
            server_settings=settings,
        )

    async def _use(self, connection: Connection) -> None:
        """Listen and lead until the connection breaks."""
        self._broken = False
        connection.add_termination_listener(self._terminated)
        await connection.execute(_KEEPALIVE)
        if not self._first.is_set():
            await _check_hearing(connection)
        await connection.add_listener(CHANNEL, self._told)
        if self._listener is not None:
            self._listener.on_listening()
        self._leadership.connected(connection)
        self._first.set()
        if self._failing:
            logger.info("The control connection is back.")
        self._failing = False
        while not self._broken:
            self._leadership.stirred.clear()
            pause = await self._leadership.turn(connection)
            try:
                async with asyncio.timeout(pause):
                    await self._leadership.stirred.wait()
            except TimeoutError:
                continue
        raise ConnectionResetError

    def _terminated(self, _: object) -> None:
        self._broken = True
        self._leadership.disconnected()
        self._leadership.stirred.set()

    def _told(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        chat_id, _, revision = str(payload).partition(" ")
        if self._listener is not None:
            self._listener.on_notification(int(chat_id), int(revision))

    def _say(self, message: str, *values: object) -> None:
        if not self._failing:
            logger.warning(message, *values)
        self._failing = True


async def _check_hearing(connection: Connection) -> None:
    """Raise `StartupError` when a pooler gives each statement another session: a lock and LISTEN need their own."""
    heard = asyncio.Event()

    def told(*_: object) -> None:
        heard.set()

    await connection.add_listener("control_check", told)
    await connection.execute("NOTIFY control_check")
    try:
        async with asyncio.timeout(TIMEOUT):
            await heard.wait()
    except TimeoutError:
        raise StartupError(
            "The database URL leads through a connection pooler in transaction mode: set DATABASE_UNPOOLED_URL to the "
            "URL that goes to the server directly."
        ) from None
    await connection.remove_listener("control_check", told)


async def _closed(connection: Connection) -> None:
    try:
        await connection.close(timeout=1.0)
    except (*_FAILURES, asyncio.CancelledError):
        connection.terminate()
