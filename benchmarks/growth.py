"""Whether our bot stays as quick and as small: with many chats in the table, many of them active, and over time.

    python benchmarks/growth.py [--chats 1000000] [--active 1000 100000] [--updates 200000] [--long 1000000]
        [--minutes 30] [--out FILE]

Every stored chat has chosen something. Printed are CPU time per plain message and memory, after a first visit to each;
the sizes in turn, five times, medians;
memory after every 100,000 updates in a flood; and memory after every minute at 500 updates a second, one in ten of them
a command.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import asyncpg  # noqa: E402
from bots import Bench, fresh_database  # noqa: E402

from bot.storage.schema.embedded import start_embedded  # noqa: E402


async def fill(dsn: str, chats: int) -> None:
    connection = await asyncpg.connect(dsn)
    # Without the triggers: nobody needs a million notifications.
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(
        """
        INSERT INTO chat_configs (chat_id, config)
        SELECT -10000 - n, jsonb_build_object('timezone', 'Europe/Rome')
        FROM generate_series(0, $1::int - 1) AS n
        ON CONFLICT DO NOTHING
        """,
        chats,
        timeout=300,
    )
    await connection.execute("ANALYZE chat_configs")
    await connection.close()


def rss(bench: Bench) -> float:
    return bench.watched.memory_info().rss / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chats", type=int, default=1_000_000)
    parser.add_argument("--active", type=int, nargs="*", default=[1_000, 100_000])
    parser.add_argument("--updates", type=int, default=200_000)
    parser.add_argument("--long", type=int, default=1_000_000)
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    date = datetime.now(UTC).date().isoformat()
    found: dict[str, Any] = {"date": date, "chats": arguments.chats, "active": [], "flood MB": [], "minutes MB": []}
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        postgres = asyncio.run(start_embedded(Path(folder)))
        dsn = asyncio.run(fresh_database(postgres.dsn, "growth"))
        bench = Bench("ours", dsn)
        try:
            bench.run(updates=100, chats=100)
            asyncio.run(fill(dsn, arguments.chats))
            costs: dict[int, list[float]] = {active: [] for active in arguments.active}
            for active in arguments.active:  # the first visit reads them
                bench.flood(updates=max(2_000, active), chats=active, plain=100, within=300)
                found["active"].append({"chats": active, "MB": rss(bench)})
            for _ in range(5):
                for active in arguments.active:
                    plain = bench.run(updates=arguments.updates, chats=active, plain=100, within=300)
                    costs[active].append(1_000 * plain["cpu"] / plain["updates"])
            for one in found["active"]:
                one["ms"] = statistics.median(costs[one["chats"]])
                print("{chats:,} active: {ms:.4f} ms a plain message, {MB:.0f} MB".format(**one), flush=True)
            for done in range(0, arguments.long, 100_000):
                bench.flood(updates=100_000, chats=1_000, plain=99, within=300)
                found["flood MB"].append(rss(bench))
                print(f"{done + 100_000:,} updates later: {rss(bench):.0f} MB", flush=True)
            for minute in range(arguments.minutes):
                bench.flood(updates=30_000, chats=1_000, rate=500, within=120)
                found["minutes MB"].append(rss(bench))
                print(f"{minute + 1} minutes later: {rss(bench):.1f} MB", flush=True)
        finally:
            bench.stop()
            asyncio.run(postgres.stop())
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
