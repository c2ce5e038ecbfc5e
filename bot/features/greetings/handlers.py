"""Greetings: a welcome for who joins and a goodbye for who leaves.

A join may be told by a service message, a `chat_member` update, or both; the first one is answered, the other one is
recognised (see `duplicates`). People who join while a greeting is fresh are added to it, so several at once get one.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from aiogram import Bot, F, Router
from aiogram.enums import ChatMemberStatus, ChatType
from aiogram.exceptions import TelegramAPIError
from aiogram.filters import JOIN_TRANSITION, LEAVE_TRANSITION, ChatMemberUpdatedFilter
from aiogram.types import Chat, ChatMemberUpdated, EphemeralMessageParameters, Message, User

from bot.client.message_queue import Later
from bot.errors import Unavailable
from bot.features.greetings.deletion import Deletions
from bot.features.greetings.duplicates import Duplicates
from bot.features.greetings.placeholders import MOST_NAMES, fillings
from bot.kinds.filling import fill
from bot.lru import LruCache, Once
from bot.settings import ChatConfig, settings
from bot.storage.configs.revisions import Stored
from bot.storage.handled import HandledUpdates
from bot.telegram.callback_data import Action, Press
from bot.telegram.screens import NO_PREVIEW, Screen, button
from bot.updates.prefilter import Where
from bot.words import N_, Html, Words

logger = logging.getLogger(__name__)

# Who joins so soon after a greeting is added to it.
TOGETHER = timedelta(seconds=10)
# After an outage, nobody wants to be greeted for a join of long ago.
TOO_LATE = timedelta(hours=1)
Key = Literal["welcome_text", "goodbye_text"]
_GROUP = F.chat.type.in_({ChatType.GROUP, ChatType.SUPERGROUP})


def router() -> Router:
    """Return the routes of this feature."""
    routes, greeter = Router(name="greetings"), Greeter()
    welcomes, says_goodbye = Where(lambda config: config.welcome != "off"), Where(lambda config: config.goodbye)
    joins, leaves = ChatMemberUpdatedFilter(JOIN_TRANSITION), ChatMemberUpdatedFilter(LEAVE_TRANSITION)
    routes.message.register(greeter.join_told_by_message, _GROUP, F.new_chat_members, welcomes)
    routes.message.register(greeter.leave_told_by_message, _GROUP, F.left_chat_member, says_goodbye)
    routes.chat_member.register(greeter.join_told_by_update, _GROUP, joins, welcomes)
    routes.chat_member.register(greeter.leave_told_by_update, _GROUP, leaves, says_goodbye)
    return routes


def text_of(stored: Stored, key: Key, words: Words) -> str:
    """Return a greeting as the chat chose it; our own is said in the chat's language."""
    return str(settings()[key].localized(getattr(stored.config, key), words))


def goes_by_own_will(gone: int, by: int, status: str = ChatMemberStatus.LEFT) -> bool:
    """Say whether somebody left and was not removed; a muted person who leaves stays "restricted" for Telegram."""
    return gone == by and status != ChatMemberStatus.KICKED


def rules_row(config: ChatConfig, words: Words, chat_id: int) -> Screen:
    """Return an empty screen with the rules button, where the chat has both rules and the button."""
    if not config.rules_button or not config.rules_text:
        return Screen(Html(""))
    return Screen(Html(""), ((button(words.plain(N_("📜 Rules")), Press(Action.SHOW_RULES, chat_id).pack()),),))


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
    handled: HandledUpdates
    deletions: Deletions | None = None


@dataclass(frozen=True, slots=True)
class Greeting:
    """A greeting on the screen."""

    message_id: int
    at: datetime
    revision: int
    people: tuple[User, ...]


