"""Who may use the control API: the machine's own user, not a web page from elsewhere.

A page of another origin can send requests to this address but not forge `Host` and `Origin`; a name that was rebound to
127.0.0.1 shows in `Host`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
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
    """Refuse what comes from another origin; the Bot API itself is open to any client that is no browser."""
    if problem := refusal(request):
        return web.json_response({"ok": False, "error": problem}, status=403, headers=HEADERS)
    return await handler(request)


def refusal(request: web.Request) -> str | None:
    """Why the request may not pass, or None."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        return "cross-origin requests are refused"
    if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        return "cross-site requests are refused"
    if request.path.startswith(("/bot", "/file/")) and origin is None:
        return None
    name = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
    if name not in OWN_NAMES:
        return f"this server is for this machine only; {name!r} is not its name"
    if request.method != "GET" and request.content_type not in {"application/json", "multipart/form-data"}:
        return "send JSON"
    return None
