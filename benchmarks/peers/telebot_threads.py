"""pyTelegramBotAPI with 50 threads and psycopg2's ThreadedConnectionPool(5, 50)."""

import json
import os
import threading
from typing import Any

import telebot
from psycopg2.pool import ThreadedConnectionPool
from telebot import apihelper
from telebot.types import InlineKeyboardButton, InlineKeyboardMarkup

apihelper.API_URL = os.environ["BOT_API_URL"] + "/bot{0}/{1}"
bot = telebot.TeleBot(os.environ["BOT_TOKEN"], num_threads=50)
pool = ThreadedConnectionPool(5, 50, os.environ["DATABASE_URL"])
free = threading.Semaphore(50)  # an exhausted pool raises instead of waiting
KEYBOARD = InlineKeyboardMarkup(
    [[InlineKeyboardButton(f"Section {n}", callback_data=f"section:{n}")] for n in range(5)]
)


def execute(sql: str, *values: object) -> Any:
    with free:
        connection = pool.getconn()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, values)
                return cursor.fetchone() if cursor.description else None
        finally:
            pool.putconn(connection)


@bot.message_handler(func=lambda _: True)
def handle(message: Any) -> None:
    execute("SELECT config FROM peer_configs WHERE chat_id = %s", message.chat.id)
    command, _, value = message.text.partition(" ")
    if command != "/settings":
        return
    if value:
        sql = "INSERT INTO peer_configs VALUES (%s, %s) ON CONFLICT (chat_id) DO UPDATE SET config = excluded.config"
        execute(sql, message.chat.id, json.dumps({"timezone": value}))
    bot.send_message(message.chat.id, "Settings of this chat:", reply_markup=KEYBOARD)


bot.infinity_polling()
