"""Server-sent events: one for everything that becomes visible and one for every API call."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

from sandbox.server.bot_api import BotApi
from sandbox.server.call_log import Call
from sandbox.server.request_guard import HEADERS
from sandbox.world.actions import visibility
from sandbox.world.state.events import Event
from sandbox.world.state.users import User

from . import views

MAX_QUEUED_EVENTS = 500
KEEPALIVE_SECONDS = 15.0


class EventStream:
    """Sends events to all connected clients. One that falls behind is told to load everything again."""

    def __init__(self, api: BotApi) -> None:
        self._api = api
        self._queues: dict[asyncio.Queue[str | None], User | None] = {}
        api.world.events.listeners.append(self._on_event)
        api.calls.listeners.append(self._on_call)

    def _on_event(self, event: Event) -> None:
        for queue, user in self._queues.items():
            if user is None or visibility.is_visible(event, user) or event.kind in {"members", "chat"}:
                _put(queue, event.kind, views.event(event))

    def _on_call(self, call: Call) -> None:
        if call.method == "getUpdates" and call.status == 200:
            return
        for queue in self._queues:
            _put(queue, "call", views.call(call))

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """`GET /sandbox/events[?person=ID]`: as long as the client listens."""
        user = self._api.world.user(int(request.query["person"])) if request.query.get("person", "").isdigit() else None
        response = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        queue: asyncio.Queue[str | None] = asyncio.Queue(MAX_QUEUED_EVENTS)
        self._queues[queue] = user
        try:
            await response.write(b": listening\n\n")
            while not self._api.closing.is_set():
                try:
                    async with asyncio.timeout(KEEPALIVE_SECONDS):
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
        """End all streams."""
        for queue in self._queues:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(None)


def _put(queue: asyncio.Queue[str | None], kind: str, data: dict[str, Any]) -> None:
    text = json.dumps(data, ensure_ascii=True, default=str)
    if queue.qsize() >= MAX_QUEUED_EVENTS - 1:
        while not queue.empty():
            queue.get_nowait()
        kind, text = "behind", "{}"
    queue.put_nowait(f"event: {kind}\ndata: {text}\n\n")
