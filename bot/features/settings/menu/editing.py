"""Setting values by the buttons of the menu."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from aiogram.types import CallbackQuery

from bot.errors import Overtaken
from bot.features.settings.changing import change, refreshed
from bot.features.settings.check import lacking_right, warning
from bot.features.settings.context import Context
from bot.features.settings.layout import with_undo
from bot.features.settings.menu import screens
from bot.features.settings.menu.editors import editing_screen, saved
from bot.features.settings.menu.prompts import cancel_of, redraw_above, replace_prompt
from bot.features.settings.view import View
from bot.kinds import Setting, Value
from bot.storage.configs.revisions import Change
from bot.telegram.screens import Screen, say
from bot.words import N_, Html


async def set_value(query: CallbackQuery, ctx: Context) -> None:
    """A button with a value sets this value, however often it is pressed."""
    setting = ctx.view.setting(ctx.press.key)
    value = setting.kind.unpack(ctx.press.value)
    if setting.kind.here:  # a button has no room for a name
        value = ctx.known_topics.named(value, ctx.view.chat_id)
    await _change(query, ctx, setting, {setting.key: value})


async def take_default(query: CallbackQuery, ctx: Context) -> None:
    """The default again, whatever it will be in later releases."""
    await _change(query, ctx, ctx.view.setting(ctx.press.key), {})


async def _change(query: CallbackQuery, ctx: Context, setting: Setting, patch: Mapping[str, Value]) -> None:
    remove = () if patch else (setting.key,)
    try:
        fresh, done = await change(ctx, patch, remove=remove, via="menu", drawn_from=ctx.press.revision)
    except Overtaken as overtaken:
        present = await refreshed(ctx)
        say(ctx.outbox, query, ctx.view.words.plain(overtaken.message), alert=True)
        ctx.redraw(query, partial(editing_screen, setting=setting), present)
        return
    lacking = await lacking_right(ctx.bot, fresh, setting)
    screen = partial(_after_change, setting=setting, lacking=lacking, done=done)
    prompt = cancel_of(query.message)
    if prompt is not None and query.message is not None:
        replace_prompt(query, ctx, screen, fresh)
        redraw_above(query.message.chat, ctx, prompt.value, setting, fresh)
    else:
        ctx.show(query, screen, fresh)


def _after_change(view: View, setting: Setting, lacking: str | None, done: Change | None) -> Screen:
    notes = [saved(view, setting), *([warning(view.words, lacking)] if lacking else [])]
    return with_undo(editing_screen(view, setting, Html("\n".join(notes))), view, done, setting.key)


async def reset_all(query: CallbackQuery, ctx: Context) -> None:
    """The answer Yes to the question whether a section, or everything, goes back to its default."""
    section = ctx.view.section(ctx.press.key) if ctx.press.key else None
    keys = [one.key for one in ctx.view.settings.values() if section in (None, one.section)]
    try:
        fresh, reset = await change(ctx, {}, remove=keys, via="menu", drawn_from=ctx.press.revision)
    except Overtaken as overtaken:
        say(ctx.outbox, query, ctx.view.words.plain(overtaken.message), alert=True)
        ctx.redraw(query, partial(screens.ask_reset, shown=section), await refreshed(ctx))
        return
    done = N_("✅ Reset.")
    ctx.show(query, lambda view: with_undo(screens.home(view, view.words(done)), view, reset), fresh)
