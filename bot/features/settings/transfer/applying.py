"""Applying what a preview showed."""

from __future__ import annotations

from functools import partial

from aiogram.types import CallbackQuery, Message

from bot.errors import Overtaken, Refused
from bot.features.settings.changing import change, refreshed
from bot.features.settings.context import Context
from bot.features.settings.layout import with_undo
from bot.features.settings.menu import screens
from bot.features.settings.transfer.block import BLOCK_VERSION, read_again
from bot.features.settings.transfer.copying import read_chat
from bot.features.settings.transfer.files import FILE_VERSION, read_file
from bot.features.settings.transfer.preview import Source, preview, removed_by
from bot.telegram.callback_data import chat_in
from bot.telegram.screens import say
from bot.words import N_

_CHANGED = N_("The settings were changed meanwhile. Look again, then apply.")


async def apply(query: CallbackQuery, ctx: Context) -> None:
    """Apply what the preview showed as one revision, if nothing was changed since it was computed."""
    view, press = ctx.view, ctx.press
    source = await _read_again(query, ctx)
    try:
        if source.version != press.value:
            raise Overtaken(_CHANGED, keys=(), revision=press.revision, changed_by=None)
        # Everything, not only what differs from our view: that may be older than the preview.
        fresh, applied = await change(
            ctx,
            source.imported.values,
            remove=removed_by(view, source),
            via=_way(source),
            drawn_from=press.revision,
            exactly=True,
        )
    except Overtaken:
        ctx.redraw(query, partial(preview, source=source), await refreshed(ctx))
        say(ctx.outbox, query, view.words.plain(_CHANGED), alert=True)
        return
    done = N_("✅ Applied.")
    ctx.show(query, lambda view: with_undo(screens.home(view, view.words(done)), view, applied), fresh)


def _way(source: Source) -> str:
    if source.copied:
        return "copy"
    return "command" if source.version.startswith(BLOCK_VERSION) else "import"


async def _read_again(query: CallbackQuery, ctx: Context) -> Source:
    """Return the source that the Apply button names, as it is now."""
    if not ctx.press.value.startswith((FILE_VERSION, BLOCK_VERSION)):
        return await read_chat(ctx, chat_in(ctx.press._replace(value=ctx.press.value.partition(":")[0])))
    origin = query.message.reply_to_message if isinstance(query.message, Message) else None
    if origin is None:
        raise Refused(N_("I do not see that message any more. Please send it again."))
    if ctx.press.value.startswith(BLOCK_VERSION):
        return read_again(origin, ctx.view, ctx.bot.id)
    return await read_file(ctx.bot, origin, ctx.view)
