"""Our bot and its peers under the same load, one after the other, several rounds; only ratios within one run count.

    python benchmarks/flood.py [--rounds 3] [--updates 20000] [--only ours aiogram …] [--out FILE]

Each bot is a process of its own, the fake Telegram (benchmarks/telegram.py) another, the database a PostgreSQL with
the settings it comes with. Measured are the mixed flood, 10 to 1,000 people at once, and 500 updates a second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import asyncpg  # noqa: E402
import psutil  # noqa: E402

from bot.storage.embedded import start_embedded  # noqa: E402

HERE = Path(__file__).parent
TOKEN = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"
PEERS_PYTHON = str(HERE / ".venv" / "bin" / "python")
PEERS = {
    "ours": [sys.executable, str(HERE / "our_bot.py")],
    "aiogram": [PEERS_PYTHON, str(HERE / "peers" / "aiogram_alone.py")],
    "aiogram + asyncpg": [PEERS_PYTHON, str(HERE / "peers" / "aiogram_asyncpg.py")],
    "aiogram + psycopg2 pool": [PEERS_PYTHON, str(HERE / "peers" / "aiogram_psycopg2_pool.py")],
    "aiogram + connection each": [PEERS_PYTHON, str(HERE / "peers" / "aiogram_connection_each.py")],
    "pyTelegramBotAPI, 50 threads": [PEERS_PYTHON, str(HERE / "peers" / "telebot_threads.py")],
    "grammY + pg": ["node", str(HERE / "peers" / "grammy.mjs"), "pg"],
    "grammY + map": ["node", str(HERE / "peers" / "grammy.mjs"), "map"],
}
SLOW = {"aiogram + connection each": 500}
CROWDS = (10, 100, 500, 1_000)


def available(name: str) -> bool:
    command = PEERS[name]
    if command[0] == "node":
        return shutil.which("node") is not None and (HERE / "peers" / "node_modules").exists()
    return Path(command[0]).exists()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def flood(url: str, **query: object) -> dict[str, float]:
    text = "&".join(f"{key}={value}" for key, value in query.items())
    with urllib.request.urlopen(f"{url}/flood?{text}", timeout=400) as answer:
        result: dict[str, float] = json.loads(answer.read())
    return result


def start_server(port: int) -> subprocess.Popen[bytes]:
    """Start the fake Telegram and return when it listens."""
    server = subprocess.Popen([sys.executable, str(HERE / "telegram.py"), str(port)])
    for _ in range(200):
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    return server


class Bench:
    """One bot under load: the process, the server it talks to, the database it uses."""

    def __init__(self, name: str, url: str, dsn: str, **variables: str) -> None:
        environment = {
            **os.environ,
            "BOT_TOKEN": TOKEN,
            "BOT_API_URL": url,
            "DATABASE_URL": dsn,
            "LOG_LEVEL": "WARNING",
        }
        self._url, self._dsn = url, dsn
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop
        self._process = subprocess.Popen(
            PEERS[name],
            env={**environment, **variables},
            cwd=HERE,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )
        self.watched = psutil.Process(self._process.pid)

    def run(self, **query: object) -> dict[str, float]:
        """Release a flood and return what the server and the operating system say of it."""
        before, postgres = self.watched.cpu_times(), self._postgres_cpu()
        result = flood(self._url, **query)
        after = self.watched.cpu_times()
        if result["answers"] < result["commands"]:
            print(f"    only {result['answers']} of {result['commands']} answers came", flush=True)
        result["cpu"] = after.user + after.system - before.user - before.system
        result["postgres_cpu"] = self._postgres_cpu() - postgres
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        result["rss"] = int(peak.split()[1]) / 1024
        return result

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.seek(0)
        text = self._output.read().decode(errors="replace")
        if "Traceback" in text or "ERROR" in text:
            print(text[-1500:])
        self._output.close()

    def connections(self) -> int:
        """Return how many connections of this bot the server has."""
        return count_connections(self._dsn)

    def _postgres_cpu(self) -> float:
        total = 0.0
        for process in psutil.process_iter(["name"]):
            if process.info["name"] == "postgres":
                try:
                    times = process.cpu_times()
                    total += times.user + times.system
                except psutil.NoSuchProcess:
                    continue
        return total


def count_connections(dsn: str) -> int:
    async def count() -> int:
        connection = await asyncpg.connect(dsn)
        sql = """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
        """
        found: int = await connection.fetchval(sql)
        await connection.close()
        return found

    return asyncio.run(count())


async def fresh_database(dsn: str, name: str) -> str:
    connection = await asyncpg.connect(dsn)
    await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()
    own = dsn.replace("/postgres?", f"/{name}?")
    connection = await asyncpg.connect(own)
    await connection.execute("CREATE TABLE peer_configs (chat_id bigint PRIMARY KEY, config jsonb NOT NULL)")
    await connection.executemany(
        "INSERT INTO peer_configs VALUES ($1, $2)",
        [(sign * (10_000 + n), json.dumps({"timezone": "Europe/Rome"})) for n in range(1_000) for sign in (1, -1)],
    )
    await connection.close()
    return own


def measure(name: str, dsn: str, updates: int, parts: set[str]) -> dict[str, float]:
    """One round of one bot: a warm-up, then each kind of load."""
    own = asyncio.run(fresh_database(dsn, "bench"))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    server = start_server(port)
    size = min(updates, SLOW.get(name, updates))
    begun = time.perf_counter()
    bench = Bench(name, url, own)
    figures: dict[str, float] = {}
    try:
        with urllib.request.urlopen(f"{url}/polled", timeout=60):
            figures["start s"] = time.perf_counter() - begun
        bench.run(updates=min(2_000, size), chats=1_000, within=60)
        if "flood" in parts:
            mixed = bench.run(updates=size, chats=1_000)
            figures |= {
                "updates/s": mixed["updates"] / mixed["seconds"],
                "CPU ms/update": 1_000 * mixed["cpu"] / mixed["updates"],
                "PostgreSQL CPU ms/update": 1_000 * mixed["postgres_cpu"] / mixed["updates"],
                "server CPU share": mixed["server_cpu"] / mixed["seconds"],
                "flood p50 ms": 1_000 * mixed["p50"],
                "flood p99 ms": 1_000 * mixed["p99"],
            }
        if "plain" in parts:
            plain = bench.run(updates=size, chats=1_000, plain=100)
            figures["CPU ms/plain"] = 1_000 * plain["cpu"] / plain["updates"]
        if "asked" in parts:
            # Everybody has asked once: what is measured is an answer, not the first look at 1,000 chats.
            bench.run(updates=min(1_000, size), chats=1_000, plain=0)
            asked = bench.run(updates=size // 10, chats=1_000, plain=0)
            figures["CPU ms/answer"] = 1_000 * asked["cpu"] / asked["updates"]
        if "crowd" in parts:
            for crowd in CROWDS:
                figures[f"last of {crowd} ms"] = 1_000 * bench.run(updates=crowd, chats=1_000, plain=0)["last"]
        if "paced" in parts:
            paced = bench.run(updates=min(size, 5_000), chats=1_000, rate=500)
            figures |= {"500/s p50 ms": 1_000 * paced["p50"], "500/s p99 ms": 1_000 * paced["p99"]}
            figures["peak RSS MB"] = paced["rss"]
        figures["connections"] = bench.connections()
    finally:
        bench.stop()
        server.terminate()
        server.wait()
    return figures


def medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--updates", type=int, default=20_000)
    parser.add_argument("--only", nargs="*", default=list(PEERS))
    parser.add_argument("--parts", nargs="*", default=["flood", "plain", "asked", "crowd", "paced"])
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    names = [name for name in arguments.only if available(name)]
    for name in set(arguments.only) - set(names):
        print(f"{name} is left out: not installed", flush=True)
    results: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        postgres = asyncio.run(start_embedded(Path(folder)))
        try:
            for number in range(arguments.rounds):
                for name in names:
                    print(f"round {number + 1}: {name}", flush=True)
                    figures = measure(name, postgres.dsn, arguments.updates, set(arguments.parts))
                    results[name].append(figures)
                    print("   ", ", ".join(f"{key} {value:.3g}" for key, value in figures.items()), flush=True)
        finally:
            asyncio.run(postgres.stop())
    summary = {name: medians(rounds) for name, rounds in results.items()}
    if arguments.out:
        machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[2]}
        about = {"date": datetime.now(UTC).date().isoformat(), "updates": arguments.updates, **machine}
        arguments.out.write_text(json.dumps({"about": about, "rounds": results, "medians": summary}, indent=1))


if __name__ == "__main__":
    main()
