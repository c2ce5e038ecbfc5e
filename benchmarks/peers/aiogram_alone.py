"""aiogram as its documentation shows it, without a database: answers /settings from nothing."""

import asyncio
import os

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import Command
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, Message

dispatcher = Dispatcher()
KEYBOARD = InlineKeyboardMarkup(
    inline_keyboard=[[InlineKeyboardButton(text=f"Section {n}", callback_data=f"section:{n}")] for n in range(5)]
)


@dispatcher.message(Command("settings"))
async def settings(message: Message) -> None:
    await message.answer("Settings of this chat:", reply_markup=KEYBOARD)


@dispatcher.message()
async def plain(message: Message) -> None:
    pass


async def main() -> None:
    session = AiohttpSession(api=TelegramAPIServer.from_base(os.environ["BOT_API_URL"]))
    await dispatcher.start_polling(Bot(os.environ["BOT_TOKEN"], session=session))


asyncio.run(main())
