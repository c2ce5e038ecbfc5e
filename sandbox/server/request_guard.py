"""Who may use the server: programs of this machine and the server's own page, not a web page from elsewhere.

A page of another origin can send requests to this address but not forge `Host` and `Origin`; a name that was rebound to
127.0.0.1 shows in `Host`, of calls to the Bot API, too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
OWN_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what comes from another origin or was meant for another host."""
    problem = refusal(request)
    if problem is None:
        return await handler(request)
    body: dict[str, Any] = {"ok": False, "error": problem}
    if _is_bot_api(request):
        body = {"ok": False, "error_code": 403, "description": f"Forbidden: {problem}"}
    return web.json_response(body, status=403, headers=HEADERS)


def _is_bot_api(request: web.Request) -> bool:
    return request.path.startswith(("/bot", "/file/"))


def refusal(request: web.Request) -> str | None:
    """Why the request may not pass, or None."""
    name = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
    if name not in OWN_NAMES:
        return f"this server is for this machine only; {name!r} is not its name"
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        return "cross-origin requests are refused"
    if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        return "cross-site requests are refused"
    if _is_bot_api(request) and origin is None:
        return None
    if request.method != "GET" and request.content_type not in {"application/json", "multipart/form-data"}:
        return "send JSON"
    return None
