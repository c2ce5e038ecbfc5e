"""The HTTP server on PORT: /livez, /readyz, /health, /metrics, the webhook's path where there is one."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from bot.errors import StartupError
from bot.lru import Seldom
from bot.operating.metrics import CONTENT_TYPE, Metrics
from bot.operating.status import Status
from bot.operating.webhook import WebhookPage

logger = logging.getLogger(__name__)

MOST_CONNECTIONS = 64
"""At once, beside Telegram's. One more, and the oldest is closed: who keeps connections open locks nobody out."""

MOST_WITH_WEBHOOK = 256
"""Telegram opens a hundred at once, and is known by its first request only."""

MOST_LINE_BYTES, MOST_HEADER_BYTES = 1_024, 4_096

Page = Callable[[], Awaitable[web.Response]]


class Pages:
    """What each path answers."""

    def __init__(self, status: Status, metrics: Metrics, webhook: WebhookPage | None = None) -> None:
        self.telegrams: set[object] = set()
        """The connections of those who know the webhook's secret."""
        self.most_connections = MOST_CONNECTIONS if webhook is None else MOST_WITH_WEBHOOK
        self._webhook = webhook
        self._status = status
        self._metrics = metrics
        self._seldom: Seldom[str] = Seldom(60.0)
        self._pages: dict[str, Page] = {
            "/livez": self._livez,
            "/readyz": self._readyz,
            "/health": self._health,
            "/metrics": self._show_metrics,
        }

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request, one for each connection; those of Telegram stay open."""
        if self._webhook is not None and request.path == self._webhook.path:
            return await self._take_update(self._webhook, request)
        response = await self._answer(request)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Server"] = "bot"
        response.force_close()
        return response

    async def _take_update(self, webhook: WebhookPage, request: web.BaseRequest) -> web.Response:
        known = webhook.knows_secret(request)
        if known:
            self.telegrams.add(request.protocol)
        try:
            response = await webhook.answer(request)
        except (web.HTTPRequestEntityTooLarge, TimeoutError):
            response, known = web.Response(status=413), False
        except Exception:
            if self._worth_a_line(webhook.path):
                logger.exception("An update could not be taken; Telegram delivers it again.")
            response = web.Response(status=500)
        response.headers["Server"] = "bot"
        if not known:
            response.force_close()
        return response

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        page = self._pages.get(request.path)
        if page is None:
            return _text(404, "There is nothing here.")
        if request.method not in {"GET", "HEAD"}:
            return web.Response(status=405, text="Only GET.\n", headers={"Allow": "GET, HEAD"})
        if request.body_exists:
            return _text(413, "A request has no body here.")
        try:
            return await page()
        except Exception:
            if self._worth_a_line(request.path):
                logger.exception("What was asked by HTTP could not be answered.")
            return _text(500, "A mistake of ours; the log has its place.")

    def _worth_a_line(self, path: str) -> bool:
        return self._seldom(path, asyncio.get_running_loop().time()) is not None

    async def _livez(self) -> web.Response:
        return _text(200, "The process is alive.")  # the event loop turns, or nobody would read this

    async def _readyz(self) -> web.Response:
        report = await self._status.report()
        if report.ready:
            return _text(200, "This process leads." if report.leads else f"This process {report.follows}.")
        return _text(503, " ".join([f"The process is {report.status}.", *report.problems]))

    async def _health(self) -> web.Response:
        report = await self._status.report()
        body = json.dumps(report.as_json(), indent=2) + "\n"
        return web.Response(status=200 if report.ready else 503, text=body, content_type="application/json")

    async def _show_metrics(self) -> web.Response:
        text = self._metrics.render(await self._status.report())
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE})


def _text(status: int, sentence: str) -> web.Response:
    return web.Response(status=status, text=f"{sentence}\n")


@asynccontextmanager
async def serve(pages: Pages, port: int) -> AsyncIterator[int]:
    """Answer on all addresses of this machine; yields the port, which is a free one where 0 was asked for.

    Raises `StartupError` where the port cannot be had.
    """
    # aiohttp would log each malformed request of a stranger as an error.
    silent = logging.getLogger(f"{__name__}.requests")
    silent.setLevel(logging.CRITICAL + 1)
    http = web.Server(
        pages.answer,
        logger=silent,
        access_log=None,
        tcp_keepalive=False,
        lingering_time=0,
        max_line_size=MOST_LINE_BYTES,
        max_field_size=MOST_HEADER_BYTES,
    )

    def accept() -> asyncio.Protocol:
        pages.telegrams.intersection_update(http.connections)
        connections = [one for one in http.connections if one not in pages.telegrams]
        for oldest in connections[: max(0, len(connections) - pages.most_connections + 1)]:
            oldest.force_close()
        return http()

    server = await asyncio.get_running_loop().create_server(
        accept, sock=_listening(port), backlog=pages.most_connections
    )
    number = server.sockets[0].getsockname()[1]
    logger.info("Health and metrics are on port %d.", number)
    try:
        yield number
    finally:
        server.close()
        await http.shutdown(timeout=1.0)


def _listening(port: int) -> socket.socket:
    """Return a socket for IPv6 and IPv4, for IPv4 alone where a machine has no other."""
    try:
        if socket.has_dualstack_ipv6():
            try:
                return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
            except OSError as error:
                if error.errno not in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
                    raise
        return socket.create_server(("", port))
    except OSError as error:
        raise StartupError(f"PORT {port} cannot be used: {os.strerror(error.errno or 0)}.") from None
