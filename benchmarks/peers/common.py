"""What the bots with aiogram and a database share; each gives `read` and `write`."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

from aiogram import BaseMiddleware, Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import Command, CommandObject
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, Message

KEYBOARD = InlineKeyboardMarkup(
    inline_keyboard=[[InlineKeyboardButton(text=f"Section {n}", callback_data=f"section:{n}")] for n in range(5)]
)
Read = Callable[[int], Awaitable[Any]]
Write = Callable[[int, str], Awaitable[Any]]


def run(read: Read, write: Write, start: Callable[[], Awaitable[None]] | None = None) -> None:
    dispatcher = Dispatcher()

    class Configuration(BaseMiddleware):
        async def __call__(self, handler: Any, event: Any, data: dict[str, Any]) -> Any:
            data["config"] = await read(event.chat.id)
            return await handler(event, data)

    dispatcher.message.outer_middleware(Configuration())

    @dispatcher.message(Command("settings"))
    async def settings(message: Message, command: CommandObject) -> None:
        if command.args:
            await write(message.chat.id, command.args)
        await message.answer("Settings of this chat:", reply_markup=KEYBOARD)

    @dispatcher.message()
    async def plain(message: Message) -> None:
        pass

    async def main() -> None:
        if start is not None:
            await start()
        session = AiohttpSession(api=TelegramAPIServer.from_base(os.environ["BOT_API_URL"]))
        await dispatcher.start_polling(Bot(os.environ["BOT_TOKEN"], session=session))

    asyncio.run(main())
