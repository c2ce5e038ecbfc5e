"""From the private chat: the groups somebody looks after, Telegram's chat picker, and links that lead here."""

from __future__ import annotations

import base64
import re

from aiogram import Bot
from aiogram.filters import CommandObject
from aiogram.types import (
    CallbackQuery,
    ChatAdministratorRights,
    KeyboardButton,
    KeyboardButtonRequestChat,
    Message,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from bot.errors import NotAllowed, Refused
from bot.features.settings import screens
from bot.features.settings.view import View, look
from bot.kinds.filling import safe_name
from bot.storage.configs.repository import ChatConfigs
from bot.storage.known_chats import KnownChat, KnownChats
from bot.telegram.access import author
from bot.telegram.callback_data import UNKNOWN_BUTTON, Press, from_base36, number_in, to_base36
from bot.telegram.names import KnownNames
from bot.telegram.screens import Screen, answer, button, is_private, link, redraw, reply
from bot.words import N_, Words

PAGE = 8
# Bytes of a search that fit into a button beside the page, in base64; what is longer finds what begins so.
_MOST_SEARCHED = 24
LINK = re.compile(r"s_(-?[0-9a-z]{1,12})")
_PICKER = 1


def private_link(username: str | None, chat_id: int) -> str:
    """Return the link that opens the settings of a chat in the private chat with the bot."""
    return f"https://t.me/{username}?start=s_{to_base36(chat_id)}"


async def open_linked(
    message: Message,
    command: CommandObject,
    bot: Bot,
    configs: ChatConfigs,
    known_names: KnownNames,
    words: Words,
) -> None:
    """`/start s_CHAT`, which is what a link in a group does: the menu of that group, in private."""
    match = LINK.fullmatch(command.args or "")
    person = author(message)
    if match is None or person is None:
        raise Refused(N_("This link is not complete. Send /settings to choose a group."))
    view = await look(bot, configs, known_names, words, person, from_base36(match[1]))
    await reply(bot, message, screens.home(view))


async def list_chats(message: Message, rest: str, bot: Bot, words: Words, known: KnownChats) -> None:
    """`/settings chats [SEARCH]`, in private."""
    person = author(message)
    if person is None or not is_private(message):
        raise Refused(N_("Ask me that in our private chat, please."))
    await answer(bot, message, await _listed(known, words, person.id, 0, rest))


async def show_chats(query: CallbackQuery, press: Press, bot: Bot, view: View, known: KnownChats) -> None:
    """A page of the list; the button's value is the page and what was searched for."""
    _require_private(view)
    page, search = _turned(press)
    await redraw(bot, query, await _listed(known, view.words, view.person.id, page, search))
    await query.answer()


async def pick_chat(query: CallbackQuery, bot: Bot, view: View) -> None:
    """Telegram's own chat picker, which offers the groups that the person administers."""
    _require_private(view)
    words = view.words
    rights = {right: False for right in ChatAdministratorRights.model_fields if right.startswith("can_")}
    wanted = ChatAdministratorRights.model_validate({"is_anonymous": False, **rights, "can_change_info": True})
    pick = KeyboardButton(
        text=words.plain(N_("👥 Choose a group")),
        request_chat=KeyboardButtonRequestChat(
            request_id=_PICKER, chat_is_channel=False, bot_is_member=True, user_administrator_rights=wanted
        ),
    )
    keyboard = ReplyKeyboardMarkup(keyboard=[[pick]], resize_keyboard=True, one_time_keyboard=True)
    await bot.send_message(
        view.chat_id, words(N_("Choose the group with the button below the text field.")), reply_markup=keyboard
    )
    await query.answer()


async def open_picked(message: Message, bot: Bot, configs: ChatConfigs, known_names: KnownNames, words: Words) -> None:
    """A group was chosen in the picker: take the picker away and open the menu."""
    person, shared = author(message), message.chat_shared
    if person is None or shared is None:
        return
    await bot.send_message(message.chat.id, words(N_("One moment.")), reply_markup=ReplyKeyboardRemove())
    try:
        view = await look(bot, configs, known_names, words, person, shared.chat_id)
    except NotAllowed:
        raise NotAllowed(N_("I am not in that group, or you may not see its settings. Add me there first.")) from None
    await reply(bot, message, screens.home(view))


async def _listed(known: KnownChats, words: Words, user_id: int, page: int, search: str) -> Screen:
    search = search.encode(errors="ignore")[:_MOST_SEARCHED].decode(errors="ignore")
    found = await known.of(user_id, search=search, offset=page * PAGE, limit=PAGE + 1)
    return chats(words, user_id, found, page, search)


def chats(words: Words, user_id: int, found: list[KnownChat], page: int, search: str) -> Screen:
    """The list: a button for each group, the pages, the picker; one more than a page tells of a next one."""
    rows = [(button(f"👥 {safe_name(one.title)}", Press(screens.HOME, one.chat_id).pack()),) for one in found[:PAGE]]
    turn = []
    if page > 0:
        turn.append(button(words.plain(N_("‹ Previous")), _turn(user_id, page - 1, search)))
    if len(found) > PAGE:
        turn.append(button(words.plain(N_("Next ›")), _turn(user_id, page + 1, search)))
    pick = button(words.plain(N_("🔎 Choose another group")), Press(screens.PICK, user_id).pack())
    back = button(words.plain(N_("‹ Back")), Press(screens.HOME, user_id).pack())
    shut = button(words.plain(N_("✕ Close")), Press(screens.CLOSE, user_id).pack())
    if found:
        text = words(N_("👥 <b>Your groups</b>\n\nSearch them with <code>/settings chats WORD</code>."))
    elif search:
        text = words(N_("👥 <b>Your groups</b>\n\nNone of them is called like {search}."), search=search[:64])
    else:
        text = words(
            N_(
                "👥 <b>Your groups</b>\n\nA group appears here once you opened its settings. "
                "Send /settings there, or choose it now."
            )
        )
    return Screen(text, (*rows, *([tuple(turn)] if turn else []), (pick,), (back, shut)))


def _turn(user_id: int, page: int, search: str) -> str:
    coded = base64.urlsafe_b64encode(search.encode()).decode().rstrip("=")
    return Press(screens.CHATS, user_id, value=f"{page}:{coded}" if coded else str(page)).pack()


def _turned(press: Press) -> tuple[int, str]:
    """Return the page and the search that `_turn` packed; raises `Refused` for anything else."""
    page, _, coded = press.value.partition(":")
    try:
        search = base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode()
    except ValueError:
        raise Refused(UNKNOWN_BUTTON) from None
    return number_in(press._replace(value=page)), search


def _require_private(view: View) -> None:
    if not view.private:
        raise Refused(N_("Ask me that in our private chat, please."))


def way_to_private(words: Words, username: str | None, chat_id: int) -> Screen:
    """Point to the private chat, where the menu of this chat opens."""
    open_there = link(words.plain(N_("⚙️ Open in private")), private_link(username, chat_id))
    return Screen(words(N_("The settings of this chat open in our private chat.")), ((open_there,),))
