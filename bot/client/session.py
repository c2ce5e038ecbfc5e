"""aiogram's session with calls sent as JSON, and results that need not become aiogram's types."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, cast

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.session.middlewares.base import NextRequestMiddlewareType
from aiogram.exceptions import ClientDecodeError, TelegramNetworkError
from aiogram.methods import TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import InputFile
from aiohttp import ClientError, ClientResponseError, ClientSession, ClientTimeout
from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from bot.client.raw_call import RawCall

CONNECTIONS = 500
"""How many calls may be on their way at once: with aiohttp's 100, the 101st waits for a whole round trip."""

Post = Callable[[ClientSession, str, bytes, float], Awaitable[tuple[int, bytes]]]


async def post(session: ClientSession, url: str, body: bytes, seconds: float) -> tuple[int, bytes]:
    """Post JSON; return status and content of the answer. Raises `aiohttp.ClientError` and `TimeoutError`."""
    async with session.post(
        url,
        data=body,
        headers={"Content-Type": "application/json"},
        allow_redirects=False,
        timeout=ClientTimeout(total=seconds),
    ) as response:
        return response.status, await response.read()


class JsonSession(AiohttpSession):
    """Sends calls without files as one JSON object, and validates of an answer only the result.

    aiogram writes a form in which every nested value is JSON of its own, and validates an envelope around the result.
    Calls with files, refusals and answers that cannot be read take aiogram's way: errors are the same.
    """

    def __init__(self, post: Post = post, **options: Any) -> None:
        super().__init__(limit=CONNECTIONS, **options)
        self._post = post
        self._chains: dict[tuple[int | None, int], NextRequestMiddlewareType[Any]] = {}
        self._opened: ClientSession | None = None

    async def create_session(self) -> ClientSession:
        """Return the session of aiohttp, opened where there is none."""
        self._opened = await super().create_session()
        return self._opened

    async def close(self) -> None:
        """Close all connections. aiohttp waits for that itself; aiogram's way sleeps for 250 ms besides."""
        if self._opened is not None:
            await self._opened.close()

    async def __call__(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: int | None = None,  # noqa: ASYNC109 - aiogram's
    ) -> TelegramType:
        """Make one call through the middlewares, put around each other once; they are added and never removed."""
        key = timeout, len(self.middleware)
        if key not in self._chains:
            self._chains[key] = self.middleware.wrap_middlewares(self.make_request, timeout=timeout)
        return cast("TelegramType", await self._chains[key](bot, method))

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: int | None = None,  # noqa: ASYNC109 - aiogram's
    ) -> TelegramType:
        """Make one call; raises aiogram's errors."""
        body = to_json(method.payload()) if isinstance(method, RawCall) else self._body(bot, method)
        if body is None:
            return await super().make_request(bot, method, timeout)
        url = self.api.api_url(token=bot.token, method=method.__api_method__)
        seconds = self.timeout if timeout is None else timeout
        try:
            status, content = await self._post(await self.create_session(), url, body, seconds)
        except TimeoutError as error:
            raise TelegramNetworkError(method=method, message="Request timeout error") from error
        except ClientResponseError:
            # Its message quotes what came, which may be anything, and the URL with the token.
            raise TelegramNetworkError(method=method, message="the answer is not HTTP") from None
        except ClientError as error:
            raise TelegramNetworkError(method=method, message=f"{type(error).__name__}: {error}") from error
        return self._result(bot, method, status, content)

    def _body(self, bot: Bot, method: TelegramMethod[Any]) -> bytes | None:
        """Return the parameters as one JSON object; None where there is a file among them."""
        files: dict[str, InputFile] = {}
        parameters = method.model_dump(warnings=False, exclude_none=True)
        given = {name: value for name, value in parameters.items() if value != ""}
        body: str = self.prepare_value(given, bot=bot, files=files)
        return None if files else body.encode()

    def _result(self, bot: Bot, method: TelegramMethod[TelegramType], status: int, content: bytes) -> TelegramType:
        try:
            answer = _read(content)
        except ValueError:
            answer = None
        if status != 200 or not isinstance(answer, dict) or answer.get("ok") is not True:
            response = self.check_response(bot, method, status, content.decode(errors="replace"))
            return cast("TelegramType", response.result)
        result = answer.get("result")
        if isinstance(method, RawCall):
            return cast("TelegramType", result)
        try:
            return cast("TelegramType", _adapter(method.__returning__).validate_python(result, context={"bot": bot}))
        except ValidationError as error:
            raise ClientDecodeError("Failed to deserialize object", error, answer) from error


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _read(content: bytes) -> Any:
    """Read JSON a third faster than the standard library, which also reads what Unicode does not allow."""
    try:
        return from_json(content)
    except ValueError:
        return json.loads(content)
