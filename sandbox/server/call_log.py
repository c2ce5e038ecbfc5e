"""The log of API calls: bounded; tests count calls and wait for them."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, eq=False)
class Call:
    """One request of the bot. `answer` is the result or the description of the error; `at` is the world's time."""

    number: int
    method: str
    parameters: dict[str, Any]
    status: int
    answer: Any
    seconds: float
    at: float
    traceback: str | None = None

    def __str__(self) -> str:
        shown = ", ".join(f"{key}={_short(value)}" for key, value in self.parameters.items())
        return f"{self.method}({shown}) -> {self.status} {_short(self.answer)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 90 else f"{text[:87]}..."


@dataclass(slots=True)
class _Wait:
    future: asyncio.Future[Call]
    fits: Callable[[Call], bool] = field(default=lambda _: True)


class CallLog:
    """The newest calls; getUpdates are kept separately so that they do not displace the others."""

    def __init__(self, keep: int = 1_000) -> None:
        self._kept: deque[Call] = deque(maxlen=keep)
        self._polls: deque[Call] = deque(maxlen=keep // 4)
        self._counts: Counter[str] = Counter()
        self._waits: list[_Wait] = []
        self._number = 0
        self.listeners: list[Callable[[Call], None]] = []

    def add(
        self,
        method: str,
        parameters: dict[str, Any],
        status: int,
        answer: Any,
        seconds: float,
        at: float,
        traceback: str | None = None,
    ) -> None:
        """Record a call."""
        self._number += 1
        call = Call(self._number, method, parameters, status, answer, seconds, at, traceback)
        self._counts[method] += 1
        (self._polls if method == "getUpdates" else self._kept).append(call)
        for tell in self.listeners:
            tell(call)
        for wait in [wait for wait in self._waits if wait.fits(call)]:
            self._waits.remove(wait)
            if not wait.future.done():
                wait.future.set_result(call)

    def all(self, method: str | None = None) -> list[Call]:
        """Kept calls, oldest first; all but getUpdates unless a method is named."""
        source = self._polls if method == "getUpdates" else self._kept
        return [call for call in source if method in {None, call.method}]

    def count(self, method: str | None = None) -> int:
        """The number of calls since the last `clear`, also of those no longer kept."""
        return self._counts[method] if method else sum(self._counts.values()) - self._counts["getUpdates"]

    def last(self, method: str | None = None) -> Call | None:
        """The newest of them."""
        found = self.all(method)
        return found[-1] if found else None

    async def next(self, method: str, where: Callable[[Call], bool] | None = None, within: float = 5.0) -> Call:
        """Wait for the next call of the method (that fits `where`); TimeoutError after `within` seconds."""
        fits = where or (lambda _: True)
        wait = _Wait(asyncio.get_running_loop().create_future(), lambda call: call.method == method and fits(call))
        self._waits.append(wait)
        try:
            async with asyncio.timeout(within):
                return await wait.future
        except TimeoutError:
            message = f"no {method} within {within} s; the last calls were:\n{self.summary()}"
            raise TimeoutError(message) from None
        finally:
            if wait in self._waits:
                self._waits.remove(wait)

    def clear(self) -> None:
        """Forget all calls."""
        self._kept.clear()
        self._polls.clear()
        self._counts.clear()

    def summary(self, newest: int = 8) -> str:
        """The last few calls as lines of text."""
        return "\n".join(f"  {call}" for call in list(self._kept)[-newest:]) or "  (none)"
