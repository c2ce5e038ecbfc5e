"""The primary is lost and a stand-by takes its place, with `python -m bot` and a URL that names both."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from sandbox import Sandbox
from tests.faults.changing import Changing
from tests.faults.conftest import Launch, Row
from tests.faults.test_database import recovered
from tests.storage.server import Server, server_folder

pytestmark = pytest.mark.timeout(400)

BACK_SECONDS = 10.0


@pytest.fixture
def stand_by(server: Server, dsn: str) -> Iterator[Server]:
    """A server that has whatever the first one said it committed."""
    with server_folder() as folder:
        other = server.stand_by(folder)
        database = dsn.rpartition("/")[2]
        asyncio.run(
            server.execute(
                f'ALTER DATABASE "{database}" SET synchronous_commit = on',
                "ALTER SYSTEM SET synchronous_standby_names = '*'",
                "SELECT pg_reload_conf()",
            )
        )
        yield other
        other.stop("immediate")
        if not (server.data / "postmaster.pid").exists():
            server.start()
        asyncio.run(server.execute("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()"))


async def test_a_stand_by_takes_the_place_of_the_primary(
    telegram: Sandbox, launch: Launch, server: Server, stand_by: Server, dsn: str, row: Row
) -> None:
    both = dsn.replace(f":{server.port}", f":{server.port},localhost:{stand_by.port}")
    how = "pg_ctl stop -m immediate under load; 1 s later pg_ctl promote for the one that followed"
    with row("PostgreSQL: failover to a stand-by", how) as numbers:
        bot = await launch(real=True, DATABASE_URL=both)
        await bot.says("Polling for")
        changing = Changing(telegram, 12)
        async with changing:
            await recovered(changing, numbers, time.monotonic())
            began = time.monotonic()
            await asyncio.to_thread(server.stop, "immediate")
            await asyncio.sleep(1)
            await asyncio.to_thread(stand_by.promote)
            assert await recovered(changing, numbers, began) < BACK_SECONDS
        await telegram.settled(60)
        numbers.update(await changing.check(dsn.replace(str(server.port), str(stand_by.port)), all_handled=False))
        assert bot.process.returncode is None
