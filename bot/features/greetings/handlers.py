"""Greetings: a welcome for people who join and a goodbye for people who leave.

A join may be told by a service message, a `chat_member` update, or both; the first one is answered, the other one is
recognised (see `duplicates`), also by another process. People who join while a greeting is fresh are added to it, so
several at once get one.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal

from aiogram import Bot, F, Router
from aiogram.enums import ChatMemberStatus, ChatType
from aiogram.filters import JOIN_TRANSITION, LEAVE_TRANSITION, ChatMemberUpdatedFilter
from aiogram.types import ChatMemberUpdated, Message

from bot.client.attempts import Verdict
from bot.client.outbox import Outbox
from bot.client.outgoing import MessageKind, Outgoing
from bot.client.rate_limits import SlidingWindow
from bot.features.greetings.duplicates import Duplicates
from bot.features.greetings.occasions import Greeting, Occasion
from bot.lru import LruCache, Once
from bot.settings import settings
from bot.storage.configs.revisions import Stored
from bot.storage.greeted import NOTED_FOR as TOO_LATE
from bot.storage.greeted import Greeted
from bot.telegram.greeting import is_goodbye, one_of_texts, shows_media
from bot.telegram.languages import PersonalWords
from bot.updates.prefilter import Where
from bot.words import Languages

logger = logging.getLogger(__name__)

# Who joins so soon after a greeting is added to it.
TOGETHER = timedelta(seconds=10)
WAIT_SECONDS = 1.0
"""The next join of a chat is handled when its greeting is on the screen, or after so long."""

MOST_IN_CHAT = (6, 60.0)
"""Greetings in so many seconds: a raid is not greeted one by one."""

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


def goes_by_own_will(gone: int, by: int, status: str = ChatMemberStatus.LEFT) -> bool:
    """Say whether somebody left and was not removed; a muted person who leaves stays "restricted" for Telegram."""
    return gone == by and status != ChatMemberStatus.KICKED


class Greeter:
    """The handlers, and their memory: what was told before, which greeting is fresh, how many a chat had lately."""

    def __init__(self) -> None:
        self._duplicates: Duplicates[tuple[str, int, int]] = Duplicates()
        self._fresh: LruCache[int, Greeting] = LruCache()
        self._said: LruCache[int, SlidingWindow] = LruCache()
        self._adding: set[asyncio.Task[None]] = set()
        self._is_news: Once[tuple[int, str, int]] = Once()

    async def join_told_by_message(
        self,
        message: Message,
        bot: Bot,
        stored: Stored,
        languages: Languages,
        personal_words: PersonalWords,
        update_id: int,
        outbox: Outbox,
        greeted: Greeted,
    ) -> None:
        """A service message says who came."""
        new = tuple(message.new_chat_members or ())
        words = languages.everybody
        told = Occasion(bot, message.chat, stored, words, message.date, new, "message", update_id, outbox, greeted)
        await self._welcome(told, personal_words)

    async def join_told_by_update(
        self,
        event: ChatMemberUpdated,
        bot: Bot,
        stored: Stored,
        languages: Languages,
        personal_words: PersonalWords,
        update_id: int,
        outbox: Outbox,
        greeted: Greeted,
    ) -> None:
        """Telegram tells an administrator who came, by whatever way."""
        new = (event.new_chat_member.user,)
        words = languages.everybody
        told = Occasion(bot, event.chat, stored, words, event.date, new, "chat_member", update_id, outbox, greeted)
        await self._welcome(told, personal_words)

    async def leave_told_by_message(
        self,
        message: Message,
        bot: Bot,
        stored: Stored,
        languages: Languages,
        update_id: int,
        outbox: Outbox,
        greeted: Greeted,
    ) -> None:
        """A service message says who went, or was removed by somebody."""
        gone, by = message.left_chat_member, message.from_user
        if gone is not None and by is not None and goes_by_own_will(gone.id, by.id):
            words = languages.everybody
            told = Occasion(
                bot, message.chat, stored, words, message.date, (gone,), "message", update_id, outbox, greeted
            )
            await self._say_goodbye(told)

    async def leave_told_by_update(
        self,
        event: ChatMemberUpdated,
        bot: Bot,
        stored: Stored,
        languages: Languages,
        update_id: int,
        outbox: Outbox,
        greeted: Greeted,
    ) -> None:
        """Telegram tells an administrator who went, or was removed by somebody."""
        gone = event.new_chat_member.user
        if goes_by_own_will(gone.id, event.from_user.id, event.new_chat_member.status):
            words = languages.everybody
            told = Occasion(
                bot, event.chat, stored, words, event.date, (gone,), "chat_member", update_id, outbox, greeted
            )
            await self._say_goodbye(told)

    async def _welcome(self, told: Occasion, personal_words: PersonalWords) -> None:
        config = told.stored.config
        if config.welcome == "off":
            return
        occasion, key = await self._news(told, "join"), one_of_texts(config, "welcome_text", told.update_id)
        if config.welcome == "newcomer":
            for person in occasion.people:
                words = occasion.words
                ours = getattr(config, key) == settings()["welcome_text"].default
                if ours and not occasion.outbox.ephemeral_ignored:  # a chat's own text stays in its language
                    words = personal_words.known(person.id, person.language_code, occasion.chat.id)
                await self._say(replace(occasion, people=(person,), words=words), key, only=person.id)
        elif occasion.people and not await self._add_to_fresh(occasion):
            await self._say(occasion, key)

    async def _say_goodbye(self, told: Occasion) -> None:
        if told.stored.config.goodbye:
            occasion = await self._news(told, "leave")
            if occasion.people:
                await self._say(occasion, one_of_texts(told.stored.config, "goodbye_text", told.update_id))

    async def _news(self, told: Occasion, what: Literal["join", "leave"]) -> Occasion:
        """Leave out bots, and who was told of before; everybody where it is too late, or no more would be shown."""
        new = {
            person.id: person
            for person in told.people
            if not person.is_bot
            and not self._duplicates.told((what, told.chat.id, person.id), told.way, told.update_id, told.at)
        }
        if not new or datetime.now(UTC) - told.at > TOO_LATE:
            return replace(told, people=())
        shows = self._shows_more(told, what)
        first = await told.first_told(what, new) if shows else set(new)
        for person_id in first:
            self._duplicates.note((what, told.chat.id, person_id), told.way, told.at)
        return replace(told, people=tuple(new[each] for each in new if each in first) if shows else ())

    def _shows_more(self, told: Occasion, what: str) -> bool:
        """Say whether the chat is to see more of what happens: not every one of a raid is worth a row."""
        fresh = self._fresh_for(told) if what == "join" else None
        now = asyncio.get_running_loop().time()
        return self._share(told.chat.id).free_at(now) <= now if fresh is None else not fresh.full

    def _fresh_for(self, occasion: Occasion) -> Greeting | None:
        """Return the greeting of moments ago to which who joined is added."""
        fresh = self._fresh.get(occasion.chat.id)
        if fresh is None or fresh.revision != occasion.stored.revision or occasion.at - fresh.at > TOGETHER:
            return None
        return fresh

    async def _add_to_fresh(self, occasion: Occasion) -> bool:
        """Add who joined to a greeting of moments ago; False where there is none to add to."""
        fresh = self._fresh_for(occasion)
        if fresh is None:
            return False
        if not fresh.full:
            fresh.people = (*fresh.people, *occasion.people)
            if fresh.message_id:
                await self._add(occasion, fresh)
        return True

    async def _add(self, occasion: Occasion, fresh: Greeting) -> None:
        """Write who joined into a greeting, too; where that was deleted, greet them alone."""
        members = await occasion.member_count(fresh.key)
        await occasion.note_shown(fresh.people[fresh.shown :])
        # After all waiting: who joins meanwhile is in what is written last.
        people, unseen = fresh.people, fresh.people[fresh.shown :]
        everybody = occasion.composed(fresh.key, people, members)
        alone = occasion.composed(fresh.key, unseen, members)
        chat_id, after = occasion.chat.id, float(occasion.stored.config.welcome_delete_after)
        edit = everybody.edit(chat_id, fresh.message_id, caption=fresh.captioned)
        noted = partial(self._note_added, occasion, fresh, len(people), len(unseen))
        calls = (edit, *occasion.calls(alone))
        added = Outgoing(MessageKind.REDRAW, calls, delete_after_seconds=after, on_sent=noted)
        occasion.outbox.deliver(added)

    async def _say(self, occasion: Occasion, key: str, only: int | None = None) -> None:
        """Send a greeting, unless the chat had its share of them."""
        share, now = self._share(occasion.chat.id), asyncio.get_running_loop().time()
        if share.free_at(now) > now:
            return
        share.count(now)
        composed = occasion.composed(key, occasion.people, await occasion.member_count(key))
        calls = occasion.calls(composed, only={"receiver_user_id": only} if only else None)
        if is_goodbye(key):
            noted = partial(self._note_lacks, occasion, key)
            occasion.outbox.deliver(Outgoing(MessageKind.GREETING, calls, on_sent=noted))
            return
        fresh = Greeting(occasion.at, occasion.stored.revision, key, occasion.people)
        if only is None:
            self._fresh.put(occasion.chat.id, fresh)
        after = float(occasion.stored.config.welcome_delete_after)
        noted = partial(self._note_sent, occasion, fresh)
        said = Outgoing(MessageKind.GREETING, calls, delete_after_seconds=after, on_sent=noted)
        sent = occasion.outbox.deliver(said)
        outcome = await occasion.outbox.outcome(sent, WAIT_SECONDS) if sent is not None else None
        said_before = outcome is not None and outcome.verdict is Verdict.SENT and outcome.result is None
        if said_before and self._fresh.peek(occasion.chat.id) is fresh:
            self._fresh.pop(occasion.chat.id)  # by a process that is gone: which message it is, nobody knows

    def _note_sent(self, occasion: Occasion, fresh: Greeting, sent: Any) -> None:
        """Note which message a greeting became, and add who joined while it had to wait."""
        fresh.note_sent(len(occasion.people), sent)
        self._note_lacks(occasion, fresh.key, sent)
        if fresh.message_id and len(fresh.people) > fresh.shown:
            adding = asyncio.create_task(self._add(occasion, fresh))
            self._adding.add(adding)
            adding.add_done_callback(self._adding.discard)

    def _note_added(self, occasion: Occasion, fresh: Greeting, people: int, unseen: int, sent: Any) -> None:
        fresh.note_added(people, unseen, sent)
        self._note_lacks(occasion, fresh.key, sent)

    def _note_lacks(self, occasion: Occasion, key: str, sent: Any) -> None:
        """Log once that a greeting went out without what it should have shown."""
        if not isinstance(sent, dict):
            return  # which message it is, nobody knows
        wanted, chat_id = settings()[key].media, occasion.chat.id
        if not getattr(occasion.stored.config, wanted) or shows_media(sent):
            return
        if self._is_news((chat_id, wanted, occasion.stored.revision)):
            logger.warning("Chat %d: %s cannot be shown; the greeting was sent without it.", chat_id, wanted)

    def _share(self, chat_id: int) -> SlidingWindow:
        """Return how many greetings a chat had lately."""
        said = self._said.get(chat_id) or SlidingWindow(*MOST_IN_CHAT)
        self._said.put(chat_id, said)
        return said
