"""Our session sends what aiogram's own sends, as JSON, and raises the same errors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiogram import Bot, exceptions
from aiogram.client.default import DefaultBotProperties
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import BufferedInputFile, InlineKeyboardButton, InlineKeyboardMarkup, Message, ReplyParameters
from aiohttp import web

from bot.client.raw_call import call
from bot.client.session import JsonSession
from tests.conftest import TOKEN

SENT = {"message_id": 3, "date": 1, "chat": {"id": 5, "type": "private", "first_name": "Ann"}, "text": "hello"}


class Telegram:
    """Answers every call with what is laid out for it, and keeps what was asked."""

    def __init__(self) -> None:
        self.status, self.answer = 200, json.dumps({"ok": True, "result": True})
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.late = False

    def lay_out(self, result: Any) -> None:
        self.answer = json.dumps({"ok": True, "result": result})

    def refuse(self, status: int, description: str, **parameters: int) -> None:
        refusal = {"ok": False, "error_code": status, "description": description, "parameters": parameters}
        self.status, self.answer = status, json.dumps(refusal)

    async def serve(self, request: web.Request) -> web.Response:
        if self.late:
            await asyncio.Event().wait()
        body = await request.json() if request.content_type == "application/json" else dict(await request.post())
        self.asked.append((request.path.rpartition("/")[2], body))
        return web.Response(status=self.status, text=self.answer)


@pytest.fixture
def telegram() -> Telegram:
    return Telegram()


@pytest.fixture
async def bot(telegram: Telegram) -> AsyncIterator[Bot]:
    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", telegram.serve)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server = TelegramAPIServer.from_base(f"http://127.0.0.1:{runner.addresses[0][1]}")
    async with Bot(TOKEN, JsonSession(api=server), DefaultBotProperties(parse_mode="HTML")) as bot:
        yield bot
    await runner.cleanup()


async def test_a_call_is_sent_as_one_object_without_unset_parameters(bot: Bot, telegram: Telegram) -> None:
    telegram.lay_out(SENT)
    keyboard = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="ü", callback_data="x")]])
    sent = await bot.send_message(
        5, "hello", reply_markup=keyboard, reply_parameters=ReplyParameters(message_id=2), disable_notification=False
    )
    assert isinstance(sent, Message)
    assert sent.bot is bot
    assert telegram.asked == [
        (
            "sendMessage",
            {
                "chat_id": 5,
                "text": "hello",
                "parse_mode": "HTML",
                "disable_notification": False,
                "reply_parameters": {"message_id": 2, "quote_parse_mode": "HTML"},
                "reply_markup": {"inline_keyboard": [[{"text": "ü", "callback_data": "x"}]]},
            },
        )
    ]


async def test_closing_closes_all_connections_and_the_next_call_opens_one(bot: Bot) -> None:
    assert isinstance(bot.session, JsonSession)
    session = await bot.session.create_session()
    await bot.log_out()
    await bot.session.close()
    assert session.closed
    assert session.connector is None
    await bot.session.close()  # once more does no harm
    assert await bot.log_out()


async def test_a_raw_call_is_sent_as_it_is(bot: Bot, telegram: Telegram) -> None:
    telegram.lay_out(SENT)
    assert await call(bot, "sendMessage", chat_id=5, text="ü", reply_parameters=None) == SENT
    assert telegram.asked == [("sendMessage", {"chat_id": 5, "text": "ü"})]
    telegram.refuse(400, "Bad Request: chat not found")
    with pytest.raises(exceptions.TelegramBadRequest, match="chat not found"):
        await call(bot, "sendMessage", chat_id=5, text="ü")


async def test_durations_become_timestamps_and_empty_texts_are_left_out(bot: Bot, telegram: Telegram) -> None:
    await bot.ban_chat_member(5, 7, until_date=timedelta(hours=1))
    await bot.set_my_description("")
    (_, ban), (_, description) = telegram.asked
    assert int(ban["until_date"]) > 1_700_000_000
    assert description == {}


async def test_files_are_sent_as_aiogram_sends_them(bot: Bot, telegram: Telegram) -> None:
    telegram.lay_out(SENT)
    await bot.send_document(5, BufferedInputFile(b"{}", "settings.json"), caption="yours")
    ((method, body),) = telegram.asked
    assert method == "sendDocument"
    assert body["caption"] == "yours"
    assert body["document"].startswith("attach://")


async def test_updates_are_returned_as_they_came(bot: Bot, telegram: Telegram) -> None:
    updates = [{"update_id": 1, "a_type_of_tomorrow": {"x": None}}]
    telegram.lay_out(updates)
    assert await call(bot, "getUpdates", within=3, offset=0, allowed_updates=["message"]) == updates
    assert telegram.asked[0][1] == {"offset": 0, "allowed_updates": ["message"]}


@pytest.mark.parametrize(
    ("status", "description", "parameters", "error"),
    [
        (400, "Bad Request: message is not modified", {}, exceptions.TelegramBadRequest),
        (400, "Bad Request: upgraded", {"migrate_to_chat_id": -1001}, exceptions.TelegramMigrateToChat),
        (401, "Unauthorized", {}, exceptions.TelegramUnauthorizedError),
        (403, "Forbidden: bot was kicked", {}, exceptions.TelegramForbiddenError),
        (404, "Not Found", {}, exceptions.TelegramNotFound),
        (409, "Conflict: terminated by other getUpdates request", {}, exceptions.TelegramConflictError),
        (413, "Request Entity Too Large", {}, exceptions.TelegramEntityTooLarge),
        (429, "Too Many Requests: retry after 3", {"retry_after": 3}, exceptions.TelegramRetryAfter),
        (500, "Internal Server Error", {}, exceptions.TelegramServerError),
        (502, "restart", {}, exceptions.RestartingTelegram),
    ],
)
async def test_refusals_raise_aiograms_errors(
    bot: Bot, telegram: Telegram, status: int, description: str, parameters: dict[str, int], error: type[Exception]
) -> None:
    telegram.refuse(status, description, **parameters)
    with pytest.raises(error, match=description) as raised:
        await bot.send_message(5, "hello")
    for name, value in parameters.items():
        assert getattr(raised.value, name) == value


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (502, "<html>Bad Gateway</html>"),
        (200, "<html>"),
        (200, ""),
        (200, "[]"),
        (200, '{"ok": true, "result": {"message_id": "x"}}'),
        (200, '{"ok": true}'),
    ],
)
async def test_an_answer_that_cannot_be_parsed_raises_aiograms_error(
    bot: Bot, telegram: Telegram, status: int, answer: str
) -> None:
    telegram.status, telegram.answer = status, answer
    with pytest.raises(exceptions.ClientDecodeError):
        await bot.send_message(5, "hello")


async def test_a_timeout_and_a_missing_server_are_network_errors(bot: Bot, telegram: Telegram) -> None:
    telegram.late = True
    with pytest.raises(exceptions.TelegramNetworkError, match="timeout"):
        await bot.send_message(5, "hello", request_timeout=0.05)  # type: ignore[arg-type]
    bot.session.api = TelegramAPIServer.from_base("http://127.0.0.1:1")
    with pytest.raises(exceptions.TelegramNetworkError):
        await bot.send_message(5, "hello")
