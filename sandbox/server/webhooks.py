"""Webhook delivery: with the secret header, several at a time, each update repeated until the answer is 2xx.

As Telegram's server does it, updates of one queue (`queue_of`: the messages of a chat, the presses of a person) go one
after the other, a queue that fails holds no other, and only so many updates are looked at as fit twice into the
connections (telegram-bot-api, WebhookActor.cpp).

The answer may carry one method call in JSON (`{"method": "sendMessage", ...}`), which is executed; its result is lost.
Source: https://core.telegram.org/bots/api#making-requests-when-getting-updates
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from sandbox.world import World
from sandbox.world.errors import bad_request
from sandbox.world.state.updates import Update

SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
RETRY_PAUSES_SECONDS = (0.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
LONGEST_RETRY_AFTER_SECONDS = 3600.0
ANSWER_SECONDS = 60.0
MOST_CONNECTIONS = 100


class Webhook:
    """Pushes updates to a URL. Plain http and any port are allowed, as a developer's machine has no certificate.

    `pauses` are the seconds between tries of one update, unless the answer has a `Retry-After`; the last repeats.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.url = ""
        self.secret: str | None = None
        self.max_connections = 40
        self.ip_address: str | None = None
        self.error: tuple[int, str] | None = None
        self.pauses: tuple[float, ...] = RETRY_PAUSES_SECONDS
        self.execute: Callable[[dict[str, Any]], Awaitable[None]] | None = None
        self._under_way: set[str] = set()  # queues
        self._task: asyncio.Task[None] | None = None
        self._work = asyncio.Event()

    async def set(self, parameters: dict[str, Any]) -> str:
        """Store or remove the webhook; the text Telegram describes it with."""
        url = parameters.get("url", "")
        secret = parameters.get("secret_token")
        if secret and not SECRET.fullmatch(secret):
            raise bad_request("secret token contains unallowed characters")
        if url and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        connections = parameters.get("max_connections", 40)
        if "allowed_updates" in parameters:
            self.world.updates.allow(parameters["allowed_updates"])
        if parameters.get("drop_pending_updates"):
            self.world.updates.clear()
        was = self.url
        await self.stop()
        self.url, self.secret, self.error = url, secret, None
        self.max_connections = min(max(connections, 1), MOST_CONNECTIONS)
        self.ip_address = parameters.get("ip_address")
        if url:
            self._task = asyncio.create_task(self._run())
            self.wake()
            return "Webhook was set" if url != was else "Webhook is already set"
        return "Webhook was deleted" if was else "Webhook is already deleted"

    async def stop(self) -> None:
        """Stop the delivery."""
        self.url = ""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def wake(self) -> None:
        """Look for updates to deliver."""
        self._work.set()

    def info(self) -> dict[str, Any]:
        """The `WebhookInfo` object of the Bot API."""
        waiting = len(self.world.updates)
        fields: dict[str, Any] = {"url": self.url, "has_custom_certificate": False, "pending_update_count": waiting}
        if self.url:
            fields["max_connections"] = self.max_connections
        if self.url and self.ip_address:
            fields["ip_address"] = self.ip_address
        if self.error is not None:
            fields |= {"last_error_date": self.error[0], "last_error_message": self.error[1]}
        if self.world.updates.chosen is not None:
            fields["allowed_updates"] = self.world.updates.chosen
        return fields

    async def _run(self) -> None:
        """Up to `max_connections` updates at a time, the oldest first, one of each queue."""
        self._under_way.clear()
        connections = asyncio.Semaphore(self.max_connections)
        unlimited = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=unlimited) as session, asyncio.TaskGroup() as group:
            while True:
                self._work.clear()
                for update in self.world.updates.first(2 * self.max_connections):
                    if update.queue not in self._under_way:
                        self._under_way.add(update.queue)
                        group.create_task(self._deliver_until_accepted(session, connections, update))
                await self._work.wait()

    async def _deliver_until_accepted(
        self, session: aiohttp.ClientSession, connections: asyncio.Semaphore, update: Update
    ) -> None:
        """Deliver one update, repeated until it is accepted."""
        for tries in count():
            async with connections:
                retry_after = await self._deliver(session, update.encoded)
            if retry_after is None:
                break
            await asyncio.sleep(retry_after or self.pauses[min(tries, len(self.pauses) - 1)])
        self._under_way.discard(update.queue)
        self.world.updates.remove(update.id)
        self.wake()

    async def _deliver(self, session: aiohttp.ClientSession, body: str) -> float | None:
        """Deliver once; None where it was accepted, else the seconds for which the answer asks to wait, or 0."""
        headers = {"Content-Type": "application/json"}
        if self.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self.secret
        limit = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        retry_after = ""
        try:
            async with session.post(self.url, data=body.encode(), headers=headers, timeout=limit) as response:
                if 200 <= response.status < 300:
                    await self._execute_answer(await response.read())
                    return None
                problem = f"Wrong response from the webhook: {response.status} {response.reason}"
                retry_after = response.headers.get("Retry-After", "")
        except TimeoutError:
            problem = "Read timeout expired"
        except aiohttp.ClientConnectorError:
            problem = "Connection refused"
        except aiohttp.ClientError:
            problem = "Webhook connection closed"
        self.error = (self.world.now(), problem)
        return min(float(retry_after), LONGEST_RETRY_AFTER_SECONDS) if retry_after.isdecimal() else 0.0

    async def _execute_answer(self, body: bytes) -> None:
        """Execute the method call in an answer, if there is one."""
        try:
            found = json.loads(body) if body.strip().startswith(b"{") else None
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict) and "method" in found and self.execute is not None:
            await self.execute(found)
