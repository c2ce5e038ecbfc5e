"""A bot on our poller whose handlers take as long as a message says; with DATABASE_URL, instances stand by.

"0.5 seven" is answered "done seven" after half a second, "for ever" never. Each beginning and end is a line on stdout.
"""

from bot import signals

signals.install()

# ruff: noqa: E402, T201
import asyncio

from aiogram import Dispatcher
from aiogram.types import Message

from bot import log
from bot.app import build_bot
from bot.client.outbox import Outbox
from bot.environment import Environment
from bot.storage.connection.control import Control
from bot.storage.connection.leadership import Leadership
from tests.unit.telegram_border import no_rows, nothing_migrated, poller_on


async def work(message: Message, event_update: object) -> None:
    seconds, _, name = (message.text or "").partition(" ")
    print("began", name, flush=True)
    await (asyncio.Event().wait() if seconds == "for" else asyncio.sleep(float(seconds)))
    await message.answer(f"done {name}")
    print("ended", name, flush=True)


async def main() -> None:
    stop = asyncio.Event()
    signals.stop_sets(stop)
    environment = Environment.read(dotenv=None)
    log.configure(environment.log_level, environment.secrets())
    bot, dispatcher = build_bot(environment), Dispatcher(disable_fsm=True)
    outbox, leadership = Outbox(bot, no_rows(), nothing_migrated), None
    bot.session.middleware(outbox)
    dispatcher.message.register(work)
    dispatcher.shutdown.register(outbox.close)
    if environment.database_url is not None:
        leadership = Leadership(bot.id)
        control = Control(environment, leadership)
        dispatcher.startup.register(control.open)
        dispatcher.shutdown.register(control.close)
    await poller_on(bot, dispatcher, outbox=outbox, leadership=leadership).run(stop)


asyncio.run(main())
