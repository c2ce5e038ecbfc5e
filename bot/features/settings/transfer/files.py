"""Export and import: the settings as a file."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from aiogram import Bot
from aiogram.enums import ChatType
from aiogram.methods import SendDocument
from aiogram.types import BufferedInputFile, CallbackQuery, Chat, EphemeralMessageParameters, Message

from bot.client.outgoing import MessageKind, Outgoing
from bot.errors import Refused
from bot.features.settings.context import Context
from bot.features.settings.layout import heading, text_of
from bot.features.settings.menu.prompts import FOR_FILE, ask_again, send_prompt, tidy_away
from bot.features.settings.transfer import portable
from bot.features.settings.transfer.preview import Source, preview
from bot.features.settings.view import View
from bot.telegram.callback_data import Action
from bot.telegram.screens import Screen, button, message_to, say
from bot.words import N_, Html, day_in_words

_MOST_NAME = 40
FILE_VERSION = "f:"
"""What the version of a file begins with; that of another chat begins with its id."""


async def export_by_command(message: Message, ctx: Context) -> None:
    """`/settings export`."""
    _export(ctx, message.chat)


async def export_by_press(query: CallbackQuery, ctx: Context) -> None:
    """The button of the same name."""
    _export(ctx, query.message.chat if query.message else None, query.id)
    say(ctx.outbox, query)


def _export(ctx: Context, chat: Chat | None, query_id: str | None = None) -> None:
    view = ctx.view
    today = datetime.now(ZoneInfo(view.stored.config.timezone)).date()
    day = today.isoformat()
    content = portable.export(view.stored.chosen, view.settings, chat=view.title, day=day)
    file = BufferedInputFile(content, f"settings-{_file_name(view)}-{day}.json")
    what = N_("📤 The settings of <b>{chat}</b>, {day}.") if view.title else N_("📤 Your settings, {day}.")
    how = N_("To use them here or in another chat, send this file there with <code>/settings import</code>.")
    lines = [view.words(what, chat=view.title, day=day_in_words(today, view.words)), view.words(how)]
    if any(one.kind.media and view.value(one) for one in view.settings.values()):
        lines.append(view.words(N_("Another bot cannot use the photos, GIFs and videos in this file.")))
    caption = Html("\n".join(lines))
    sorry = N_("I cannot send a file to you alone here. Open /settings in our private chat.")
    if chat is None:
        raise Refused(sorry)
    # In a group so that nobody else sees it; where Telegram does not allow that, everybody may see the refusal.
    private = chat.type == ChatType.PRIVATE
    only = None if private else EphemeralMessageParameters(receiver_user_id=view.person.id, callback_query_id=query_id)
    call = SendDocument(chat_id=chat.id, document=file, caption=caption, ephemeral_message_parameters=only)
    words = ctx.languages.own if private else ctx.languages.everybody
    ctx.outbox.deliver(Outgoing(MessageKind.FILE, (call, message_to(chat.id, Screen(words(sorry))))))


def _file_name(view: View) -> str:
    """Return a chat's title as a part of a file name, its id where no letter of the title can be one."""
    return re.sub(r"[^\w]+", "-", view.title).strip("-_").lower()[:_MOST_NAME] or str(abs(view.chat_id))


async def import_by_command(message: Message, ctx: Context) -> None:
    """`/settings import`: under a file, as a reply to one, or alone, which asks for one."""
    for origin in (message, message.reply_to_message):
        if origin is not None and origin.document is not None:
            await _preview(message, ctx, origin)
            return
    ctx.answer(message, _prompt)


async def ask_for_file(query: CallbackQuery, ctx: Context) -> None:
    """The button of the same name asks for a file."""
    await send_prompt(query, ctx, _prompt)


async def take_file(message: Message, ctx: Context) -> None:
    """Take the reply to the prompt for a file."""
    try:
        if message.document is None:
            raise Refused(N_("There is no file in that message."))
        await _preview(message, ctx, message)
    except Refused as refused:
        ask_again(message, ctx, partial(_prompt, refused=refused))
        return
    tidy_away(message, ctx)


async def read_file(bot: Bot, origin: Message, view: View) -> Source:
    """Return what the file of a message says; its version is a hash, since the sender can replace the file."""
    document = origin.document
    if document is None or (document.file_size or 0) > portable.MOST_BYTES:
        raise portable.too_large()
    downloaded = await bot.download(document)
    data = downloaded.read(portable.MOST_BYTES + 1) if downloaded else b""
    imported = portable.read(data, view.settings, bot.id, view.chat_id)
    return Source(imported, FILE_VERSION + hashlib.sha256(data).hexdigest()[:32])


async def _preview(message: Message, ctx: Context, origin: Message) -> None:
    source = await read_file(ctx.bot, origin, ctx.view)
    # Apply finds the file again through the message that the preview replies to: nothing is kept in memory.
    ctx.answer(message, partial(preview, source=source), quote=origin)


def _prompt(view: View, refused: Refused | None = None) -> Screen:
    words = view.words
    notes = [words(refused.message, **refused.values)] if refused else []
    how = words(N_("📥 <b>Reply to this message</b> with a file that <code>/settings export</code> made."))
    cancel = button(words.plain(N_("✕ Cancel")), view.press(Action.CANCEL, value=FOR_FILE))
    return Screen(text_of(heading(view), *notes, how, gap="\n\n"), ((cancel,),), ask=True)
