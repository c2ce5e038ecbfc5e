"""Webhook delivery: with the secret header, several at a time, each update repeated until the answer is 2xx.

The answer may carry one method call in JSON (`{"method": "sendMessage", ...}`), which is executed; its result is lost.
Source: https://core.telegram.org/bots/api#making-requests-when-getting-updates
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from sandbox.world import World
from sandbox.world.errors import bad_request
from sandbox.world.state.updates import Update

SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
RETRY_PAUSES_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)
ANSWER_SECONDS = 30.0


class Webhook:
    """Pushes updates to a URL. Plain http and any port are allowed, as a developer's machine has no certificate.

    `pauses` are the seconds between tries of one update; the last repeats.
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
        self._under_way: set[int] = set()
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
        if "allowed_updates" in parameters:
            self.world.updates.allow(parameters["allowed_updates"])
        if parameters.get("drop_pending_updates"):
            self.world.updates.clear()
        was = self.url
        await self.stop()
        self.url, self.secret, self.error = url, secret, None
        self.max_connections = parameters.get("max_connections", 40)
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
        """Up to `max_connections` updates at a time, the oldest first."""
        self._under_way.clear()
        async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
            while True:
                self._work.clear()
                window = self.world.updates.first(self.max_connections)
                for update in window:
                    if update.id not in self._under_way:
                        self._under_way.add(update.id)
                        group.create_task(self._deliver_until_accepted(session, update))
                await self._work.wait()

    async def _deliver_until_accepted(self, session: aiohttp.ClientSession, update: Update) -> None:
        """Deliver one update, repeated until it is accepted."""
        tries = 0
        while not await self._deliver(session, update.encoded):
            await asyncio.sleep(self.pauses[min(tries, len(self.pauses) - 1)])
            tries += 1
        self._under_way.discard(update.id)
        self.world.updates.remove(update.id)
        self.wake()

    async def _deliver(self, session: aiohttp.ClientSession, body: str) -> bool:
        headers = {"Content-Type": "application/json"}
        if self.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self.secret
        limit = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        try:
            async with session.post(self.url, data=body.encode(), headers=headers, timeout=limit) as response:
                if 200 <= response.status < 300:
                    await self._execute_answer(await response.read())
                    return True
                problem = f"Wrong response from the webhook: {response.status} {response.reason}"
        except TimeoutError:
            problem = "Read timeout expired"
        except aiohttp.ClientError:
            problem = "Connection refused"
        self.error = (self.world.now(), problem)
        return False

    async def _execute_answer(self, body: bytes) -> None:
        """Execute the method call in an answer, if there is one."""
        try:
            found = json.loads(body) if body.strip().startswith(b"{") else None
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict) and "method" in found and self.execute is not None:
            await self.execute(found)
