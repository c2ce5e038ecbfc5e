"""The live stream: server-sent events, one for everything visible and one for every API call."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.server.calls import Call
from sandbox.world import screens
from sandbox.world.events import Event
from sandbox.world.people import User

from . import views
from .guard import HEADERS

if TYPE_CHECKING:
    from sandbox.box import Sandbox

BACKLOG = 500
QUIET_SECONDS = 15.0


class Live:
    """Everybody who listens. A listener that falls behind is told to load everything anew."""

    def __init__(self, box: Sandbox) -> None:
        self._box = box
        self._queues: dict[asyncio.Queue[str | None], User | None] = {}
        box.world.events.listeners.append(self._happened)
        box.calls.listeners.append(self._called)

    def _happened(self, event: Event) -> None:
        for queue, user in self._queues.items():
            if user is None or screens.sees(event, user) or event.kind in {"members", "chat"}:
                _put(queue, event.kind, views.event(event))

    def _called(self, call: Call) -> None:
        if call.method == "getUpdates" and call.status == 200:
            return
        for queue in self._queues:
            _put(queue, "call", views.call(call))

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """`GET /sandbox/events[?person=ID]`: as long as the client listens."""
        user = self._box.world.user(int(request.query["person"])) if request.query.get("person", "").isdigit() else None
        response = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        queue: asyncio.Queue[str | None] = asyncio.Queue(BACKLOG)
        self._queues[queue] = user
        try:
            await response.write(b": listening\n\n")
            while not self._box.api.closing.is_set():
                try:
                    async with asyncio.timeout(QUIET_SECONDS):
                        piece = await queue.get()
                except TimeoutError:
                    piece = ": still here\n\n"
                if piece is None:
                    break
                await response.write(piece.encode())
        except ConnectionError:
            pass
        finally:
            del self._queues[queue]
        return response

    def close(self) -> None:
        """Nothing more will come."""
        for queue in self._queues:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(None)


def _put(queue: asyncio.Queue[str | None], kind: str, data: dict[str, Any]) -> None:
    text = json.dumps(data, ensure_ascii=True, default=str)
    if queue.qsize() >= BACKLOG - 1:
        while not queue.empty():
            queue.get_nowait()
        kind, text = "behind", "{}"
    queue.put_nowait(f"event: {kind}\ndata: {text}\n\n")
