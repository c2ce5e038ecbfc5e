"""The page at which Telegram delivers updates, on the server of the other pages."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.updates.webhook.registration import Address

logger = logging.getLogger(__name__)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - its name
MOST_BYTES = 1_048_576
"""Of a body; the largest updates have some ten thousand."""

BODY_SECONDS = 10.0

Receive = Callable[[dict[str, Any]], Awaitable[bool]]
"""Takes an update; returns whether it is handled or stored."""


class WebhookPage:
    """Answers 200 for an update that is done with, and 503 for one that is to be delivered again.

    A body that is no update is answered with 200: Telegram would repeat it for a day. Who does not know the secret is
    told nothing.
    """

    def __init__(self, path: str, address: Address, receive: Receive) -> None:
        self.path = path
        self._secret = address.secret.encode()
        self._receive = receive

    def knows_secret(self, request: web.BaseRequest) -> bool:
        """Say whether a request is Telegram's."""
        given = request.headers.get(SECRET_HEADER, "")
        return hmac.compare_digest(given.encode(errors="replace"), self._secret)

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer a request."""
        if not self.knows_secret(request):
            return web.Response(status=403 if SECRET_HEADER in request.headers else 401)
        if request.method != "POST":
            return web.Response(status=405, headers={"Allow": "POST"})
        if request.content_type != "application/json":
            return web.Response(status=415)
        if (request.content_length or 0) > MOST_BYTES:
            return web.Response(status=413)
        async with asyncio.timeout(BODY_SECONDS):
            update = _update(await request.read())
        if update is None:
            logger.warning("What came by webhook is no update; it is passed over.")
            return web.Response()
        return web.Response(status=200 if await self._receive(update) else 503)


def _update(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    number = found.get("update_id")
    return found if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 2**62 else None
