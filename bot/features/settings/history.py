"""History and undo: who changed what, when and how, and taking it back."""

from __future__ import annotations

from functools import partial
from zoneinfo import ZoneInfo

from aiogram.types import CallbackQuery, Message

from bot.errors import Refused, Unavailable
from bot.features.settings.changing import AsksFirst, ask_first, undo
from bot.features.settings.context import Context, Draw
from bot.features.settings.layout import foot, heading, in_rows, turn_row
from bot.features.settings.view import View
from bot.features.settings.wording import change_lines
from bot.kinds.filling import safe_name
from bot.storage.configs.revisions import Change
from bot.storage.privacy import FORMER_ADMIN
from bot.telegram.callback_data import Action, Press, number_in
from bot.telegram.screens import Screen, button, say
from bot.words import N_, Html, escape

_PAGE = 5
# So that a page stays below the 4,096 characters of a message, however much an import changed at once.
_MOST_LINES = 6
_WAYS = {
    "menu": N_("in the menu"),
    "reply": N_("by a reply"),
    "command": N_("by command"),
    "import": N_("from a file"),
    "copy": N_("from another group"),
    "undo": N_("by undoing"),
    "database": N_("in the database"),
}


async def list_history(message: Message, ctx: Context) -> None:
    """`/settings history`."""
    ctx.answer(message, await _page(ctx, None))


async def show_history(query: CallbackQuery, ctx: Context) -> None:
    """A page of the history; the button's value is the revision before which it begins."""
    ctx.show(query, await _page(ctx, number_in(ctx.press) if ctx.press.value else None))


async def undo_last(message: Message, ctx: Context) -> None:
    """`/settings undo` takes the newest change back; twice is redo."""
    # The newest in the history: a group that was moved has a revision that no change made.
    newest = await ctx.configs.history(ctx.view.chat_id, limit=1)
    if not newest:
        raise Refused(N_("Nothing was changed here yet, so there is nothing to undo."))
    try:
        fresh, change = await undo(ctx, newest[0].revision)
    except AsksFirst as asked:
        press = Press(Action.UNDO, ctx.view.chat_id, value=str(newest[0].revision))
        ctx.answer(message, partial(ask_first, asked=asked, press=press))
        return
    ctx.answer(message, lambda view: _with_redo(view, change), fresh)


async def undo_listed(query: CallbackQuery, ctx: Context) -> None:
    """Undo the revision a button names, unless its settings were changed since."""
    fresh, change = await undo(ctx, number_in(ctx.press))
    try:
        draw = await _page(ctx, None)
    except Unavailable:
        # The change was undone before the database went away.
        draw = partial(_with_way_home, change=change)
    ctx.redraw(query, draw, fresh)
    say(ctx.outbox, query, " ".join(change_lines(fresh, change, plain=True)))


async def undo_announced(query: CallbackQuery, ctx: Context) -> None:
    """The button under an announcement, which then tells of that, too; or the answer to a question before that."""
    fresh, change = await undo(ctx, number_in(ctx.press), by_button=True, announced=None if ctx.sure else query.message)
    if ctx.sure:
        ctx.redraw(query, lambda view: Screen(_undone(view, change)), fresh)
    say(ctx.outbox, query)


async def _page(ctx: Context, before: int | None) -> Draw:
    view = ctx.view
    changes = await ctx.configs.history(view.chat_id, before=before, limit=_PAGE + 1)
    people = {one.changed_by for one in changes[:_PAGE] if one.changed_by}
    names = await ctx.known_names.names(ctx.bot, view.chat_id, people) if view.is_admin else {}
    return lambda view: history(view, changes, names)


def history(view: View, changes: list[Change], names: dict[int, str]) -> Screen:
    """A page of changes, newest first, each with a button that takes it back; one more than a page tells of older."""
    words, listed = view.words, changes[:_PAGE]
    head = heading(view, words(N_("🕘 <b>History</b>")))
    entries = [_entry(view, number, change, names) for number, change in enumerate(listed, 1)]
    undo_buttons = [
        button(words.plain(N_("↩️ Undo {n}"), n=number), view.press(Action.UNDO, value=str(change.revision)))
        for number, change in enumerate(listed, 1)
    ]
    older = view.press(Action.HISTORY, value=str(listed[-1].revision)) if len(changes) > _PAGE else None
    rows = [
        *(in_rows(undo_buttons, 3) if view.editable else []),
        *turn_row(words, None, older, N_("Older ›")),
        foot(view, Action.HOME),
    ]
    return Screen(Html("\n\n".join([head, *(entries or [words(N_("Nothing was changed here yet."))])])), tuple(rows))


def _entry(view: View, number: int, change: Change, names: dict[int, str]) -> Html:
    words = view.words
    if change.changed_by is None:
        who = words(N_("somebody"))
    elif not view.is_admin:
        who = words(N_("an admin"))
    elif change.changed_by == FORMER_ADMIN:
        who = words(N_("a former admin"))
    else:
        name = safe_name(names.get(change.changed_by, "")) or words.plain(N_("an admin"))
        who = Html(f'<a href="tg://user?id={change.changed_by}">{escape(name)}</a>')
    local = change.changed_at.astimezone(ZoneInfo(view.stored.config.timezone))
    when = Html(f'<tg-time unix="{int(change.changed_at.timestamp())}">{local:%Y-%m-%d %H:%M}</tg-time>')
    way = words(_WAYS[change.via]) if change.via in _WAYS else ""
    head = words(N_("{n}. {when}, {who} {way}"), n=number, when=when, who=who, way=way)
    return Html("\n".join([head, *change_lines(view, change, most=_MOST_LINES)]))


def _undone(view: View, change: Change) -> Html:
    return Html("\n".join([view.words(N_("✅ Undone:")), *change_lines(view, change)]))


def _with_redo(view: View, change: Change) -> Screen:
    redo = button(view.words.plain(N_("↪️ Redo")), view.press(Action.UNDO, value=str(change.revision)))
    return Screen(_undone(view, change), ((redo,),))


def _with_way_home(view: View, change: Change) -> Screen:
    return Screen(_undone(view, change), (foot(view, Action.HOME),))
