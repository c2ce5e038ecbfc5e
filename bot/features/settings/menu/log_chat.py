"""Choosing the channel or group that is told of changes, in Telegram's chat picker.

The picker is a button below the text field of the private chat, and comes back with a number of 32 bits: by that the
group is found among those of the person, so that nothing has to be remembered. A made-up number is harmless, since the
rights are asked for in both chats.
"""

from __future__ import annotations

import re
import zlib
from functools import partial

from aiogram.filters import CommandObject
from aiogram.types import (
    CallbackQuery,
    ChatAdministratorRights,
    KeyboardButton,
    KeyboardButtonRequestChat,
    Message,
    ReplyKeyboardMarkup,
)
from aiogram.utils.deep_linking import create_start_link

from bot.errors import Refused
from bot.features.settings.changing import change
from bot.features.settings.context import Context, Services
from bot.features.settings.menu.editors import editor, saved
from bot.features.settings.menu.groups import list_group, remove_keyboard, send_keyboard
from bot.features.settings.view import View
from bot.kinds.destinations import log_chat_value
from bot.telegram.access import author
from bot.telegram.callback_data import from_base36, to_base36
from bot.telegram.screens import Screen, say
from bot.words import N_

KEY = "log_chat"
LINK = re.compile(r"l_(-[0-9a-z]{1,12})")
_MOST_GROUPS = 1_000
_NONE = {right: False for right in ChatAdministratorRights.model_fields if right.startswith("can_")}


async def choose(query: CallbackQuery, ctx: Context) -> None:
    """The button of the editor: the picker in private, from a group the way there."""
    if ctx.view.in_private:
        await _send_picker(ctx)
        say(ctx.outbox, query)
    else:
        say(ctx.outbox, query, url=await create_start_link(ctx.bot, f"l_{to_base36(ctx.view.chat_id)}"))


async def open_linked(message: Message, command: CommandObject, services: Services) -> None:
    """`/start l_CHAT`: the picker for that group."""
    match = LINK.fullmatch(command.args or "")
    if match is None:
        raise Refused(N_("This link is not complete. Send /settings to choose a group."))
    await _send_picker(await services.open_for_author(message, from_base36(match[1]), change=True))


async def take_picked(message: Message, services: Services) -> None:
    """A channel or group was chosen: changes of the group are logged there from now on."""
    person, shared = author(message), message.chat_shared
    if person is None or shared is None:
        return
    remove_keyboard(services, message.chat.id)
    groups = await services.known_chats.of(person.id, limit=_MOST_GROUPS)
    group = next((one.chat_id for one in groups if _number(one.chat_id) == shared.request_id & ~1), None)
    if group is None:
        raise Refused(N_("It is not clear any more which group this is for. Send /settings to choose it."))
    ctx = await services.open(person, group, change=True, in_private=True)
    title = shared.title or await ctx.known_names.title(ctx.bot, shared.chat_id)
    fresh, _ = await change(ctx, {KEY: log_chat_value(shared.chat_id, title)}, via="menu")
    ctx.reply(message, partial(_chosen, fresh))


def _chosen(fresh: View, view: View) -> Screen:
    shown = fresh.said_in(view.words)
    setting = shown.setting(KEY)
    return editor(shown, setting, saved(shown, setting))


async def _send_picker(ctx: Context) -> None:
    await list_group(ctx)
    words, number = ctx.words, _number(ctx.view.chat_id)
    posting = ChatAdministratorRights.model_validate({"is_anonymous": False, **_NONE, "can_post_messages": True})
    admin = ChatAdministratorRights.model_validate({"is_anonymous": False, **_NONE})
    channel = KeyboardButtonRequestChat(
        request_id=number,
        chat_is_channel=True,
        user_administrator_rights=posting,
        bot_administrator_rights=posting,
        request_title=True,
    )
    group = KeyboardButtonRequestChat(
        request_id=number | 1,
        chat_is_channel=False,
        user_administrator_rights=admin,
        bot_administrator_rights=admin,
        request_title=True,
    )
    keys = [
        KeyboardButton(text=words.plain(N_("📣 Choose a channel")), request_chat=channel),
        KeyboardButton(text=words.plain(N_("👥 Choose a group")), request_chat=group),
    ]
    text = words(
        N_("Where shall changes in <b>{chat}</b> be logged? Choose with the buttons below the text field."),
        chat=ctx.view.title,
    )
    keyboard = ReplyKeyboardMarkup(keyboard=[[key] for key in keys], resize_keyboard=True, one_time_keyboard=True)
    send_keyboard(ctx, ctx.view.person.id, text, keyboard)


def _number(chat_id: int) -> int:
    """Return the number by which the picker tells for which group it was: even, and none of the other picker's."""
    return (zlib.crc32(str(chat_id).encode()) & 0x7FFFFFFE) | 2
