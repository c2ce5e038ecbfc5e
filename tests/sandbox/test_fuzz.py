"""20,000 malformed requests never bring a 500, a traceback, or the server down."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from sandbox import Group, Person, Sandbox
from sandbox.server.methods import METHODS
from sandbox.server.parameters import description
from tests.sandbox.client import Client

REQUESTS = 20_000
CONNECTIONS = 8
NASTY: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    2**63,
    -(2**63) - 1,
    1.5,
    1e308,
    "",
    " ",
    "\x00",
    "\ud800",
    "a" * 5000,
    "9" * 5000,
    "[]",
    "{}",
    "[[[[",
    '{"inline_keyboard": [[{}]]}',
    '{"keyboard": [["a", {}]]}',
    [],
    {},
    [[]],
    [None],
    {"type": "chat"},
    {"a": {"b": [1, {"c": None}]}},
    "<b>",
    "</b>",
    "<a href='",
    "&#99999999;",
    "*_[`",
    "||>",
    "@someone",
    "attach://x",
    "HTML",
    "MarkdownV2",
    "Markdown",
    "🙂🙂",
    "\u202e",
    ["message"],
    {"receiver_user_id": "x"},
    [{"type": "bold", "offset": 0}],
    [{"type": "bold", "offset": 2**40, "length": 2**40}],
    {"inline_keyboard": [[{"text": "x", "url": "http://[::1"}]]},
    {"force_reply": True},
    {"type": "photo", "media": "attach://nothing"},
    [{"command": "A", "description": ""}],
)


class Fuzzer:
    """Makes raw HTTP requests, most of them nearly right, from one seed."""

    def __init__(self, sandbox: Sandbox, seed: int, ids: list[int]) -> None:
        self.random = random.Random(seed)  # noqa: S311  # a repeatable mess, no secret
        self.sandbox = sandbox
        self.ids = ids
        self.methods = sorted(METHODS.keys() - {"leaveChat"})  # all later requests would be refused alike
        self.every = sorted(description()["methods"])

    def requests(self, number: int) -> Iterator[bytes]:
        kinds = (
            [self.json_call] * 8 + [self.form_call] * 4 + [self.multipart] * 4 + [self.query] * 2 + [self.rubbish] * 2
        )
        for _ in range(number):
            yield self.random.choice(kinds)()

    def value(self) -> Any:
        return self.random.choice((*NASTY, *self.ids, *self.ids))

    def parameters(self) -> tuple[str, dict[str, Any]]:
        method = self.random.choice(self.methods)
        fields = description()["methods"][method]
        names = [name for name, field in fields.items() if field.get("required") or self.random.random() < 0.2]
        found = {name: self.value() for name in names}
        for name in found.keys() & {"chat_id", "user_id", "message_id"}:
            found[name] = self.random.choice(self.ids) if self.random.random() < 0.8 else found[name]
        if method == "getUpdates":
            found["timeout"] = 0
        if method == "setWebhook":
            found["url"] = self.random.choice(["", "x", "ftp://x", 7])
        if self.random.random() < 0.1:
            found["nonsense"] = self.value()
        return method, found

    def head(self, verb: str, path: str, kind: str, body: bytes) -> bytes:
        lines = [f"{verb} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.sandbox.url.rsplit(':', 1)[1]}"]
        if body or verb == "POST":
            lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + body

    def path(self, method: str) -> str:
        return f"/bot{self.sandbox.token}/{quote(method)}"

    def json_call(self) -> bytes:
        method, parameters = self.parameters()
        return self.head("POST", self.path(method), "application/json", json.dumps(parameters).encode())

    def form_call(self) -> bytes:
        method, parameters = self.parameters()
        pairs = [f"{quote(name)}={quote(_text(value), errors='replace')}" for name, value in parameters.items()]
        return self.head("POST", self.path(method), "application/x-www-form-urlencoded", "&".join(pairs).encode())

    def multipart(self) -> bytes:
        method, parameters = self.parameters()
        parts = [
            f'--cut\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{_text(value)}\r\n'
            for name, value in parameters.items()
        ]
        if self.random.random() < 0.5:
            parts.append('--cut\r\nContent-Disposition: form-data; name="photo"; filename="a.png"\r\n\r\n\x89PNGx\r\n')
        body = ("".join(parts) + "--cut--\r\n").encode("utf-8", "replace")
        kind = "multipart/form-data; boundary=cut"
        damage = self.random.random()
        if damage < 0.3:
            body = body[: self.random.randrange(len(body))]
        elif damage < 0.4:
            kind = self.random.choice(
                ["multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=x"]
            )
        elif damage < 0.5:
            body = body.replace(b"Content-Disposition", b"Content-Dis\x00position", 1)
        return self.head("POST", self.path(method), kind, body)

    def query(self) -> bytes:
        method, parameters = self.parameters()
        pairs = [f"{quote(name)}={quote(_text(value)[:500], errors='replace')}" for name, value in parameters.items()]
        return self.head("GET", f"{self.path(method)}?{'&'.join(pairs)}", "", b"")

    def rubbish(self) -> bytes:
        token = self.sandbox.token
        path = self.random.choice(
            [
                f"/bot{token}/",
                f"/bot{token}",
                f"/bot{token}/%FF%FE",
                f"/bot{token}/../getMe",
                "/bot/getMe",
                "/bot123:abc/getMe",
                f"/bot{token[:-1]}x/getMe",
                "/botx%00/getMe",
                f"/file/bot{token}/../../etc/passwd",
                f"/file/bot{token}/documents/file_9.bin",
                f"/bot{token}/{self.random.choice(self.every)}",
                "/sandbox/view?person=x&chat=" + "9" * 400,
                "/sandbox/view?person=" + str(self.random.choice(self.ids)) + "&chat=-5",
                "/sandbox/calls?after=-1",
                "/nowhere",
            ]
        )
        body = self.random.choice(
            [b"", b"{", b"[1]", b"null", b"\xff\xfe", b'{"a":' * 3000, b"[" * 50_000, b"x" * 300_000]
        )
        kind = self.random.choice(["application/json", "text/plain", "application/json; charset=utf-99", "", "x/y; =;"])
        return self.head(self.random.choice(["POST", "GET", "PUT", "DELETE"]), path, kind, body)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


async def _hammer(sandbox: Sandbox, requests: list[bytes], seen: Counter[int], bad: list[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(sandbox.url.rsplit(":", 1)[1]))
    for request in requests:
        try:
            writer.write(request)
            status, closing, body = await _response(reader)
        except (ConnectionError, asyncio.IncompleteReadError):
            status, closing, body = 0, True, b""
        seen[status] += 1
        if status >= 500 and status != 501:
            bad.append(request[:600] + b"\n->\n" + body)
        if closing:
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", int(sandbox.url.rsplit(":", 1)[1]))
    writer.close()


async def _response(reader: asyncio.StreamReader) -> tuple[int, bool, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = next((int(line.split(":")[1]) for line in head.split("\r\n") if line.startswith("content-length:")), 0)
    return int(head.split(" ", 2)[1]), "connection: close" in head, await reader.readexactly(length)


def _people(sandbox: Sandbox) -> tuple[Person, Person, Group]:
    anna, ben = sandbox.person("Anna"), sandbox.person("Ben")
    anna.start()
    group = sandbox.supergroup("Books", owner=anna, members=[ben], bot="administrator")
    anna.say("hello", group)
    return anna, ben, group


async def test_twenty_thousand_malformed_requests_never_bring_a_500(
    telegram: Sandbox, api: Client, caplog: pytest.LogCaptureFixture
) -> None:
    anna, ben, group = _people(telegram)
    basic = telegram.group("Small", owner=ben, bot="member")
    ids = [anna.id, ben.id, group.id, basic.id, telegram.bot.id, 1, 2, 3]
    seen: Counter[int] = Counter()
    bad: list[bytes] = []
    with caplog.at_level(logging.ERROR):
        loads = [list(Fuzzer(telegram, seed, ids).requests(REQUESTS // CONNECTIONS)) for seed in range(CONNECTIONS)]
        await asyncio.gather(*(_hammer(telegram, load, seen, bad) for load in loads))
    assert not bad, bad[0].decode(errors="replace")
    assert sum(seen.values()) == REQUESTS
    assert seen[0] < REQUESTS / 100, seen
    assert not [record.getMessage() for record in caplog.records]
    assert [call for call in telegram.calls.all() if call.traceback] == []
    assert seen[200] > REQUESTS / 100, seen
    assert (await api.ok("getMe"))["is_bot"]
