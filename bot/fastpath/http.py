"""POST requests over aiohttp's connections, without aiohttp's requests and responses.

Pooling, name resolution, TLS and the parsing of HTTP are aiohttp's. Left out is what calls to an API server never need:
redirects, cookies, authentication, compression, tracing. Private parts of aiohttp: the arguments of `ClientRequest` and
`BaseConnector.connect`, and the protocol of a connection.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING

from aiohttp import ClientPayloadError, ClientRequest, ClientSession, ClientTimeout, ServerDisconnectedError
from aiohttp.http import HttpProcessingError
from yarl import URL

from bot.deadlines import Deadlines

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler


@cache
def _connect_timeout(seconds: float) -> ClientTimeout:
    return ClientTimeout(total=None, connect=seconds)


def _abort(protocol: ResponseHandler) -> None:
    # Not `protocol.abort()`: it never wakes a reader who is in the middle of an answer.
    if protocol.transport is not None:
        protocol.transport.abort()


class FastPost:
    """Posts JSON, as `bot.client.session.post` does. Opening a connection may take as many seconds before."""

    def __init__(self) -> None:
        self._session: ClientSession | None = None
        self._targets: dict[str, tuple[ClientRequest, str]] = {}
        self._deadlines: Deadlines[ResponseHandler] = Deadlines()

    async def __call__(self, session: ClientSession, url: str, body: bytes, seconds: float) -> tuple[int, bytes]:
        """Return status and content of the answer; raises `aiohttp.ClientError` and `TimeoutError`."""
        if session.connector is None:
            raise ServerDisconnectedError("the session is closed")
        request, head = self._target(session, url)
        connection = await session.connector.connect(request, [], _connect_timeout(seconds))
        protocol = connection.protocol
        if protocol is None:
            raise ServerDisconnectedError
        self._deadlines.watch(protocol, seconds, _abort)
        try:
            status, content, complete = await _exchange(protocol, f"{head}{len(body)}\r\n\r\n".encode("ascii") + body)
            # Where the answer ends with the connection, it may be the deadline that ended it.
            if not self._deadlines.done(protocol) and not complete:
                raise TimeoutError
        except BaseException as error:
            connection.close()
            in_time = self._deadlines.done(protocol)
            if isinstance(error, HttpProcessingError) and in_time:
                # Its message quotes what came, which may be anything.
                raise ClientPayloadError("the answer is not HTTP") from None
            if in_time or not isinstance(error, Exception):
                raise
            raise TimeoutError from error
        connection.release()
        return status, content

    def _target(self, session: ClientSession, address: str) -> tuple[ClientRequest, str]:
        """Return what the connector takes for this address, and the head of a request up to its length."""
        if session is not self._session:
            self._session, self._targets = session, {}
        if address not in self._targets:
            url = URL(address)
            # It tells the connector where to connect to, and is never sent.
            request = ClientRequest("POST", url, loop=asyncio.get_running_loop(), session=session)
            head = (
                f"POST {url.raw_path} HTTP/1.1\r\nHost: {request.headers['Host']}\r\n"
                f"User-Agent: {session.headers.get('User-Agent', '')}\r\n"
                "Content-Type: application/json\r\nContent-Length: "
            )
            self._targets[address] = request, head
        return self._targets[address]


async def _exchange(protocol: ResponseHandler, request: bytes) -> tuple[int, bytes, bool]:
    """Write a request and read its answer: status, content, and whether the answer itself says where it ends."""
    if protocol.transport is None:
        raise ServerDisconnectedError
    protocol.set_response_params(read_until_eof=True, auto_decompress=False)
    protocol.transport.write(request)
    message, payload = await protocol.read()
    while message.code < 200:  # "100 Continue" and its like come before the answer
        message, payload = await protocol.read()
    return message.code, await payload.read(), "Content-Length" in message.headers or message.chunked
