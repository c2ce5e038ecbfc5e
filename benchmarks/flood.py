"""Our bot and its peers under the same load, in turn, several rounds; only ratios within one round count.

    python benchmarks/flood.py [--rounds 3] [--updates 20000] [--only ours aiogram …] [--out FILE]

Each bot is a process of its own, the fake Telegram in front of it (benchmarks/telegram.py) another; all share a
PostgreSQL with the settings it comes with, in a database each. All are up the whole time, so that every kind of load
meets one right after the other: a machine that others use, too, is quicker in one minute than in the next. Measured are
the mixed flood and what it is made of, 10 to 1,000 people at once, and 500 updates a second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bots import PEERS, Bench, available, fresh_database  # noqa: E402

from bot.storage.schema.embedded import start_embedded  # noqa: E402

SLOW = {"aiogram + connection each": 500}
CROWDS = (10, 100, 500, 1_000)


def medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    common = set(rounds[0]).intersection(*rounds)
    return {key: statistics.median(one[key] for one in rounds) for key in rounds[0] if key in common}


def several(bench: Bench, **query: object) -> dict[str, float]:
    """Return medians of a load; a quick bot gets it up to five times, as a slow one averages over seconds by itself."""
    begun, found = time.perf_counter(), [bench.run(**query)]
    while len(found) < 5 and time.perf_counter() - begun < 4.0:
        found.append(bench.run(**query))
    return medians(found)


def mixed(bench: Bench, size: int) -> dict[str, float]:
    found = several(bench, updates=size, chats=1_000)
    return {
        "updates/s": found["updates"] / found["seconds"],
        "CPU ms/update": 1_000 * found["cpu"] / found["updates"],
        "PostgreSQL CPU ms/update": 1_000 * found["postgres_cpu"] / found["updates"],
        "server CPU share": found["server_cpu"] / found["seconds"],
    }


def plain(bench: Bench, size: int) -> dict[str, float]:
    found = several(bench, updates=size, chats=1_000, plain=100)
    return {"CPU ms/plain": 1_000 * found["cpu"] / found["updates"]}


def asked(bench: Bench, size: int) -> dict[str, float]:
    found = several(bench, updates=max(1_000, size // 10), chats=1_000, plain=0, sets=0)
    return {"CPU ms/answer": 1_000 * found["cpu"] / found["updates"]}


def changed(bench: Bench, size: int) -> dict[str, float]:
    found = several(bench, updates=min(1_000, size), chats=1_000, plain=0, sets=100)
    return {"CPU ms/change": 1_000 * found["cpu"] / found["updates"]}


def crowd(bench: Bench, size: int) -> dict[str, float]:
    return {
        f"last of {people} ms": 1_000 * several(bench, updates=people, chats=1_000, plain=0, sets=0)["last"]
        for people in CROWDS
        if people <= size
    }


def paced(bench: Bench, size: int) -> dict[str, float]:
    found = bench.run(updates=min(size, 2_500), chats=1_000, rate=500)
    asked = bench.run(updates=min(size, 2_500), chats=1_000, rate=500, sets=0)
    return {
        "500/s p50 ms": 1_000 * found["p50"],
        "500/s p99 ms": 1_000 * found["p99"],
        "500/s without changes p99 ms": 1_000 * asked["p99"],
    }


PARTS = {"flood": mixed, "plain": plain, "asked": asked, "changed": changed, "crowd": crowd, "paced": paced}


def size_for(name: str, updates: int) -> int:
    return min(updates, SLOW.get(name, updates))


def started(name: str, number: int, dsn: str, updates: int) -> Bench:
    """Start a bot; everybody has asked and set something once, so that no first look at a chat is measured."""
    bench = Bench(name, asyncio.run(fresh_database(dsn, f"bench_{number}")))
    size = size_for(name, updates)
    for query in ({"plain": 0, "sets": 0}, {"plain": 0, "sets": 100}, {}):
        bench.flood(updates=min(2_000, size), chats=1_000, within=60, **query)
    print(f"{name}: asked for updates after {bench.start_seconds:.2f} s", flush=True)
    return bench


def measure(benches: list[Bench], parts: list[str], rounds: int, updates: int) -> dict[str, list[dict[str, float]]]:
    """Return the figures of every round of every bot."""
    results: dict[str, list[dict[str, float]]] = {bench.name: [] for bench in benches}
    for number in range(rounds):
        found: dict[str, dict[str, float]] = {bench.name: {"start s": bench.start_seconds} for bench in benches}
        for part in parts:
            print(f"round {number + 1}, {part}", flush=True)
            for bench in benches:
                figures = PARTS[part](bench, size_for(bench.name, updates))
                most = max(bench.connections(), found[bench.name].get("connections", 0))
                found[bench.name] |= {**figures, "connections": most}
                print(
                    f"    {bench.name}: " + ", ".join(f"{key} {value:.3g}" for key, value in figures.items()),
                    flush=True,
                )
        for bench in benches:
            found[bench.name]["peak RSS MB"] = bench.peak_mb()
            results[bench.name].append(found[bench.name])
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--updates", type=int, default=20_000)
    parser.add_argument("--only", nargs="*", default=list(PEERS))
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    names = [name for name in arguments.only if available(name)]
    for name in set(arguments.only) - set(names):
        print(f"{name} is left out: not installed", flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        postgres = asyncio.run(start_embedded(Path(folder)))
        benches: list[Bench] = []
        try:
            for number, name in enumerate(names):
                benches.append(started(name, number, postgres.dsn, arguments.updates))
            results = measure(benches, arguments.parts, arguments.rounds, arguments.updates)
        finally:
            for bench in benches:
                bench.stop()
            asyncio.run(postgres.stop())
    summary = {name: medians(rounds) for name, rounds in results.items()}
    if arguments.out:
        machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[2]}
        about = {"date": datetime.now(UTC).date().isoformat(), "updates": arguments.updates, **machine}
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(json.dumps({"about": about, "rounds": results, "medians": summary}, indent=1))


if __name__ == "__main__":
    main()
