"""The Procfile, started for real by honcho, which does what Heroku and Railway do with one."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import asyncpg
import psutil  # type: ignore[import-untyped]
import pytest

from sandbox import Sandbox
from tests.e2e.running import polled
from tests.hosts.conftest import PROJECT, WITHIN
from tests.storage.server import Server


async def honcho(process: str, variables: dict[str, str]) -> asyncio.subprocess.Process:
    """Start one process of the Procfile."""
    programs = Path(sys.executable).parent
    return await asyncio.create_subprocess_exec(
        *(programs / "honcho", "--procfile", PROJECT / "Procfile", "--app-root", PROJECT, "--env", os.devnull),
        *("start", process),
        env={"PATH": f"{programs}:/usr/bin:/bin", **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


@pytest.mark.timeout(900)
async def test_the_release_process_migrates_and_the_worker_answers_until_it_is_told_to_end(
    telegram: Sandbox, server: Server
) -> None:
    await server.execute("DROP DATABASE IF EXISTS procfile WITH (FORCE)", "CREATE DATABASE procfile")
    url = server.url(database="procfile")
    variables = {"BOT_TOKEN": telegram.token, "BOT_API_URL": telegram.url, "DATABASE_URL": url}
    release = await honcho("release", variables)
    said, _ = await release.communicate()
    assert b"release.1 stopped (rc=0)" in said, said.decode()
    assert b"0001_chat_configs.sql" in said

    asks = asyncio.create_task(polled(telegram, WITHIN))
    worker = await honcho("worker", variables)
    await asks
    anna = telegram.person("Anna")
    anna.say("/start")
    await anna.sees(text="settings")
    started = psutil.Process(worker.pid).children(recursive=True)
    worker.terminate()
    async with asyncio.timeout(WITHIN):
        said, _ = await worker.communicate()
        # The shell that honcho puts around a process ends by the signal; the bot first finishes what it has in hand.
        await asyncio.to_thread(psutil.wait_procs, started)
    assert b"sending SIGTERM to worker.1" in said
    assert not re.search(b"Traceback|ERROR|SIGKILL", said), said.decode()
    connection = await asyncpg.connect(url)
    assert await connection.fetchval("SELECT count(*) FROM pg_stat_activity WHERE datname = 'procfile'") == 1
    await connection.close()
