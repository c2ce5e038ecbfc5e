"""Distributes the tables by chat as an operator with Citus does; a stand-in for Citus makes partitions of them."""

from __future__ import annotations

from pathlib import Path

import asyncpg

from bot.storage.connection.availability import Pool

SCRIPT = Path(__file__).parents[1] / "deploy" / "citus" / "distribute.sql"
STAND_IN = Path(__file__).with_name("citus_stand_in.sql")


async def distribute(pool: Pool, script: str = "") -> None:
    """Run the operator's script, or another one, as psql does: the first error ends it, and its transaction."""
    async with pool.connections.acquire() as conn:
        await conn.execute(STAND_IN.read_text(encoding="utf-8"))
        try:
            await conn.execute(script or SCRIPT.read_text(encoding="utf-8"))
        except asyncpg.PostgresError:
            await conn.execute("ROLLBACK")
            raise
