"""The world: all state, how the bot finds chats, and which messages it gets."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from typing import Any

from sandbox.world.clock import Clock
from sandbox.world.errors import ApiError, bad_request, forbidden, migrated

from .callbacks import Callback
from .chats import Chat, ChatType, Message
from .commands import Commands
from .events import Events
from .files import Files
from .limits import Limits
from .profile import Profile
from .updates import Updates
from .users import User

SUPERGROUP_BASE = -1_000_000_000_000


@dataclass(slots=True)
class Rules:
    """Options: see the README. Times in seconds."""

    privacy: bool = True
    ephemeral: bool = True
    ephemeral_ignored: bool = False
    ephemeral_replies_carry_message: bool = True
    callback_seconds: float = 15.0
    ephemeral_seconds: float = 15.0
    delete_seconds: float = 48 * 3600.0
    keep_messages: int = 2_000


class World:
    """All state of the sandbox. The rules are functions in `actions` that take the world as an argument."""

    def __init__(self, bot: User, clock: Clock | None = None, rules: Rules | None = None) -> None:
        self.clock = clock or Clock()
        self.rules = rules or Rules()
        self.bot = bot
        self.users: dict[int, User] = {bot.id: bot}
        self.chats: dict[int, Chat] = {}
        self.updates = Updates(self.clock.now)
        self.events = Events()
        self.files = Files()
        self.commands = Commands()
        self.profile = Profile(bot.first_name)
        self.limits = Limits(self.clock.now)
        self.callbacks: dict[str, Callback] = {}
        self.orders = itertools.count(1)
        self.private_ids = itertools.count(1)
        self.user_ids = itertools.count(1001)
        self.group_ids = itertools.count(2001)
        self.callback_ids = itertools.count(random.getrandbits(40) << 20)
        self.inaccessible: set[tuple[int, int]] = set()

    def now(self) -> int:
        """Whole seconds since 1970."""
        return int(self.clock.now())

    def new_chat(self, kind: ChatType, title: str, *, username: str | None = None, forum: bool = False) -> Chat:
        """An empty chat with an id of the right form."""
        number = next(self.group_ids)
        chat = Chat(-number if kind == "group" else SUPERGROUP_BASE - number, kind, title, username, forum=forum)
        chat.last_id = 0 if kind == "group" else 1  # 1 is its creation; as a topic's id it means the general topic
        self.chats[chat.id] = chat
        return chat

    def private(self, person: User) -> Chat:
        """The private chat of the bot and this person; its id is the person's."""
        chat = self.chats.get(person.id)
        if chat is None:
            chat = self.chats[person.id] = Chat(person.id, "private", person=person)
        return chat

    def user(self, user_id: int) -> User | None:
        """The user with this id, if there is one."""
        return self.users.get(user_id)

    def find_chat(self, chat_id: int | str) -> Chat:
        """The chat a bot means by an id or `@username`; refused when it cannot know it."""
        if isinstance(chat_id, str):
            name = chat_id.lstrip("@").lower()
            found = next((chat for chat in self.chats.values() if (chat.username or "").lower() == name and name), None)
        else:
            found = self.chats.get(chat_id)
            if found is None and chat_id in self.users and chat_id != self.bot.id and self.knows(self.users[chat_id]):
                found = self.private(self.users[chat_id])
        if found is None or not self._known_to_bot(found):
            raise bad_request("chat not found")
        return found

    def _known_to_bot(self, chat: Chat) -> bool:
        if chat.person is not None:
            return self.knows(chat.person)
        return chat.username is not None or self.bot.id in chat.members

    def knows(self, person: User) -> bool:
        """Whether the bot knows the person: from the private chat or a common group."""
        groups = (chat for chat in self.chats.values() if chat.person is None and chat.member(self.bot).present)
        return person.started or any(chat.member(person).present for chat in groups)

    def open_chat(self, chat_id: int | str) -> Chat:
        """As `find_chat`, for a chat the bot must be able to act in: not moved, not blocked, not kicked."""
        chat = self.find_chat(chat_id)
        if chat.migrated_to is not None:
            raise migrated(chat.migrated_to.id)
        if problem := self.access_error(chat):
            raise problem
        return chat

    def access_error(self, chat: Chat) -> ApiError | None:
        """Why the bot cannot act in the chat, or None."""
        if chat.person is not None:
            return _private_access_error(chat.person)
        status = chat.member(self.bot).status
        if status == "kicked":
            return forbidden(f"bot was kicked from the {chat.api_name}")
        if status == "left":
            return forbidden(f"bot is not a member of the {chat.api_name}")
        return None

    def add_message(self, chat: Chat, sender: User | None, content: dict[str, Any], **options: Any) -> Message:
        """Put a message into a chat, with the next id; the oldest beyond the limit is forgotten."""
        number = next(self.private_ids) if chat.type in {"private", "group"} else chat.last_id + 1
        chat.last_id = number
        message = Message(number, next(self.orders), chat, self.now(), sender, content, **options)
        chat.messages[number] = message
        if len(chat.messages) > self.rules.keep_messages:
            del chat.messages[next(iter(chat.messages))]
        return message

    def add_ephemeral(
        self, chat: Chat, sender: User, receiver: User, content: dict[str, Any], **options: Any
    ) -> Message:
        """Put an ephemeral message between the bot and one member into a group."""
        chat.last_ephemeral_id += 1
        message = Message(0, next(self.orders), chat, self.now(), sender, content, receiver=receiver, **options)
        message.ephemeral_id = chat.last_ephemeral_id
        chat.ephemeral[_other(self, message).id, chat.last_ephemeral_id] = message
        return message

    def tell_bot(self, message: Message, *, edited: bool = False) -> None:
        """Queue the update for a message, if the bot gets it."""
        if message.sender is self.bot and not message.is_service:
            return
        if bot_receives(self, message):
            kind = "channel_post" if message.chat.type == "channel" else "message"
            self.updates.push(f"edited_{kind}" if edited else kind, message.to_api())

    def show(self, message: Message) -> None:
        """Notify that a message appeared: to everybody in the chat, or to the receiver of an ephemeral one."""
        self.events.add("message", message.chat, message, only=sole_viewer(self, message))


