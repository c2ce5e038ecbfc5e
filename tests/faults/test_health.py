"""What the pages on PORT say during outages: the truth, within two seconds, and so again when it is over."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.e2e.published import ON_PORT, ask, samples, value
from tests.faults.changing import Changing
from tests.faults.conftest import PATIENCE, Instance, Launch, Numbers, Row
from tests.storage.server import Server

pytestmark = [pytest.mark.timeout(400), pytest.mark.slow]

TRUTH_WITHIN = 2.0


class Watched:
    """The pages of a running bot."""

    def __init__(self, port: int, numbers: Numbers) -> None:
        self.port = port
        self.numbers = numbers

    async def tells(self, status: int, metric: str, expected: float, words: str, since: float, about: str) -> None:
        """Wait until every page says so; note and check how long that took."""
        async with asyncio.timeout(PATIENCE):
            while True:
                began = time.monotonic()
                ready, health = await ask(self.port, "/readyz"), await ask(self.port, "/health")
                found, alive = await samples(self.port), await ask(self.port, "/livez")
                assert alive.status == 200
                assert time.monotonic() - began < 2 * TRUTH_WITHIN, "the pages do not wait for what is away"
                told = ready.status == health.status == status and words in ready.text and words in health.text
                if told and value(found, metric) == expected:
                    break
                await asyncio.sleep(0.05)
        took = time.monotonic() - since
        self.numbers[about] = f"told after {took:.1f} s"
        assert took < TRUTH_WITHIN


async def port_of(bot: Instance) -> int:
    await bot.says("Health and metrics are on port")
    (found,) = [match for line in bot.lines if (match := ON_PORT.search(line))]
    return int(found[1])


@pytest.mark.parametrize("leads", [True, False], ids=["leader", "stand-by"])
@pytest.mark.parametrize("fault", ["down", "frozen"])
async def test_the_database_is_away(
    telegram: Sandbox, launch: Launch, server: Server, dsn: str, row: Row, fault: str, leads: bool
) -> None:
    who = "leader" if leads else "stand-by"
    with row(f"pages: PostgreSQL {fault}, {who}", "as above, under load, asked all the time") as numbers:
        first = await launch(real=True, DATABASE_URL=dsn, PORT="0")
        await first.says("Polling for")
        bot = first
        if not leads:
            bot = await launch(real=True, DATABASE_URL=dsn, PORT="0")
            await bot.says("Standing by")
        watched = Watched(await port_of(bot), numbers)
        async with Changing(telegram):
            await watched.tells(200, "bot_database_up", 1, "", time.monotonic(), "well")
            await asyncio.to_thread(server.stop if fault == "down" else server.freeze)
            await watched.tells(503, "bot_database_up", 0, "The database does not answer.", time.monotonic(), "away")
            await asyncio.sleep(5)
            await asyncio.to_thread(server.start if fault == "down" else server.thaw)
            await watched.tells(200, "bot_database_up", 1, "", time.monotonic(), "back")


FAULTS: list[tuple[str, Callable[[Sandbox], None]]] = [
    ("an outage", lambda telegram: telegram.faults.outage()),
    ("connections reset", lambda telegram: telegram.faults.reset("getUpdates")),
    ("502 with HTML", lambda telegram: telegram.faults.bad_gateway("getUpdates")),
    ("garbage JSON", lambda telegram: telegram.faults.garbage("getUpdates")),
    ("429", lambda telegram: telegram.faults.flood(None, "getUpdates", retry_after=1)),
    ("a foreign process polls", lambda telegram: telegram.faults.foreign_poller()),
]


@pytest.mark.parametrize(("name", "begin"), FAULTS, ids=[re.sub(r"\W", "-", name) for name, _ in FAULTS])
async def test_telegram_does_not_answer_polling(
    telegram: Sandbox, launch: Launch, row: Row, database: str, name: str, begin: Callable[[Sandbox], None]
) -> None:
    with row(f"pages: getUpdates, {name}", "until it is taken back, asked all the time") as numbers:
        bot = await launch(real=True, DATABASE_URL=database, PORT="0")
        await bot.says("Polling for")
        watched = Watched(await port_of(bot), numbers)
        await watched.tells(200, "bot_polling_fails", 0, "", time.monotonic(), "well")
        begin(telegram)
        telegram.faults.drop_connections()
        away = "Telegram does not answer getUpdates."
        await watched.tells(503, "bot_polling_fails", 1, away, time.monotonic(), "away")
        telegram.faults.clear()
        # The next try comes when the pause after the last is over, at most five seconds later.
        await bot.says("getUpdates works again")
        await watched.tells(200, "bot_polling_fails", 0, "", time.monotonic(), "back")


async def test_asked_every_second_under_load_the_pages_take_less_than_a_hundredth_of_a_core(
    telegram: Sandbox, launch: Launch, row: Row, database: str
) -> None:
    with row("pages: asked every second", "/health, /readyz and /metrics for 20 s, beside 20 s without") as numbers:
        bot = await launch(real=True, DATABASE_URL=database, PORT="0")
        await bot.says("Polling for")
        port = await port_of(bot)
        async with Changing(telegram):
            await asyncio.sleep(5)  # so that there is much to show
        await telegram.settled(60)
        used = []
        for asks in (False, True):
            before = cpu_seconds(bot.pid)
            for _ in range(20):
                await asyncio.gather(*(ask(port, path) for path in ("/health", "/readyz", "/metrics") if asks))
                await asyncio.sleep(1)
            used.append(cpu_seconds(bot.pid) - before)
        share = (used[1] - used[0]) / 20
        numbers["of a core"] = f"{100 * share:.2f} %"
        assert share < 0.01


def cpu_seconds(pid: int) -> float:
    """The CPU time of a process, to the microsecond."""
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9
