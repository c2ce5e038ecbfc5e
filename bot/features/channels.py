"""Channels, which have no settings: whoever looks for them there is told where they are."""

from __future__ import annotations

import asyncio

from aiogram import Router
from aiogram.filters import Command
from aiogram.types import Message

from bot.client.outbox import Outbox
from bot.client.outgoing import MessageKind, Outgoing
from bot.client.rate_limits import SlidingWindow
from bot.lru import LruCache
from bot.telegram.screens import Screen, message_to
from bot.words import N_, Words

STAYS_SECONDS = 120.0
"""Every subscriber sees the answer, so it is deleted again."""

MOST_IN_ALL = (5, 10.0)
"""Answers in so many seconds: a post has no author whose share could be counted."""


def router() -> Router:
    """Return the routes of this feature."""
    routes, channels = Router(name="channels"), Channels()
    routes.channel_post.register(channels.settings_asked_for, Command("settings", ignore_case=True))
    return routes


class Channels:
    """The handler, and its memory: in which channel its answer stands."""

    def __init__(self) -> None:
        self._stands_until: LruCache[int, float] = LruCache()
        self._said = SlidingWindow(*MOST_IN_ALL)

    async def settings_asked_for(self, message: Message, outbox: Outbox, words: Words) -> None:
        """Somebody posts /settings in a channel."""
        now, channel = asyncio.get_running_loop().time(), message.chat.id
        if message.forward_origin is not None or now < (self._stands_until.get(channel) or 0.0):
            return
        if self._said.free_at(now) > now:
            return
        self._said.count(now)
        self._stands_until.put(channel, now + STAYS_SECONDS)
        text = words(N_("Channels have no settings. Send /settings in your group, or in our private chat."))
        call = message_to(channel, Screen(text)).model_copy(update={"disable_notification": True})
        outbox.deliver(Outgoing(MessageKind.ANSWER, (call,), delete_after_seconds=STAYS_SECONDS))
