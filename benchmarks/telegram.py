"""A Bot API server that is faster than any bot: prepared bytes, no framework, its own process.

    python benchmarks/telegram.py PORT

It knows getUpdates (long polling, confirmation by offset), getMe and, for everything else, one valid answer.
`GET /flood?updates=…&chats=…&rate=…&plain=…&sets=…` releases a flood and answers when every command of it was answered
and every update confirmed, with what was measured, the server's own CPU time included. `GET /polled` answers when a
bot has asked for updates.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections import defaultdict, deque
from contextlib import suppress
from urllib.parse import parse_qsl, urlsplit

CHAT_ID = re.compile(rb'chat_id"?[=:]\s*"?(-?\d+)')
OFFSET = re.compile(rb'offset"?[=:]\s*"?(-?\d+)')
LIMIT = re.compile(rb'limit"?[=:]\s*"?(\d+)')
LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
ME = b'{"ok":true,"result":{"id":123456789,"is_bot":true,"first_name":"Bench","username":"bench_bot"}}'
MESSAGE = b'{"ok":true,"result":{"message_id":7,"date":1790000000,"chat":{"id":1,"type":"private"},"text":"x"}}'
TRUE = b'{"ok":true,"result":true}'
ZONES = ("Europe/Berlin", "Europe/Rome", "Asia/Tokyo", "America/Lima", "UTC")


def made(update_id: int, chat: int, text: str) -> bytes:
    """Return an update: what is said to the bot is said in private, everything else in a group of its own."""
    person = {"id": chat, "is_bot": False, "first_name": "Anna", "username": f"anna{chat}", "language_code": "en"}
    private = {"id": chat, "first_name": "Anna", "username": f"anna{chat}", "type": "private"}
    group = {"id": -chat, "title": f"Book club {chat}", "type": "supergroup"}
    message: dict[str, object] = {
        "message_id": update_id,
        "from": person,
        "chat": private if text.startswith("/") else group,
        "date": int(time.time()),
        "text": text,
    }
    if text.startswith("/"):
        message["entities"] = [{"offset": 0, "length": len(text.split(maxsplit=1)[0]), "type": "bot_command"}]
    return json.dumps({"update_id": update_id, "message": message}, separators=(",", ":")).encode()


def mixed(number: int, updates: int, plain: int, sets: int, turn: int) -> str:
    """Of 100 updates, `plain` are plain messages, `sets` set something, the others ask; the last is not plain.

    In the next `turn`, something else is set in each chat.
    """
    place = number * 37 % 100
    if place < plain and number < updates - 1:
        return "Has anybody seen my green umbrella?"
    return f"/settings timezone {ZONES[(number // 100 + turn) % 5]}" if place >= 100 - sets else "/settings"


class Flood:
    """Updates with consecutive ids, which of them are released and confirmed, and the answers that came."""

    def __init__(self, first: int, updates: int, chats: int, rate: float, plain: int, sets: int, turn: int) -> None:
        self.first, self.rate = first, rate
        texts = [mixed(number, updates, plain, sets, turn) for number in range(updates)]
        self.chats = [10_000 + number * 7919 % chats for number in range(updates)]
        self.commands = [text.startswith("/") for text in texts]
        self.updates = [
            made(first + n, chat, text) for n, (chat, text) in enumerate(zip(self.chats, texts, strict=True))
        ]
        self.released = 0 if rate else updates
        self.released_at: list[float] = []
        self.expected = sum(self.commands)
        self.asked: dict[int, deque[float]] = defaultdict(deque)
        self.took: list[float] = []
        self.confirmed = 0
        self.handed_out = 0
        self.begun = time.perf_counter()
        self.ended = self.last = 0.0
        self.cpu = time.process_time()
        self.done = asyncio.Event()

    def batch(self, offset: int, limit: int) -> list[bytes]:
        start = max(0, offset - self.first)
        self.confirmed = max(self.confirmed, start)
        self._check()
        end = min(start + limit, self.released)
        now = time.perf_counter()
        for number in range(max(start, self.handed_out), end):
            if self.commands[number]:
                self.asked[self.chats[number]].append(self.released_at[number] if self.rate else now)
        self.handed_out = max(self.handed_out, end)
        return self.updates[start:end]

    def answered(self, chat: int) -> None:
        if self.asked[chat]:
            self.last = time.perf_counter() - self.begun
            self.took.append(time.perf_counter() - self.asked[chat].popleft())
            self._check()

    def _check(self) -> None:
        if not self.done.is_set() and len(self.took) >= self.expected and self.confirmed >= len(self.updates):
            self.ended = time.perf_counter()
            self.cpu = time.process_time() - self.cpu
            self.done.set()

    def result(self) -> dict[str, float]:
        took = sorted(self.took) or [0.0]
        return {
            "updates": len(self.updates),
            "commands": self.expected,
            "answers": len(self.took),
            "seconds": (self.ended or time.perf_counter()) - self.begun,
            "server_cpu": self.cpu if self.ended else time.process_time() - self.cpu,
            "p50": took[len(took) // 2],
            "p99": took[int(len(took) * 0.99)],
            # Since the flood was released, not since the bot fetched the update.
            "last": self.last,
        }


class Server:
    def __init__(self) -> None:
        self.flood: Flood | None = None
        self.floods = 0
        self.next_id = 1000
        self.waiting: list[Connection] = []
        self.calls: dict[str, int] = defaultdict(int)
        self.polled = asyncio.Event()

    async def run_flood(self, query: dict[str, str]) -> dict[str, float]:
        rate = float(query.get("rate", 0))
        size = int(query["updates"])
        self.calls.clear()
        plain, sets = int(query.get("plain", 90)), int(query.get("sets", 1))
        self.floods += 1
        self.flood = Flood(self.next_id, size, int(query["chats"]), rate, plain, sets, self.floods)
        self.next_id += size
        self.wake()
        releasing = asyncio.create_task(self._release(self.flood)) if rate else None
        with suppress(TimeoutError):
            async with asyncio.timeout(float(query.get("within", 120))):
                await self.flood.done.wait()
        if releasing is not None:
            releasing.cancel()
        return {**self.flood.result(), **{f"calls.{name}": count for name, count in self.calls.items()}}

    async def _release(self, flood: Flood) -> None:
        while flood.released < len(flood.updates):
            now = time.perf_counter()
            flood.released = min(len(flood.updates), int((now - flood.begun) * flood.rate))
            flood.released_at += [now] * (flood.released - len(flood.released_at))
            self.wake()
            await asyncio.sleep(0.001)

    def wake(self) -> None:
        waiting, self.waiting = self.waiting, []
        for connection in waiting:
            connection.get_updates(connection.question)

    def updates_for(self, body: bytes) -> list[bytes]:
        if self.flood is None:
            return []
        offset, limit = OFFSET.search(body), LIMIT.search(body)
        return self.flood.batch(int(offset[1]) if offset else 0, int(limit[1]) if limit else 100)


class Connection(asyncio.Protocol):
    def __init__(self, server: Server) -> None:
        self.server = server
        self.buffer = b""
        self.question = b""
        self.timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.stop_waiting()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            found = LENGTH.search(self.buffer, 0, end + 2)
            total = end + 4 + (int(found[1]) if found else 0)
            if len(self.buffer) < total:
                return
            head, body = self.buffer[:end], self.buffer[end + 4 : total]
            self.buffer = self.buffer[total:]
            self.serve(head.split(b" ", 2)[1], body)

    def serve(self, path: bytes, body: bytes) -> None:
        name = path.rpartition(b"/")[2].partition(b"?")
        method = name[0].lower()
        if method == b"getupdates":
            self.get_updates(body or name[2])
        elif method == b"sendmessage":
            if self.server.flood is not None and (chat := CHAT_ID.search(body or path)):
                self.server.flood.answered(int(chat[1]))
            self.answer(MESSAGE)
        elif method == b"getme":
            self.answer(ME)
        elif method == b"polled":
            self.task = asyncio.create_task(self.tell_when_polled())
        elif method == b"flood":
            self.task = asyncio.create_task(self.report(dict(parse_qsl(urlsplit(path.decode()).query))))
        else:
            self.server.calls[method.decode()] += 1
            self.answer(TRUE)

    async def tell_when_polled(self) -> None:
        await self.server.polled.wait()
        self.answer(TRUE)

    async def report(self, query: dict[str, str]) -> None:
        self.answer(json.dumps(await self.server.run_flood(query)).encode())

    def get_updates(self, body: bytes) -> None:
        self.server.polled.set()
        self.stop_waiting()
        found = self.server.updates_for(body)
        if found:
            self.answer(b'{"ok":true,"result":[' + b",".join(found) + b"]}")
            return
        self.question = body
        self.server.waiting.append(self)
        self.timer = asyncio.get_running_loop().call_later(5.0, self.give_nothing)

    def give_nothing(self) -> None:
        self.stop_waiting()
        self.answer(b'{"ok":true,"result":[]}')

    def stop_waiting(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
        if self in self.server.waiting:
            self.server.waiting.remove(self)

    def answer(self, body: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        self.transport.write(head + body)


async def main(port: int) -> None:
    server = Server()
    listening = await asyncio.get_running_loop().create_server(
        lambda: Connection(server), "127.0.0.1", port, backlog=2000
    )
    await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
