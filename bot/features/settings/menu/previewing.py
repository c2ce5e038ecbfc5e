"""A text as people will see it, with media and buttons, filled in with the name of who asks; nobody else sees it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from aiogram.enums import ChatType
from aiogram.exceptions import TelegramAPIError
from aiogram.types import CallbackQuery, Message
from aiogram.utils.deep_linking import create_start_link

from bot.client.outgoing import MessageKind, Outgoing
from bot.errors import Refused
from bot.features.settings.context import Context
from bot.features.settings.menu.editors import previewed
from bot.features.settings.view import View
from bot.features.settings.wording import value_in_words
from bot.kinds import Setting, Value
from bot.telegram.access import author
from bot.telegram.callback_data import UNKNOWN_BUTTON
from bot.telegram.greeting import Composed, Facts, compose, text_of
from bot.telegram.screens import Screen, is_private, say, topic
from bot.words import escape


async def show_preview(query: CallbackQuery, ctx: Context) -> None:
    """The button in the editor of a text, of its media and of its buttons."""
    text, message = previewed(ctx.view, ctx.view.setting(ctx.press.key)), query.message
    if text is None or message is None:
        raise Refused(UNKNOWN_BUTTON)
    private = message.chat.type == ChatType.PRIVATE
    shown = await _composed(ctx, ctx.view, text, private=private)
    only = None if private else {"receiver_user_id": query.from_user.id, "callback_query_id": query.id}
    thread = topic(message) if isinstance(message, Message) else None
    calls = shown.calls(message.chat.id, only=only, topic=thread)
    ctx.outbox.deliver(Outgoing(MessageKind.EPHEMERAL, calls))
    say(ctx.outbox, query)


async def preview_what_was_set(message: Message, ctx: Context, view: View, patch: Mapping[str, Value]) -> None:
    """Show its author alone how the text looks that a message changed; nobody, where all in the group would see it.

    As a message of its own, that is just what people will get. What the word that it was saved shows as it is, and in
    full, is not said twice.
    """
    changed = (previewed(view, one) for key, one in view.settings.items() if key in patch)
    text, person = next((one for one in changed if one is not None), None), author(message)
    if text is None or person is None:
        return
    private = is_private(message)
    shown = await _composed(ctx, view, text, private=private)
    if text.key in patch and shown == Composed(Screen(escape(value_in_words(view, text, view.value(text))))):
        return
    quote = message if message.ephemeral_message_id else None
    only = None if private else {"receiver_user_id": person.id}
    calls = shown.calls(message.chat.id, only=only, topic=topic(message), quote=quote)
    ctx.outbox.deliver(Outgoing(MessageKind.HINT, calls))


async def _composed(ctx: Context, view: View, text: Setting, *, private: bool) -> Composed:
    config, words, person = view.stored.config, view.languages.everybody, view.person
    members = await _member_count(ctx, view) if "{members}" in text_of(config, text.key, words) else None
    facts = Facts([(person.id, person.full_name)], view.title, members, datetime.now(UTC))
    shown = compose(config, text.key, words, facts, chat_id=view.chat_id, bot_id=ctx.bot.id)
    # In the private chat a press of the rules button would not say of which group.
    return shown.with_links(await create_start_link(ctx.bot, f"rules_{view.chat_id}")) if private else shown


async def _member_count(ctx: Context, view: View) -> int | None:
    try:
        return await ctx.bot.get_chat_member_count(view.chat_id)
    except TelegramAPIError:
        return None
