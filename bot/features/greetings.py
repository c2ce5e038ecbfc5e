"""Greetings: a welcome for who joins and a goodbye for who leaves.

A join may be told by a service message, a `chat_member` update, or both; the first one is answered, the other one is
recognised (`bot.telegram.doubles`). Who joins while a greeting is fresh is added to it, so several at once get one.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from aiogram import Bot, F, Router
from aiogram.enums import ChatMemberStatus, ChatType
from aiogram.exceptions import TelegramAPIError
from aiogram.filters import JOIN_TRANSITION, LEAVE_TRANSITION, ChatMemberUpdatedFilter
from aiogram.types import Chat, ChatMemberUpdated, EphemeralMessageParameters, Message, User

from bot.kinds.filling import Filling, fill, tame
from bot.settings import PLACEHOLDERS, ChatConfig
from bot.storage.revisions import Stored
from bot.telegram.doubles import Doubles
from bot.telegram.presses import SHOW_RULES, Press
from bot.telegram.recent import Once, Recent
from bot.telegram.screens import NO_PREVIEW, Screen, button
from bot.words import N_, Html, Words, escape

log = logging.getLogger(__name__)

MOST_NAMES = 5
# Who joins so soon after a greeting is added to it.
TOGETHER = timedelta(seconds=10)
# After an outage, nobody wants to be greeted for a join of long ago.
TOO_LATE = timedelta(hours=1)
MONTHS = (
    *(N_("January"), N_("February"), N_("March"), N_("April"), N_("May"), N_("June"), N_("July")),
    *(N_("August"), N_("September"), N_("October"), N_("November"), N_("December")),
)
_GROUP = F.chat.type.in_({ChatType.GROUP, ChatType.SUPERGROUP})


def router() -> Router:
    """Return the routes of this feature."""
    routes, greeter = Router(name="greetings"), Greeter()
    routes.message.register(greeter.join_told_by_message, _GROUP, F.new_chat_members)
    routes.message.register(greeter.leave_told_by_message, _GROUP, F.left_chat_member)
    routes.chat_member.register(greeter.join_told_by_update, _GROUP, ChatMemberUpdatedFilter(JOIN_TRANSITION))
    routes.chat_member.register(greeter.leave_told_by_update, _GROUP, ChatMemberUpdatedFilter(LEAVE_TRANSITION))
    return routes


def text_of(stored: Stored, key: Literal["welcome_text", "goodbye_text"], words: Words) -> str:
    """Return a greeting as the chat chose it; our own is said in the chat's language."""
    text: str = getattr(stored.config, key)
    if key in stored.chosen:
        return text
    return words.plain(text, **{name: f"{{{name}}}" for name in PLACEHOLDERS})


def enumerated(people: Sequence[Html], words: Words) -> Html:
    """Return "Anna", "Anna and Ben", "Anna, Ben and Cem", or the first ones "and others"."""
    if len(people) > MOST_NAMES:
        return words(N_("{names} and others"), names=Html(", ".join(people[:MOST_NAMES])))
    if len(people) > 1:
        return words(N_("{names} and {last}"), names=Html(", ".join(people[:-1])), last=people[-1])
    return people[0]


def fillings(
    people: Sequence[tuple[int, str]], chat: str, members: int | None, at: datetime, words: Words
) -> dict[str, Filling]:
    """Return what stands in for each placeholder. `people` are ids and names; `at` is in the chat's time zone."""
    names = [tame(name) or words.plain(N_("somebody")) for _, name in people]
    links = [
        Html(f'<a href="tg://user?id={person}">{escape(name)}</a>')
        for (person, _), name in zip(people, names, strict=True)
    ]
    # Enumerated as if they were HTML, so that nothing is escaped twice.
    plain = str(enumerated([Html(name) for name in names], words))
    month = words.plain(MONTHS[at.month - 1])
    return {
        "name": Filling(plain),
        "mention": Filling(plain, enumerated(links, words)),
        "chat": Filling(tame(chat)),
        "members": Filling("?" if members is None else str(members)),
        "date": Filling(words.plain(N_("{day} {month} {year}"), day=at.day, month=month, year=at.year)),
        "time": Filling(at.strftime("%H:%M")),
    }


