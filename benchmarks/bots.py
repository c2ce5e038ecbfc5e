"""A bot under load: its process, its fake Telegram, its database; and the list of bots."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import asyncpg
import psutil

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
    """One bot under load: its process, its fake Telegram, its database."""

    def __init__(self, name: str, dsn: str, command: list[str] | None = None, **variables: str) -> None:
        port = free_port()
        self.name, self._dsn = name, dsn
        self._url = f"http://127.0.0.1:{port}"
        environment = {
            **os.environ,
            "BOT_TOKEN": TOKEN,
            "BOT_API_URL": self._url,
            "DATABASE_URL": dsn,
            "LOG_LEVEL": "WARNING",
        }
        self._server = start_server(port)
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop
        begun = time.perf_counter()
        self._process = subprocess.Popen(
            command or PEERS[name],
            env={**environment, **variables},
            cwd=HERE,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )
        self.watched = psutil.Process(self._process.pid)
        with urllib.request.urlopen(f"{self._url}/polled", timeout=60):
            self.start_seconds = time.perf_counter() - begun

    def flood(self, **query: object) -> dict[str, float]:
        """Release a flood and return what the server says of it."""
        text = "&".join(f"{key}={value}" for key, value in query.items())
        with urllib.request.urlopen(f"{self._url}/flood?{text}", timeout=400) as answer:
            result: dict[str, float] = json.loads(answer.read())
        if result["answers"] < result["commands"]:
            print(f"    {self.name}: only {result['answers']} of {result['commands']} answers came", flush=True)
        return result

    def run(self, **query: object) -> dict[str, float]:
        """Release a flood and return what the server and the operating system say of it."""
        before, postgres = self._cpu(), self._postgres_cpu()
        result = self.flood(**query)
        result["cpu"] = self._cpu() - before
        result["postgres_cpu"] = self._postgres_cpu() - postgres
        return result

    def peak_mb(self) -> float:
        """Return the most memory that the process ever had."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / 1024

    def _cpu(self) -> float:
        """Return the seconds all threads were at work, from nanoseconds: psutil counts in hundredths of a second."""
        tasks = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

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
        self._server.terminate()
        self._server.wait()

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
