"""aiogram with psycopg2's SimpleConnectionPool, called in the event loop."""

import json
import os
from typing import Any

import common
from psycopg2.pool import SimpleConnectionPool

pool = SimpleConnectionPool(1, 10, os.environ["DATABASE_URL"])


def execute(sql: str, *values: object) -> Any:
    connection = pool.getconn()
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchone() if cursor.description else None
    finally:
        pool.putconn(connection)


async def read(chat_id: int) -> Any:
    return execute("SELECT config FROM peer_configs WHERE chat_id = %s", chat_id)


async def write(chat_id: int, value: str) -> None:
    sql = "INSERT INTO peer_configs VALUES (%s, %s) ON CONFLICT (chat_id) DO UPDATE SET config = excluded.config"
    execute(sql, chat_id, json.dumps({"timezone": value}))


common.run(read, write)
