"""Copying the settings of another chat that the same person may change."""

from __future__ import annotations

from functools import partial

from aiogram.types import CallbackQuery, Message

from bot.errors import NotAllowed
from bot.features.settings.context import Context, Draw
from bot.features.settings.layout import foot, heading, text_of
from bot.features.settings.menu.groups import GroupPage, group_page
from bot.features.settings.transfer.portable import Imported
from bot.features.settings.transfer.preview import Source, preview
from bot.features.settings.view import View
from bot.settings import visible_settings
from bot.telegram.callback_data import Action, chat_in, number_in, to_base36
from bot.telegram.screens import Screen
from bot.words import N_


async def copy_by_command(message: Message, ctx: Context) -> None:
    """`/settings copy` offers the chats to copy from."""
    ctx.answer(message, await _sources(ctx, 0))


async def show_sources(query: CallbackQuery, ctx: Context) -> None:
    """The button of the same name; its value is the page."""
    ctx.show(query, await _sources(ctx, number_in(ctx.press)))


async def preview_copy(query: CallbackQuery, ctx: Context) -> None:
    """A chat was chosen: show what would change here."""
    ctx.show(query, partial(preview, source=await read_chat(ctx, chat_in(ctx.press))))


async def read_chat(ctx: Context, chat_id: int) -> Source:
    """Return what another chat chose; its version is its revision, which may change before Apply."""
    other = (await ctx.open(ctx.view.person, chat_id)).view
    if not other.editable:
        raise NotAllowed(N_("You may not change the settings of the chat you copy from."))
    values = {
        key: other.value(setting)
        for key, setting in visible_settings(private=False).items()
        if other.chosen(setting) and not setting.local
    }
    version = f"{to_base36(chat_id)}:{to_base36(other.stored.revision)}"
    return Source(Imported(values), version, copied=other.title)


async def _sources(ctx: Context, number: int) -> Draw:
    return partial(_listed, page=await group_page(ctx, number))


def _listed(view: View, page: GroupPage) -> Screen:
    words = view.words
    rows = page.rows(
        view,
        lambda chat_id: view.press(Action.COPY_FROM, value=to_base36(chat_id)),
        lambda number: view.press(Action.COPY, value=str(number)),
    )
    text = words(N_("Choose the group whose settings this one should have."))
    if not rows:
        text = words(N_("I know no other group of yours. Send /settings in the one to copy from, then come back."))
    head = heading(view, words(N_("📋 <b>Copy from another group</b>")))
    return Screen(text_of(head, text), (*rows, foot(view, Action.MORE)))
