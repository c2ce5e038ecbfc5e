"""`/start`, and the answer to what is no command in private."""

from __future__ import annotations

from aiogram import Bot, F, Router
from aiogram.enums import ChatType
from aiogram.filters import Command
from aiogram.types import Message

from bot.client.outbox import Outbox
from bot.telegram.bot_rights import needed
from bot.telegram.screens import Screen, answer, link
from bot.updates.prefilter import InPrivate
from bot.words import N_, Html, Words

_PRIVATE = F.chat.type == ChatType.PRIVATE


def router() -> Router:
    """Return the routes of this feature. Deep links of other features have to stand before it."""
    routes = Router(name="start")
    routes.message.register(start_in_private, Command("start", ignore_case=True), _PRIVATE)
    routes.message.register(start_in_group, Command("start", ignore_case=True))
    # The last route of all messages.
    routes.message.register(say_something_else, InPrivate(), F.text | F.sticker | F.photo | F.voice | F.document)
    return routes


def add_me_link(username: str) -> str:
    """Return the link that adds the bot to a group with exactly the rights its settings need.

    Without a parameter Telegram sends no /start to the group, where being added is answered already.
    """
    rights = "+".join(right.removeprefix("can_") for right in needed())
    return f"https://t.me/{username}?startgroup&admin={rights}"


def introduction(words: Words, username: str) -> Screen:
    """Return what `/start` answers in private."""
    lines = [
        words(
            N_(
                "👋 Hello! I look after groups: I greet newcomers, tell the rules, keep the chat tidy and stay "
                "quiet at night."
            )
        ),
        words(
            N_(
                "Everything is set in the group itself, in two taps and seen by nobody else: add me, then send "
                "/settings there. Every change can be undone."
            )
        ),
        words(N_("Your own settings, such as your time zone, are behind /settings here. More: /help, /privacy")),
    ]
    add = link(words.plain(N_("➕ Add me to a group")), add_me_link(username))
    return Screen(Html("\n\n".join(lines)), ((add,),))


async def start_in_private(message: Message, bot: Bot, outbox: Outbox, words: Words) -> None:
    """Somebody opens the private chat, with or without a parameter that means nothing here."""
    answer(outbox, message, introduction(words, (await bot.me()).username or ""))


async def start_in_group(message: Message, outbox: Outbox, words: Words) -> None:
    """Somebody sends /start in a group."""
    answer(outbox, message, Screen(words(N_("I am here. /settings shows what I can do in this group."))))


async def say_something_else(message: Message, outbox: Outbox, words: Words) -> None:
    """Somebody writes something in private that no other handler took."""
    hint = words(
        N_("I understand commands only. /settings opens your settings and your groups, /help shows what I can do.")
    )
    answer(outbox, message, Screen(hint))
