"""What is counted while the bot works: plain numbers, which the measured parts hand over and `/metrics` shows."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from time import perf_counter
from typing import Any

from aiogram import Bot
from aiogram.client.session.middlewares.base import NextRequestMiddlewareType
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import TelegramMethod

from bot.updates.handling import Result

HANDLING = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0)
CALLS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
QUERIES = (0.001, 0.0025, 0.01, 0.05, 0.25, 1.0, 5.0)
"""Upper bounds in seconds of the classes that times are counted in."""


class Times:
    """How often something was done, and how many seconds it took in all; `counts` has one class beyond the bounds."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        """Count once more."""
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.total += seconds


class Measurements:
    """Updates by type and result, calls by method and result, queries by name. All labels are words of our own code."""

    def __init__(self) -> None:
        self.updates: Counter[tuple[str, str]] = Counter()
        self.handling: dict[str, Times] = {}
        self.calls: Counter[tuple[str, str]] = Counter()
        self.call_times: dict[str, Times] = {}
        self.flood_waits: Counter[str] = Counter()
        self.flood_wait_seconds = 0.0
        self.query_times: dict[str, Times] = {}
        self.failed_queries: Counter[str] = Counter()
        self.slow_queries: Counter[str] = Counter()

    def update(self, kind: str, result: Result, seconds: float) -> None:
        """Count an update, and how long its handling took where it was handled."""
        self.updates[kind, result] += 1
        if result not in _UNHANDLED:
            _add(self.handling, kind, seconds, HANDLING)

    def call(self, method: str, result: str, seconds: float) -> None:
        """Count a call to Telegram."""
        self.calls[method, result] += 1
        _add(self.call_times, method, seconds, CALLS)

    def query(self, name: str, seconds: float, failed: bool, slow: bool) -> None:
        """Count a query."""
        _add(self.query_times, name, seconds, QUERIES)
        if failed:
            self.failed_queries[name] += 1
        if slow:
            self.slow_queries[name] += 1


_UNHANDLED = frozenset({Result.IGNORED, Result.REFUSED, Result.INVALID})


def _add(times: dict[str, Times], name: str, seconds: float, bounds: tuple[float, ...]) -> None:
    known = times.get(name)
    if known is None:
        known = times[name] = Times(bounds)
    known.add(seconds)


class CountCalls:
    """A session middleware, the innermost one: it sees each request that goes out, also the repeated ones."""

    def __init__(self, measurements: Measurements) -> None:
        self._measurements = measurements

    async def __call__(
        self, make_request: NextRequestMiddlewareType[Any], bot: Bot, method: TelegramMethod[Any]
    ) -> Any:
        """Make the call and count it."""
        result, began = "cancelled", perf_counter()
        try:
            answer = await make_request(bot, method)
            result = "ok"
        except Exception as error:
            result = _result(error)
            if isinstance(error, TelegramRetryAfter):
                self._measurements.flood_waits[method.__api_method__] += 1
                self._measurements.flood_wait_seconds += error.retry_after
            raise
        finally:
            self._measurements.call(method.__api_method__, result, perf_counter() - began)
        return answer


_RESULTS: tuple[tuple[type[Exception], str], ...] = (
    (TelegramRetryAfter, "flood_wait"),
    (TelegramBadRequest, "bad_request"),
    (TelegramForbiddenError, "forbidden"),
    (TelegramNetworkError, "network_error"),
    (TelegramServerError, "server_error"),
    (TelegramAPIError, "refused"),
    (ClientDecodeError, "unreadable"),
)


def _result(error: Exception) -> str:
    return next((name for kind, name in _RESULTS if isinstance(error, kind)), "error")
