"""Updates a second through our poller and through aiogram's own polling, one after the other, several rounds.

    python benchmarks/poller.py [--updates 20000] [--rounds 5]

The sandbox serves from this process, the bot runs in another; only the ratio within one run means something, and the
CPU's time tells more on a machine that does other things meanwhile. Handlers without I/O measure what the poller costs;
handlers that wait 50 ms, how well it keeps 100 of them busy.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from aiogram import Bot, Dispatcher  # noqa: E402
from aiogram.client.session.aiohttp import AiohttpSession  # noqa: E402
from aiogram.client.telegram import TelegramAPIServer  # noqa: E402
from aiogram.types import Message  # noqa: E402

from bot.updates.polling.poller import Poller  # noqa: E402
from sandbox import Sandbox  # noqa: E402

CHATS = 1000


async def be_a_bot(kind: str, url: str, token: str, wanted: int, wait: float) -> None:
    """Handle so many updates and print the seconds from the first to the last."""
    bot = Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(url)))
    dispatcher, stop, times = Dispatcher(disable_fsm=True), asyncio.Event(), list[float]()
    used = 0.0

    async def handler(_: Message) -> None:
        nonlocal used
        used = used or time.process_time()
        times.append(time.perf_counter())
        if wait:
            await asyncio.sleep(wait)
        if len(times) == wanted and not stop.is_set():
            print(times[-1] - times[0] + wait, time.process_time() - used)
            stop.set()

    dispatcher.message.register(handler)
    if kind == "ours":
        await Poller(bot, dispatcher).run(stop)
    else:
        polling = asyncio.create_task(dispatcher.start_polling(bot, handle_signals=False))
        await stop.wait()
        await asyncio.sleep(2 * wait)
        await dispatcher.stop_polling()
        await polling


async def rate(kind: str, updates: int, wait: float) -> tuple[float, float]:
    """Updates a second of one kind of poller, and updates a second of the CPU's time."""
    async with Sandbox() as telegram:
        people = [telegram.person(f"Person {number}") for number in range(CHATS)]
        for number in range(updates):
            people[number % CHATS].say("hello")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, __file__, "--bot", kind, telegram.url, telegram.token, str(updates), str(wait)),
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        seconds, busy = out.split()
        return updates / float(seconds), updates / float(busy)


async def compare(updates: int, rounds: int) -> None:
    for name, wait, count in (("without I/O", 0.0, updates), ("waiting 50 ms", 0.05, updates // 4)):
        rates: dict[str, list[tuple[float, float]]] = {"ours": [], "aiogram": []}
        for number in range(rounds):
            for kind in ("ours", "aiogram") if number % 2 else ("aiogram", "ours"):
                rates[kind].append(await rate(kind, count, wait))
        for which, what in enumerate(("a second", "a CPU second")):
            ours, theirs = ([pair[which] for pair in rates[kind]] for kind in ("ours", "aiogram"))
            ratios = [mine / yours for mine, yours in zip(ours, theirs, strict=True)]
            print(
                f"handlers {name}, updates {what}: ours {statistics.median(ours):,.0f}, "
                f"aiogram {statistics.median(theirs):,.0f}, "
                f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--updates", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bot", nargs=5, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bot:
        kind, url, token, wanted, wait = given.bot
        asyncio.run(be_a_bot(kind, url, token, int(wanted), float(wait)))
    else:
        asyncio.run(compare(given.updates, given.rounds))


if __name__ == "__main__":
    main()
