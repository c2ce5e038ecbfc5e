"""Setting values by the buttons of the menu."""

from __future__ import annotations

from collections.abc import Mapping

from aiogram.types import CallbackQuery

from bot.errors import Overtaken
from bot.features.settings.changing import change, refreshed
from bot.features.settings.check import warning
from bot.features.settings.context import Context
from bot.features.settings.menu import screens
from bot.features.settings.menu.editors import editing_screen, saved
from bot.kinds import Setting, Value
from bot.telegram.screens import redraw, say
from bot.words import N_, Html


async def set_value(query: CallbackQuery, ctx: Context) -> None:
    """A button with a value sets this value, however often it is pressed."""
    setting = ctx.view.setting(ctx.press.key)
    await _change(query, ctx, setting, {setting.key: setting.kind.unpack(ctx.press.value)})


async def take_default(query: CallbackQuery, ctx: Context) -> None:
    """The default again, whatever it will be in later releases."""
    await _change(query, ctx, ctx.view.setting(ctx.press.key), {})


async def _change(query: CallbackQuery, ctx: Context, setting: Setting, patch: Mapping[str, Value]) -> None:
    remove = () if patch else (setting.key,)
    try:
        fresh, _ = await change(ctx, patch, remove=remove, via="menu", drawn_from=ctx.press.revision)
    except Overtaken as overtaken:
        screen = editing_screen(await refreshed(ctx), setting)
        say(ctx.outbox, query, ctx.view.words.plain(overtaken.message), alert=True)
        redraw(ctx.outbox, query, screen)
        return
    notes = [saved(fresh, setting), await warning(ctx.bot, fresh, setting)]
    ctx.show(query, editing_screen(fresh, setting, Html("\n".join(note for note in notes if note))))


async def reset(query: CallbackQuery, ctx: Context) -> None:
    """The answer Yes to the question whether a section, or everything, goes back to its default."""
    section = ctx.view.section(ctx.press.key) if ctx.press.key else None
    keys = [one.key for one in ctx.view.settings.values() if section in (None, one.section)]
    try:
        fresh, _ = await change(ctx, {}, remove=keys, via="menu", drawn_from=ctx.press.revision)
    except Overtaken as overtaken:
        say(ctx.outbox, query, ctx.view.words.plain(overtaken.message), alert=True)
        redraw(ctx.outbox, query, screens.ask_reset(await refreshed(ctx), section))
        return
    ctx.show(query, screens.home(fresh, fresh.words(N_("✅ Done; one undo in the history brings it back."))))
