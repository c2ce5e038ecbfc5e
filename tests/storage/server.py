"""A PostgreSQL that a test may stop, freeze, lock people out of and give certificates to."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import asyncpg
import psutil  # type: ignore[import-untyped]

SAFETY = ("fsync", "synchronous_commit", "full_page_writes")
"""What keeps data through a power cut and makes a test wait for the disk."""

IN_MEMORY = Path("/dev/shm")
NEEDED_BYTES = 4 * 2**30
"""Beyond what the servers of a few test processes take."""


@contextmanager
def server_folder() -> Iterator[Path]:
    """A folder for the data of a server; in memory where there is room, since each test copies a database.

    Readable for the user that the server runs as when the tests are run by root.
    """
    roomy = os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > NEEDED_BYTES
    where = IN_MEMORY if roomy else None
    with tempfile.TemporaryDirectory(prefix="bot-test-", dir=where, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


class Server:
    """A server of its own on a port of this machine; `pg_ctl` without the package around it."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.data = folder / "postgres"
        self._programs = programs
        self._user = "pgserver" if os.geteuid() == 0 else None
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port: int = found.getsockname()[1]

    def url(self, user: str = "postgres", database: str = "postgres", host: str = "localhost") -> str:
        return f"postgres://{user}@{host}:{self.port}/{database}"

    def create(self, settings: str) -> None:
        """Make an empty server with these settings, in a folder that its user owns."""
        if self._user:
            shutil.chown(self.data.parent, self._user)
        self._call("initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(settings)

    def start(self) -> None:
        options = f"-h 127.0.0.1 -p {self.port} -k {self.data}" + "".join(f" -c {name}=off" for name in SAFETY)
        self._run("-w", "-o", options, "-l", str(self.data / "log"), "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("-w", "-m", mode, "stop")

    def stand_by(self, folder: Path) -> Server:
        """Return another server that follows this one, started, with its data in this folder."""
        if self._user:
            shutil.chown(folder, self._user)
        other = Server(folder, self._programs)
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres"]
        self._call("pg_basebackup", *where, "-D", str(other.data), "-R", "-X", "stream", "-c", "fast")
        other.start()
        return other

    def promote(self) -> None:
        """Follow nobody any more: take writes."""
        self._run("-w", "promote")

    def freeze(self) -> None:
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send(signal.SIGCONT)

    def own(self, file: Path, text: str) -> None:
        """Write a file that the server can read and nobody else."""
        file.write_text(text)
        file.chmod(0o600)
        if self._user:
            shutil.chown(file, self._user, pwd.getpwnam(self._user).pw_gid)

    async def execute(self, *statements: str) -> None:
        connection = await asyncpg.connect(self.url(), ssl=False)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def fetch(self, question: str) -> object:
        """Return the one value that a question has for an answer."""
        connection = await asyncpg.connect(self.url(), ssl=False)
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()

    def _send(self, sent: signal.Signals) -> None:
        postmaster = psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))
        for process in (postmaster, *postmaster.children()):
            # A backend whose client went away ends in between.
            with suppress(psutil.NoSuchProcess):
                process.send_signal(sent)

    def _run(self, *arguments: str) -> None:
        self._call("pg_ctl", "-s", "-D", str(self.data), *arguments)

    def _call(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        subprocess.run(command, check=True, user=self._user, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: S603 - ours


class Front:
    """A way to the server that can be cut: what a pooler, a proxy or a network between is to the bot."""

    def __init__(self, behind: Server) -> None:
        self.port = 0
        self._behind = behind
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    def url(self, database: str = "postgres") -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    async def __aenter__(self) -> Self:
        await self.mend()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cut()

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """End all connections and take no more."""
        if self._server is None:
            return
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
        await self._server.wait_closed()
        self._server = None

    def changed(self, data: bytes) -> bytes:
        """What arrives at the other side."""
        return data

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._behind.port)
        both = {writer, back}
        self._open |= both
        try:
            await asyncio.gather(self._pipe(reader, back), self._pipe(there, writer))
        except OSError:
            pass
        finally:
            self._open -= both
            for each in both:
                each.close()

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(self.changed(data))
        writer.close()


class TlsFront:
    """Speaks TLS in front of a server that was built without: as PostgreSQL does, after being asked.

    `clients` is the certificate of the authority that has to have signed a client's.
    """

    SSL_REQUEST = bytes.fromhex("0000000804d2162f")
    # The words of PostgreSQL's src/backend/libpq/auth.c, as an error message of its protocol.
    _FIELDS = b"SFATAL\0VFATAL\0C28000\0Mconnection requires a valid client certificate\0\0"
    NO_CERTIFICATE = b"E" + (len(_FIELDS) + 4).to_bytes(4) + _FIELDS

    def __init__(self, behind: Server, certificate: Path, key: Path, *, clients: Path | None = None) -> None:
        self.encrypted: list[bool] = []
        self._behind = behind
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        if clients is not None:
            # PostgreSQL asks for a certificate, and says itself that there is none.
            self._context.verify_mode = ssl.CERT_OPTIONAL
            self._context.load_verify_locations(clients)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._behind.port)
        try:
            first = await reader.readexactly(8)
            self.encrypted.append(first == self.SSL_REQUEST)
            if first == self.SSL_REQUEST:
                writer.write(b"S")
                await writer.start_tls(self._context)
                if self._context.verify_mode != ssl.CERT_NONE and not writer.get_extra_info("peercert"):
                    writer.write(self.NO_CERTIFICATE)
                    await writer.drain()
                    return
            else:
                back.write(first)
            await asyncio.gather(self._pipe(reader, back), self._pipe(there, writer))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            back.close()
            writer.close()

    @staticmethod
    async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()
