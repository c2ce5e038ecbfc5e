"""Telling the chat what was changed, where the chat wants that."""

from __future__ import annotations

from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError

from bot.features.settings import screens
from bot.features.settings.describing import described
from bot.features.settings.view import View
from bot.storage.configs.revisions import Change
from bot.telegram.screens import NO_PREVIEW, Screen, button
from bot.words import N_, Html, Words

_MOST_LINES = 8


async def announce(bot: Bot, view: View, fresh: View, change: Change | None) -> None:
    """Post one message about a change of `view` that led to `fresh`, if the chat asks for it.

    A change that the view already contained was asked for by an update delivered twice, and was told the first time.
    """
    if change is None or fresh.private or change.revision <= view.stored.revision:
        return
    if "chat" not in {view.stored.config.announce_changes, fresh.stored.config.announce_changes}:
        return
    screen = announcement(fresh, change)
    try:
        await bot.send_message(
            fresh.chat_id, screen.text, reply_markup=screen.markup(), link_preview_options=NO_PREVIEW
        )
    except (TelegramBadRequest, TelegramForbiddenError):
        # The bot may not write there; the change itself stands.
        return


def announcement(view: View, change: Change) -> Screen:
    """Who changed what, from what to what, with a button that takes it back."""
    words: Words = view.words
    lines = described(view, change, most=_MOST_LINES)
    head = words(N_("⚙️ {who} changed the settings:"), who=view.named())
    undo = button(words.plain(N_("↩️ Undo")), view.press(screens.REVERT, value=str(change.revision)))
    return Screen(Html("\n".join([head, *lines])), ((undo,),))
