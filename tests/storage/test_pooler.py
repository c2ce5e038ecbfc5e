"""A real PgBouncer before the database: in transaction mode, and only then, the bot asks for another URL."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.commandline.check_database import database_findings
from bot.commandline.transfer import export_to, import_from
from bot.environment import Environment
from bot.errors import StartupError
from bot.storage.configs.repository import ChatConfigs
from bot.storage.connection.control import Control
from bot.storage.connection.leadership import Leadership
from tests.conftest import database_url, environment_for
from tests.pooler import pgbouncer


@pytest.fixture(params=["transaction", "session"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def pooled(postgres: str, database: str, mode: str) -> Iterator[str]:
    """The URL of the test's database through PgBouncer."""
    if shutil.which("pgbouncer") is None:
        pytest.skip("needs the program pgbouncer")
    with pgbouncer(postgres, mode) as url:
        yield database_url(url, database.rpartition("?")[0].rpartition("/")[2])


async def wrong(environment: Environment) -> list[str]:
    return [one.text async for one in database_findings(environment) if one.kind == "wrong"]


async def test_the_control_connection_and_check_refuse_transaction_mode_and_nothing_else(
    pooled: str, database: str, mode: str
) -> None:
    control = Control(environment_for(pooled), Leadership(1))
    said = await wrong(environment_for(pooled))
    if mode == "session":
        await control.open()
        assert said == []
    else:
        with pytest.raises(StartupError, match="set DATABASE_UNPOOLED_URL"):
            await control.open()
        (sentence,) = said
        assert "set DATABASE_UNPOOLED_URL" in sentence
        assert await wrong(environment_for(pooled, database_unpooled_url=SecretStr(database))) == []
        (sentence,) = await wrong(environment_for(pooled, database_unpooled_url=SecretStr(pooled)))
        assert "the server's own URL" in sentence
    await control.close()


@pytest.mark.parametrize("mode", ["transaction"])
async def test_chats_are_exported_and_imported_through_it_again_and_again(
    pooled: str, database: str, configs: ChatConfigs, tmp_path: Path
) -> None:
    for chat in range(450):
        await configs.change(-1 - chat, {"goodbye": True}, by=1, via="menu")
    environment = environment_for(pooled, database_unpooled_url=SecretStr(database))
    exports = []
    for number in range(3):
        file = tmp_path / f"{number}.jsonl"
        await export_to(environment, file)
        await import_from(environment, file, replace=True)
        exports.append(await asyncio.to_thread(file.read_bytes))
    assert exports[0].count(b"\n") == 901
    assert exports[0] == exports[1] == exports[2]
