"""Two client libraries talk to the sandbox unchanged: aiogram and pyTelegramBotAPI."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import telebot.apihelper
import telebot.types
from aiogram import Bot, Dispatcher, F, types
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramBadRequest, TelegramMigrateToChat, TelegramRetryAfter
from aiogram.filters import Command

from sandbox import Sandbox


@pytest.fixture
async def bot(telegram: Sandbox) -> AsyncIterator[Bot]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(telegram.url))
    async with Bot(telegram.token, session=session) as found:
        yield found


@contextlib.asynccontextmanager
async def polling(telegram: Sandbox, bot: Bot, dispatcher: Dispatcher) -> AsyncIterator[None]:
    task = asyncio.create_task(dispatcher.start_polling(bot, handle_signals=False))
    await telegram.polled()
    yield
    await dispatcher.stop_polling()
    await task


async def test_an_aiogram_bot_works_unchanged(telegram: Sandbox, bot: Bot) -> None:
    dispatcher = Dispatcher()

    async def menu(message: types.Message) -> None:
        button = types.InlineKeyboardButton(text="Go", callback_data="go", style="success")
        await message.answer(
            "<b>Menu</b>", parse_mode="HTML", reply_markup=types.InlineKeyboardMarkup(inline_keyboard=[[button]])
        )

    async def pressed(query: types.CallbackQuery) -> None:
        assert isinstance(query.message, types.Message)
        await query.message.edit_text("Went")
        await query.answer("Off you go", show_alert=True)

    dispatcher.message.register(menu, Command("menu"))
    dispatcher.callback_query.register(pressed, F.data == "go")
    anna = telegram.person("Anna")
    async with polling(telegram, bot, dispatcher):
        anna.say("/menu")
        shown = await anna.sees(text="Menu")
        assert shown.entities == [{"type": "bold", "offset": 0, "length": 4}]
        answer = await anna.press(shown, "Go")
        assert (answer.text, answer.alert) == ("Off you go", True)
        assert anna.last().text == "Went"


async def test_an_aiogram_reply_to_an_ephemeral_command_is_ephemeral_by_itself(telegram: Sandbox, bot: Bot) -> None:
    dispatcher = Dispatcher()

    async def settings(message: types.Message) -> None:
        await message.reply("Only you")

    dispatcher.message.register(settings, Command("settings"))
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Books", owner=anna, members=[ben], bot="administrator")
    command = types.BotCommand(command="settings", description="Settings", is_ephemeral=True)
    await bot.set_my_commands([command], scope=types.BotCommandScopeAllGroupChats())
    async with polling(telegram, bot, dispatcher):
        ben.say("/settings", group)
        assert (await ben.sees(group, "Only you")).ephemeral
        assert anna.screen(group) == []


async def test_aiogram_raises_its_own_kinds_of_errors(telegram: Sandbox, bot: Bot) -> None:
    anna = telegram.person("Anna")
    anna.start()
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await bot.send_message(4, "x")
    telegram.faults.flood(retry_after=3)
    with pytest.raises(TelegramRetryAfter) as flood:
        await bot.send_message(anna.id, "x")
    assert flood.value.retry_after == 3
    group = telegram.group("Small", owner=anna, bot="member")
    anna.upgrade(group)
    with pytest.raises(TelegramMigrateToChat) as moved:
        await bot.send_message(group.old_id, "x")
    assert moved.value.migrate_to_chat_id == group.id


async def test_aiogram_sends_and_fetches_files(telegram: Sandbox, bot: Bot) -> None:
    anna = telegram.person("Anna")
    anna.start()
    sent = await bot.send_document(anna.id, types.BufferedInputFile(b'{"a": 1}', "settings.json"), caption="Yours")
    assert sent.document is not None
    assert (sent.document.file_name, sent.document.mime_type) == ("settings.json", "application/json")
    back = anna.send_file(None, "back.json", b"[1, 2]")
    assert back.document is not None
    fetched = await bot.download(back.document["file_id"])
    assert fetched is not None
    assert fetched.read() == b"[1, 2]"


async def test_a_pytelegrambotapi_bot_works_unchanged(telegram: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telebot.apihelper, "API_URL", telegram.url + "/bot{0}/{1}")
    monkeypatch.setattr(telebot.apihelper, "FILE_URL", telegram.url + "/file/bot{0}/{1}")
    anna = telegram.person("Anna")
    group = telegram.supergroup("Books", owner=anna, bot="administrator")
    anna.start()
    anna.say("hello", group)
    said = await asyncio.to_thread(_use_telebot, telegram.token, anna.id, group.id)
    assert said == "hello"
    assert [seen.text for seen in anna.screen(group)] == ["hello", "Changed"]
    assert anna.commands(group) == [{"command": "help", "description": "Help"}]


def _use_telebot(token: str, person: int, group: int) -> str:
    """Blocking, as that library is: in a thread of its own."""
    client: Any = telebot.TeleBot(token, threaded=False)
    assert client.get_me().username == "sandbox_bot"
    updates = client.get_updates(timeout=1, allowed_updates=["message"])
    assert len(client.get_updates(offset=updates[0].update_id + 1)) == len(updates) - 1
    keyboard = telebot.types.InlineKeyboardMarkup()
    keyboard.add(telebot.types.InlineKeyboardButton("Go", callback_data="go"))
    first = client.send_message(group, "<i>From a library</i>", parse_mode="HTML", reply_markup=keyboard)
    assert first.entities[0].type == "italic"
    client.send_document(person, ("data.txt", b"abc"), caption="A file")
    groups: Any = telebot.types.BotCommandScopeAllGroupChats  # untyped in the library
    client.set_my_commands([telebot.types.BotCommand("help", "Help")], scope=groups())
    assert {member.status for member in client.get_chat_administrators(group)} == {"creator", "administrator"}
    assert client.get_chat(group).title == "Books"
    assert client.get_chat_member(group, person).status == "creator"
    assert client.get_chat_member_count(group) == 2
    reply = telebot.types.ReplyParameters(message_id=first.message_id)
    client.edit_message_text("Changed", group, first.message_id)
    client.delete_message(group, client.send_message(group, "Gone", reply_parameters=reply).message_id)
    with pytest.raises(telebot.apihelper.ApiTelegramException, match="message to delete not found"):
        client.delete_message(group, 4_000)
    session: Any = telebot.apihelper._get_req_session  # the library leaves its connection open
    session().close()
    return str(updates[-1].message.text)
