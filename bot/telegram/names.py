"""What is remembered for a while from the updates, and never stored: names of people, titles of chats, topics."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import NamedTuple

from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError
from aiogram.types import Chat, Message, User

from bot.errors import Refused
from bot.kinds import Value
from bot.kinds.destinations import GENERAL, NO_TOPICS, thread_in, topic_value
from bot.kinds.filling import safe_name
from bot.lru import LruCache
from bot.telegram.screens import topic
from bot.words import Html, escape


def mentioned(person: User) -> Html:
    """Return a person's name as a link to them."""
    return Html(f'<a href="tg://user?id={person.id}">{escape(safe_name(person.full_name))}</a>')


class KnownNames:
    """Names and titles the bot saw lately, so that a screen can show one without asking Telegram each time."""

    def __init__(self, size: int = 5_000) -> None:
        self._names: LruCache[int, str] = LruCache(size)
        self._titles: LruCache[int, str] = LruCache(size)
        self._forums: LruCache[int, bool] = LruCache(size)
        self._listed: LruCache[int, int] = LruCache(size)

    def remember(self, person: User | None, chat: Chat | None) -> None:
        """Remember the name of a person and the title of a chat."""
        if person is not None:
            self._names.put(person.id, person.full_name)
        if chat is not None and chat.title:
            self._titles.put(chat.id, chat.title)
            self._forums.put(chat.id, bool(chat.is_forum))

    def is_new_title(self, chat_id: int, title: str | None) -> bool:
        """Say whether this is another title than the one that is remembered of a chat."""
        known = self._titles.peek(chat_id)
        return known is not None and bool(title) and title != known

    def listed(self, user_id: int, chat_id: int) -> bool:
        """Say whether that chat is the last one noted to be on the person's list: it need not be stored again."""
        return self._listed.get(user_id) == chat_id

    def note_listed(self, user_id: int, chat_id: int) -> None:
        """Remember that the chat is on the person's list."""
        self._listed.put(user_id, chat_id)

    async def title(self, bot: Bot, chat_id: int) -> str:
        """Return a chat's title, asking Telegram if it is not known; the bare id where the bot is not in it."""
        known = self._titles.get(chat_id)
        if known is None:
            try:
                chat = await bot.get_chat(chat_id)
            except (TelegramBadRequest, TelegramForbiddenError):
                return str(chat_id)
            known = chat.title or chat.full_name
            self._titles.put(chat_id, known)
            self._forums.put(chat_id, bool(chat.is_forum))
        return known

    def is_forum(self, chat_id: int) -> bool:
        """Say whether a chat whose title is known has topics."""
        return self._forums.get(chat_id) or False

    async def names(self, bot: Bot, chat_id: int, people: Collection[int], most: int = 5) -> dict[int, str]:
        """Return the names of people of a chat by user id; at most `most` unknown ones are asked for."""
        unknown = [person for person in people if self._names.get(person) is None][:most]
        await asyncio.gather(*(self._ask(bot, chat_id, person) for person in unknown))
        return {person: name for person in people if (name := self._names.get(person)) is not None}

    async def _ask(self, bot: Bot, chat_id: int, person: int) -> None:
        try:
            member = await bot.get_chat_member(chat_id, person)
        except (TelegramBadRequest, TelegramForbiddenError):
            return
        self._names.put(person, member.user.full_name)


class Here(NamedTuple):
    """The topic in which somebody writes or presses, and its name, empty where nobody told it."""

    thread: int
    name: str


def name_in(message: Message) -> str:
    """Return the name of a message's topic, where Telegram tells it.

    It says of each message in a topic that it replies to the one that began the topic, unless it replies to another.
    """
    begun = message.reply_to_message.forum_topic_created if message.reply_to_message else None
    return begun.name if begun is not None else ""


def here(message: Message) -> Value:
    """Return the topic of a message as a setting stores it; raises `Refused` in a group that has none."""
    if not message.chat.is_forum:
        raise Refused(NO_TOPICS)
    thread = topic(message)
    return GENERAL if thread is None else topic_value(message.chat.id, thread, name_in(message))


class KnownTopics:
    """Names of topics, until a restart; never stored but with a choice."""

    def __init__(self, size: int = 5_000) -> None:
        self._names: LruCache[tuple[int, int], str] = LruCache(size)

    def of(self, message: Message) -> Here | None:
        """Return the topic of a message in a forum; None in the general one."""
        thread = topic(message) if message.chat.is_forum else None
        if thread is None:
            return None
        place = message.chat.id, thread
        if name := name_in(message):
            self._names.put(place, name)
        return Here(thread, self._names.get(place) or "")

    def named(self, value: Value, chat_id: int) -> Value:
        """Return a topic as a setting stores it with its name, where that is known."""
        thread = thread_in(str(value), chat_id)
        name = None if thread is None else self._names.get((chat_id, thread))
        return value if thread is None or not name else topic_value(chat_id, thread, name)
