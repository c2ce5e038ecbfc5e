"""PgBouncer before the tests' PostgreSQL; `TEST_POOLER=pgbouncer` asks for it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

WANTED = os.environ.get("TEST_POOLER") == "pgbouncer"

_SETTINGS = """
[databases]
* = host={host} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = 10
max_client_conn = 1000
"""


@contextmanager
def pgbouncer(server: str, mode: str = "transaction") -> Iterator[str]:
    """Run PgBouncer before a server on a socket of this machine; yield the URL of its database `postgres`."""
    program = shutil.which("pgbouncer")
    if program is None:
        raise RuntimeError("TEST_POOLER=pgbouncer needs the program pgbouncer (Debian: apt-get install pgbouncer)")
    folder = parse_qs(urlsplit(server).query)["host"][0]
    # Neither runs as root, and the socket is open to the server's user alone.
    user = Path(folder).owner()
    with socket.socket() as found, tempfile.TemporaryDirectory(prefix="bot-pooler-") as own:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
        found.close()
        settings = Path(own) / "pgbouncer.ini"
        settings.write_text(_SETTINGS.format(host=folder, port=port, mode=mode))
        Path(own).chmod(0o755)
        command = [program, "-q", str(settings)]
        with subprocess.Popen(command, user=user if os.geteuid() == 0 else None, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - ours
            try:
                _wait_for(port, process)
                yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
            finally:
                process.terminate()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("pgbouncer did not start")
