"""The only wiring: which routers, middlewares and collaborators make the bot, and what is opened and closed with it."""

from __future__ import annotations

import logging

from aiogram import Bot, Dispatcher
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from pydantic import SecretStr

from bot.environment import Environment
from bot.features import settings
from bot.storage.chat_configs import ChatConfigs
from bot.storage.embedded import EmbeddedPostgres, start_embedded
from bot.storage.migrate import migrate
from bot.storage.pool import close_pool, create_pool
from bot.telegram.apologies import answer_failure, answer_unknown_press
from bot.telegram.middleware import ChatMiddleware
from bot.telegram.people import Acquaintances
from bot.words import Catalogues

log = logging.getLogger(__name__)


class Database:
    """The database of this process: opened once, closed once, embedded where no URL is given."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._embedded: EmbeddedPostgres | None = None

    async def open(self) -> ChatConfigs:
        """Connect, bring the schema up to date and return the repository; raises `StartupError`."""
        environment = await self._reachable()
        self.pool = await create_pool(environment)
        applied = await migrate(self.pool)
        log.info("The database is ready%s", f"; applied {', '.join(applied)}" if applied else "")
        return ChatConfigs(self.pool)

    async def close(self) -> None:
        """Close the pool within a few seconds, then the embedded server."""
        if hasattr(self, "pool"):
            await close_pool(self.pool)
        if self._embedded is not None:
            await self._embedded.stop()
            self._embedded = None

    async def _reachable(self) -> Environment:
        if self._environment.database_url is not None:
            return self._environment
        log.info("DATABASE_URL is not set: starting the embedded PostgreSQL")
        self._embedded = await start_embedded(self._environment.data_dir)
        return self._environment.model_copy(update={"database_url": SecretStr(self._embedded.dsn)})


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
    dispatcher = Dispatcher(disable_fsm=True, catalogues=Catalogues(), acquaintances=Acquaintances())

    async def open_database() -> None:
        dispatcher["configs"] = await database.open()

    dispatcher.startup.register(open_database)
    dispatcher.shutdown.register(database.close)
    dispatcher.update.outer_middleware(ChatMiddleware())
    dispatcher.errors.register(answer_failure)
    dispatcher.include_routers(settings.router())
    # The last route of all: a press nobody else knows is answered too.
    dispatcher.callback_query.register(answer_unknown_press)
    return dispatcher


async def run(environment: Environment) -> None:
    """Run until SIGTERM or SIGINT."""
    bot, dispatcher = build_bot(environment), build_dispatcher(environment)
    await dispatcher.start_polling(bot, close_bot_session=True)


async def migrate_only(environment: Environment) -> None:
    """Bring the schema up to date, as a release phase does."""
    database = Database(environment)
    try:
        await database.open()
    finally:
        await database.close()
