"""The only wiring: which routers, middlewares and collaborators make the bot, and what is opened and closed with it."""

from __future__ import annotations

import asyncio

from aiogram import Bot, Dispatcher, Router
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode

from bot import signals
from bot.environment import Environment
from bot.features import greetings, membership, privacy, rules, settings, start
from bot.features.membership import StillHere
from bot.features.tidiness import Tidiness
from bot.storage.chat_configs import ChatConfigs
from bot.storage.database import Database
from bot.storage.known_chats import KnownChats
from bot.storage.privacy import Privacy
from bot.telegram.apologies import answer_failure, answer_unknown_press
from bot.telegram.commands import set_commands
from bot.telegram.middleware import ChatMiddleware
from bot.telegram.people import Acquaintances
from bot.telegram.poller import Poller
from bot.telegram.quiet import QuietHours
from bot.telegram.requests import Requests
from bot.words import Catalogues


def build_bot(environment: Environment) -> Bot:
    """Return the client of the Bot API server that the environment names."""
    server = TelegramAPIServer.from_base(environment.bot_api_url)
    return Bot(
        environment.bot_token.get_secret_value(),
        session=AiohttpSession(api=server),
        default=DefaultBotProperties(parse_mode=ParseMode.HTML),
    )


def build_dispatcher(environment: Environment) -> Dispatcher:
    """Return the dispatcher with everything in it; its hooks open and close the database."""
    database = Database(environment)
    dispatcher = Dispatcher(
        disable_fsm=True,
        catalogues=Catalogues(),
        acquaintances=Acquaintances(),
        leadership=database.leadership,
    )

    async def open_database(bot: Bot) -> None:
        pool = await database.open()
        await database.listen()
        configs = dispatcher["configs"] = ChatConfigs(pool)
        dispatcher["known"] = KnownChats(pool)
        dispatcher["privacy"] = Privacy(pool)
        requests = dispatcher["requests"] = Requests(configs.move)
        bot.session.middleware(QuietHours(configs))
        bot.session.middleware(requests)

    async def offer_commands(bot: Bot) -> None:
        # Beside the polling: a slow Telegram must not keep people waiting for it.
        dispatcher["offering"] = asyncio.create_task(set_commands(bot, dispatcher["catalogues"]))

    async def close_requests() -> None:
        if isinstance(offering := dispatcher.get("offering"), asyncio.Task):
            offering.cancel()
        if isinstance(requests := dispatcher.get("requests"), Requests):
            await requests.close()

    dispatcher.startup.register(open_database)
    dispatcher.startup.register(offer_commands)
    dispatcher.shutdown.register(close_requests)
    dispatcher.shutdown.register(database.close)
    dispatcher.update.outer_middleware(ChatMiddleware())
    dispatcher.message.outer_middleware(StillHere())
    dispatcher.message.outer_middleware(Tidiness())
    dispatcher.errors.register(answer_failure)
    dispatcher.include_routers(
        settings.router(), rules.router(), greetings.router(), membership.router(), privacy.router(), start.router()
    )
    # The last router: a press nobody else knows is answered too.
    last = Router(name="last")
    last.callback_query.register(answer_unknown_press)
    dispatcher.include_router(last)
    return dispatcher


async def run(environment: Environment) -> None:
    """Run until SIGTERM or SIGINT; raises `StartupError` when the bot cannot start."""
    stop = asyncio.Event()
    signals.stop_sets(stop)
    bot, dispatcher = build_bot(environment), build_dispatcher(environment)
    await Poller(bot, dispatcher, lead=dispatcher["leadership"]).run(stop)


async def migrate_only(environment: Environment) -> None:
    """Bring the schema up to date, as a release phase does."""
    database = Database(environment)
    try:
        await database.open()
    finally:
        await database.close()
