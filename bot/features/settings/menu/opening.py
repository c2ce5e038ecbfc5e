"""Opening the menu: by `/settings`, by a public button, by a link into the private chat."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, Message

from bot.errors import Refused
from bot.features.settings.context import Context, Services, said
from bot.features.settings.menu import screens
from bot.features.settings.menu.editors import editor
from bot.features.settings.menu.groups import list_group
from bot.storage.configs.revisions import Stored
from bot.telegram.callback_data import Action, Press, from_base36, to_base36
from bot.telegram.screens import (
    Screen,
    answer,
    answer_press,
    button,
    close,
    is_private,
    link,
    post,
    reply,
    say,
)
from bot.words import N_, Words

_LINK = re.compile(r"s_(-?[0-9a-z]{1,12})")
PUBLIC_BUTTON_SECONDS = 120.0
"""So long a button stands in the group that opens the settings for whoever presses it, unless it is used before."""


async def open_menu(message: Message, ctx: Context) -> None:
    """`/settings`: shown to its author only; where that is impossible, a button that opens a view of one's own."""
    view = ctx.view
    place = view.stored.config.menu_place
    if is_private(message):
        ctx.reply(message, screens.home)
    elif place == "group":
        post(ctx.outbox, message, *said(screens.home, view))
    elif place == "private":
        answer(ctx.outbox, message, await way_to_private(ctx), ctx.languages)
    else:
        openly = partial(public_button, view.stored)
        answer(ctx.outbox, message, *said(screens.home, view), openly=openly, openly_seconds=PUBLIC_BUTTON_SECONDS)
    await list_group(ctx)


def open_for_anybody(message: Message, services: Services, draw: Callable[[Words], Screen]) -> None:
    """A button for whoever presses it; it goes away by itself."""
    reply(services.outbox, message, draw, services.languages, delete_after_seconds=PUBLIC_BUTTON_SECONDS)


async def open_own_view(query: CallbackQuery, ctx: Context) -> None:
    """A press on a public button opens the presser's own view; where Telegram is too old, everybody sees it.

    The button may name a setting and a value for it, which another press then sets. It goes away once somebody used it
    who may change settings; others cannot take it from them.
    """
    view, press, draw = ctx.view, ctx.press, screens.home
    if press.key:
        setting = view.setting(press.key)
        offered = setting.kind.unpack(press.value) if press.value else None
        draw = partial(editor, setting=setting, offered=offered)
    of_words, languages = said(draw, view)
    if view.editable:
        stays = press.action == Action.OPEN_STAYING
        gone = None if stays else lambda _sent: close(ctx.outbox, query)
        answer_press(ctx.outbox, query, of_words, languages, openly=of_words, on_sent=gone)
    else:
        answer_press(ctx.outbox, query, of_words, languages, in_place=True)
    say(ctx.outbox, query)
    await list_group(ctx)


async def open_linked(message: Message, command: CommandObject, services: Services) -> None:
    """`/start s_CHAT`, sent by a link in a group: the menu of that group, in private."""
    match = _LINK.fullmatch(command.args or "")
    if match is None:
        raise Refused(N_("This link is not complete. Send /settings to choose a group."))
    ctx = await services.open_for_author(message, from_base36(match[1]))
    ctx.reply(message, screens.home)
    await list_group(ctx)


async def way_to_private(ctx: Context) -> Callable[[Words], Screen]:
    """Return the link to the private chat that opens the menu of this chat."""
    url = f"https://t.me/{(await ctx.bot.me()).username}?start=s_{to_base36(ctx.view.chat_id)}"
    return lambda words: Screen(
        words(N_("This group's settings open in private.")), ((link(words.plain(N_("⚙️ Open in private")), url),),)
    )


def public_button(stored: Stored, words: Words) -> Screen:
    """Return the button that opens a view of one's own."""
    data = Press(Action.OPEN, stored.chat_id, stored.revision).pack()
    return Screen(words(N_("⚙️ Press to open the settings.")), ((button(words.plain(N_("⚙️ Settings")), data),),))
