"""CPU time of our bot in two versions or set up in two ways, by pairs of runs.

    python benchmarks/paired.py BEFORE AFTER [--pairs 100] [--loads answer flood change]

Each side is a folder with the repository, and perhaps variables: ". FAST_PATH=off" or "../before". Both bots are up the
whole time and get each load in turn; the one that begins changes with every pair. Printed are, for each load, the
median of the ratios AFTER/BEFORE within the pairs with its quartiles, and the CPU time of an update in the best tenth
of the runs, which other work on the machine disturbed least.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bots import Bench, fresh_database  # noqa: E402

from bot.storage.schema.embedded import start_embedded  # noqa: E402

LOADS = {
    "answer": {"updates": 300, "plain": 0, "sets": 0},
    "flood": {"updates": 2_000},
    "change": {"updates": 250, "plain": 0, "sets": 100},
}


def started(side: str, name: str, dsn: str) -> Bench:
    """Start one side; everybody has sent a command and set something once, so that no first visit is measured."""
    folder, *variables = side.split()
    command = [sys.executable, str(Path(folder).resolve() / "benchmarks" / "our_bot.py")]
    bench = Bench(name, asyncio.run(fresh_database(dsn, name)), command, **dict(one.split("=", 1) for one in variables))
    for load in ({"plain": 0, "sets": 0}, {"plain": 0, "sets": 100}, {}):
        bench.flood(updates=2_000, chats=1_000, **load)
    return bench


def milliseconds(bench: Bench, load: str) -> float:
    """Return the CPU time of one update."""
    found = bench.run(chats=1_000, **LOADS[load])
    return 1_000 * found["cpu"] / found["updates"]


def compare(before: Bench, after: Bench, load: str, pairs: int) -> None:
    found: dict[Bench, list[float]] = {before: [], after: []}
    for number in range(pairs):
        for bench in (before, after) if number % 2 else (after, before):
            found[bench].append(milliseconds(bench, load))
    ratios = [new / old for old, new in zip(found[before], found[after], strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    old, new = (statistics.quantiles(found[bench], n=10)[0] for bench in (before, after))
    print(
        f"{load}: median ratio {middle:.3f} ({low:.3f} to {high:.3f}); "
        f"best tenth {old:.4f} -> {new:.4f} ms, ratio {new / old:.3f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--loads", nargs="*", choices=LOADS, default=["answer", "flood"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        postgres = asyncio.run(start_embedded(Path(folder)))
        benches: list[Bench] = []
        try:
            for name, side in (("before", given.before), ("after", given.after)):
                benches.append(started(side, name, postgres.dsn))
            for load in given.loads:
                compare(*benches, load, given.pairs)
        finally:
            for bench in benches:
                bench.stop()
            asyncio.run(postgres.stop())


if __name__ == "__main__":
    main()
