"""One POST after the other over aiohttp's connections, without the machinery of its requests and responses.

Pooling, name resolution, TLS and the reading of HTTP are aiohttp's; only what a request to an API server never needs is
left out: redirects, cookies, authentication, compression, tracing. What of aiohttp is used here beyond its documented
`BaseConnector.connect` is the protocol of a connection, so that its version is pinned and the tests of the session look
at every way in which a call can end.
"""

from __future__ import annotations

import asyncio
from functools import cache

from aiohttp import ClientRequest, ClientSession, ClientTimeout, ServerDisconnectedError
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from bot.deadlines import Deadlines


@cache
def _connecting(seconds: float) -> ClientTimeout:
    return ClientTimeout(total=None, connect=seconds)


def _cut_off(protocol: ResponseHandler) -> None:
    # Not the protocol's own `abort`: after it, who reads the middle of an answer is never told.
    if protocol.transport is not None:
        protocol.transport.abort()


class Wire:
    """Sends JSON to the places under one address, through the connections of a session."""

    def __init__(self, session: ClientSession, address: str) -> None:
        if session.connector is None:
            raise ServerDisconnectedError("the session is closed")
        self._connector = session.connector
        url = URL(address)
        agent = session.headers.get("User-Agent", "")
        # It names the server to connect to, and is never sent.
        self._server = ClientRequest("POST", url, loop=asyncio.get_running_loop(), session=session)
        self._path = url.raw_path
        self._deadlines: Deadlines[ResponseHandler] = Deadlines()
        self._head = (
            f" HTTP/1.1\r\nHost: {self._server.headers['Host']}\r\nUser-Agent: {agent}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        )

    async def post(self, name: str, body: bytes, seconds: float) -> tuple[int, bytes]:
        """Return status and content of the answer; `name` is the last step of the path, of plain letters.

        Raises `aiohttp.ClientError` and `aiohttp.http.HttpProcessingError` without an answer that can be read, and
        `TimeoutError` without one in so many seconds; getting a new connection may take as many before.
        """
        head = f"POST {self._path}{name}{self._head}{len(body)}\r\n\r\n".encode("ascii")
        connection = await self._connector.connect(self._server, [], _connecting(seconds))
        protocol = connection.protocol
        if protocol is None:
            raise ServerDisconnectedError
        self._deadlines.watch(protocol, seconds, _cut_off)
        try:
            if protocol.transport is None:
                raise ServerDisconnectedError
            protocol.set_response_params(read_until_eof=True, auto_decompress=False)
            protocol.transport.write(head + body)
            message, payload = await protocol.read()
            while message.code < 200:  # "100 Continue" and its like come before the answer
                message, payload = await protocol.read()
            content = await payload.read()
            if not self._deadlines.done(protocol) and "Content-Length" not in message.headers and not message.chunked:
                raise TimeoutError  # it was to go on until the connection ends, and the end was ours
        except BaseException as error:
            connection.close()
            in_time = self._deadlines.done(protocol)
            if in_time or not isinstance(error, Exception):
                raise
            raise TimeoutError from error
        connection.release()
        return message.code, content