class Greeter:
    """The handlers, and their memory: what was told before, which greeting is fresh, where greeting is refused."""

    def __init__(self) -> None:
        self._duplicates: Duplicates[tuple[str, int, int]] = Duplicates()
        self._fresh: LruCache[int, Greeting] = LruCache()
        self._refused: Once[tuple[int, str]] = Once()
        self._following: set[asyncio.Task[None]] = set()

    async def join_told_by_message(
        self,
        message: Message,
        bot: Bot,
        stored: Stored,
        words: Words,
        update_id: int,
        handled: HandledUpdates,
        deletions: Deletions,
    ) -> None:
        """A service message says who came."""
        new = tuple(message.new_chat_members or ())
        await self._welcome(
            Occasion(bot, message.chat, stored, words, message.date, new, "message", update_id, handled, deletions)
        )

    async def join_told_by_update(
        self,
        event: ChatMemberUpdated,
        bot: Bot,
        stored: Stored,
        words: Words,
        update_id: int,
        handled: HandledUpdates,
        deletions: Deletions,
    ) -> None:
        """Telegram tells an administrator who came, by whatever way."""
        new = (event.new_chat_member.user,)
        await self._welcome(
            Occasion(bot, event.chat, stored, words, event.date, new, "chat_member", update_id, handled, deletions)
        )

    async def leave_told_by_message(
        self, message: Message, bot: Bot, stored: Stored, words: Words, update_id: int, handled: HandledUpdates
    ) -> None:
        """A service message says who went, or was removed by somebody."""
        gone, by = message.left_chat_member, message.from_user
        if gone is not None and by is not None and goes_by_own_will(gone.id, by.id):
            await self._say_goodbye(
                Occasion(bot, message.chat, stored, words, message.date, (gone,), "message", update_id, handled)
            )

    async def leave_told_by_update(
        self, event: ChatMemberUpdated, bot: Bot, stored: Stored, words: Words, update_id: int, handled: HandledUpdates
    ) -> None:
        """Telegram tells an administrator who went, or was removed by somebody."""
        gone = event.new_chat_member.user
        if goes_by_own_will(gone.id, event.from_user.id, event.new_chat_member.status):
            await self._say_goodbye(
                Occasion(bot, event.chat, stored, words, event.date, (gone,), "chat_member", update_id, handled)
            )

    async def _welcome(self, told: Occasion) -> None:
        occasion, config = self._news(told, "join"), told.stored.config
        if config.welcome == "off" or not await self._may_speak(occasion):
            return
        if config.welcome == "newcomer":
            for person in occasion.people:
                await self._say(replace(occasion, people=(person,)), "welcome_text", only=person.id)
        elif not await self._add_to_fresh(occasion):
            await self._say(occasion, "welcome_text")

    async def _say_goodbye(self, told: Occasion) -> None:
        occasion = self._news(told, "leave")
        if told.stored.config.goodbye and await self._may_speak(occasion):
            await self._say(occasion, "goodbye_text")

    @staticmethod
    async def _may_speak(occasion: Occasion) -> bool:
        """Say whether there is somebody to speak to, in time, and for the first time since the update came."""
        if not occasion.people or datetime.now(UTC) - occasion.at > TOO_LATE:
            return False
        return await occasion.handled.claim(occasion.update_id)

    def _news(self, told: Occasion, what: str) -> Occasion:
        """Leave out bots, and who was told of before."""
        new = tuple(
            person
            for person in told.people
            if not person.is_bot
            and self._duplicates.is_news((what, told.chat.id, person.id), told.way, told.update_id, told.at)
        )
        return replace(told, people=new)

    async def _add_to_fresh(self, occasion: Occasion) -> bool:
        """Add who joined to a greeting of moments ago; False where there is none to add to."""
        fresh = self._fresh.get(occasion.chat.id)
        if fresh is None or fresh.revision != occasion.stored.revision or occasion.at - fresh.at > TOGETHER:
            return False
        everybody = replace(fresh, people=(*fresh.people, *occasion.people))
        self._fresh.put(occasion.chat.id, everybody)
        if len(fresh.people) > MOST_NAMES:
            # It says "and others" already.
            return True
        screen = await self._screen(replace(occasion, people=everybody.people), "welcome_text")
        try:
            edited = await occasion.bot.edit_message_text(
                screen.text,
                chat_id=occasion.chat.id,
                message_id=fresh.message_id,
                reply_markup=screen.markup(),
                link_preview_options=NO_PREVIEW,
            )
        except TelegramAPIError:
            return False
        # False: somebody deleted it.
        return edited is not False

    async def _say(self, occasion: Occasion, key: Key, only: int | None = None) -> None:
        """Send a greeting; where that is refused, say so in the log once a chat."""
        screen = await self._screen(occasion, key)
        chat_id = occasion.chat.id
        try:
            sent = await occasion.bot.send_message(
                chat_id,
                screen.text,
                reply_markup=screen.markup(),
                ephemeral_message_parameters=EphemeralMessageParameters(receiver_user_id=only) if only else None,
                link_preview_options=NO_PREVIEW,
            )
        except Later as later:
            task = asyncio.create_task(self._follow(occasion, key, later.outcome))
            self._following.add(task)
            task.add_done_callback(self._following.discard)
        except TelegramAPIError as error:
            if self._refused((chat_id, key)):
                logger.info("Chat %s: its %s could not be said: %s", chat_id, key, error)
        else:
            await self._remember(occasion, key, sent)

    async def _follow(self, occasion: Occasion, key: Key, outcome: asyncio.Future[Message]) -> None:
        """Wait for a greeting that has to wait for Telegram's pace."""
        await asyncio.wait([outcome])
        if not outcome.cancelled() and outcome.exception() is None:
            await self._remember(occasion, key, outcome.result())

    async def _remember(self, occasion: Occasion, key: Key, sent: Message) -> None:
        """A greeting is on the screen: others may be added to it, and it may be removed later."""
        if key != "welcome_text":
            return
        if sent.ephemeral_message_id is None:
            fresh = Greeting(sent.message_id, occasion.at, occasion.stored.revision, occasion.people)
            self._fresh.put(occasion.chat.id, fresh)
        seconds = occasion.stored.config.welcome_delete_after
        if seconds and occasion.deletions is not None:
            try:
                await occasion.deletions.schedule(sent, timedelta(seconds=seconds))
            except Unavailable:
                logger.warning("Chat %s: a greeting will not be removed, the database is away", occasion.chat.id)

    async def _screen(self, occasion: Occasion, key: Key) -> Screen:
        text, config = text_of(occasion.stored, key, occasion.words), occasion.stored.config
        members = await _member_count(occasion) if "{members}" in text else None
        people = [(person.id, person.full_name) for person in occasion.people]
        local = occasion.at.astimezone(ZoneInfo(config.timezone))
        filled = fill(text, fillings(people, occasion.chat.title or "", members, local, occasion.words))
        if key == "goodbye_text":
            return Screen(filled)
        return replace(rules_row(config, occasion.words, occasion.chat.id), text=filled)


async def _member_count(occasion: Occasion) -> int | None:
    try:
        return await occasion.bot.get_chat_member_count(occasion.chat.id)
    except TelegramAPIError:
        return None
