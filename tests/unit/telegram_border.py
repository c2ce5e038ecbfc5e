"""Telegram's side of the wire, in memory, as strict about getUpdates as the real server."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from aiogram import Bot, Dispatcher
from aiogram.client.session.base import BaseSession
from aiogram.exceptions import TelegramConflictError, TelegramNetworkError
from aiogram.methods import TelegramMethod

from bot.client.outbox import Outbox
from bot.client.raw_call import RawCall
from bot.errors import Unavailable
from bot.storage.connection.breaker import UNAVAILABLE
from bot.updates.known_admins import KnownAdmins
from bot.updates.polling.poller import Poller
from bot.updates.shares import Shares
from tests.unit.clockwork import now

TOKEN = "123456789:" + "a" * 35
ME = {"id": 123456789, "is_bot": True, "first_name": "Bot", "username": "the_bot"}


def message(update_id: int, chat_id: int = 1, text: str = "hello") -> dict[str, Any]:
    chat = {"id": chat_id, "type": "private", "first_name": "Ann"}
    person = {"id": abs(chat_id), "is_bot": False, "first_name": "Ann"}
    body = {"message_id": update_id, "date": 1_700_000_000, "chat": chat, "from": person, "text": text}
    return {"update_id": update_id, "message": body}


@dataclass
class Call:
    method: str
    at: float
    arguments: dict[str, Any]


@dataclass
class Telegram:
    """The queue of updates and a log of the calls. `answers` may replace the answer to a method, or raise."""

    queue: list[dict[str, Any]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    answers: dict[str, Callable[[Call], Any]] = field(default_factory=dict)
    latency: float = 0.01
    previous_offset: int = -1
    previous_at: float = -100.0
    polls_open: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def send(self, *updates: dict[str, Any]) -> None:
        self.queue.extend(updates)
        self.arrived.set()

    def named(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    async def answer(self, call: Call) -> Any:
        self.calls.append(call)
        await asyncio.sleep(self.latency)
        if call.method in self.answers:
            result = self.answers[call.method](call)
            return await result if isinstance(result, Awaitable) else result
        if call.method == "getUpdates":
            return await self._updates(call)
        return ME if call.method == "getMe" else True

    async def _updates(self, call: Call) -> list[dict[str, Any]]:
        offset, limit, timeout = (call.arguments[name] for name in ("offset", "limit", "timeout"))
        age = now() - self.previous_at
        if offset == self.previous_offset:
            timeout = max(timeout, 3) if age < 3 else timeout
            limit = 1 if age < 0.5 else limit
        self.previous_offset, self.previous_at = offset, now()
        newest = max((update["update_id"] for update in self.queue), default=offset)
        if offset <= newest + 10:
            self.queue[:] = [update for update in self.queue if update["update_id"] >= offset]
        await self._wait(timeout)
        return self.queue[:limit]

    async def _wait(self, seconds: float) -> None:
        assert not self.polls_open, "two questions at once"
        self.polls_open += 1
        try:
            async with asyncio.timeout(seconds):
                while not self.queue:
                    self.arrived.clear()
                    await self.arrived.wait()
        except TimeoutError:
            return
        finally:
            self.polls_open -= 1


class Wire(BaseSession):
    """What a Bot talks through. An answer passes aiogram's own check of responses."""

    def __init__(self, telegram: Telegram) -> None:
        super().__init__()
        self.telegram = telegram
        self.closed = False

    async def make_request(self, bot: Bot, method: TelegramMethod[Any], timeout: int | None = None) -> Any:  # noqa: ASYNC109
        if isinstance(method, RawCall):
            arguments = method.payload()
        else:
            arguments = method.model_dump(exclude_none=True, warnings=False)
        try:
            async with asyncio.timeout(None if method.__api_method__ == "getUpdates" else timeout):
                result = await self.telegram.answer(Call(method.__api_method__, now(), arguments))
        except TimeoutError as error:
            raise TelegramNetworkError(method=method, message="Request timeout error") from error
        if isinstance(result, Exception):
            raise result
        if isinstance(result, tuple):
            status, content = result
        else:
            status, content = 200, json.dumps({"ok": True, "result": result})
        return self.check_response(bot, method, status, content).result

    async def close(self) -> None:
        self.closed = True

    async def stream_content(self, *args: Any, **kwargs: Any) -> AsyncGenerator[bytes, None]:
        yield b""


def refusal(code: int, description: str, **parameters: Any) -> tuple[int, str]:
    body = {"ok": False, "error_code": code, "description": description, "parameters": parameters}
    return code, json.dumps(body)


def bot_on(telegram: Telegram) -> Bot:
    return Bot(TOKEN, session=Wire(telegram))


def conflict(call: Call) -> Exception:
    return TelegramConflictError(method=None, message="terminated by other getUpdates request")  # type: ignore[arg-type]


class NoDatabase:
    """Rows of a database that is away."""

    def __getattr__(self, name: str) -> Any:
        async def fail(*_: object, **__: object) -> NoReturn:
            raise Unavailable(UNAVAILABLE)

        return fail


def no_rows() -> Any:
    return NoDatabase()


async def nothing_migrated(_old: int, _new: int) -> None: ...


def poller_on(bot: Bot, dispatcher: Dispatcher, **options: Any) -> Poller:
    """A poller as the wiring builds it, without a database."""
    rows = no_rows()
    outbox = options.pop("outbox", None) or Outbox(bot, rows, nothing_migrated)
    shares = options.pop("shares", None) or Shares(KnownAdmins(), ())
    return Poller(bot, dispatcher, **{"outbox": outbox, "shares": shares, "storage": rows, **options})
