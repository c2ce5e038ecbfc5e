"""What the operator reads when a deployment is set up wrongly: one sentence, exit code 1, and never a secret."""

from __future__ import annotations

import socket
from collections.abc import Callable

import asyncpg
import pytest

from bot.environment import Environment
from bot.errors import StartupError
from bot.storage.connection.control import Control
from sandbox import Sandbox
from tests.conftest import database_url
from tests.e2e.running import BotProcess, RunningBot
from tests.storage.conftest import lasting_server
from tests.storage.server import Server

__all__ = ["lasting_server"]

NEVER_SAID = "hunter2-opensesame"
Processes = Callable[..., BotProcess]


async def ending(process: BotProcess, *arguments: str) -> str:
    """Run it; return what it says at last, without the log lines before."""
    await process.launch(*arguments)
    assert await process.ended() == 1
    said = [line for line in process.output if not line.startswith("{")]
    assert NEVER_SAID not in "\n".join(process.output)
    assert "Traceback" not in "\n".join(process.output)
    (sentence,) = said
    assert sentence.endswith(".")
    return sentence


async def test_no_token(new_process: Processes) -> None:
    assert (await ending(new_process(BOT_TOKEN=""))).startswith("BOT_TOKEN is not set")


async def test_a_malformed_token(new_process: Processes) -> None:
    assert (await ending(new_process(BOT_TOKEN=NEVER_SAID))).startswith("BOT_TOKEN must look like")


async def test_a_token_the_server_refuses(new_process: Processes) -> None:
    sentence = await ending(new_process(BOT_TOKEN=f"7000000009:{NEVER_SAID}-but-well-formed"))
    assert sentence.startswith("Telegram refuses BOT_TOKEN")


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://u:{NEVER_SAID}@host/name",
        NEVER_SAID,
        f"postgres://u:{NEVER_SAID}@[::1/x",
        f"postgres://u:p@{NEVER_SAID}:x/y",
    ],
    ids=["scheme", "rubbish", "bracket", "port"],
)
async def test_a_malformed_database_url(new_process: Processes, url: str) -> None:
    assert (await ending(new_process(DATABASE_URL=url))).startswith("DATABASE_URL ")


async def test_a_wrong_password(new_process: Processes, lasting_server: Server) -> None:
    url = f"postgres://locked:{NEVER_SAID}@localhost:{lasting_server.port}/postgres"
    sentence = await ending(new_process(DATABASE_URL=url))
    assert "does not accept the user or the password" in sentence


async def test_an_unknown_host(new_process: Processes) -> None:
    url = f"postgres://u:{NEVER_SAID}@no-such-host.invalid/name"
    sentence = await ending(new_process(DATABASE_URL=url, DATABASE_WAIT="0.5"))
    assert "no-such-host.invalid" in sentence
    assert "did not answer" in sentence


async def test_a_server_that_is_not_there(new_process: Processes) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"postgres://u:{NEVER_SAID}@127.0.0.1:{reserved.getsockname()[1]}/name"
        process = new_process(DATABASE_URL=url, DATABASE_WAIT="1")
        sentence = await ending(process)
    assert "connection refused" in sentence
    assert any("The database is not there yet" in line for line in process.output), "each try is a log line"


async def test_a_database_that_is_missing(new_process: Processes, postgres: str) -> None:
    sentence = await ending(new_process(DATABASE_URL=database_url(postgres, "no_such_database")))
    assert "no database of that name" in sentence


async def test_pool_sizes_that_contradict(new_process: Processes) -> None:
    sentence = await ending(new_process(DATABASE_POOL_MIN="6", DATABASE_POOL_MAX="2"))
    assert sentence == "DATABASE_POOL_MIN must not be greater than DATABASE_POOL_MAX."


async def test_migrating_alone_needs_the_same_environment_and_says_the_same(
    new_process: Processes, postgres: str
) -> None:
    url = database_url(postgres, "no_such_database")
    assert "no database of that name" in await ending(new_process(DATABASE_URL=url), "migrate")


async def test_migrating_alone_ends_well_and_asks_telegram_nothing(new_process: Processes, telegram: Sandbox) -> None:
    process = new_process()
    await process.launch("migrate", whole=True)
    assert await process.ended() == 0
    assert telegram.calls.count() == 0


async def test_an_unknown_command_lists_the_known_ones(new_process: Processes) -> None:
    process = new_process()
    await process.launch("dance")
    assert await process.ended() == 2
    assert "migrate" in "\n".join(process.output)


async def test_a_healthy_start_logs_json_lines_and_ends_with_0_on_sigterm(
    new_process: Processes, telegram: Sandbox
) -> None:
    process = new_process(LOG_LEVEL="DEBUG")
    await process.start(whole=True)
    assert await process.terminate() == 0
    assert all(line.startswith('{"time": ') for line in process.output)


async def test_a_start_that_fails_half_way_leaves_no_connection_open(
    environment: Environment, telegram: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: Control) -> None:
        raise StartupError("The control connection is useless.")

    monkeypatch.setattr(Control, "open", fail)
    with pytest.raises(StartupError):
        await RunningBot(environment, telegram).start()
    assert environment.database_url is not None
    connection = await asyncpg.connect(environment.database_url.get_secret_value())
    others = await connection.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.close()
    assert others == 0
