"""Showing the card of a chat's settings to one person, and posting it in the chat by a second press."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from aiogram.types import CallbackQuery, Message

from bot.client.attempts import Verdict
from bot.client.methods import Method
from bot.client.outgoing import MessageKind, Outgoing
from bot.client.raw_call import raw_call
from bot.errors import Refused
from bot.features.settings.context import Context
from bot.features.settings.layout import close_button
from bot.features.settings.menu.opening import way_to_private
from bot.features.settings.transfer.card import Card, card
from bot.features.settings.view import View
from bot.lru import LruCache
from bot.telegram.callback_data import Action
from bot.telegram.screens import Json, Screen, button, is_private, message_to, say, topic
from bot.words import N_, Html

WAIT_SECONDS = 2.0
"""To see whether the bot may write in the chat at all."""


async def show_card_by_command(message: Message, ctx: Context) -> None:
    """`/settings card`, seen by nobody else; where Telegram does not allow that, the way to the private chat."""
    view, chat_id, thread = ctx.view, message.chat.id, topic(message)
    only = None if is_private(message) else {"receiver_user_id": view.person.id}
    quote = message if message.ephemeral_message_id else None
    calls = _calls(chat_id, _card(view), buttons(view), only=only, quote=quote, thread=thread)
    if only is not None and quote is None:
        openly = (await way_to_private(ctx))(ctx.languages.everybody)
        calls = (*calls, message_to(chat_id, openly, topic=thread, quote=message))
    ctx.outbox.deliver(Outgoing(MessageKind.ANSWER, calls))


async def show_card_by_press(query: CallbackQuery, ctx: Context) -> None:
    """The button of the same name: a message of its own, so that it can be kept."""
    message, view = query.message, ctx.view
    chat_id = message.chat.id if message else view.person.id
    only = None if chat_id > 0 else {"receiver_user_id": view.person.id, "callback_query_id": query.id}
    thread = topic(message) if isinstance(message, Message) else None
    calls = _calls(chat_id, _card(view), buttons(view), only=only, thread=thread)
    if only is not None:
        openly = (await way_to_private(ctx))(ctx.languages.everybody)
        calls = (*calls, message_to(chat_id, openly, topic=thread))
    ctx.outbox.deliver(Outgoing(MessageKind.EPHEMERAL, calls))
    say(ctx.outbox, query)


def buttons(view: View) -> Screen:
    """Return the buttons under a card; people who may change settings may post it."""
    rows = [(close_button(view),)]
    if view.editable and not view.private:
        post = button(view.words.plain(N_("📣 Post it in the chat")), view.press(Action.POST), "primary")
        block = button(view.words.plain(N_("📋 As lines to copy")), view.press(Action.BLOCK))
        rows[:0] = [(post,), (block,)] if view.stored.chosen else [(post,)]
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
            say(ctx.outbox, query, view.words.plain(N_("It is in the chat already.")))
            return
        thread = topic(shown) if shown.chat.id == view.chat_id else None
        calls = _calls(view.chat_id, _card(view.for_everybody()), Screen(Html("")), thread=thread)
        sent = ctx.outbox.deliver(Outgoing(MessageKind.ANSWER, calls))
        outcome = await ctx.outbox.outcome(sent, WAIT_SECONDS) if sent is not None else None
        if outcome is not None and outcome.verdict is not Verdict.SENT:
            raise Refused(N_("I may not write in that chat (any more)."))
        self._posted.put(key, True)
        say(ctx.outbox, query, view.words.plain(N_("✅ Posted.")))


def _card(view: View) -> Card:
    return card(view, datetime.now(UTC))


def _calls(
    chat_id: int,
    shown: Card,
    under: Screen,
    *,
    only: Json | None = None,
    quote: Message | None = None,
    thread: int | None = None,
) -> tuple[Method, ...]:
    """Return the calls that send a card: as a rich message, or as text where the server knows no such thing."""
    text = message_to(chat_id, replace(under, text=shown.html()), topic=thread, quote=quote, only=only)
    around = {
        name: getattr(text, name) for name in ("message_thread_id", "reply_parameters", "ephemeral_message_parameters")
    }
    rich = shown.rich().model_dump(mode="json", exclude_none=True)
    markup = under.keyboard()
    return raw_call("sendRichMessage", chat_id=chat_id, rich_message=rich, reply_markup=markup, **around), text