def _private_access_error(person: User) -> ApiError | None:
    if person.deactivated:
        return forbidden("user is deactivated")
    if person.blocked:
        return forbidden("bot was blocked by the user")
    if person.is_bot:
        return forbidden("bot can't send messages to bots")
    if not person.started:
        return forbidden("bot can't initiate conversation with a user")
    return None


def _other(world: World, message: Message) -> User:
    """The person at the other end of an ephemeral message."""
    if message.receiver is not None and message.receiver is not world.bot:
        return message.receiver
    return message.sender or world.bot


def sole_viewer(world: World, message: Message) -> int | None:
    """The id of the one person who sees the message, None when everybody in the chat does."""
    return None if message.receiver is None else _other(world, message).id


def bot_receives(world: World, message: Message) -> bool:
    """Whether the bot gets this message: membership, and privacy mode in groups.

    Source: https://core.telegram.org/bots/features#privacy-mode
    """
    chat = message.chat
    if chat.type == "private":
        return chat.person is not None and not chat.person.blocked
    me = chat.member(world.bot)
    if not me.present:
        return False
    if (
        not chat.is_group
        or me.is_admin
        or not world.rules.privacy
        or message.is_service
        or message.receiver is not None
    ):
        return True
    return _addressed(world, message)


def _addressed(world: World, message: Message) -> bool:
    if message.reply_to is not None and message.reply_to.sender is world.bot:
        return True
    words = message.words
    me = f"@{world.bot.username}".lower()
    if words.startswith("/"):
        return "@" not in words.split(maxsplit=1)[0] or words.split(maxsplit=1)[0].lower().endswith(me)
    return me in words.lower()
