"""The bot is added, removed, blocked or unblocked, or a group becomes a supergroup; settings are kept each time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from aiogram import BaseMiddleware, Bot, F, Router
from aiogram.enums import ChatType
from aiogram.exceptions import TelegramAPIError
from aiogram.filters import JOIN_TRANSITION, LEAVE_TRANSITION, ChatMemberUpdatedFilter
from aiogram.types import ChatMemberUpdated, Message, TelegramObject

from bot.client.outbox import Outbox
from bot.client.outgoing import MessageKind, Outgoing
from bot.lru import LruCache
from bot.storage.configs.repository import ChatConfigs
from bot.storage.configs.revisions import Stored
from bot.storage.known_chats import KnownChats
from bot.telegram.access import may_change, standing
from bot.telegram.bot_rights import GRANT_MISSING, add_link, held, missing_right_line, missing_rights
from bot.telegram.callback_data import Action, Press
from bot.telegram.screens import Screen, button, link, message_to
from bot.updates.prefilter import Interest
from bot.words import N_, Html, Languages, Words

logger = logging.getLogger(__name__)

_GROUP = F.chat.type.in_({ChatType.GROUP, ChatType.SUPERGROUP})
_PRIVATE = F.chat.type == ChatType.PRIVATE
# An upgraded group's new id reports the bot as newly come within moments.
_UPGRADE = timedelta(minutes=1)

STANDING_SECONDS = 3.0
"""For so long the word on arrival waits for what Telegram says of the person who added the bot."""


def router() -> Router:
    """Return the routes of this feature."""
    routes, membership = Router(name="membership"), Membership()
    routes.my_chat_member.register(membership.bot_removed, _GROUP | _PRIVATE, ChatMemberUpdatedFilter(LEAVE_TRANSITION))
    routes.my_chat_member.register(membership.bot_added, _GROUP, ChatMemberUpdatedFilter(JOIN_TRANSITION))
    routes.my_chat_member.register(membership.bot_unblocked, _PRIVATE, ChatMemberUpdatedFilter(JOIN_TRANSITION))
    routes.message.register(membership.upgraded_to, F.migrate_to_chat_id)
    routes.message.register(membership.upgraded_from, F.migrate_from_chat_id)
    return routes


def arrival(words: Words, stored: Stored, has: frozenset[str], username: str | None) -> Screen:
    """Return what the bot says when it is added to a group, where it has these of the rights that settings need."""
    missing = missing_rights(stored.config, has)
    lines = [
        words(N_("👋 I am back. Your settings are as you left them."))
        if stored.chosen
        else words(N_("👋 Thanks for adding me! Admins set me up with /settings."))
    ]
    lines += [missing_right_line(words, right, waiting) for right, waiting in missing.items()]
    data = Press(Action.OPEN_STAYING, stored.chat_id, stored.revision).pack()
    rows = [(button(words.plain(N_("⚙️ Settings")), data),)]
    if missing:
        rows.append((link(words.plain(GRANT_MISSING), add_link(username, {*missing, *has})),))
    return Screen(Html("\n".join(lines)), tuple(rows))


class Membership:
    """The handlers. They remember which groups were just upgraded: nobody added the bot to those.

    What is told late or once more, and was followed by something else in its chat, means nothing any more: a removal
    that could not be stored at once may be handled again after the bot was added again.
    """

    def __init__(self) -> None:
        self._upgraded: LruCache[int, datetime] = LruCache()
        self._latest: LruCache[int, tuple[datetime, int]] = LruCache()  # date, in whole seconds, and id of the update

    async def bot_removed(self, event: ChatMemberUpdated, configs: ChatConfigs, update_id: int) -> None:
        """The bot was removed from a group or blocked by a person: what is stored is marked, and goes 30 days later."""
        if self._is_latest(event, update_id):
            await configs.mark_left(event.chat.id, event.date)

    async def bot_unblocked(self, event: ChatMemberUpdated, configs: ChatConfigs, update_id: int) -> None:
        """A person let the bot write again."""
        if self._is_latest(event, update_id):
            await configs.unmark_left(event.chat.id, event.date)

    async def bot_added(
        self,
        event: ChatMemberUpdated,
        bot: Bot,
        outbox: Outbox,
        stored: Stored,
        configs: ChatConfigs,
        known: KnownChats,
        languages: Languages,
        update_id: int,
    ) -> None:
        """The bot was added to a group, or is in it because the group was upgraded."""
        if not self._is_latest(event, update_id):
            return
        await configs.unmark_left(event.chat.id, event.date)
        upgraded = self._upgraded.get(event.chat.id)
        if upgraded is not None and abs(event.date - upgraded) <= _UPGRADE:
            return
        person, chat = event.from_user, event.chat
        # An anonymous admin is a bot here, and has no private chat in which the group could be listed.
        if not person.is_bot and await _may_change(bot, chat.id, person.id, stored):
            await known.remember(person.id, chat.id, chat.title or "")
        # Last: what fails before it is done again, and this is said once.
        screen = arrival(languages.everybody, stored, held(event.new_chat_member), (await bot.me()).username)
        outbox.deliver(Outgoing(MessageKind.ARRIVAL, (message_to(chat.id, screen),)))

    async def upgraded_to(self, message: Message, configs: ChatConfigs) -> None:
        """A group tells the id of the supergroup that it became."""
        if message.migrate_to_chat_id is not None:
            await self._move(configs, message.chat.id, message.migrate_to_chat_id, message.date)

    async def upgraded_from(self, message: Message, configs: ChatConfigs) -> None:
        """A supergroup tells the id of the group that it was, before or after the group itself does."""
        if message.migrate_from_chat_id is not None:
            await self._move(configs, message.migrate_from_chat_id, message.chat.id, message.date)

    def _is_latest(self, event: ChatMemberUpdated, update_id: int) -> bool:
        """Say whether nothing that happened later in the chat was told of before."""
        this, latest = (event.date, update_id), self._latest.get(event.chat.id)
        if latest is not None and this < latest:
            return False
        self._latest.put(event.chat.id, this)
        return True

    async def _move(self, configs: ChatConfigs, old_id: int, new_id: int, at: datetime) -> None:
        self._upgraded.put(new_id, at)
        if await configs.move(old_id, new_id):
            logger.info("Chat %s: is now the supergroup %s.", old_id, new_id)


async def _may_change(bot: Bot, chat_id: int, user_id: int, stored: Stored) -> bool:
    """Say whether somebody may change the settings; False where Telegram does not say so in a moment."""
    try:
        async with asyncio.timeout(STANDING_SECONDS):
            return may_change(await standing(bot, chat_id, user_id), stored.config)
    except (TelegramAPIError, TimeoutError):
        return False


class FalseRemovals(BaseMiddleware):
    """Outer middleware of messages: a chat that messages come from is one that the bot was not removed from.

    Telegram has told bots of removals that did not happen; without this, what is stored of such a chat would be purged.
    """

    def interests(self) -> Iterable[Interest]:
        """Every message of a chat that is marked as left."""
        return [Interest(chats=frozenset({_is_marked_as_left}))]

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        """Take the mark off a chat that messages come from."""
        stored: Stored | None = data.get("stored")
        if stored is not None and stored.left_at is not None and isinstance(event, Message):
            is_farewell = event.left_chat_member is not None or event.migrate_to_chat_id is not None
            if event.date > stored.left_at and not is_farewell:
                await data["configs"].unmark_left(event.chat.id, event.date)
                logger.info("Chat %s: messages still come although Telegram told of a removal.", event.chat.id)
        return await handler(event, data)


def _is_marked_as_left(stored: Stored) -> bool:
    return stored.left_at is not None
