"""`/bot<token>/<method>` and `/file/bot<token>/<path>`: from a request to an answer."""

from __future__ import annotations

import asyncio
import json
import re
import time
import traceback
from typing import Any

from aiohttp import web

from sandbox.world import ApiError, World
from sandbox.world.state.chats import Message

from .call_log import CallLog
from .delivery import Delivery
from .faults import BAD_GATEWAY, Fault, Faults, cut
from .methods import METHODS
from .parameters import EPHEMERAL_PARAMETERS, checked, known_methods
from .request_body import Upload, read

DELIVERY_METHODS = frozenset({"getUpdates", "setWebhook", "deleteWebhook", "getWebhookInfo"})
TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{20,100}")


class BotApi:
    """The Bot API of one bot."""

    def __init__(self, world: World, token: str, latency: float = 0.0) -> None:
        self.world = world
        self.latency = latency
        self.token = token
        self.delivery = Delivery(world)
        self.calls = CallLog()
        self.faults = Faults(world.clock.now, known_methods().values)
        self.closing = asyncio.Event()
        self.delivery.webhook.execute = self._execute_from_webhook

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Handle one request: executed at once, answered after the latency."""
        if self.faults.is_out:
            return await cut(request)
        response = await self._handle(request)
        if delay := self.latency + self.faults.delay:
            await asyncio.sleep(delay)
        return response

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        """Answer in Telegram's form, also after an error of the sandbox itself."""
        started = time.perf_counter()
        name = known_methods().get(request.match_info["method"].lower(), "")
        given: dict[str, Any] = {}
        trace = None
        fault: Fault | None = None
        try:
            given, files = await read(request)
            self._authorize(request.match_info["token"])
            fault = self.faults.take(name, _number(given.get("chat_id")))
            if fault is not None and not fault.executed:
                return await self._fail(request, fault)
            status, body, answer = 200, *await self._answer(name, given, files)
        except ApiError as error:
            status, body, answer = error.code, _refusal(error), error.description
        except Exception as error:  # noqa: BLE001  # a request ends here: a fault of the sandbox must be seen
            trace = "".join(traceback.format_exception(error))
            status, answer = 500, f"Internal Server Error: {error!r}"
            body = _refusal(ApiError(500, answer))
        seconds = time.perf_counter() - started
        self.calls.add(
            name or request.match_info["method"], given, status, answer, seconds, self.world.clock.now(), trace
        )
        if fault is not None and fault.executed:
            return await self._fail(request, fault)
        return web.Response(body=body.encode(errors="replace"), status=status, content_type="application/json")

    def _authorize(self, token: str) -> None:
        if not TOKEN.fullmatch(token):
            raise ApiError(404, "Not Found")
        if token != self.token:
            raise ApiError(401, "Unauthorized")

    async def _answer(self, name: str, given: dict[str, Any], files: dict[str, Upload]) -> tuple[str, Any]:
        """The body, and the result in it for the log."""
        if not name:
            raise ApiError(404, "Not Found: method not found")
        self._apply_api_version(name, given)
        if name not in METHODS and name not in DELIVERY_METHODS:
            raise ApiError(501, f"Not Implemented: the sandbox does not model the method {name}")
        parameters = checked(name, given, files)
        given.update({key: f"<file {upload.name}>" for key, upload in files.items()})
        if name == "getUpdates":
            encoded = await self.delivery.get_updates(parameters)
            return f'{{"ok":true,"result":[{",".join(encoded)}]}}', len(encoded)
        if name in DELIVERY_METHODS:
            return await self._webhook(name, parameters)
        result = _shown(METHODS[name](self.world, parameters))
        return _encoded({"ok": True, "result": result}), result

    async def _webhook(self, name: str, parameters: dict[str, Any]) -> tuple[str, Any]:
        webhook = self.delivery.webhook
        if name == "getWebhookInfo":
            return _encoded({"ok": True, "result": webhook.info()}), webhook.info()
        if name == "deleteWebhook":
            parameters.pop("allowed_updates", None)
        text = await webhook.set(parameters)
        if webhook.url:
            self.delivery.end_poll()
        return _encoded({"ok": True, "result": True, "description": text}), True

    async def _execute_from_webhook(self, call: dict[str, Any]) -> None:
        """Execute a method call from the answer to a webhook; a failure is only logged."""
        name = known_methods().get(str(call.pop("method")).lower(), "")
        status, answer = 200, None
        try:
            _, answer = await self._answer(name, call, {})
        except ApiError as error:
            status, answer = error.code, error.description
        self.calls.add(name, call, status, answer, 0.0, self.world.clock.now())

    def _apply_api_version(self, name: str, given: dict[str, Any]) -> None:
        """Without ephemeral messages, behave like a server older than Bot API 10.2."""
        if self.world.rules.ephemeral:
            return
        if "Ephemeral" in name:
            raise ApiError(404, "Not Found: method not found")
        hidden = EPHEMERAL_PARAMETERS | ({"callback_query_id"} if name.startswith("send") else set())
        for key in hidden & given.keys():
            if not self.world.rules.ephemeral_ignored:
                raise ApiError(400, f'Bad Request: unknown parameter "{key}" of {name}')
            given.pop(key)

    async def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.kind in {"cut", "reset"}:
            return await cut(request, reset=fault.kind == "reset")
        if fault.kind == "bad_gateway":
            return web.Response(status=502, text=BAD_GATEWAY, content_type="text/html")
        if fault.kind == "garbage":
            return web.Response(text='{"ok":true,"resu', content_type="application/json")
        if fault.kind == "hang":
            await self.closing.wait()
            return await cut(request)
        parameters = {"retry_after": fault.retry_after} if fault.retry_after else {}
        raise ApiError(fault.code, fault.description, **parameters)

    async def download(self, request: web.Request) -> web.StreamResponse:
        """The content of a file."""
        if self.faults.is_out:
            return await cut(request)
        await asyncio.sleep(self.latency)
        file = self.world.files.at(request.match_info["path"])
        if request.match_info["token"] != self.token or file is None:
            return web.Response(status=404, text=_refusal(ApiError(404, "Not Found")), content_type="application/json")
        return web.Response(body=file.content, content_type="application/octet-stream")

    def routes(self) -> list[web.RouteDef]:
        """The routes for the server."""
        return [
            web.route("*", r"/bot{token:[^/]*}/{method:[^/]*}", self.handle),
            web.get(r"/file/bot{token:[^/]*}/{path:.+}", self.download),
        ]

    async def close(self) -> None:
        """End open polls and webhook deliveries."""
        self.closing.set()
        if self.delivery.waiting is not None and not self.delivery.waiting.done():
            self.delivery.waiting.set_result(None)
        await self.delivery.webhook.stop()


def _number(value: Any) -> Any:
    text = str(value)
    return int(text) if re.fullmatch(r"-?[0-9]{1,19}", text) else value


def _shown(result: Any) -> Any:
    return result.to_api() if isinstance(result, Message) else result


def _encoded(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _refusal(error: ApiError) -> str:
    body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
    if error.parameters:
        body["parameters"] = error.parameters
    return _encoded(body)
