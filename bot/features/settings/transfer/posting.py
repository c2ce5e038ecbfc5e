"""Showing the card of a chat's settings to one person, and posting it in the chat by a second press."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramNotFound
from aiogram.types import CallbackQuery, EphemeralMessageParameters, Message, ReplyParameters

from bot.errors import Refused
from bot.features.settings.context import Context
from bot.features.settings.layout import close_button
from bot.features.settings.menu.opening import way_to_private
from bot.features.settings.transfer.card import Card, card
from bot.features.settings.view import View
from bot.lru import LruCache
from bot.telegram.callback_data import Action
from bot.telegram.screens import NO_PREVIEW, Screen, answer, button, is_private, quoting, say, topic
from bot.words import N_, Html


async def show_card_by_command(message: Message, ctx: Context) -> None:
    """`/settings card`, seen by nobody else; where Telegram does not allow that, the way to the private chat."""
    view = ctx.view
    only = None if is_private(message) else EphemeralMessageParameters(receiver_user_id=view.person.id)
    quoted = quoting(message) if message.ephemeral_message_id else None
    try:
        await _send(
            ctx.bot, message.chat.id, _card(view), buttons(view), only=only, quoted=quoted, thread=topic(message)
        )
    except TelegramBadRequest:
        await answer(ctx.bot, message, await way_to_private(ctx))


async def show_card_by_press(query: CallbackQuery, ctx: Context) -> None:
    """The button of the same name: a message of its own, so that it can be kept."""
    message, view = query.message, ctx.view
    chat_id = message.chat.id if message else view.person.id
    only = None
    if chat_id < 0:
        only = EphemeralMessageParameters(receiver_user_id=view.person.id, callback_query_id=query.id)
    thread = topic(message) if isinstance(message, Message) else None
    try:
        await _send(ctx.bot, chat_id, _card(view), buttons(view), only=only, thread=thread)
    except TelegramBadRequest:
        raise Refused(N_("I cannot show it to you alone here. Open /settings in our private chat.")) from None
    await query.answer()


def buttons(view: View) -> Screen:
    """Return the buttons under a card; people who may change settings may post it."""
    rows = [(close_button(view),)]
    if view.editable and not view.private:
        post = button(view.words.plain(N_("📣 Post it in the chat")), view.press(Action.POST), "primary")
        rows.insert(0, (post,))
    return Screen(Html(""), tuple(rows))


class Posting:
    """Posts each card that was shown once, however often its button is pressed."""

    def __init__(self) -> None:
        self._posted: LruCache[tuple[int, int, int, float], bool] = LruCache()

    async def post_card(self, query: CallbackQuery, ctx: Context) -> None:
        """Post what holds now for everybody in the chat, in its language."""
        view, shown = ctx.view, query.message
        if not isinstance(shown, Message):
            raise Refused(N_("This card is too old. Send /settings card for a fresh one."))
        number = shown.ephemeral_message_id or shown.message_id
        key = (query.from_user.id, shown.chat.id, number, shown.date.timestamp())
        if self._posted.get(key):
            await say(query, view.words.plain(N_("It stands in the chat already.")))
            return
        thread = topic(shown) if shown.chat.id == view.chat_id else None
        try:
            await _send(ctx.bot, view.chat_id, _card(view.for_everybody()), Screen(Html("")), thread=thread)
        except TelegramBadRequest:
            raise Refused(N_("I may not write in that chat (any more).")) from None
        self._posted.put(key, True)
        await say(query, view.words.plain(N_("✅ Posted.")))


def _card(view: View) -> Card:
    return card(view, datetime.now(UTC))


async def _send(
    bot: Bot,
    chat_id: int,
    shown: Card,
    under: Screen,
    *,
    only: EphemeralMessageParameters | None = None,
    quoted: ReplyParameters | None = None,
    thread: int | None = None,
) -> None:
    """Send a card as a rich message, or as text where the server knows no such thing."""
    around: dict[str, Any] = {
        "reply_markup": under.markup(),
        "message_thread_id": thread,
        "reply_parameters": quoted,
        "ephemeral_message_parameters": only,
    }
    try:
        await bot.send_rich_message(chat_id, shown.rich(), **around)
    except (TelegramNotFound, TelegramBadRequest):
        await bot.send_message(chat_id, shown.html(), link_preview_options=NO_PREVIEW, **around)
