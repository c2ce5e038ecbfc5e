"""The bot running for a test: in this process, or in one of its own that can be killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from aiogram import Bot, Dispatcher

from bot.app import build_bot, build_dispatcher, build_poller
from bot.client.rate_limits import Limits
from bot.environment import Environment
from bot.settling import CURRENT_UPDATE, Settling
from bot.storage.configs.repository import ChatConfigs
from bot.updates.shares import ShareLimits
from sandbox import Sandbox
from tests.forking import Forked, fork

PROJECT = Path(__file__).parents[2]
STARTS_WITHIN = 60.0


async def polled(telegram: Sandbox, within: float = STARTS_WITHIN) -> None:
    """Return when a bot has asked for updates; a long poll that is still open counts."""
    before = telegram.calls.count("getUpdates")
    async with asyncio.timeout(within):
        # The log of calls tells of a long poll only when it ends.
        while telegram.api.delivery.waiting is None and telegram.calls.count("getUpdates") == before:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


class RunningBot:
    """Our dispatcher and poller in this process, against the sandbox and the test's database."""

    def __init__(self, environment: Environment, telegram: Sandbox, pace: float = 1.0) -> None:
        self.environment = environment
        self._pace = pace
        self.dispatcher: Dispatcher | None = None
        self.client: Bot | None = None
        self._telegram = telegram
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when the bot asks for updates; raise what kept it from doing so."""
        bot = self.client = build_bot(self.environment)
        self._stop = asyncio.Event()
        limits, shares = Limits().faster(self._pace), ShareLimits().faster(self._pace)
        self.dispatcher = build_dispatcher(self.environment, bot, limits, shares)
        asks = asyncio.create_task(polled(self._telegram))
        self._task = asyncio.create_task(build_poller(self.environment, bot, self.dispatcher).run(self._stop))
        await asyncio.wait({self._task, asks}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            asks.cancel()
        await (self._task if self._task.done() else asks)

    @property
    def configs(self) -> ChatConfigs:
        """The bot's own repository: what is written here it knows at once, and need not be told of first."""
        assert self.dispatcher is not None
        configs: ChatConfigs = self.dispatcher["configs"]
        return configs

    async def stop(self) -> None:
        """Finish what is in hand and close everything, as on SIGTERM."""
        task, self._task = self._task, None
        if task is not None:
            self._stop.set()
            async with asyncio.timeout(STARTS_WITHIN):
                await task

    async def receive(self, update: dict[str, Any]) -> None:
        """Handle an update as if Telegram had sent it, and wait for what is said: one that is sent twice, say."""
        assert self.dispatcher is not None
        assert self.client is not None
        settled = asyncio.Event()
        settling = Settling(update["update_id"], lambda _: settled.set())
        CURRENT_UPDATE.set(settling)
        try:
            await self.dispatcher.feed_raw_update(self.client, update)
        finally:
            CURRENT_UPDATE.set(None)
            settling.handled()
        await settled.wait()

    async def restart(self) -> None:
        """Stop and start again with nothing kept in memory."""
        await self.stop()
        await self.start()


class BotProcess:
    """`python -m bot` with nothing in its environment but what is given; `output` are its lines so far.

    It is forked with its imports done. Where the start itself is the matter, a `whole` interpreter is started.
    """

    def __init__(self, folder: Path, telegram: Sandbox | None = None, **variables: str) -> None:
        self.variables = variables
        self.output: list[str] = []
        self._folder = folder
        self._telegram = telegram
        self._process: asyncio.subprocess.Process | Forked | None = None
        self._reading: asyncio.Task[None] | None = None

    async def launch(self, *arguments: str, whole: bool = False) -> None:
        """Start the process and return at once."""
        own = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        variables = {**own, "PYTHONPATH": str(PROJECT), **self.variables}
        if whole:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-W", "error", "-m", "bot", *arguments),
                cwd=self._folder,
                env=variables,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
        else:
            self._process = await fork("bot", *arguments, folder=self._folder, variables=variables, strict=True)
        self._reading = asyncio.create_task(self._read())

    async def start(self, *, whole: bool = False) -> None:
        """Start the process and return when it asks for updates; raise with its output if it ends instead."""
        assert self._telegram is not None
        asks = asyncio.create_task(polled(self._telegram))
        await self.launch(whole=whole)
        ends = asyncio.create_task(self.ended())
        await asyncio.wait({ends, asks}, return_when=asyncio.FIRST_COMPLETED)
        asks.cancel()
        if ends.done():
            raise AssertionError("\n".join(["the bot ended:", *self.output]))
        ends.cancel()

    async def kill(self) -> None:
        """`kill -9`."""
        await self._signal(signal.SIGKILL)

    def strike(self) -> None:
        """`kill -9` at this very moment: not one more step of it happens."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)

    async def terminate(self) -> int:
        """SIGTERM; return the exit code."""
        return await self._signal(signal.SIGTERM)

    async def ended(self) -> int:
        """Wait for the end; return the exit code."""
        assert self._process is not None
        assert self._reading is not None
        async with asyncio.timeout(STARTS_WITHIN):
            await asyncio.shield(self._reading)
            return await self._process.wait()

    async def close(self) -> None:
        """Leave nothing behind."""
        if self._process is not None:
            await self.kill()

    async def _signal(self, number: signal.Signals) -> int:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        return await self.ended()

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.output.append(line.decode().rstrip("\n"))
