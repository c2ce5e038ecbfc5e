"""From the start of `python -m bot` to its first request for updates, beside `import aiogram` alone, in pairs.

    python benchmarks/start.py [--pairs 15] [--port]

Printed are the medians of wall and CPU time, and of the ratios within the pairs. The database is there and migrated;
other work on the machine disturbs the wall time more than the CPU time. `--port` sets PORT for the bot.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bots import Bench, fresh_database  # noqa: E402

from bot.storage.schema.embedded import start_embedded  # noqa: E402


def importing() -> tuple[float, float]:
    """Return wall and CPU time of `import aiogram`."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    # Without the end of the interpreter, which the bot's time does not hold either.
    subprocess.run([sys.executable, "-c", "import aiogram, os; os._exit(0)"], check=True)
    took, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def starting(dsn: str, variables: dict[str, str]) -> tuple[float, float]:
    """Return wall and CPU time of the bot until it asks for updates."""
    bench = Bench("start", dsn, [sys.executable, "-m", "bot"], PYTHONPATH=str(ROOT), **variables)
    used = bench.watched.cpu_times()
    bench.stop()
    return bench.start_seconds, used.user + used.system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--port", action="store_true")
    given = parser.parse_args()
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        postgres = asyncio.run(start_embedded(Path(folder)))
        try:
            dsn, variables = asyncio.run(fresh_database(postgres.dsn, "start")), {"PORT": "0"} if given.port else {}
            starting(dsn, variables)  # migrates
            pairs = [(importing(), starting(dsn, variables)) for _ in range(given.pairs)]
        finally:
            asyncio.run(postgres.stop())
    for number, name in enumerate(("wall", "CPU")):
        alone, bot = ([each[side][number] for each in pairs] for side in (0, 1))
        ratio = statistics.median(after / before for before, after in zip(alone, bot, strict=True))
        print(
            f"{name}: aiogram {statistics.median(alone):.2f} s, bot {statistics.median(bot):.2f} s, ratio {ratio:.2f}"
        )


if __name__ == "__main__":
    main()
