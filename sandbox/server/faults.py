"""Faults between a bot and Telegram, on demand."""

from __future__ import annotations

import asyncio
import math
import socket
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypedDict, Unpack

from aiohttp import web

Kind = Literal["cut", "reset", "bad_gateway", "garbage", "hang", "refuse"]
BAD_GATEWAY = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body>\r\n</html>"
)


class Scope(TypedDict, total=False):
    """Which calls fail besides the method, and for how long.

    `chat` is a chat id, `seconds` the time for which the rule holds. With `executed` the call is carried out first
    and only its answer is lost.
    """

    chat: int | None
    seconds: float | None
    executed: bool


@dataclass(slots=True)
class Fault:
    """A rule: calls of this method in this chat (None: any) fail so many `times`, and not after `until`."""

    kind: Kind
    method: str | None = None
    times: float = 1
    chat_id: int | None = None
    until: float = math.inf
    executed: bool = False
    code: int = 0
    description: str = ""
    retry_after: int = 0

    def fits(self, method: str, chat_id: Any, now: float) -> bool:
        """Whether the rule applies to this call."""
        if self.times <= 0 or now >= self.until:
            return False
        return self.method in {None, method} and self.chat_id in {None, chat_id}


class Faults:
    """Fault rules, for tests and for the page. An outage and slowness last until `clear`.

    A rule holds for so many `times` or so many `seconds`; once, when neither is said.
    """

    def __init__(self, now: Callable[[], float], methods: Callable[[], Iterable[str]]) -> None:
        self._now = now
        self._methods = methods
        self.waiting: list[Fault] = []
        self.outage_until: float | None = None
        self.delay = 0.0
        self.on_outage: list[Callable[[], None]] = []

    def _add(self, kind: Kind, method: str | None, times: int | None, scope: Scope, **refusal: Any) -> None:
        if method is not None and method not in self._methods():
            message = f"the Bot API has no method {method!r}"
            raise ValueError(message)
        seconds = scope.get("seconds")
        fault = Fault(kind, method, chat_id=scope.get("chat"), executed=scope.get("executed", False), **refusal)
        fault.times = times if times is not None else 1 if seconds is None else math.inf
        fault.until = math.inf if seconds is None else self._now() + seconds
        self.waiting.append(fault)

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

    def reset(self, method: str | None = None, times: int | None = None, **scope: Unpack[Scope]) -> None:
        """The connection is reset (TCP RST) instead of an answer."""
        self._add("reset", method, times, scope)

    def bad_gateway(self, method: str | None = None, times: int | None = None, **scope: Unpack[Scope]) -> None:
        """502 with a page of HTML."""
        self._add("bad_gateway", method, times, scope)

    def garbage(self, method: str | None = None, times: int | None = None, **scope: Unpack[Scope]) -> None:
        """200 with something that is no JSON."""
        self._add("garbage", method, times, scope)

    def hang(self, method: str | None = None, times: int | None = None, **scope: Unpack[Scope]) -> None:
        """No answer at all."""
        self._add("hang", method, times, scope)

    def drop_after(self, method: str | None = None, times: int | None = None, **scope: Unpack[Scope]) -> None:
        """The call is executed and the connection closed instead of an answer."""
        self._add("cut", method, times, {**scope, "executed": True})

    def flood(
        self,
        chat: int | None = None,
        method: str | None = None,
        retry_after: int = 1,
        times: int | None = None,
        *,
        seconds: float | None = None,
    ) -> None:
        """429 with a pause in seconds."""
        text = f"Too Many Requests: retry after {retry_after}"
        refusal = {"code": 429, "description": text, "retry_after": retry_after}
        self._add("refuse", method, times, {"chat": chat, "seconds": seconds}, **refusal)

    def foreign_poller(self, times: int | None = None, *, seconds: float | None = None) -> None:
        """409 on getUpdates, as if another process polled for the same bot."""
        text = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
        self.refuse("getUpdates", 409, text, times, seconds=seconds)

    def refuse(
        self, method: str | None, code: int, description: str, times: int | None = None, **scope: Unpack[Scope]
    ) -> None:
        """Any error code and description; the call is not executed."""
        self._add("refuse", method, times, {**scope, "executed": False}, code=code, description=description)

    def clear(self) -> None:
        """End all faults."""
        self.waiting.clear()
        self.outage_until = None
        self.delay = 0.0

    @property
    def is_out(self) -> bool:
        """Whether an outage is on."""
        return self.outage_until is not None and self._now() < self.outage_until

    def take(self, method: str, chat_id: Any) -> Fault | None:
        """The rule that applies to this call, or None; counts as one use."""
        now = self._now()
        fault = next((rule for rule in self.waiting if rule.fits(method, chat_id, now)), None)
        if fault is not None:
            fault.times -= 1
        self.waiting = [rule for rule in self.waiting if rule.times > 0 and rule.until > now]
        return fault

    def state(self) -> dict[str, Any]:
        """For the page."""
        return {"outage": self.is_out, "slow": self.delay, "waiting": [self._shown(rule) for rule in self.waiting]}

    def _shown(self, rule: Fault) -> dict[str, Any]:
        times = None if math.isinf(rule.times) else rule.times
        seconds = None if math.isinf(rule.until) else round(rule.until - self._now(), 1)
        return {"kind": rule.kind, "method": rule.method, "times": times, "seconds": seconds}


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
