"""How updates reach the bot: getUpdates, one poller at a time, or a webhook, never both."""

from __future__ import annotations

import asyncio
from typing import Any

from sandbox.world import World
from sandbox.world.errors import conflict

from .webhooks import Webhook

TERMINATED = "terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK_ACTIVE = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
MAX_BATCH = 100
MAX_TIMEOUT_SECONDS = 50


class Delivery:
    """Delivers queued updates. `waiting` is the open long poll, if any."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.webhook = Webhook(world)
        self.waiting: asyncio.Future[None] | None = None
        self._idle: list[asyncio.Future[None]] = []
        self._polled: list[asyncio.Future[None]] = []
        world.updates.arrived.append(self._arrived)
        world.updates.emptied.append(self._emptied)

    def _arrived(self) -> None:
        if self.webhook.url:
            self.webhook.wake()
        elif self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(None)

    async def get_updates(self, parameters: dict[str, Any]) -> list[str]:
        """The encoded updates for one poll; waits for the first one as long as the bot allows."""
        if self.webhook.url:
            raise conflict(WEBHOOK_ACTIVE)
        self.end_poll()
        updates = self.world.updates
        if "allowed_updates" in parameters:
            updates.allow(parameters["allowed_updates"])
        if parameters.get("offset"):
            updates.confirm(parameters["offset"])
        limit = parameters.get("limit", MAX_BATCH)
        limit = limit if 1 <= limit <= MAX_BATCH else MAX_BATCH
        if not len(updates) and parameters.get("timeout", 0) > 0:
            await self._wait(min(parameters["timeout"], MAX_TIMEOUT_SECONDS))
        return [update.encoded for update in updates.first(limit)]

    async def _wait(self, seconds: float) -> None:
        mine = self.waiting = asyncio.get_running_loop().create_future()
        _release(self._polled)
        try:
            async with asyncio.timeout(seconds):
                await mine
        except TimeoutError:
            return
        finally:
            if self.waiting is mine:
                self.waiting = None

    def end_poll(self) -> None:
        """End the open poll with a 409, because a newer one came."""
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(conflict(TERMINATED))
            self.waiting = None

    def _emptied(self) -> None:
        _release(self._idle)

    async def polled(self, within: float) -> bool:
        """Wait for a long poll to be open; False when the time is up."""
        if self.waiting is not None:
            return True
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._polled.append(future)
        return await _in_time(future, within)

    async def settled(self, within: float) -> bool:
        """Wait until nothing is left to deliver or to confirm; False when the time is up."""
        if not len(self.world.updates):
            return True
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._idle.append(future)
        return await _in_time(future, within)


async def _in_time(future: asyncio.Future[None], within: float) -> bool:
    try:
        async with asyncio.timeout(within):
            await future
    except TimeoutError:
        return False
    return True


def _release(futures: list[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)
    futures.clear()
