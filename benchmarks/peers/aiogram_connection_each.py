"""aiogram with a new psycopg2 connection for every operation."""

import json
import os
from typing import Any

import common
import psycopg2


def execute(sql: str, *values: object) -> Any:
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchone() if cursor.description else None
    finally:
        connection.close()


async def read(chat_id: int) -> Any:
    return execute("SELECT config FROM peer_configs WHERE chat_id = %s", chat_id)


async def write(chat_id: int, value: str) -> None:
    sql = "INSERT INTO peer_configs VALUES (%s, %s) ON CONFLICT (chat_id) DO UPDATE SET config = excluded.config"
    execute(sql, chat_id, json.dumps({"timezone": value}))


common.run(read, write)