def rules_row(config: ChatConfig, words: Words, chat_id: int) -> Screen:
    """Return an empty screen with the rules button, where the chat has both rules and the button."""
    if not config.rules_button or not config.rules_text:
        return Screen(Html(""))
    return Screen(Html(""), ((button(words.plain(N_("📜 Rules")), Press(SHOW_RULES, chat_id).pack()),),))


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
        self._doubles: Doubles[tuple[str, int, int]] = Doubles()
        self._fresh: Recent[int, Greeting] = Recent()
        self._refused: Once[tuple[int, str]] = Once()

    async def join_told_by_message(
        self, message: Message, bot: Bot, stored: Stored, words: Words, update_id: int
    ) -> None:
        """A service message says who came."""
        people = tuple(message.new_chat_members or ())
        await self._welcome(Occasion(bot, message.chat, stored, words, message.date, people, "message", update_id))

    async def join_told_by_update(
        self, event: ChatMemberUpdated, bot: Bot, stored: Stored, words: Words, update_id: int
    ) -> None:
        """Telegram tells an administrator who came, by whatever way."""
        people = (event.new_chat_member.user,)
        await self._welcome(Occasion(bot, event.chat, stored, words, event.date, people, "chat_member", update_id))

    async def leave_told_by_message(
        self, message: Message, bot: Bot, stored: Stored, words: Words, update_id: int
    ) -> None:
        """A service message says who went, or was removed by somebody."""
        gone, by = message.left_chat_member, message.from_user
        if gone is not None and by is not None and gone.id == by.id:
            await self._say_goodbye(
                Occasion(bot, message.chat, stored, words, message.date, (gone,), "message", update_id)
            )

    async def leave_told_by_update(
        self, event: ChatMemberUpdated, bot: Bot, stored: Stored, words: Words, update_id: int
    ) -> None:
        """Telegram tells an administrator who went, or was removed by somebody."""
        gone = event.new_chat_member.user
        if gone.id == event.from_user.id and event.new_chat_member.status == ChatMemberStatus.LEFT:
            await self._say_goodbye(
                Occasion(bot, event.chat, stored, words, event.date, (gone,), "chat_member", update_id)
            )

    async def _welcome(self, told: Occasion) -> None:
        occasion, config = self._news(told, "join"), told.stored.config
        if not occasion.people or config.welcome == "off" or datetime.now(UTC) - told.at > TOO_LATE:
            return
        if config.welcome == "newcomer":
            for person in occasion.people:
                await self._say(replace(occasion, people=(person,)), "welcome_text", only=person.id)
        elif not await self._add_to_fresh(occasion):
            sent = await self._say(occasion, "welcome_text")
            if sent is not None:
                fresh = Greeting(sent.message_id, told.at, told.stored.revision, occasion.people)
                self._fresh.put(told.chat.id, fresh)

    async def _say_goodbye(self, told: Occasion) -> None:
        occasion = self._news(told, "leave")
        if occasion.people and told.stored.config.goodbye and datetime.now(UTC) - told.at <= TOO_LATE:
            await self._say(occasion, "goodbye_text")

    def _news(self, told: Occasion, what: str) -> Occasion:
        """Leave out bots, and who was told of before."""
        new = tuple(
            person
            for person in told.people
            if not person.is_bot
            and self._doubles.is_news((what, told.chat.id, person.id), told.way, told.update_id, told.at)
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
            await occasion.bot.edit_message_text(
                screen.text,
                chat_id=occasion.chat.id,
                message_id=fresh.message_id,
                reply_markup=screen.markup(),
                link_preview_options=NO_PREVIEW,
            )
        except TelegramAPIError:
            return False
        return True

    async def _say(
        self, occasion: Occasion, key: Literal["welcome_text", "goodbye_text"], only: int | None = None
    ) -> Message | None:
        """Send a greeting; where that is refused, say so in the log once a chat."""
        screen = await self._screen(occasion, key)
        chat_id = occasion.chat.id
        try:
            return await occasion.bot.send_message(
                chat_id,
                screen.text,
                reply_markup=screen.markup(),
                ephemeral_message_parameters=EphemeralMessageParameters(receiver_user_id=only) if only else None,
                link_preview_options=NO_PREVIEW,
            )
        except TelegramAPIError as error:
            if self._refused((chat_id, key)):
                log.info("Chat %s: its %s could not be said: %s", chat_id, key, error)
            return None

    async def _screen(self, occasion: Occasion, key: Literal["welcome_text", "goodbye_text"]) -> Screen:
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
