"""Things that go wrong between a bot and Telegram, on demand."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web

Kind = Literal["reset", "bad_gateway", "garbage", "hang", "drop_after", "refuse"]
BAD_GATEWAY = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body>\r\n</html>"
)


@dataclass(slots=True)
class Fault:
    """One fault in waiting: for which method and chat (None: any), and how often."""

    kind: Kind
    method: str | None = None
    chat_id: int | None = None
    times: int = 1
    code: int = 0
    description: str = ""
    retry_after: int = 0

    def fits(self, method: str, chat_id: Any) -> bool:
        """Whether it strikes this request."""
        return self.method in {None, method} and self.chat_id in {None, chat_id} and self.times > 0


class Faults:
    """Switches for tests and for the page. Each fault works until used up; outage and slowness until cleared."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.waiting: list[Fault] = []
        self.outage_until: float | None = None
        self.delay = 0.0
        self.on_outage: list[Callable[[], None]] = []

    def outage(self, seconds: float | None = None) -> None:
        """Telegram cannot be reached: every connection is closed, for so long or until `clear`."""
        self.outage_until = float("inf") if seconds is None else self._now() + seconds
        self.drop_connections()

    def drop_connections(self) -> None:
        """Close every connection that is open now."""
        for drop in self.on_outage:
            drop()

    def slow(self, seconds: float) -> None:
        """Every answer comes so much later."""
        self.delay = seconds

    def reset(self, method: str | None = None, times: int = 1) -> None:
        """The connection is reset instead of an answer; the call is not executed."""
        self.waiting.append(Fault("reset", method, times=times))

    def bad_gateway(self, method: str | None = None, times: int = 1) -> None:
        """502 with a page of HTML."""
        self.waiting.append(Fault("bad_gateway", method, times=times))

    def garbage(self, method: str | None = None, times: int = 1) -> None:
        """200 with something that is no JSON."""
        self.waiting.append(Fault("garbage", method, times=times))

    def hang(self, method: str | None = None, times: int = 1) -> None:
        """No answer at all; the call is not executed."""
        self.waiting.append(Fault("hang", method, times=times))

    def drop_after(self, method: str, times: int = 1) -> None:
        """The call is executed and its answer is lost."""
        self.waiting.append(Fault("drop_after", method, times=times))

    def flood(self, chat: int | None = None, method: str | None = None, retry_after: int = 1, times: int = 1) -> None:
        """429 with a pause in seconds."""
        text = f"Too Many Requests: retry after {retry_after}"
        self.waiting.append(Fault("refuse", method, chat, times, 429, text, retry_after))

    def foreign_poller(self, times: int = 1) -> None:
        """409 on getUpdates, as if another process polled for the same bot."""
        text = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
        self.refuse("getUpdates", 409, text, times)

    def refuse(self, method: str, code: int, description: str, times: int = 1) -> None:
        """Any error one likes."""
        self.waiting.append(Fault("refuse", method, None, times, code, description))

    def clear(self) -> None:
        """All is well again."""
        self.waiting.clear()
        self.outage_until = None
        self.delay = 0.0

    @property
    def is_out(self) -> bool:
        """Whether an outage is on."""
        return self.outage_until is not None and self._now() < self.outage_until

    def take(self, method: str, chat_id: Any) -> Fault | None:
        """The fault that strikes this request, used once."""
        for fault in self.waiting:
            if fault.fits(method, chat_id):
                fault.times -= 1
                self.waiting = [left for left in self.waiting if left.times > 0]
                return fault
        return None

    def state(self) -> dict[str, Any]:
        """For the page."""
        waiting = [{"kind": fault.kind, "method": fault.method, "times": fault.times} for fault in self.waiting]
        return {"outage": self.is_out, "slow": self.delay, "waiting": waiting}


async def cut(request: web.Request, *, reset: bool = False) -> web.Response:
    """End the connection without an answer; with `reset` by a TCP RST."""
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        if reset and connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    await asyncio.sleep(0)
    return web.Response()
