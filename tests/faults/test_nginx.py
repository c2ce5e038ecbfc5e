"""The nginx configuration of docs/deploy.md, with a real nginx in front of two processes."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from sandbox import Sandbox
from tests.faults.conftest import Launch, Row, answers, came
from tests.faults.promising import fetch
from tests.faults.test_strangers import some_groups
from tests.faults.test_webhook import ON_PORT

GUIDE = Path(__file__).parents[2] / "docs" / "deploy.md"
FOLDERS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@pytest.fixture
def front() -> Iterator[int]:
    """A port that nobody else is given until nginx listens on it: both say that they share it."""
    with socket.socket() as reserved:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


def configured(folder: Path, front: int, behind: list[int]) -> str:
    """The guide's configuration with these ports, without its certificate."""
    guide = GUIDE.read_text()
    begin = guide.index("upstream bot {")
    block = guide[begin : guide.index("```", begin)]
    changes = {
        "10.0.0.1:8080": f"127.0.0.1:{behind[0]}",
        "10.0.0.2:8080": f"127.0.0.1:{behind[1]}",
        "listen 443 ssl;": f"listen 127.0.0.1:{front};",
    }
    for written, meant in changes.items():
        assert written in block
        block = block.replace(written, meant)
    own = "\n".join(f"{one}_temp_path {folder}/{one};" for one in FOLDERS)
    return (
        f"daemon off; pid {folder}/pid; error_log {folder}/errors;\nevents {{}}\n"
        f"http {{\naccess_log {folder}/requests;\n{own}\n{block}}}\n"
    )


@asynccontextmanager
async def nginx(folder: Path, front: int, behind: list[int]) -> AsyncIterator[None]:
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        assert os.environ.get("CI") != "true", "nginx is missing; .ci/run installs it"
        pytest.skip("needs nginx")
    file = folder / "nginx.conf"
    file.write_text(configured(folder, front, behind))
    process = await asyncio.create_subprocess_exec(program, "-e", str(folder / "errors"), "-c", str(file))
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def status_of(url: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status


async def test_behind_nginx_as_the_guide_sets_it_up_nothing_is_lost_when_a_process_is_killed(
    telegram: Sandbox, launch: Launch, row: Row, database: str, tmp_path: Path, front: int
) -> None:
    address = f"http://127.0.0.1:{front}"
    variables = {"WEBHOOK_URL": f"{address}/telegram", "WEBHOOK_SECRET": "word-of-our-own"}
    how = "nginx as in the guide; each of 8 owners says 6 commands at once; kill -9 for one of two processes"
    with row("webhook: nginx, kill -9", how) as numbers:
        both = [await launch(real=True, DATABASE_URL=database, PORT="0", **variables) for _ in range(2)]
        for one in both:
            await one.says("Taking updates by webhook")
        behind = [int(found[1]) for one in both for line in one.lines if (found := ON_PORT.search(line))]
        async with nginx(tmp_path, front, behind):
            telegram.api.delivery.webhook.pauses = (0.0, 0.5, 1.0)
            await came(lambda: bool(telegram.api.delivery.webhook.url))
            owned = some_groups(telegram, 8)
            for number in range(6):
                for owner, club in owned:
                    owner.say(f"/settings rules_text Rules {number}", club)
                if number == 3:
                    await both[0].killed()
            await came(lambda: all(any(f"“Rules {n}" in text for text in answers(telegram)) for n in range(6)))
            await telegram.settled(120)
            sql = "SELECT chat_id, after ->> 'rules_text' AS text FROM config_changes ORDER BY chat_id, revision"
            rows = await fetch(database, sql)
            for _, club in owned:
                assert [each["text"] for each in rows if each["chat_id"] == club.id] == [f"Rules {n}" for n in range(6)]
            assert await status_of(f"{address}/health") == 404, "not for everybody"
            assert await status_of(f"{address}/telegram") in {401, 405}, "without the secret"
        requests = (tmp_path / "requests").read_text().splitlines()
        numbers["answered 200"] = sum('" 200 ' in line for line in requests)
        numbers["answered 502"] = sum('" 502 ' in line for line in requests)
