"""History and undo: who changed what, when and how, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from aiogram.types import CallbackQuery, Message

from bot.errors import Refused, Unavailable
from bot.features.settings.changing import AsksFirst, ask_first, undo
from bot.features.settings.context import Context, Draw
from bot.features.settings.layout import foot, heading, numbered_rows, turn_row, with_undo
from bot.features.settings.menu.editors import editing_screen
from bot.features.settings.view import View
from bot.features.settings.wording import change_lines, who_changed
from bot.kinds import Setting
from bot.storage.configs.revisions import Change
from bot.telegram.callback_data import Action, Press, number_in, packed_revisions, revisions_in
from bot.telegram.screens import Screen, button, say
from bot.words import N_, Html, escape, moment_in_words

_PAGE = 5
# So that a page stays below the 4,096 characters of a message, however much an import changed at once.
_MOST_LINES = 6
_UNDONE, _AGAIN = N_("✅ Undone:"), N_("✅ Redone:")
_WAYS = {
    "menu": N_("in the menu"),
    "reply": N_("typed in the menu"),
    "command": N_("by command"),
    "import": N_("imported from a file"),
    "copy": N_("copied from another group"),
    "undo": N_("with “Undo”"),
    "database": N_("directly in the database"),
}


async def list_history(message: Message, ctx: Context, setting: Setting | None = None) -> None:
    """`/settings history`, or the history of one setting."""
    ctx.answer(message, await _page(ctx, setting, None))


async def show_history(query: CallbackQuery, ctx: Context) -> None:
    """A page of the history; the button's value is the revision before which it begins, its key a setting."""
    before = revisions_in(ctx.press)[0] if ctx.press.value else None
    ctx.show(query, await _page(ctx, _setting(ctx), before))


async def undo_last(message: Message, ctx: Context) -> None:
    """`/settings undo` takes the newest change back; twice is redo."""
    # The newest in the history: a group that was moved has a revision that no change made.
    newest = await ctx.configs.history(ctx.view.chat_id, limit=1)
    if not newest:
        raise Refused(N_("Nothing was changed here yet, so there is nothing to undo."))
    try:
        fresh, change = await undo(ctx, newest[0].revision)
    except AsksFirst as asked:
        press = Press(Action.UNDO, ctx.view.chat_id, value=packed_revisions(newest[0].revision))
        ctx.answer(message, partial(ask_first, asked=asked, press=press))
        return
    ctx.answer(message, partial(_taken_back, change=change), fresh)


async def undo_listed(query: CallbackQuery, ctx: Context) -> None:
    """Undo the revision a button names, unless its settings were changed since; the page stays."""
    revision, before = revisions_in(ctx.press)
    fresh, change = await undo(ctx, revision)
    try:
        draw = await _page(ctx, _setting(ctx), before)
    except Unavailable:
        # The change was undone before the database went away.
        draw = partial(_taken_back, change=change)
    ctx.redraw(query, draw, fresh)
    _say_undone(query, ctx, fresh, change)


async def undo_saved(query: CallbackQuery, ctx: Context) -> None:
    """The button under the word that a change was saved; then one that makes it again stands in its place."""
    fresh, change = await undo(ctx, revisions_in(ctx.press)[0])
    again = ctx.press.action == Action.MAKE_AGAIN
    ctx.redraw(query, partial(_taken_back, change=change, setting=_setting(ctx), again=again), fresh)
    _say_undone(query, ctx, fresh, change, again=again)


async def undo_announced(query: CallbackQuery, ctx: Context) -> None:
    """The button under an announcement, which then tells of that, too; or the answer to a question before that."""
    fresh, change = await undo(ctx, number_in(ctx.press), by_button=True, announced=None if ctx.sure else query.message)
    if ctx.sure:
        ctx.redraw(query, lambda view: Screen(_undone(view, change)), fresh)
    _say_undone(query, ctx, fresh, change)


def _say_undone(query: CallbackQuery, ctx: Context, view: View, change: Change, *, again: bool = False) -> None:
    done = view.words.plain(_AGAIN if again else _UNDONE)
    say(ctx.outbox, query, " ".join([done, *change_lines(view, change, plain=True)]))


