"""An update that was answered in public is not answered again."""

from __future__ import annotations

import asyncio

from pydantic import SecretStr

from bot.environment import Environment
from bot.storage.connection.availability import Pool
from bot.storage.connection.pool import close_pool
from bot.storage.handled import HandledUpdates
from bot.storage.schema.migrate import migrate
from tests.conftest import create_pool
from tests.storage.server import Server


async def test_only_one_of_many_may_speak(pool: Pool) -> None:
    handled = HandledUpdates(pool)
    assert sorted(await asyncio.gather(*(handled.claim(7) for _ in range(10)))) == [False] * 9 + [True]
    assert await HandledUpdates(pool).claim(8)


async def test_old_claims_are_forgotten_and_their_ids_may_come_again(pool: Pool) -> None:
    handled = HandledUpdates(pool)
    for update_id in (1, 2, 3):
        assert await handled.claim(update_id)
    await pool.connections.execute(
        "UPDATE handled_updates SET claimed_at = claimed_at - interval '3 days' WHERE update_id < 3"
    )
    assert await handled.claim(1)
    assert not await handled.claim(3)
    rows = await pool.connections.fetch("SELECT update_id FROM handled_updates ORDER BY 1")
    assert [row["update_id"] for row in rows] == [1, 3]


async def test_while_the_database_is_away_everybody_may_speak(impatient: Environment, server: Server) -> None:
    await server.execute("DROP DATABASE IF EXISTS shop WITH (FORCE)", "CREATE DATABASE shop")
    url = SecretStr(server.url(database="shop"))
    pool = await create_pool(impatient.model_copy(update={"database_url": url}))
    await migrate(pool)
    handled = HandledUpdates(pool)
    assert await handled.claim(7)
    server.stop()
    assert await handled.claim(7)
    server.start()
    await close_pool(pool)
