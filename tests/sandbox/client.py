"""The smallest possible client of the Bot API."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp

from sandbox import Sandbox


class Client:
    """Calls methods over HTTP as any library would; `ok` expects success, `refused` an error."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self.session = session

    async def call(self, method: str, /, **parameters: Any) -> dict[str, Any]:
        url = f"{self.sandbox.url}/bot{self.sandbox.token}/{method}"
        async with self.session.post(url, json=parameters) as response:
            found: dict[str, Any] = await response.json()
        assert found["ok"] or found["error_code"] == response.status
        return found

    async def ok(self, method: str, /, **parameters: Any) -> Any:
        found = await self.call(method, **parameters)
        assert found["ok"], found
        return found["result"]

    async def refused(self, method: str, /, **parameters: Any) -> str:
        found = await self.call(method, **parameters)
        assert not found["ok"], found
        return f"{found['error_code']} {found['description']}"

    async def updates(self, **parameters: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.ok("getUpdates", **parameters)
        return found

    async def told(self, kind: str) -> Any:
        """The newest update of this kind, waited for; older ones are confirmed."""
        async with asyncio.timeout(5):
            while True:
                found = await self.updates(timeout=5)
                if found:
                    await self.updates(offset=found[-1]["update_id"] + 1)
                if fitting := [update[kind] for update in found if kind in update]:
                    return fitting[-1]

    async def drain(self) -> list[dict[str, Any]]:
        """Everything that waits, confirmed."""
        found = await self.updates()
        if found:
            await self.updates(offset=found[-1]["update_id"] + 1)
        return found
