"""The Dockerfile, carried out step by step without Docker: what it makes runs the bot, read-only and without rights."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys

import psutil  # type: ignore[import-untyped]
import pytest
import yaml

from sandbox import Sandbox
from tests.e2e.running import polled
from tests.hosts.conftest import PROJECT, WITHIN, on_the_hosts_python
from tests.storage.server import Server

# pip installs what production needs, from the network.
pytestmark = [pytest.mark.timeout(900), on_the_hosts_python]

LOOK_AROUND = """
echo "user $(id -u), home $HOME"
grep CapBnd /proc/self/status
for place in /app /home/bot /venv /etc /usr /tmp; do touch $place/x 2>/dev/null && echo "may write to $place"; done
ls -A /app
exec python -m bot
"""


async def may_have_a_root_of_its_own() -> bool:
    """Whether this machine lets us mount."""
    if os.geteuid() != 0:
        return False
    process = await asyncio.create_subprocess_exec("unshare", "--mount", "true", stderr=asyncio.subprocess.DEVNULL)
    return await process.wait() == 0


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


async def is_healthy(port: str) -> bool:
    """What the health check of compose.yaml says of the bot on this port."""
    bot = yaml.safe_load((PROJECT / "deploy/docker/compose.yaml").read_text())["services"]["bot"]
    _, _, *command = bot["healthcheck"]["test"]
    command = [part.replace(f":{bot['environment']['PORT']}/", f":{port}/") for part in command]
    process = await asyncio.create_subprocess_exec(sys.executable, *command)
    return await process.wait() == 0


async def test_what_the_dockerfile_makes_answers_people_as_an_ordinary_user_who_may_write_nowhere(
    telegram: Sandbox, server: Server
) -> None:
    if not await may_have_a_root_of_its_own():
        pytest.skip("needs root, and the right to mount")
    await server.execute("DROP DATABASE IF EXISTS docker WITH (FORCE)", "CREATE DATABASE docker")
    variables = {
        "BOT_TOKEN": telegram.token,
        "BOT_API_URL": telegram.url,
        "DATABASE_URL": server.url(database="docker", host="127.0.0.1"),
        "PORT": str(free_port()),
    }
    options = [part for name, value in variables.items() for part in ("-e", f"{name}={value}")]
    asks = asyncio.create_task(polled(telegram, within=800))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scripts.replay_dockerfile", *options, "sh", "-c", LOOK_AROUND),
        cwd=PROJECT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = asyncio.create_task(process.communicate())
    await asyncio.wait({asks, said}, return_when=asyncio.FIRST_COMPLETED)
    assert not said.done(), said.result()[0].decode()
    anna = telegram.person("Anna")
    anna.say("/start")
    await anna.sees(text="settings")

    assert await is_healthy(variables["PORT"])
    bot = psutil.Process(process.pid).children(recursive=True)[-1]
    assert bot.cmdline()[-2:] == ["-m", "bot"]
    bot.send_signal(signal.SIGTERM)
    async with asyncio.timeout(WITHIN):
        output = (await said)[0].decode()
    assert process.returncode == 0, output
    steps, _, shown = output.partition("\n== ")
    assert "USER 10001" in steps
    assert "user 10001, home /home/bot\n" in shown
    assert "CapBnd:\t0000000000000000" in shown
    assert [line for line in shown.splitlines() if line.startswith("may write")] == ["may write to /tmp"]
    assert "\nbot\nmigrations\n" in shown, "nothing else is in /app"
