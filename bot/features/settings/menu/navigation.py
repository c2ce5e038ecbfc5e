"""Going through the menu by its buttons."""

from __future__ import annotations

from functools import partial

from aiogram.types import CallbackQuery

from bot.features.settings.context import Context
from bot.features.settings.menu import screens
from bot.features.settings.menu.editors import editor
from bot.telegram.screens import close, say


async def show_home(query: CallbackQuery, ctx: Context) -> None:
    """Back to the first screen."""
    ctx.show(query, screens.home)


async def show_section(query: CallbackQuery, ctx: Context) -> None:
    """One section."""
    ctx.show(query, partial(screens.section, shown=ctx.view.section(ctx.press.key)))


async def show_editor(query: CallbackQuery, ctx: Context) -> None:
    """One setting."""
    ctx.show(query, partial(editor, setting=ctx.view.setting(ctx.press.key)))


async def show_more(query: CallbackQuery, ctx: Context) -> None:
    """What is done with all settings at once."""
    ctx.show(query, screens.more)


async def ask_reset(query: CallbackQuery, ctx: Context) -> None:
    """The question before resetting a section, or everything."""
    section = ctx.view.section(ctx.press.key) if ctx.press.key else None
    ctx.show(query, partial(screens.ask_reset, shown=section))


async def close_screen(query: CallbackQuery, ctx: Context) -> None:
    """Take the screen away; one that Telegram no longer lets the bot delete stays."""
    close(ctx.outbox, query)
    say(ctx.outbox, query)
