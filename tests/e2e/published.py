"""A process of the bot that answers on a port, and what it says there."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any, NamedTuple

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.running import STARTS_WITHIN, BotProcess

ON_PORT = re.compile(r"Health and metrics are on port (\d+)")

Sample = tuple[str, frozenset[tuple[str, str]]]


class Answer(NamedTuple):
    status: int
    text: str


async def port_of(process: BotProcess) -> int:
    """Wait until the process says its port."""
    async with asyncio.timeout(STARTS_WITHIN):
        while True:
            for line in process.output:
                if found := ON_PORT.search(line):
                    return int(found[1])
            await asyncio.sleep(0.01)


async def ask(port: int, path: str, method: str = "GET", **request: Any) -> Answer:
    """Make one request."""
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(STARTS_WITHIN)) as session,
        session.request(method, f"http://127.0.0.1:{port}{path}", **request) as response,
    ):
        return Answer(response.status, await response.text())


async def health(port: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((await ask(port, "/health")).text)
    return found


async def samples(port: int) -> dict[Sample, float]:
    """Every sample of /metrics by its name and labels."""
    return samples_in((await ask(port, "/metrics")).text)


def samples_in(text: str) -> dict[Sample, float]:
    """Every sample of a text in Prometheus' format."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: dict[Sample, float], name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0.0)


async def counted(port: int, name: str, at_least: float = 1.0, **labels: str) -> float:
    """Wait until a sample is so great; /metrics may show what held a moment before."""
    found: dict[Sample, float] = {}
    try:
        async with asyncio.timeout(STARTS_WITHIN):
            while value(found := await samples(port), name, **labels) < at_least:  # noqa: ASYNC110 - see above
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"{name} {labels} is {value(found, name, **labels)}") from None
    return value(found, name, **labels)


async def says(port: int, path: str, status: int, words: str = "", within: float = STARTS_WITHIN) -> str:
    """Wait until a page answers so; return what it says."""
    answer = None
    try:
        async with asyncio.timeout(within):
            while True:
                answer = await ask(port, path)
                if answer.status == status and words in answer.text:
                    return answer.text
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"{path} goes on answering {answer}") from None
