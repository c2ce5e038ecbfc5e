"""Deleting everything about a chat, at its owner's interest."""

from __future__ import annotations

from aiogram import Bot
from aiogram.types import CallbackQuery

from bot.errors import NotAllowed
from bot.features.settings import screens
from bot.features.settings.view import View
from bot.storage.privacy import Privacy
from bot.telegram.screens import Screen, button, redraw
from bot.words import N_, Html


async def ask_erase(query: CallbackQuery, bot: Bot, view: View) -> None:
    """The question first: this cannot be undone."""
    _require_owner(view)
    words = view.words
    text = words(
        N_(
            "🔥 <b>Delete everything about this chat?</b>\n\nSettings, history and undo are gone at once and for good. "
            "I stay in the chat, with all settings at their defaults. /settings export keeps a copy for you."
        )
    )
    yes = button(words.plain(N_("🔥 Delete for good")), view.press(screens.ERASE), "danger")
    await redraw(
        bot, query, Screen(Html(f"{screens.heading(view)}\n\n{text}"), ((yes,), screens.foot(view, screens.MORE)))
    )
    await query.answer()


async def erase(query: CallbackQuery, bot: Bot, view: View, privacy: Privacy) -> None:
    """The answer Yes to that question."""
    _require_owner(view)
    await privacy.erase_chat(view.chat_id)
    await redraw(bot, query, Screen(view.words(N_("✅ Everything I knew about this chat is deleted."))))
    await query.answer()


def _require_owner(view: View) -> None:
    if not view.owner:
        raise NotAllowed(N_("Only the owner of this chat can do that."))
