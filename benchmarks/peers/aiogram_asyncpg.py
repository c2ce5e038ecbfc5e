"""aiogram with an asyncpg pool: a SELECT for every update."""

import json
import os
from typing import Any

import asyncpg
import common

pool: Any = None


async def start() -> None:
    global pool  # noqa: PLW0603 - as a short bot does it
    pool = await asyncpg.create_pool(os.environ["DATABASE_URL"])


async def read(chat_id: int) -> Any:
    return await pool.fetchval("SELECT config FROM peer_configs WHERE chat_id = $1", chat_id)


async def write(chat_id: int, value: str) -> None:
    await pool.execute(
        "INSERT INTO peer_configs VALUES ($1, $2) ON CONFLICT (chat_id) DO UPDATE SET config = excluded.config",
        chat_id,
        json.dumps({"timezone": value}),
    )


common.run(read, write, start)
