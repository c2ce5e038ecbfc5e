"""`/start`, and the answer to what is no command in private."""

from __future__ import annotations

from collections.abc import Sequence

from aiogram import Bot, F, Router
from aiogram.enums import ChatType
from aiogram.filters import Command
from aiogram.types import Message

from bot.client.outbox import Outbox
from bot.errors import Unavailable
from bot.kinds.filling import safe_name
from bot.storage.known_chats import KnownChat, KnownChats
from bot.telegram.bot_rights import add_link, needed
from bot.telegram.callback_data import Action, Press
from bot.telegram.screens import Button, Screen, answer, button, link
from bot.updates.prefilter import InPrivate
from bot.words import N_, Html, Languages, Words

_PRIVATE = F.chat.type == ChatType.PRIVATE
_MOST_LISTED = 6


def router() -> Router:
    """Return the routes of this feature. Deep links of other features have to stand before it."""
    routes = Router(name="start")
    routes.message.register(start_in_private, Command("start", ignore_case=True), _PRIVATE)
    routes.message.register(start_in_group, Command("start", ignore_case=True))
    # The last route of all messages.
    routes.message.register(say_something_else, InPrivate(), F.text | F.sticker | F.photo | F.voice | F.document)
    return routes


def introduction(words: Words, username: str) -> Screen:
    """Return what `/start` answers in private to somebody who has no group yet."""
    lines = [
        words(
            N_(
                "👋 Hello! I help you run a group: I greet new members, show the rules, delete “joined” and “left” "
                "messages, and make no sound at night."
            )
        ),
        words(
            N_("Add me to your group and send /settings there. Only you see the menu, and every change can be undone.")
        ),
        _also(words),
    ]
    return Screen(Html("\n\n".join(lines)), (_add_row(words, username),))


def your_groups(words: Words, username: str, person_id: int, groups: Sequence[KnownChat]) -> Screen:
    """Return what `/start` answers in private to somebody who has groups: a button for each, up to a number."""
    text = words(N_("👋 Hello! Choose a group to see and change its settings."))
    rows: list[tuple[Button, ...]] = [
        (button(f"👥 {safe_name(one.title)}", Press(Action.HOME, one.chat_id).pack()),) for one in groups[:_MOST_LISTED]
    ]
    if len(groups) > _MOST_LISTED:
        rows.append((button(words.plain(N_("👥 All your groups")), Press(Action.CHATS, person_id).pack()),))
    return Screen(Html(f"{text}\n\n{_also(words)}"), (*rows, _add_row(words, username)))


def _also(words: Words) -> Html:
    return words(N_("/settings here opens your own settings, such as your time zone. See also /help and /privacy."))


def _add_row(words: Words, username: str) -> tuple[Button]:
    return (link(words.plain(N_("➕ Add me to a group")), add_link(username, needed())),)


async def start_in_private(message: Message, bot: Bot, outbox: Outbox, languages: Languages, known: KnownChats) -> None:
    """Somebody opens the private chat, with or without a parameter that means nothing here."""
    username, person_id = (await bot.me()).username or "", message.chat.id
    try:
        groups = await known.of(person_id, limit=_MOST_LISTED + 1)
    except Unavailable:
        groups = []
    if groups:
        answer(outbox, message, lambda words: your_groups(words, username, person_id, groups), languages)
    else:
        answer(outbox, message, lambda words: introduction(words, username), languages)


async def start_in_group(message: Message, outbox: Outbox, languages: Languages) -> None:
    """Somebody sends /start in a group."""
    text = N_("👋 I am here. /settings opens the settings of this group.")
    answer(outbox, message, lambda words: Screen(words(text)), languages)


async def say_something_else(message: Message, outbox: Outbox, languages: Languages) -> None:
    """Somebody writes something in private that no other handler took."""
    hint = N_("I understand commands only. /settings opens your settings and your groups, /help shows what I can do.")
    answer(outbox, message, lambda words: Screen(words(hint)), languages)
