"""The addresses of the control API; README.md describes them."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.people.person import Person
from sandbox.server.bot_api import BotApi
from sandbox.server.request_body import Upload, read
from sandbox.server.request_guard import HEADERS
from sandbox.world import ApiError, CannotError, User

from . import views
from .actions import perform
from .arguments import Arguments
from .event_stream import EventStream

PAGE = Path(__file__).parents[1] / "page"
UPLOAD_NUMBERS = frozenset({"person", "chat", "reply_to", "topic"})
# What a browser shows, by the ending of the name; and what such a file is sent as.
SHOWN = {".png": "image/png", ".gif": "image/gif", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
SHOWN |= {".mp4": "video/mp4", ".webm": "video/webm"}
KINDS = {".png": "photo", ".jpg": "photo", ".jpeg": "photo", ".gif": "animation", ".mp4": "video", ".webm": "video"}


class ControlApi:
    """The handlers of the control API."""

    def __init__(self, api: BotApi, person_of: Callable[[User], Person]) -> None:
        self._api = api
        self._world = api.world
        self._person_of = person_of
        self.events = EventStream(api)

    def routes(self) -> list[web.RouteDef]:
        """The routes for the server."""
        found = [
            web.get("/", self.index),
            web.get("/sandbox/state", self.state),
            web.get("/sandbox/view", self.view),
            web.get("/sandbox/calls", self.calls),
            web.get("/sandbox/file", self.file),
            web.get("/sandbox/events", self.events.stream),
            web.post("/sandbox/act", self.act),
            web.post("/sandbox/upload", self.upload),
            web.post("/sandbox/faults", self.faults),
        ]
        return [*found, web.get("/page/{name}", self.asset)]

    async def index(self, _request: web.Request) -> web.StreamResponse:
        """The chat page."""
        page = PAGE / "index.html"
        if page.is_file():
            return _file(page)
        text = "The sandbox is running. Its control API is described in sandbox/README.md.\n"
        return web.Response(text=text, headers=HEADERS)

    async def asset(self, request: web.Request) -> web.StreamResponse:
        """A script, style or picture of the page, by file name; only files directly in the page's folder."""
        found = {file.name: file for file in PAGE.glob("*.*")}.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound(headers=HEADERS)
        return _file(found)

    async def state(self, _request: web.Request) -> web.Response:
        """People, chats, switches."""
        return _json(views.state(self._api))

    async def view(self, request: web.Request) -> web.Response:
        """`?person=ID[&chat=ID]`: one chat as one person sees it."""
        return self._answered(lambda: self._view({key: int(value) for key, value in request.query.items()}))

    def _view(self, given: dict[str, int]) -> Any:
        arguments = self._arguments(given)
        person = self._person_of(arguments.user("person"))
        return views.view(self._world, person.user, person.chat_of(arguments.chat()))

    def _arguments(self, given: dict[str, Any]) -> Arguments:
        return Arguments(self._world, self._person_of, given)

    async def calls(self, request: web.Request) -> web.Response:
        """`?after=NUMBER`: newer API calls, without successful getUpdates."""
        after = int(request.query["after"]) if request.query.get("after", "").isdigit() else 0
        found = [*self._api.calls.all(), *(call for call in self._api.calls.all("getUpdates") if call.status != 200)]
        newer = sorted((call for call in found if call.number > after), key=lambda call: call.number)
        return _json([views.call(call) for call in newer[-200:]])

    async def file(self, request: web.Request) -> web.Response:
        """`?id=FILE_ID`: pictures and videos are shown, other files downloaded."""
        try:
            found = self._world.files.get(request.query.get("id", ""))
        except ApiError as error:
            return _refused(error.description, 404)
        kind = SHOWN.get(Path(found.path).suffix, "") if found.width else ""
        headers = {**HEADERS, "Content-Disposition": "inline" if kind else "attachment"}
        return web.Response(body=found.content, content_type=kind or "application/octet-stream", headers=headers)

    async def act(self, request: web.Request) -> web.Response:
        """`{"person": ID, "do": NAME, ...}`: see `actions`."""
        given = await self._body(request)
        return self._answered(lambda: perform(self._arguments(given)))

    async def upload(self, request: web.Request) -> web.Response:
        """A form with `person`, `chat`, `caption`, `reply_to`, `topic` and `file`: the person sends that file."""
        try:
            given, files = await read(request)
        except ApiError as error:
            return _refused(error.description)
        numbers = {key: int(value) for key, value in given.items() if key in UPLOAD_NUMBERS and _whole(value)}
        return self._answered(lambda: self._send(numbers, given.get("caption") or None, files.get("file")))

    def _send(self, numbers: dict[str, int], caption: str | None, upload: Upload | None) -> Any:
        arguments = self._arguments(numbers)
        person = self._person_of(arguments.user("person"))
        if upload is None:
            message = "there is no file"
            raise CannotError(message)
        answered = arguments.message(person, "reply_to") if "reply_to" in numbers else None
        kind = KINDS.get(Path(upload.name.lower()).suffix, "document")
        options: dict[str, Any] = {"caption": caption, "reply_to": answered, "topic": arguments.number("topic")}
        seen = person.send_file(arguments.chat(), upload.name, upload.content, kind=kind, **options)
        return {"key": seen.message.order}

    async def faults(self, request: web.Request) -> web.Response:
        """`{"set": NAME, ...arguments}`: a method of `Faults` by name, or `limits`, `ephemeral`, `latency`."""
        given = await self._body(request)
        return self._answered(lambda: self._fault(given))

    def _fault(self, given: dict[str, Any]) -> Any:
        name = given.pop("set", None)
        faults, world = self._api.faults, self._world
        known: dict[str, Callable[..., None]] = {
            "outage": faults.outage,
            "drop_connections": faults.drop_connections,
            "slow": faults.slow,
            "reset": faults.reset,
            "bad_gateway": faults.bad_gateway,
            "garbage": faults.garbage,
            "hang": faults.hang,
            "drop_after": faults.drop_after,
            "flood": faults.flood,
            "foreign_poller": faults.foreign_poller,
            "refuse": faults.refuse,
            "clear": faults.clear,
        }
        if name == "limits":
            world.limits.on = bool(given.get("on"))
        elif name == "ephemeral":
            world.rules.ephemeral = bool(given.get("on"))
        elif name == "latency":
            self._api.latency = float(given["seconds"])
        elif name in known:
            known[name](**given)
        else:
            message = f"no such fault: {name!r}"
            raise CannotError(message)
        return faults.state()

    async def _body(self, request: web.Request) -> dict[str, Any]:
        try:
            found = json.loads(await request.read())
        except (ValueError, RecursionError):
            found = None
        return found if isinstance(found, dict) else {}

    def _answered(self, do: Any) -> web.Response:
        try:
            return _json({"ok": True, "result": do()})
        except CannotError as error:
            return _refused(str(error))
        except ApiError as error:
            return _refused(error.description)
        except (KeyError, TypeError, ValueError) as error:
            return _refused(f"that does not fit: {error}")


def _whole(value: Any) -> bool:
    return str(value).lstrip("-").isdigit() and len(str(value)) < 20


def _file(file: Path) -> web.Response:
    """Return a small file at once: one that is sent piece by piece stays open when the browser goes away."""
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    charset = "utf-8" if kind.startswith("text/") else None
    return web.Response(body=file.read_bytes(), content_type=kind, charset=charset, headers=HEADERS)


def _json(value: Any) -> web.Response:
    return web.json_response(value, headers=HEADERS)


def _refused(text: str, status: int = 400) -> web.Response:
    return web.json_response({"ok": False, "error": text}, status=status, headers=HEADERS)
