"""Check: whether the bot has the rights that the chat's settings need, and the link that asks for the missing ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramBadRequest, TelegramForbiddenError
from aiogram.types import CallbackQuery, Message

from bot.features.settings.context import Context, Draw
from bot.features.settings.layout import foot, heading, text_of
from bot.features.settings.view import View
from bot.features.settings.wording import value_in_words
from bot.kinds import Setting, media
from bot.kinds.destinations import thread_in
from bot.telegram.bot_rights import GRANT_MISSING, RIGHT_NAMES, add_link, held, missing_right_line, missing_rights
from bot.telegram.callback_data import Action
from bot.telegram.screens import Screen, link
from bot.words import N_, Html, Words


async def check_by_command(message: Message, ctx: Context) -> None:
    """`/settings check`."""
    ctx.answer(message, await _checked(ctx))


async def check_by_press(query: CallbackQuery, ctx: Context) -> None:
    """The button of the same name."""
    ctx.show(query, await _checked(ctx))


async def lacking_right(bot: Bot, view: View, setting: Setting) -> str | None:
    """Return the right that a setting needs which was switched on, if the bot does not have it."""
    if setting.needs is None or setting not in _waiting(view, ()):
        return None
    return None if setting.needs in await _granted(bot, view.chat_id) else setting.needs


def warning(words: Words, right: str) -> Html:
    """Return the sentence about a setting that was switched on and lacks this right."""
    message = N_("⚠️ It has no effect yet: I need the admin right “{right}”. See Check under More.")
    return words(message, right=words(RIGHT_NAMES[right]))


def diagnosis(
    view: View,
    has: frozenset[str],
    username: str | None,
    unusable: Sequence[Setting] = (),
    refused: Sequence[Setting] = (),
) -> Screen:
    """Return what lacks a right, and what works, with the link for the missing rights.

    `unusable` are settings whose files cannot be sent any more, `refused` those whose topics cannot be written in.
    """
    words = view.words
    missing = missing_rights(view.stored.config, has)
    working = [one for one in _waiting(view, ()) if one not in _waiting(view, has)]
    lines = [missing_right_line(words, right, ones) for right, ones in missing.items()]
    cannot = N_("⚠️ <b>{title}</b>: I cannot use this file any more. Send it again.")
    lines += [words(cannot, title=words(one.title)) for one in unusable]
    gone = N_("⚠️ <b>{title}</b>: I could not write in {topic}, so I wrote in General. Is it closed, or deleted?")
    lines += [words(gone, title=words(one.title), topic=value_in_words(view, one, view.value(one))) for one in refused]
    if working:
        titles = Html(words.joined(words(one.title) for one in working))
        lines.append(words(N_("✅ Works: {titles}."), titles=titles))
    if not lines:
        lines = [words(N_("✅ Nothing that is switched on needs a right of mine."))]
    rows = []
    if missing:
        rows.append((link(words.plain(GRANT_MISSING), add_link(username, {*missing, *has})),))
    head = heading(view, words(N_("🩺 <b>Check</b>")))
    return Screen(text_of(head, *lines), (*rows, foot(view, Action.MORE)))


async def _checked(ctx: Context) -> Draw:
    has, username = await _granted(ctx.bot, ctx.view.chat_id), (await ctx.bot.me()).username
    files = [one for one in ctx.view.settings.values() if one.kind.media]
    unusable = [one for one in files if not await _is_usable(ctx.bot, media.read(str(ctx.view.value(one))))]
    chat_id, topics = ctx.view.chat_id, [one for one in ctx.view.settings.values() if one.kind.here]
    threads = {one: thread_in(str(ctx.view.value(one)), chat_id) for one in topics}
    # What was last found out by writing there. Telegram answers sendChatAction for a deleted topic as for an open one,
    # and of no other method that changes nothing is it documented that it tells (https://github.com/tdlib/telegram-bot-api/issues/732).
    gone = ctx.view.stored.refused_topic
    refused = [one for one, thread in threads.items() if thread is not None and thread == gone]
    return lambda view: diagnosis(view, has, username, unusable, refused)


async def _is_usable(bot: Bot, file: media.File | None) -> bool:
    """Ask Telegram whether the bot can still send a file; one that cannot be asked about counts as usable."""
    if file is None or file.bot_id != bot.id:
        return file is None
    try:
        await bot.get_file(file.file_id)
    except TelegramBadRequest as error:
        return "too big" in error.message  # to be downloaded, which is not needed for sending it
    except TelegramAPIError:
        return True
    return True


async def _granted(bot: Bot, chat_id: int) -> frozenset[str]:
    """Return the administrator rights that the bot has in a chat, as Telegram names them."""
    try:
        return held(await bot.get_chat_member(chat_id, bot.id))
    except (TelegramBadRequest, TelegramForbiddenError):
        return frozenset()


def _waiting(view: View, has: Iterable[str]) -> list[Setting]:
    """Return the settings in use that need another right than those."""
    return [one for ones in missing_rights(view.stored.config, has).values() for one in ones]
