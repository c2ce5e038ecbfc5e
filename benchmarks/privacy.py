"""What it costs to ask what refers to a person, with few and with millions of changes by others, as a ratio."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

sys.path.insert(0, str(Path(__file__).parents[1]))

from bot.environment import Environment
from bot.storage.connection.availability import Pool
from bot.storage.database import opened
from bot.storage.privacy import Privacy
from bot.storage.schema.embedded import start_embedded

ANNA = 11
FEW = 1_000
KEPT = 200  # revisions a chat
TOKEN = "1234567:" + "x" * 35

OWN = 5
OTHERS = """
    SET session_replication_role = replica;
    INSERT INTO chat_configs (chat_id, config, changed_by)
    SELECT -n, '{{"goodbye": true}}', 1000 + n FROM generate_series(1, {chats}) AS n;
    INSERT INTO config_changes (chat_id, revision, changed_at, changed_by, via, before, after)
    SELECT -n, revision, now(), 1000 + (n * 7 + revision) % 100000, 'menu', '{{}}', '{{"goodbye": true}}'
    FROM generate_series(1, {chats}) AS n, generate_series(1, {kept}) AS revision;
    INSERT INTO config_changes (chat_id, revision, changed_at, changed_by, via, before, after)
    SELECT -n, 1000, now(), 11, 'menu', '{{}}', '{{}}' FROM generate_series(1, 5) AS n;
    INSERT INTO known_chats (user_id, chat_id, title) SELECT 1000 + n, -n, 'Club' FROM generate_series(1, {chats}) AS n;
    SET session_replication_role = DEFAULT;
"""


async def main(folder: Path, changes: int, times: int) -> None:
    server = await start_embedded(folder)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.stop)
        few, many = [await database(stack, server.dsn, name) for name in ("few", "many")]
        await fill(few, FEW)
        await fill(many, changes)
        # In turns, so that whatever else the machine does meets both.
        rounds = [(await measure(few), await measure(many)) for _ in range(times)]
    for count, side in ((FEW, 0), (changes, 1)):
        asked, erased = (statistics.median(one[side][what] for one in rounds) for what in (0, 1))
        print(f"{count:>10,} changes of others: asked in {asked:.3f} ms, erased in {erased:.3f} ms (medians)")
    for what, name in enumerate(("asking", "erasing")):
        ratio = statistics.median(big[what] / small[what] for small, big in rounds)
        print(f"ratio for {name}: {ratio:.2f}")


async def database(stack: AsyncExitStack, dsn: str, name: str) -> Pool:
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    pool, url = Pool(), urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))
    values = {"bot_token": TOKEN, "database_url": url, "database_command_timeout": 3600.0, "database_pool_max": 1}
    await stack.enter_async_context(opened(pool, Environment.model_validate(values)))
    return pool


async def fill(pool: Pool, changes: int) -> None:
    await pool.connections.execute(OTHERS.format(chats=changes // KEPT, kept=KEPT))
    await pool.connections.execute("VACUUM ANALYZE")


async def measure(pool: Pool) -> tuple[float, float]:
    """How long asking and erasing take, in milliseconds."""
    privacy = Privacy(pool)
    await pool.connections.execute("UPDATE config_changes SET changed_by = 11 WHERE chat_id > -6 AND revision = 1000")
    began = time.perf_counter()
    traces = await privacy.traces(ANNA)
    asked = time.perf_counter()
    await privacy.erase_person(ANNA)
    erased = time.perf_counter()
    assert traces.changes == OWN
    return 1000 * (asked - began), 1000 * (erased - asked)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=500)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        asyncio.run(main(Path(name), given.changes, given.times))
