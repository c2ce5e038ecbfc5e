"""The only wiring: which routers, middlewares and collaborators make the bot, and what is opened and closed with it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from aiogram import Bot, Dispatcher, Router
from aiogram.client.default import DefaultBotProperties
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode

from bot import fastpath, signals
from bot.background import Background, Turn
from bot.client.outbox import Outbox
from bot.client.rate_limits import Limits
from bot.client.retries import Retries
from bot.client.session import JsonSession, Post, post
from bot.client.silent_hours import SilentHours
from bot.environment import Environment
from bot.features import channels, greetings, membership, privacy, rules, settings, start
from bot.features.greetings import TopicNotes
from bot.features.membership import FalseRemovals
from bot.features.settings.announcing import Announcer
from bot.features.tidiness import Tidiness
from bot.log import log_loop_error
from bot.storage.configs.cache import CachedConfigs
from bot.storage.connection.availability import Pool
from bot.storage.connection.chat_locks import ChatLocks
from bot.storage.connection.checking import DatabaseCheck
from bot.storage.connection.control import Control
from bot.storage.connection.leadership import Leadership
from bot.storage.database import opened as open_database
from bot.storage.greeted import Greeted
from bot.storage.known_chats import KnownChats
from bot.storage.outbox import OutboxRows
from bot.storage.privacy import Privacy
from bot.storage.stored_updates import StoredUpdates
from bot.telegram.chat_middleware import ChatMiddleware
from bot.telegram.commands import COMMANDS, set_commands
from bot.telegram.error_replies import answer_unknown_press, reply_to_error
from bot.telegram.forwarded import IgnoreForwarded
from bot.telegram.languages import PersonalWords
from bot.telegram.names import KnownNames, KnownTopics
from bot.telegram.too_fast import TooFast
from bot.updates.handling import Feed, Watch
from bot.updates.known_admins import KnownAdmins
from bot.updates.polling.fetching import end_webhook
from bot.updates.polling.poller import Poller
from bot.updates.prefilter import Plans, Prefilter
from bot.updates.raw_updates import RawUpdate
from bot.updates.shares import ShareLimits, Shares
from bot.words import Catalogues

if TYPE_CHECKING:
    from bot.updates.webhook.receiver import Receiver
    from bot.updates.webhook.registration import Address


def build_bot(environment: Environment) -> Bot:
    """Return the client of the Bot API server that the environment names."""
    server = TelegramAPIServer.from_base(environment.bot_api_url)
    return Bot(
        environment.bot_token.get_secret_value(),
        session=JsonSession(_post(environment), api=server),
        default=DefaultBotProperties(parse_mode=ParseMode.HTML),
    )


def _is_fast(environment: Environment) -> bool:
    return environment.fast_path and fastpath.supported()


def _post(environment: Environment) -> Post:
    if not _is_fast(environment):
        return post
    from bot.fastpath.http import FastPost  # noqa: PLC0415 - it may lack what it needs in another version

    return FastPost()


def _feed(environment: Environment, dispatcher: Dispatcher) -> Feed:
    if not _is_fast(environment):
        return dispatcher.feed_update
    from bot.fastpath.routing import Routing  # noqa: PLC0415 - it may lack what it needs in another version

    return Routing(dispatcher).feed


def build_dispatcher(
    environment: Environment, bot: Bot, limits: Limits | None = None, share_limits: ShareLimits | None = None
) -> Dispatcher:
    """Return the dispatcher with everything in it; its hooks open and close what works beside the handlers."""
    dispatcher = Dispatcher(
        disable_fsm=True, catalogues=Catalogues(), known_names=KnownNames(), known_topics=KnownTopics()
    )
    _add_routes(dispatcher)
    pool, plans = Pool(), Plans(dispatcher)
    configs = CachedConfigs(pool, digest=plans.of)
    known_admins = KnownAdmins()
    outbox = Outbox(bot, OutboxRows(pool, environment.bot_id), configs.move, limits)
    for middleware in (outbox, Retries(configs.move), known_admins, SilentHours(configs)):
        bot.session.middleware(middleware)
    dispatcher.workflow_data.update(
        configs=configs,
        outbox=outbox,
        known=KnownChats(pool),
        greeted=Greeted(pool, environment.bot_id),
        personal_words=PersonalWords(dispatcher["catalogues"], configs),
        privacy=Privacy(pool),
        announcer=Announcer(outbox, limits or Limits()),
        prefilter=Prefilter(plans, configs.cached_digest),
        leadership=Leadership(environment.bot_id),
        locks=ChatLocks(environment.bot_id, member=environment.webhook_url is not None),
        shares=Shares(known_admins, {one.name for one in COMMANDS}, share_limits),
        stored_updates=StoredUpdates(pool, environment.bot_id),
        pool=pool,
        watch=Watch(environment.slow_handler_seconds),
    )
    outbox.tell_of_topics(TopicNotes(configs).note)
    _add_hooks(dispatcher, environment, pool)
    return dispatcher


def _add_routes(dispatcher: Dispatcher) -> None:
    dispatcher.update.outer_middleware(ChatMiddleware(dispatcher["known_names"]))
    dispatcher.message.outer_middleware(FalseRemovals())
    dispatcher.message.outer_middleware(Tidiness())
    dispatcher.message.outer_middleware(IgnoreForwarded())
    dispatcher.errors.register(reply_to_error)
    dispatcher.include_routers(
        settings.router(),
        rules.router(),
        greetings.router(),
        membership.router(),
        privacy.router(),
        start.router(),
        channels.router(),
    )
    # The last router: a press nobody else knows is answered too.
    last = Router(name="last")
    last.callback_query.register(answer_unknown_press)
    dispatcher.include_router(last)


def _add_hooks(dispatcher: Dispatcher, environment: Environment, pool: Pool) -> None:
    """Open the database and what stands on it at the start; close it all in the shutdown hook, last opened first."""
    opened = AsyncExitStack()

    async def open_all(
        bot: Bot, configs: CachedConfigs, leadership: Leadership, locks: ChatLocks, outbox: Outbox
    ) -> None:
        # Where a step fails, those before it are closed at once.
        async with AsyncExitStack() as stack:
            database = await stack.enter_async_context(open_database(pool, environment))
            control = Control(database, leadership, configs, locks)
            stack.push_async_callback(control.close)
            await control.open()
            stack.push_async_callback(outbox.close)
            await stack.enter_async_context(Background(background_turns(bot, dispatcher)))
            opened.push_async_callback(stack.pop_all().aclose)

    dispatcher.startup.register(open_all)
    dispatcher.shutdown.register(opened.aclose)


def background_turns(bot: Bot, dispatcher: Dispatcher) -> dict[str, Turn]:
    """Return what is done beside the updates, by its name in the log."""
    outbox, alone = dispatcher["outbox"], dispatcher["locks"].member
    turns: dict[str, Turn] = {
        # Not awaited at the start: a slow Telegram must not keep people waiting for the commands.
        "Setting the commands": partial(set_commands, bot, dispatcher["catalogues"]),
        "Purging left chats": dispatcher["privacy"].purge_regularly,
    }
    # Among several processes only the one that leads; a stand-by of one that polls does it at its start.
    once = {name: partial(_while_leading, outbox, turn) for name, turn in turns.items()} if alone else turns
    return {"Reading the outbox": outbox.read, **once}


async def _while_leading(outbox: Outbox, turn: Turn) -> float | None:
    await outbox.until_leading()
    return await turn()


def build_poller(environment: Environment, bot: Bot, dispatcher: Dispatcher) -> Poller | Receiver:
    """Return what gets updates for such a dispatcher, by asking or by webhook; it drops those that nobody wants."""
    outbox, shares, locks = dispatcher["outbox"], dispatcher["shares"], dispatcher["locks"]
    wants = dispatcher["prefilter"].wants
    common: dict[str, Any] = {
        "feed": _feed(environment, dispatcher),
        "shares": shares,
        "storage": dispatcher["stored_updates"],
        "outbox": outbox,
        "tell": TooFast(outbox, dispatcher["personal_words"], shares.limits),
        "leadership": dispatcher["leadership"],
        "watch": dispatcher["watch"],
    }
    address = _address(environment)
    if address is not None:
        from bot.updates.webhook.receiver import Receiver  # noqa: PLC0415 - most bots poll

        return Receiver(bot, dispatcher, address=address, locks=locks, wants=wants, **common)

    def wants_now(update: RawUpdate) -> bool:
        # A process that got updates by webhook may have told of one that nobody confirmed to Telegram.
        return wants(update) and not locks.handled(update["update_id"])

    return Poller(bot, dispatcher, wants=wants_now, end_webhook=partial(end_webhook, bot, locks), **common)


def _address(environment: Environment) -> Address | None:
    if environment.webhook_url is None or environment.webhook_secret is None:
        return None
    from bot.updates.webhook.registration import Address  # noqa: PLC0415 - most bots poll

    return Address(environment.webhook_url, environment.webhook_secret.get_secret_value())


async def _freeze_garbage_collector() -> None:
    """Have the garbage collector leave alone what lives as long as the process, and run less often for the rest."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@asynccontextmanager
