"""A reverse proxy in front of several processes: each request to the next one, as simple balancers do it."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web


class Balancer:
    """Takes requests at `url` and hands them to `ports` in turn; 502 where a process does not answer."""

    def __init__(self) -> None:
        self.ports: list[int] = []
        self.url = ""
        self.answered: list[tuple[int, int]] = []
        """Port and status of every answer."""
        self._turn = 0

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=60)
        )
        self._runner = web.ServerRunner(web.Server(self._forward, access_log=None), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/telegram"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _forward(self, request: web.BaseRequest) -> web.Response:
        body = await request.read()
        if not self.ports:
            return web.Response(status=502)
        self._turn += 1
        port = self.ports[self._turn % len(self.ports)]
        headers = {name: value for name, value in request.headers.items() if name not in {"Host", "Content-Length"}}
        try:
            async with self._session.request(
                request.method, f"http://127.0.0.1:{port}{request.path}", data=body, headers=headers
            ) as response:
                answer = web.Response(status=response.status, body=await response.read())
        except (aiohttp.ClientError, TimeoutError):
            answer = web.Response(status=502)
        self.answered.append((port, answer.status))
        return answer
