"""How many updates a second one and two processes of the bot handle behind a webhook, in turn on the same machine.

    python benchmarks/webhook.py [--updates 5000] [--rounds 5]

This program is Telegram: it delivers over 100 connections, to the processes in turn, and takes the answers. It shares
the cores with the processes and PostgreSQL, so what each of them took is shown beside the ratio: where all of them
together fill the cores, two processes cannot do twice as much.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import psutil  # noqa: E402
from bots import HERE, TOKEN, free_port, fresh_database  # noqa: E402
from telegram import Connection, Server, made, mixed  # noqa: E402

from bot.storage.schema.embedded import start_embedded  # noqa: E402

CONNECTIONS, CHATS, SECRET = 100, 1_000, "word-of-the-benchmark"
URL = b"http://127.0.0.1:9/telegram"
LOADS = {"mixed (9 % ask, 1 % set)": (90, 1), "asked (each is answered)": (0, 0)}
LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)


class Load:
    """Updates on their way, and the answers that came."""

    def __init__(self, first: int, updates: int, plain: int, sets: int, turn: int) -> None:
        texts = [mixed(number, updates, plain, sets, turn) for number in range(updates)]
        chats = [10_000 + number * 7919 % CHATS for number in range(updates)]
        bodies = [made(first + n, chat, text) for n, (chat, text) in enumerate(zip(chats, texts, strict=True))]
        head = f"POST /telegram HTTP/1.1\r\nHost: bench\r\nX-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n"
        head += "Content-Type: application/json\r\nContent-Length: "
        self.requests = iter([f"{head}{len(body)}\r\n\r\n".encode() + body for body in bodies])
        self.left = updates
        self.unanswered = sum(text.startswith("/") for text in texts)
        self.done = asyncio.Event()

    def answered(self, _chat: int) -> None:
        self.unanswered -= 1
        self.check()

    def check(self) -> None:
        if self.left <= 0 and self.unanswered <= 0:
            self.done.set()


class Delivering(asyncio.Protocol):
    """A connection to a process: one update after the other, each until it is answered with 200."""

    def __init__(self, load: Load) -> None:
        self.load, self.buffer, self.request = load, b"", b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.next()

    def connection_lost(self, exc: Exception | None) -> None:
        assert not self.request, "a connection was closed before its answer"

    def next(self) -> None:
        self.request = next(self.load.requests, b"")
        if self.request:
            self.transport.write(self.request)
        else:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        found = LENGTH.search(self.buffer, 0, end + 2) if end >= 0 else None
        if end < 0 or len(self.buffer) < end + 4 + (int(found[1]) if found else 0):
            return
        status, self.buffer = self.buffer[9:12], b""
        if status == b"200":
            self.load.left -= 1
            self.load.check()
            self.next()
        else:
            assert status == b"503", status
            asyncio.get_running_loop().call_later(0.05, self.transport.write, self.request)


class Telegram(Connection):
    """What the processes call, which also ask about the webhook."""

    def serve(self, path: bytes, body: bytes) -> None:
        if path.lower().endswith(b"/getwebhookinfo"):
            self.answer(b'{"ok":true,"result":{"url":"%s","pending_update_count":0}}' % URL)
        else:
            super().serve(path, body)


class Process:
    """One of the bot's processes."""

    def __init__(self, telegram: int, dsn: str) -> None:
        self.port = free_port()
        variables = {
            "BOT_TOKEN": TOKEN, "BOT_API_URL": f"http://127.0.0.1:{telegram}", "DATABASE_URL": dsn,
            "LOG_LEVEL": "WARNING", "PORT": str(self.port), "WEBHOOK_SECRET": SECRET,
            "WEBHOOK_URL": URL.decode(),
        }  # fmt: skip
        self.output = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "our_bot.py")],
            env={**os.environ, **variables}, cwd=HERE, stdout=self.output, stderr=subprocess.STDOUT,
        )  # fmt: skip

    async def ready(self) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(b"GET /readyz HTTP/1.1\r\nHost: bench\r\n\r\n")
                line = await reader.readline()
                writer.close()
            except OSError:
                line = b""
            if b" 200 " in line:
                return
            await asyncio.sleep(0.1)

    def cpu(self) -> float:
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self.output.seek(0)
        print(self.output.read().decode(errors="replace")[-1500:])
        self.output.close()


def postgres_cpu() -> float:
    total = 0.0
    for process in psutil.process_iter(["name", "cpu_times"]):
        if process.info["name"] == "postgres" and process.info["cpu_times"] is not None:
            total += process.info["cpu_times"].user + process.info["cpu_times"].system
    return total


class Bench:
    def __init__(self, server: Server, processes: list[Process]) -> None:
        self.server, self.processes = server, processes
        self.turns = itertools.count()
        self.first = 1_000

    async def run(self, used: list[Process], updates: int, plain: int, sets: int) -> dict[str, float]:
        load = Load(self.first, updates, plain, sets, next(self.turns))
        self.first += updates
        self.server.flood = load  # type: ignore[assignment]
        before = time.perf_counter(), sum(one.cpu() for one in used), postgres_cpu(), time.process_time()
        loop = asyncio.get_running_loop()
        for number in range(CONNECTIONS):
            await loop.create_connection(lambda: Delivering(load), "127.0.0.1", used[number % len(used)].port)
        async with asyncio.timeout(300):
            await load.done.wait()
        after = time.perf_counter(), sum(one.cpu() for one in used), postgres_cpu(), time.process_time()
        seconds, bots, postgres, own = (end - begin for begin, end in zip(before, after, strict=True))
        return {
            "updates/s": updates / seconds,
            "ms CPU of the bot": 1_000 * bots / updates,
            "of PostgreSQL": 1_000 * postgres / updates,
            "of this program": 1_000 * own / updates,
            "cores used": (bots + postgres + own) / seconds,
        }


async def measure(bench: Bench, updates: int, rounds: int) -> None:
    for process in bench.processes:  # each knows each chat, so that no first look at one is measured
        for plain in (100, 0):
            await bench.run([process], CHATS, plain, 0)
    for name, (plain, sets) in LOADS.items():
        found: dict[int, list[dict[str, float]]] = {1: [], 2: []}
        for _ in range(rounds):
            for processes in (1, 2):
                found[processes].append(await bench.run(bench.processes[:processes], updates, plain, sets))
        print(f"\n{name}")
        for processes, runs in found.items():
            medians = {key: statistics.median(one[key] for one in runs) for key in runs[0]}
            print(f"  {processes}: " + ", ".join(f"{key} {value:.3g}" for key, value in medians.items()))
        ratios = [two["updates/s"] / one["updates/s"] for one, two in zip(found[1], found[2], strict=True)]
        print(f"  two to one: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--updates", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        embedded = await start_embedded(Path(folder))
        dsn = await fresh_database(embedded.dsn, "bench_webhook")
        server = Server()
        listening = await asyncio.get_running_loop().create_server(lambda: Telegram(server), "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        processes = []
        try:
            for _ in range(2):
                processes.append(Process(port, dsn))
                await processes[-1].ready()
            await measure(Bench(server, processes), given.updates, given.rounds)
        finally:
            for process in processes:
                process.stop()
            listening.close()
            await embedded.stop()


if __name__ == "__main__":
    asyncio.run(main())
