"""Deleting everything about a chat, when its owner asks for it."""

from __future__ import annotations

from aiogram.types import CallbackQuery

from bot.errors import NotAllowed
from bot.features.settings.context import Context
from bot.features.settings.layout import foot, heading, text_of
from bot.features.settings.view import View
from bot.telegram.callback_data import Action
from bot.telegram.screens import Screen, button
from bot.words import N_


async def ask_erase(query: CallbackQuery, ctx: Context) -> None:
    """The question first: this cannot be undone."""
    _require_owner(ctx.view)
    ctx.show(query, _question)


async def erase(query: CallbackQuery, ctx: Context) -> None:
    """The answer Yes to that question."""
    _require_owner(ctx.view)
    await ctx.privacy.erase_chat(ctx.view.chat_id)
    done = N_("✅ Everything I knew about this chat is deleted.")
    ctx.show(query, lambda view: Screen(view.words(done), (foot(view, Action.HOME),)))


def _question(view: View) -> Screen:
    words = view.words
    text = words(
        N_(
            "🔥 <b>Delete everything about this chat?</b>\n\nSettings, history and undo are gone at once and for good. "
            "I stay in the chat, with all settings at their defaults. /settings export keeps a copy for you."
        )
    )
    yes = button(words.plain(N_("🔥 Delete for good")), view.press(Action.ERASE), "danger")
    return Screen(text_of(heading(view), text), ((yes,), foot(view, Action.MORE)))


def _require_owner(view: View) -> None:
    if not view.owner:
        raise NotAllowed(N_("Only the owner of this chat can do that."))
