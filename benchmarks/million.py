"""Whether a million chats cost what a thousand do: reads, writes, the start; then memory, commands and disk.

    python benchmarks/million.py [--chats 1000000] [--rounds 15] [--starts 5] [--out FILE]

Two databases on one server without safety (fsync off), filled alike: settings, three changes of each chat, people's
lists, former ids. Read and written are chats taken at random, in turns; of each round the medians, of the rounds the
median ratio.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import asyncpg  # noqa: E402
from bots import Bench, fresh_database  # noqa: E402
from start import starting  # noqa: E402

from bot.environment import DatabaseEnvironment  # noqa: E402
from bot.storage.configs.repository import ChatConfigs  # noqa: E402
from bot.storage.connection.availability import Pool  # noqa: E402
from bot.storage.database import migrate_only, opened  # noqa: E402
from bot.storage.known_chats import KnownChats  # noqa: E402
from bot.storage.schema.embedded import start_embedded  # noqa: E402

FEW = 1_000
IN_ROUND = 200
FIRST = 10_000  # as benchmarks/telegram.py numbers chats
VISITED = (100_000, 200_000, 300_000)
SAFETY = ("fsync", "synchronous_commit", "full_page_writes")
TABLES = (
    """
    INSERT INTO chat_configs (chat_id, config, revision, changed_by, via)
    SELECT -{first} - n, '{{"timezone": "Europe/Rome", "goodbye": true, "welcome_text": "Welcome, {{name}}!"}}', 3,
        1000 + n, 'menu'
    FROM generate_series(0, {chats} - 1) AS n
    """,
    """
    INSERT INTO config_changes (chat_id, revision, changed_at, changed_by, via, before, after)
    SELECT -{first} - n, revision, now() - interval '1 day' * (n % 60), 1000 + n, 'menu', '{{}}', '{{"goodbye": true}}'
    FROM generate_series(0, {chats} - 1) AS n, generate_series(1, 3) AS revision
    """,
    """
    INSERT INTO known_chats (user_id, chat_id, title) SELECT 1000 + n, -{first} - n, 'Book club ' || n
    FROM generate_series(0, {chats} - 1) AS n
    """,
    """
    INSERT INTO chat_aliases (old_chat_id, chat_id) SELECT -n - 1, -{first} - n
    FROM generate_series(0, least({chats} / 100, {first} - 2)) AS n
    """,
)
Act = Callable[[Pool, int], Awaitable[object]]


async def fill(dsn: str, chats: int) -> float:
    """Store so many chats; return the seconds it took."""
    begun = time.perf_counter()
    connection = await asyncpg.connect(dsn)
    # Without the triggers: nobody needs a million notifications.
    await connection.execute("SET session_replication_role = replica")
    for sql in TABLES:
        await connection.execute(sql.format(first=FIRST, chats=chats), timeout=3600)
    await connection.execute("VACUUM ANALYZE", timeout=3600)
    await connection.close()
    return time.perf_counter() - begun


async def read(pool: Pool, number: int) -> None:
    await ChatConfigs(pool).read(-FIRST - number)


async def change(pool: Pool, number: int) -> None:
    patch = {"welcome_text": f"Welcome {random.random()}"}
    await ChatConfigs(pool).change(-FIRST - number, patch, by=1000 + number, via="menu")


async def history(pool: Pool, number: int) -> None:
    await ChatConfigs(pool).history(-FIRST - number)


async def listed(pool: Pool, number: int) -> None:
    await KnownChats(pool).of(1000 + number)


async def took(pools: dict[int, Pool], act: Act) -> dict[int, float]:
    """Return by pool the median of milliseconds that this takes for chats taken at random, pools in turn."""
    times: dict[int, list[float]] = {chats: [] for chats in pools}
    for _ in range(IN_ROUND):
        for chats, pool in pools.items():
            number = random.randrange(chats)
            begun = time.perf_counter()
            await act(pool, number)
            times[chats].append(1_000 * (time.perf_counter() - begun))
    return {chats: statistics.median(each) for chats, each in times.items()}


async def compare(dsns: dict[int, str], rounds: int) -> dict[str, dict[str, float]]:
    """Return what reading and writing cost in both databases, and the median of the ratios within rounds."""
    acts: dict[str, Act] = {"a read": read, "a change": change, "a history": history, "a person's list": listed}
    few, many = pools = {chats: Pool() for chats in dsns}
    async with opened(pools[few], environment(dsns[few])), opened(pools[many], environment(dsns[many])):
        found = {name: [await took(pools, act) for _ in range(rounds)] for name, act in acts.items()}
    return {name: ratio([one[few] for one in each], [one[many] for one in each]) for name, each in found.items()}


def ratio(few: list[float], many: list[float]) -> dict[str, float]:
    within = [big / small for small, big in zip(few, many, strict=True)]
    return {"few": statistics.median(few), "many": statistics.median(many), "ratio": statistics.median(within)}


def environment(dsn: str) -> DatabaseEnvironment:
    return DatabaseEnvironment.model_validate({"database_url": dsn, "database_pool_max": 1})


def commands(dsn: str, folder: Path) -> dict[str, float]:
    """Return the seconds that the operators' commands take, and the size of an export."""
    seconds = {}
    for name, arguments in {"stats": [], "export": [str(folder / "chats.jsonl")]}.items():
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "bot", name, *arguments],
            env={**os.environ, "DATABASE_URL": dsn},
            check=True,
            cwd=ROOT,
            capture_output=True,
        )
        seconds[name] = time.perf_counter() - begun
    return {**seconds, "export MB": (folder / "chats.jsonl").stat().st_size / 2**20}