async def published(
    environment: Environment, bot: Bot, dispatcher: Dispatcher, poller: Poller | Receiver, stop: asyncio.Event
) -> AsyncIterator[int]:
    """Measure what the bot does and answer on PORT, to Telegram too where a webhook is set; raises `StartupError`."""
    # What only this needs is not imported by others: it takes a third of a second.
    from bot.operating.measurements import CountCalls, Measurements  # noqa: PLC0415
    from bot.operating.metrics import Metrics  # noqa: PLC0415
    from bot.operating.server import Pages, serve  # noqa: PLC0415
    from bot.operating.status import Status  # noqa: PLC0415
    from bot.operating.webhook import WebhookPage  # noqa: PLC0415

    pool, leadership, measurements = dispatcher["pool"], dispatcher["leadership"], Measurements()
    bot.session.middleware(CountCalls(measurements))
    dispatcher["watch"].note = measurements.update
    pool.queries.observe = measurements.query
    check = DatabaseCheck(pool)
    status = Status(check, poller, leadership, dispatcher["outbox"], stop)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(check.close)
        webhook, address = None, _address(environment)
        if address is not None and not isinstance(poller, Poller):
            webhook = WebhookPage(environment.webhook_path, address, poller.receive)
        pages = Pages(status, Metrics(measurements, dispatcher["configs"], leadership), webhook)
        yield await stack.enter_async_context(serve(pages, environment.port or 0))


async def run(environment: Environment) -> None:
    """Run until SIGTERM or SIGINT; raises `StartupError` when the bot cannot start."""
    stop = asyncio.Event()
    signals.stop_sets(stop)
    asyncio.get_running_loop().set_exception_handler(log_loop_error)
    bot = build_bot(environment)
    dispatcher = build_dispatcher(environment, bot)
    dispatcher.startup.register(_freeze_garbage_collector)
    poller = build_poller(environment, bot, dispatcher)
    async with AsyncExitStack() as stack:
        if environment.port is not None:
            await stack.enter_async_context(published(environment, bot, dispatcher, poller, stop))
        await poller.run(stop)
