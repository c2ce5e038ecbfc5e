"""Whom a greeting is for, and the greeting that is on the screen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError
from aiogram.types import Chat, User

from bot.client.methods import Method
from bot.client.outbox import Outbox
from bot.errors import Unavailable
from bot.kinds.destinations import thread_in
from bot.kinds.placeholders import MOST_NAMES
from bot.storage.configs.revisions import Stored
from bot.storage.greeted import Greeted
from bot.telegram.greeting import Composed, Facts, compose, shows_media, text_of
from bot.words import Words


@dataclass(frozen=True, slots=True)
class Occasion:
    """Where, when and to whom something is to be said, and by which way it was heard of."""

    bot: Bot
    chat: Chat
    stored: Stored
    words: Words
    at: datetime
    people: tuple[User, ...]
    way: Literal["message", "chat_member"]
    update_id: int
    outbox: Outbox
    greeted: Greeted

    async def first_told(self, what: str, people: Collection[int]) -> set[int]:
        """Return of whom no other update told it before: while the database is away, everybody."""
        try:
            return await self.greeted.first_told(
                self.chat.id, people, what, way=self.way, update_id=self.update_id, at=self.at
            )
        except Unavailable:
            return set(people)

    async def note_shown(self, people: Sequence[User]) -> None:
        """Have nobody greeted again, also after a restart, whom a greeting is to show from now on."""
        with suppress(Unavailable):
            await self.greeted.note_shown(self.chat.id, [person.id for person in people], "join")

    @property
    def thread(self) -> int | None:
        """The topic in which this chat wants greetings; None for the general one."""
        return thread_in(self.stored.config.greeting_topic, self.chat.id) if self.chat.is_forum else None

    def calls(self, composed: Composed, **where: Any) -> tuple[Method, ...]:
        """Return the calls that send something, each of them again in the general topic if Telegram refuses it.

        `where` are the options of `message_to`.
        """
        general = composed.calls(self.chat.id, **where)
        if self.thread is None:
            return general
        there = composed.calls(self.chat.id, topic=self.thread, **where)
        return tuple(call for pair in zip(there, general, strict=True) for call in pair)

    def composed(self, key: str, people: Sequence[User], members: int | None) -> Composed:
        """Return what is said to these people; `key` is the setting of the text."""
        named = [(person.id, person.full_name) for person in people]
        facts = Facts(named, self.chat.title or "", members, self.at)
        return compose(self.stored.config, key, self.words, facts, chat_id=self.chat.id, bot_id=self.bot.id)

    async def member_count(self, key: str) -> int | None:
        """Ask for the number of members where the text names it."""
        if "{members}" not in text_of(self.stored.config, key, self.words):
            return None
        try:
            return await self.bot.get_chat_member_count(self.chat.id)
        except TelegramAPIError:
            return None


@dataclass(slots=True)
class Greeting:
    """A greeting on the screen, or on its way there: then `message_id` is 0. It shows the first `shown` people.

    `key` is the setting of its text; `captioned` says that the text is the caption of a photo, a GIF or a video.
    """

    at: datetime
    revision: int
    key: str
    people: tuple[User, ...]
    message_id: int = 0
    shown: int = 0
    captioned: bool = False

    @property
    def full(self) -> bool:
        """Whether it says "and others", so that who is added is not named."""
        return len(self.people) > MOST_NAMES

    def note_sent(self, people: int, sent: Any) -> None:
        """Note which message it became."""
        self.message_id = sent.get("message_id", 0) if isinstance(sent, dict) else 0
        self.shown, self.captioned = people, shows_media(sent)

    def note_added(self, people: int, alone: int, sent: Any) -> None:
        """Note that it shows so many people now, or that another message greets the last ones of them alone."""
        number = sent.get("message_id", self.message_id) if isinstance(sent, dict) else self.message_id
        if number != self.message_id:
            self.people, people = self.people[people - alone :], alone
            self.message_id, self.captioned = number, shows_media(sent)
        self.shown = people