def _setting(ctx: Context) -> Setting | None:
    return ctx.view.setting(ctx.press.key) if ctx.press.key else None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the history: changes before a revision, newest first; of one setting, if it is named.

    `newer` is the revision before which the page of newer ones begins, 0 where that is the first page, None where this
    is. One change more than a page tells of older ones.
    """

    changes: Sequence[Change]
    names: Mapping[int, str]
    setting: Setting | None = None
    before: int | None = None
    newer: int | None = None


async def _page(ctx: Context, setting: Setting | None, before: int | None) -> Draw:
    chat_id, key = ctx.view.chat_id, setting.key if setting else None
    changes = await ctx.configs.history(chat_id, before=before, limit=_PAGE + 1, key=key)
    newer = [] if before is None else await ctx.configs.newer(chat_id, before, limit=_PAGE + 1, key=key)
    people = {one.changed_by for one in changes[:_PAGE] if one.changed_by and not one.anonymous}
    names = await ctx.known_names.names(ctx.bot, chat_id, people) if ctx.view.is_admin else {}
    begins = None if not newer else newer[-1] if len(newer) > _PAGE else 0
    page = Page(changes, names, setting, before, begins)
    return lambda view: history(view, page)


def history(view: View, page: Page) -> Screen:
    """A page of the history. What can be taken back has a button that does; numbers are the revisions."""
    words, listed, setting = view.words, page.changes[:_PAGE], page.setting
    key = setting.key if setting else ""
    title = [Html(f"<b>{words(setting.title)}</b>")] if setting else []
    entries = [_entry(view, change, page) for change in listed]
    undo_buttons = [
        button(
            words.plain(N_("↩️ Undo {n}"), n=change.revision),
            _press(view, Action.UNDO, key, change.revision, page.before),
        )
        for change in listed
        if _holds(view, change)
    ]
    last = listed[-1].revision if len(page.changes) > _PAGE else None
    newer, older = (
        None if before is None else _press(view, Action.HISTORY, key, before) for before in (page.newer, last)
    )
    rows = [
        *(numbered_rows(undo_buttons) if view.editable else []),
        *turn_row(words, newer, older, N_("‹ Newer"), N_("Older ›")),
        foot(view, Action.EDITOR, key) if setting else foot(view, Action.HOME),
    ]
    nothing = words(N_("This setting was never changed here.") if setting else N_("Nothing was changed here yet."))
    head = heading(view, words(N_("🕘 <b>History</b>")), *title)
    return Screen(Html("\n\n".join([head, *(entries or [nothing])])), tuple(rows))


def _press(view: View, action: Action, key: str, revision: int, before: int | None = None) -> str:
    """Return the data of a button of a page: it does not matter from which revision that was drawn."""
    return Press(action, view.chat_id, key=key, value=packed_revisions(revision, before) if revision else "").pack()


def _holds(view: View, change: Change) -> bool:
    """Say whether all that a change wrote still holds, so that it can be taken back."""
    chosen = view.stored.chosen
    return all(
        key in chosen and chosen[key] == change.after[key] if key in change.after else key not in chosen
        for key in change.keys
    )


def _entry(view: View, change: Change, page: Page) -> Html:
    words, names = view.words, page.names
    name = "" if change.anonymous else names.get(change.changed_by or 0, "")
    who = escape(who_changed(words, change.changed_by, name, to_admin=view.is_admin, anonymous=change.anonymous))
    if name and view.is_admin:
        who = Html(f'<a href="tg://user?id={change.changed_by}">{who}</a>')
    local = change.changed_at.astimezone(ZoneInfo(view.stored.config.timezone))
    when = Html(f'<tg-time unix="{int(change.changed_at.timestamp())}">{moment_in_words(local, words)}</tg-time>')
    way = [words(_WAYS[change.via])] if change.via in _WAYS else []
    head = Html(f"<b>{change.revision}.</b> {when}\n{words.joined([words.isolated(who), *way])}")
    first = page.setting.key if page.setting else None
    return Html("\n".join([head, *change_lines(view, change, most=_MOST_LINES, first=first)]))


def _undone(view: View, change: Change, *, again: bool = False) -> Html:
    return Html("\n".join([view.words(_AGAIN if again else _UNDONE), *change_lines(view, change)]))


def _taken_back(view: View, change: Change, setting: Setting | None = None, *, again: bool = False) -> Screen:
    """What holds after an undo, or after the redo of one, with a button for the opposite."""
    note = _undone(view, change, again=again)
    if setting is None:
        return with_undo(Screen(note, (foot(view, Action.HOME),)), view, change, redo=not again)
    return with_undo(editing_screen(view, setting, note), view, change, setting.key, redo=not again)
