"""From the private chat: the groups whose settings somebody opened, and Telegram's chat picker."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from aiogram.types import (
    CallbackQuery,
    ChatAdministratorRights,
    KeyboardButton,
    KeyboardButtonRequestChat,
    Message,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from bot.client.outgoing import MessageKind, Outgoing
from bot.client.raw_call import raw_call
from bot.errors import NotAllowed, Refused, Unavailable
from bot.features.settings.context import Context, Draw, Services
from bot.features.settings.layout import Row, foot, turn_row
from bot.features.settings.menu import screens
from bot.features.settings.view import View
from bot.kinds.filling import safe_name
from bot.storage.known_chats import KnownChat
from bot.telegram.access import author
from bot.telegram.callback_data import UNKNOWN_BUTTON, Action, Press, number_in
from bot.telegram.screens import Screen, button, say
from bot.words import N_, Html

_PAGE = 8
# So many bytes of a search fit into a button in base64; longer ones are cut.
_MOST_SEARCHED = 24
PICKER = 1
"""The number by which the picker tells that it is this one."""

# What takes the picker away has to be a message with words; then these have nothing more to say.
_MOMENT_SECONDS = 1.0


async def list_groups(message: Message, ctx: Context) -> None:
    """`/settings chats [SEARCH]`, in private."""
    ctx.answer(message, await _groups(ctx, 0, ctx.typed.strip()))


async def show_groups(query: CallbackQuery, ctx: Context) -> None:
    """A page of the list; the button's value is the page and what was searched for."""
    _require_private(ctx)
    page, search = _unpack_page(ctx.press)
    ctx.show(query, await _groups(ctx, page, search))


async def pick_group(query: CallbackQuery, ctx: Context) -> None:
    """Telegram's own chat picker, which offers the groups that the person administers."""
    _require_private(ctx)
    words = ctx.words
    rights = {right: False for right in ChatAdministratorRights.model_fields if right.startswith("can_")}
    wanted = ChatAdministratorRights.model_validate({"is_anonymous": False, **rights, "can_change_info": True})
    pick = KeyboardButton(
        text=words.plain(N_("👥 Choose a group")),
        request_chat=KeyboardButtonRequestChat(
            request_id=PICKER, chat_is_channel=False, bot_is_member=True, user_administrator_rights=wanted
        ),
    )
    keyboard = ReplyKeyboardMarkup(keyboard=[[pick]], resize_keyboard=True, one_time_keyboard=True)
    text = words(N_("Choose the group with the button below the text field."))
    send_keyboard(ctx, ctx.view.chat_id, text, keyboard)
    say(ctx.outbox, query)


async def open_picked(message: Message, services: Services) -> None:
    """A group was chosen in the picker: take the picker away and open the menu."""
    person, shared = author(message), message.chat_shared
    if person is None or shared is None:
        return
    remove_keyboard(services, message.chat.id)
    try:
        ctx = await services.open(person, shared.chat_id, in_private=True)
    except NotAllowed:
        raise NotAllowed(N_("I am not in that group, or you may not see its settings. Add me there first.")) from None
    ctx.reply(message, screens.home)
    await list_group(ctx)


async def list_group(ctx: Context) -> None:
    """Put the group that somebody looks at on their list, unless it was put there lately."""
    view, known = ctx.view, ctx.known_names
    if view.private or not view.editable or known.listed(view.person.id, view.chat_id):
        return
    with suppress(Unavailable):  # next time will do: they have their menu
        await ctx.known_chats.remember(view.person.id, view.chat_id, view.title)
        known.note_listed(view.person.id, view.chat_id)


class GroupPage(NamedTuple):
    """A page of a person's groups; one more than it shows tells that there is a next one."""

    number: int
    found: Sequence[KnownChat]

    def rows(self, view: View, open_group: Callable[[int], str], turn_to: Callable[[int], str]) -> list[Row]:
        """Return a button for each group but the one looked at, and the row that turns pages.

        `open_group` and `turn_to` return the callback data for a chat's id and a page's number.
        """
        rows = [
            (button(f"👥 {safe_name(one.title)}", open_group(one.chat_id)),)
            for one in self.found[:_PAGE]
            if one.chat_id != view.chat_id
        ]
        previous = turn_to(self.number - 1) if self.number > 0 else None
        following = turn_to(self.number + 1) if len(self.found) > _PAGE else None
        return [*rows, *turn_row(view.words, previous, following)]


async def group_page(ctx: Context, number: int, search: str = "") -> GroupPage:
    """Return a page of the groups whose settings the person opened."""
    found = await ctx.known_chats.of(ctx.view.person.id, search=search, offset=number * _PAGE, limit=_PAGE + 1)
    return GroupPage(number, found)


async def _groups(ctx: Context, number: int, search: str) -> Draw:
    search = search.encode(errors="ignore")[:_MOST_SEARCHED].decode(errors="ignore")
    page = await group_page(ctx, number, search)
    return lambda view: _listed(view, page, search)


def _listed(view: View, page: GroupPage, search: str) -> Screen:
    words = view.words
    rows = page.rows(
        view,
        lambda chat_id: Press(Action.HOME, chat_id).pack(),
        lambda number: view.press(Action.CHATS, value=_pack_page(number, search)),
    )
    if rows:
        text = words(N_("👥 <b>Your groups</b>\n\nChoose one, or search: <code>/settings chats WORD</code>."))
    elif search:
        text = words(N_("👥 <b>Your groups</b>\n\nNo group matches “{search}”."), search=search[:64])
    else:
        text = words(
            N_(
                "👥 <b>Your groups</b>\n\nThere are none yet. Add me to your group and send /settings there, or "
                "choose it here."
            )
        )
    pick = button(words.plain(N_("🔎 Choose another group")), view.press(Action.PICK))
    return Screen(text, (*rows, (pick,), foot(view, Action.CHATS if search else Action.HOME)))


def _pack_page(page: int, search: str) -> str:
    coded = base64.urlsafe_b64encode(search.encode()).decode().rstrip("=")
    return f"{page}:{coded}" if coded else str(page)


def _unpack_page(press: Press) -> tuple[int, str]:
    """Return the page and the search that `_pack_page` packed; raises `Refused` for anything else."""
    page, _, coded = press.value.partition(":")
    try:
        search = base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode()
    except ValueError:
        raise Refused(UNKNOWN_BUTTON) from None
    return number_in(press._replace(value=page)), search


def _require_private(ctx: Context) -> None:
    if not ctx.view.private:
        raise Refused(N_("Ask me that in our private chat, please."))


def remove_keyboard(services: Services, chat_id: int) -> None:
    """Take away what stands below the text field."""
    text = services.words(N_("One moment."))
    send_keyboard(services, chat_id, text, ReplyKeyboardRemove(), delete_after_seconds=_MOMENT_SECONDS)


def send_keyboard(
    services: Services,
    chat_id: int,
    text: Html,
    keyboard: ReplyKeyboardMarkup | ReplyKeyboardRemove,
    *,
    delete_after_seconds: float = 0.0,
) -> None:
    """Send a text with what is to stand below the text field."""
    markup = keyboard.model_dump(mode="json", exclude_none=True)
    call = raw_call("sendMessage", chat_id=chat_id, text=text, parse_mode="HTML", reply_markup=markup)
    services.outbox.deliver(Outgoing(MessageKind.ANSWER, (call,), delete_after_seconds=delete_after_seconds))