async def megabytes(dsn: str) -> float:
    connection = await asyncpg.connect(dsn)
    size: int = await connection.fetchval("SELECT pg_database_size(current_database())")
    await connection.close()
    return size / 2**20


def memory(dsn: str, chats: int) -> dict[str, float]:
    """Return the resident MB of the bot after a message in each of so many different chats."""
    bench, found = Bench("ours", dsn), {}
    try:
        for visited in (100, *(one for one in VISITED if one <= chats)):
            # Where the time was too short, the chats that were reached are in memory the next time.
            while not bench.flood(updates=visited, chats=visited, plain=100, within=390)["answers"]:
                pass
            found[f"{visited:,}"] = bench.watched.memory_info().rss / 2**20
    finally:
        bench.stop()
    return found


async def safety_off(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    for name in SAFETY:
        await connection.execute(f"ALTER SYSTEM SET {name} = off")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


def measure(server: str, folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    asyncio.run(safety_off(server))
    dsns = {chats: asyncio.run(fresh_database(server, f"chats{chats}")) for chats in (FEW, given.chats)}
    found: dict[str, Any] = {"date": datetime.now(UTC).date().isoformat(), "chats": given.chats}
    for chats, dsn in dsns.items():
        asyncio.run(migrate_only(environment(dsn)))
        seconds = asyncio.run(fill(dsn, chats))
        print(f"{chats:,} chats stored in {seconds:.0f} s, {asyncio.run(megabytes(dsn)):.0f} MB", flush=True)
    found["disk MB"] = asyncio.run(megabytes(dsns[given.chats]))
    found["costs"] = asyncio.run(compare(dsns, given.rounds))
    print(json.dumps(found["costs"], indent=1), flush=True)
    starts = {chats: [] for chats in dsns}
    for _ in range(given.starts):
        for chats, dsn in dsns.items():
            starts[chats].append(starting(dsn, {}))
    for number, name in enumerate(("the start", "the start, CPU alone")):
        found["costs"][name] = ratio(*([1_000 * one[number] for one in starts[chats]] for chats in dsns))
        print(name, found["costs"][name], flush=True)
    found["commands"] = {str(chats): commands(dsn, folder) for chats, dsn in dsns.items()}
    print(found["commands"], flush=True)
    found["memory"] = memory(dsns[given.chats], given.chats)
    print(found["memory"], flush=True)
    found["load"] = os.getloadavg()[0]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chats", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        postgres = asyncio.run(start_embedded(folder))
        try:
            found = measure(postgres.dsn, folder, given)
        finally:
            asyncio.run(postgres.stop())
    if given.out:
        given.out.parent.mkdir(parents=True, exist_ok=True)
        given.out.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
