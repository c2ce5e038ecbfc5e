"""Every way in which a call over a connection can end, by aiohttp's requests and by the fast path."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiogram import Bot
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramNetworkError
from aiohttp import ClientConnectorError

from bot.client.methods import never_left
from bot.client.raw_call import call
from bot.client.session import JsonSession, Post, post
from bot.fastpath.http import FastPost
from tests.conftest import TOKEN

YES = b'{"ok":true,"result":true}'
OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(YES), YES)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + YES[:5] + b"\r\n%x\r\n" % (len(YES) - 5)


class Server:
    """Answers each request with the bytes laid out for it; "" at the end of them closes the connection."""

    def __init__(self) -> None:
        self.answers: list[list[bytes]] = []
        self.connections = 0
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.goes_on = asyncio.Event()
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
                self.heads.append(head)
                self.bodies.append(await reader.readexactly(int(length.split(b":")[1])))
                for part in self.answers.pop(0) if self.answers else [OK]:
                    if part == b"wait":
                        await self.goes_on.wait()
                    elif part:
                        writer.write(part)
                        await writer.drain()
                    else:
                        writer.close()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    found = Server()
    listening = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = listening.sockets[0].getsockname()[1]
    yield found
    found.goes_on.set()
    listening.close()
    await listening.wait_closed()


@pytest.fixture(params=["ordinary", "fast"])
def way(request: pytest.FixtureRequest) -> Post:
    return FastPost() if request.param == "fast" else post


@pytest.fixture
async def bot(server: Server, way: Post) -> AsyncIterator[Bot]:
    api = TelegramAPIServer.from_base(f"http://127.0.0.1:{server.port}/a path")
    async with Bot(TOKEN, JsonSession(way, api=api)) as bot:
        yield bot


async def test_a_call_is_one_plain_request_and_the_connection_is_used_again(bot: Bot, server: Server) -> None:
    for _ in range(3):
        assert await call(bot, "sendMessage", chat_id=5, text="ü\r\n") is True
    assert server.connections == 1
    first, *headers = server.heads[0].decode().strip().split("\r\n")
    assert first == f"POST /a%20path/bot{TOKEN}/sendMessage HTTP/1.1"
    named = dict(header.split(": ", 1) for header in headers)
    assert named.pop("User-Agent").startswith("Python/")
    for unused in ("Accept", "Accept-Encoding"):  # the fast path leaves them out
        named.pop(unused, None)
    assert named == {
        "Host": f"127.0.0.1:{server.port}",
        "Content-Type": "application/json",
        "Content-Length": str(len(server.bodies[0])),
    }
    assert server.bodies[0] == '{"chat_id":5,"text":"ü\\r\\n"}'.encode()


@pytest.mark.parametrize(
    ("parts", "connections"),
    [
        pytest.param([OK[:30], OK[30:]], 1, id="in two pieces"),
        pytest.param([CHUNKED, YES[5:] + b"\r\n0\r\n\r\n"], 1, id="in chunks"),
        pytest.param([b"HTTP/1.1 100 Continue\r\n\r\n", OK], 1, id="after a 100"),
        pytest.param([b"HTTP/1.1 200 OK\r\n\r\n", YES, b""], 2, id="until the connection ends"),
        pytest.param([OK.replace(b"\r\n", b"\r\nConnection: close\r\n", 1), b""], 2, id="and closed"),
    ],
)
async def test_an_answer_is_read_however_it_is_sent(
    bot: Bot, server: Server, parts: list[bytes], connections: int
) -> None:
    server.answers.append(parts)
    assert await call(bot, "getMe") is True
    await asyncio.sleep(0.01)
    assert await call(bot, "getMe") is True
    assert server.connections == connections


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([b""], id="none at all"),
        pytest.param([OK[:20], b""], id="half a head"),
        pytest.param([OK[:-3], b""], id="half a body"),
        pytest.param([CHUNKED, b""], id="half of its chunks"),
        pytest.param([b"SSH-2.0-OpenSSH\r\n\r\n"], id="another protocol"),
        pytest.param([OK + b"a secret"], id="with something after it"),
    ],
)
async def test_an_invalid_answer_is_a_network_error_and_closes_the_connection(
    bot: Bot, server: Server, parts: list[bytes]
) -> None:
    server.answers.append(parts)
    with pytest.raises(TelegramNetworkError) as raised:
        await call(bot, "getMe")
    assert not never_left(raised.value)
    assert TOKEN not in str(raised.value)
    assert "secret" not in str(raised.value)
    assert await call(bot, "getMe") is True
    assert server.connections == 2


@pytest.mark.parametrize(
    "parts",
    [[], [OK[:20]], [OK[:-3]], [CHUNKED], [b"HTTP/1.1 200 OK\r\n\r\n", YES[:-3]]],
    ids=["before", "head", "body", "chunks", "until the connection ends"],
)
async def test_an_answer_that_stops_half_way_times_out(bot: Bot, server: Server, parts: list[bytes]) -> None:
    server.answers.append([*parts, b"wait"])
    async with asyncio.timeout(30):
        with pytest.raises(TelegramNetworkError, match="timeout"):
            await call(bot, "getMe", within=1)
    assert await call(bot, "getMe") is True
    assert server.connections == 2


async def test_a_call_that_timed_out_or_was_cancelled_does_not_reuse_its_connection(bot: Bot, server: Server) -> None:
    late = OK.replace(b"true}", b"fals}")
    server.answers += [[b"wait", late], [OK[:40], b"wait", OK[40:]]]
    with pytest.raises(TelegramNetworkError, match="timeout"):
        await bot.send_message(5, "x", request_timeout=1)
    cancelled = asyncio.create_task(call(bot, "getMe"))
    await asyncio.sleep(0.05)
    cancelled.cancel()
    server.goes_on.set()
    assert await call(bot, "getMe") is True
    assert server.connections == 3


async def test_a_connection_that_the_server_closed_is_not_reused(bot: Bot, server: Server) -> None:
    server.answers.append([OK, b""])
    assert await call(bot, "getMe") is True
    await asyncio.sleep(0.05)
    assert await call(bot, "getMe") is True
    assert server.connections == 2


async def test_a_refused_connection_is_known_never_to_have_sent_the_call(way: Post) -> None:
    async with Bot(TOKEN, JsonSession(way, api=TelegramAPIServer.from_base("http://127.0.0.1:1"))) as bot:
        with pytest.raises(TelegramNetworkError) as raised:
            await call(bot, "getMe")
    assert isinstance(raised.value.__cause__, ClientConnectorError)
    assert never_left(raised.value)


@pytest.mark.parametrize("trusted", [True, False])
async def test_only_a_trusted_certificate_is_accepted(certificate: Path, trusted: bool, way: Post) -> None:
    server, context = Server(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=context)
    address = f"https://localhost:{listening.sockets[0].getsockname()[1]}"
    session = JsonSession(way, api=TelegramAPIServer.from_base(address))
    if trusted:
        session._connector_init["ssl"].load_verify_locations(certificate)
    async with Bot(TOKEN, session) as bot:
        if trusted:
            assert await call(bot, "getMe") is True
        else:
            with pytest.raises(TelegramNetworkError, match="Certificate"):
                await call(bot, "getMe")
    listening.close()
    assert len(server.heads) == trusted
