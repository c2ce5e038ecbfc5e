"""The only wiring: which routers, middlewares and collaborators make the bot, and what is opened and closed with it."""

from __future__ import annotations

import asyncio
import gc

from aiogram import Bot, Dispatcher, Router
from aiogram.client.default import DefaultBotProperties
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode

from bot import signals
from bot.client.requests import Requests
from bot.client.session import JsonSession
from bot.client.silent_hours import SilentHours
from bot.environment import Environment
from bot.features import greetings, membership, privacy, rules, settings, start
from bot.features.greetings.deletion import Deletions
from bot.features.membership import StillHere
from bot.features.tidiness import Tidiness
from bot.storage.configs.cache import CachedConfigs
from bot.storage.database import Database
from bot.storage.deletions import DueDeletions
from bot.storage.handled import HandledUpdates
from bot.storage.known_chats import KnownChats
from bot.storage.privacy import Privacy
from bot.storage.purging import purge_periodically
from bot.telegram.chat_middleware import ChatMiddleware
from bot.telegram.command_limit import CommandLimit
from bot.telegram.commands import set_commands
from bot.telegram.error_replies import answer_unknown_press, reply_to_error
from bot.telegram.names import KnownNames
from bot.updates.poller import Poller
from bot.updates.prefilter import Prefilter
from bot.words import Catalogues


def build_bot(environment: Environment) -> Bot:
    """Return the client of the Bot API server that the environment names."""
    server = TelegramAPIServer.from_base(environment.bot_api_url)
    return Bot(
        environment.bot_token.get_secret_value(),
        session=JsonSession(api=server),
        default=DefaultBotProperties(parse_mode=ParseMode.HTML),
    )


class Running:
    """What lives from start to shutdown beside the dispatcher: the database, the requests, the background loops."""

    def __init__(self, environment: Environment, dispatcher: Dispatcher) -> None:
        self._database = Database(environment)
        self._dispatcher = dispatcher
        self._requests: Requests | None = None
        self._beside: list[asyncio.Task[None]] = []
        dispatcher["leadership"] = self._database.leadership

    async def open(self, bot: Bot) -> None:
        """Open the database and give handlers what stands on it; raises `StartupError`."""
        pool, handlers = await self._database.open(), self._dispatcher
        prefilter: Prefilter = handlers["prefilter"]
        configs = handlers["configs"] = CachedConfigs(pool, digest=prefilter.digest)
        prefilter.digest_of = configs.digest_at_hand
        await self._database.listen(configs)
        handlers["handled"] = HandledUpdates(pool)
        handlers["known"] = KnownChats(pool)
        handlers["privacy"] = Privacy(pool)
        deletions = handlers["deletions"] = Deletions(DueDeletions(pool))
        self._requests = Requests(configs.move)
        bot.session.middleware(SilentHours(configs))
        bot.session.middleware(self._requests)
        # Beside the polling: a slow Telegram must not keep people waiting for the commands.
        for loop in (
            set_commands(bot, handlers["catalogues"]),
            deletions.run(bot, asyncio.Event()),
            purge_periodically(configs),
        ):
            self._beside.append(asyncio.create_task(loop))

    async def close(self) -> None:
        """Close all of it, within limits of time."""
        for task in self._beside:
            task.cancel()
        if self._beside:
            await asyncio.wait(self._beside)
        if self._requests is not None:
            await self._requests.close()
        await self._database.close()


def build_dispatcher(environment: Environment) -> Dispatcher:
    """Return the dispatcher with everything in it; its hooks open and close the database."""
    dispatcher = Dispatcher(disable_fsm=True, catalogues=Catalogues(), known_names=KnownNames())
    running = Running(environment, dispatcher)
    dispatcher.startup.register(running.open)
    dispatcher.shutdown.register(running.close)
    dispatcher.update.outer_middleware(ChatMiddleware(dispatcher["known_names"]))
    dispatcher.message.outer_middleware(StillHere())
    dispatcher.message.outer_middleware(Tidiness())
    dispatcher.message.outer_middleware(CommandLimit())
    dispatcher.errors.register(reply_to_error)
    dispatcher.include_routers(
        settings.router(), rules.router(), greetings.router(), membership.router(), privacy.router(), start.router()
    )
    # The last router: a press nobody else knows is answered too.
    last = Router(name="last")
    last.callback_query.register(answer_unknown_press)
    dispatcher.include_router(last)
    dispatcher["prefilter"] = Prefilter(dispatcher)
    return dispatcher


def build_poller(bot: Bot, dispatcher: Dispatcher) -> Poller:
    """Return the poller of such a dispatcher; it drops the updates that nobody in there wants."""
    return Poller(bot, dispatcher, lead=dispatcher["leadership"], wants=dispatcher["prefilter"].wants)


async def _settle() -> None:
    """Have the garbage collector leave alone what lives as long as the process, and look less often at the rest."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


async def run(environment: Environment) -> None:
    """Run until SIGTERM or SIGINT; raises `StartupError` when the bot cannot start."""
    stop = asyncio.Event()
    signals.stop_sets(stop)
    bot, dispatcher = build_bot(environment), build_dispatcher(environment)
    dispatcher.startup.register(_settle)
    await build_poller(bot, dispatcher).run(stop)


async def migrate_only(environment: Environment) -> None:
    """Bring the schema up to date, as a release phase does."""
    database = Database(environment)
    try:
        await database.open()
    finally:
        await database.close()
