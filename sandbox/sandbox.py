"""The sandbox: a world, the Bot API and the control API over HTTP, and people for tests."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Any, Literal, Self

from aiohttp import web

from sandbox.control.routes import ControlApi
from sandbox.people.group import Group
from sandbox.people.person import Person
from sandbox.server.bot_api import BotApi
from sandbox.server.request_guard import guard
from sandbox.world import Clock, Rules, User, World
from sandbox.world.actions import creation
from sandbox.world.actions.membership import promote
from sandbox.world.state.chats import Chat
from sandbox.world.state.commands import Commands
from sandbox.world.state.members import checked_rights
from sandbox.world.state.profile import Profile

BOT_ID = 7_000_000_001
TOKEN = f"{BOT_ID}:SANDBOX-not-a-real-token-0000000000"
HOST = "127.0.0.1"
BotRole = Literal["member", "administrator"] | Iterable[str] | None


class Sandbox:
    """Telegram on this machine; see README.md for what the arguments mean. Use as an async context manager."""

    def __init__(
        self,
        *,
        port: int = 0,
        token: str = TOKEN,
        username: str = "sandbox_bot",
        name: str = "Sandbox Bot",
        privacy: bool = True,
        limits: bool = False,
        latency: float = 0.0,
        ephemeral: bool | Literal["ignored"] = True,
        clock: Clock | None = None,
        world: World | None = None,
    ) -> None:
        bot_id = int(token.split(":", maxsplit=1)[0])
        bot = User(bot_id, name, username=username, is_bot=True)
        rules = Rules(privacy=privacy, ephemeral=ephemeral is True, ephemeral_ignored=ephemeral == "ignored")
        self.world = world or World(bot, clock, rules)
        self.world.limits.on = limits
        self.token = token
        self.api = BotApi(self.world, token, latency)
        self.calls, self.faults, self.clock = self.api.calls, self.api.faults, self.world.clock
        self._port = port
        self._runner: web.AppRunner | None = None
        self._people: dict[int, Person] = {}
        self.control = ControlApi(self.api, self.person_of)

    @property
    def bot(self) -> User:
        """The bot's account."""
        return self.world.bot

    @property
    def latency(self) -> float:
        """Seconds by which every answer of the Bot API is delayed; may be set at any time."""
        return self.api.latency

    @latency.setter
    def latency(self, seconds: float) -> None:
        self.api.latency = seconds

    @property
    def url(self) -> str:
        """Where the server listens, without a trailing slash."""
        return f"http://{HOST}:{self._port}"

    async def __aenter__(self) -> Self:
        """Start listening."""
        application = web.Application(client_max_size=64 * 1024 * 1024, middlewares=[guard])
        application.add_routes(self.routes())
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.faults.on_outage.append(self._drop_connections)
        return self

    def routes(self) -> list[web.RouteDef | web.StaticDef]:
        """All routes of the server."""
        return [*self.api.routes(), *self.control.routes()]

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening; open requests are ended."""
        self.control.events.close()
        await self.api.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def _drop_connections(self) -> None:
        server = self._runner.server if self._runner is not None else None
        for connection in list(server.connections) if server is not None else []:
            if connection.transport is not None:
                connection.transport.abort()

    def person(self, name: str, **options: Any) -> Person:
        """A new person; `options` are `username`, `language_code`, `last_name`, `is_premium`."""
        return self.person_of(creation.new_person(self.world, name, **options))

    def person_of(self, user: User) -> Person:
        """The person of an existing account."""
        return self._people.setdefault(user.id, Person(self.world, user, self.calls.summary))

    def group(self, title: str, *, owner: Person, **options: Any) -> Group:
        """A basic group; `options` are `members`, `admins`, `bot`."""
        return self._create_chat("group", title, owner, **options)

    def supergroup(self, title: str, *, owner: Person, **options: Any) -> Group:
        """A supergroup; besides the options of `group`: `forum`, `username`."""
        return self._create_chat("supergroup", title, owner, **options)

    def channel(self, title: str, *, owner: Person, linked: Group | None = None, **options: Any) -> Group:
        """A channel, possibly linked to a discussion group."""
        channel = self._create_chat("channel", title, owner, **options)
        if linked is not None:
            channel.chat.linked, linked.chat.linked = linked.chat, channel.chat
        return channel

    def _create_chat(
        self,
        kind: str,
        title: str,
        owner: Person,
        *,
        members: Iterable[Person] = (),
        admins: Iterable[Person] = (),
        bot: BotRole = None,
        **options: Any,
    ) -> Group:
        chat = creation.new_group(self.world, kind, title, owner.user, **options)
        for person in members:
            creation.add_silently(chat, person.user)
        for person in admins:
            creation.add_silently(chat, person.user, admin=True)
        self._place_bot(chat, owner.user, bot)
        return Group(self.world, chat)

    def _place_bot(self, chat: Chat, owner: User, role: BotRole) -> None:
        """Put the bot into a new chat without an update about it."""
        if role is None:
            return
        creation.add_silently(chat, self.bot, admin=role == "administrator" or chat.type == "channel")
        if not isinstance(role, str):
            allowed, self.world.updates.allowed = self.world.updates.allowed, frozenset()
            promote(self.world, chat, owner, self.bot, checked_rights(role))
            self.world.updates.allowed = allowed

    async def settled(self, within: float = 15.0) -> None:
        """Wait until every update was delivered and confirmed; TimeoutError says what the bot did last."""
        if not await self.api.delivery.settled(within):
            left = len(self.world.updates)
            message = f"{left} updates unconfirmed after {within} s; the last calls were:\n{self.calls.summary()}"
            raise TimeoutError(message)

    async def polled(self, within: float = 15.0) -> None:
        """Wait until the bot has a long poll open; TimeoutError when it does not ask."""
        if not await self.api.delivery.polled(within):
            message = f"nobody asked for updates within {within} s; the last calls were:\n{self.calls.summary()}"
            raise TimeoutError(message)

    def drop_bot_state(self) -> None:
        """Forget commands, names and descriptions, as for a bot that was just made."""
        self.world.commands = Commands()
        self.world.profile = Profile(self.bot.first_name)
