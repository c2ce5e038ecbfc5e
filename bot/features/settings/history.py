"""History and undo: who changed what, when, from what to what, by which way; and taking it back."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from aiogram import Bot
from aiogram.types import CallbackQuery, Message

from bot.errors import Refused, Unavailable
from bot.features.settings import screens
from bot.features.settings.announcing import announce
from bot.features.settings.changing import after
from bot.features.settings.describing import described
from bot.features.settings.view import View, view_of
from bot.kinds.filling import safe_name
from bot.storage.configs.repository import ChatConfigs
from bot.storage.configs.revisions import Change
from bot.storage.privacy import FORMER_ADMIN
from bot.telegram.callback_data import Press, number_in
from bot.telegram.names import KnownNames
from bot.telegram.screens import Screen, answer, button, redraw, say
from bot.words import N_, Html, Words, escape

PAGE = 5
# A page stays below the 4,096 characters of a message, however much an import changed at once.
_MOST_LINES = 6
_WAYS = {
    "menu": N_("in the menu"),
    "reply": N_("by a reply"),
    "command": N_("by command"),
    "undo": N_("by undoing"),
    "database": N_("in the database"),
}


async def list_history(message: Message, bot: Bot, configs: ChatConfigs, known_names: KnownNames, words: Words) -> None:
    """`/settings history`."""
    view = await view_of(message, bot, configs, known_names, words)
    await answer(bot, message, await _page(bot, configs, known_names, view, None))


async def show_history(
    query: CallbackQuery, press: Press, bot: Bot, view: View, configs: ChatConfigs, known_names: KnownNames
) -> None:
    """A page of the history; the button's value is the revision before which it begins."""
    before = number_in(press) if press.value else None
    await redraw(bot, query, await _page(bot, configs, known_names, view, before))
    await query.answer()


async def undo_last(
    message: Message,
    bot: Bot,
    configs: ChatConfigs,
    known_names: KnownNames,
    words: Words,
    update_id: int,
) -> None:
    """`/settings undo` takes the newest change back; twice is redo."""
    view = await view_of(message, bot, configs, known_names, words, change=True)
    # The newest in the history: a group that was moved has a revision that no change made.
    newest = await configs.history(view.chat_id, limit=1)
    if not newest:
        raise Refused(N_("Nothing was changed here yet, so there is nothing to undo."))
    change = await configs.undo(view.chat_id, newest[0].revision, by=view.person.id, update_id=update_id)
    fresh = await after(configs, view, change)
    undo = button(words.plain(N_("↪️ Redo")), fresh.press(screens.UNDO, value=str(change.revision)))
    await answer(bot, message, Screen(_undone(fresh, change), ((undo,),)))
    await announce(bot, view, fresh, change)


async def undo_listed(
    query: CallbackQuery,
    press: Press,
    bot: Bot,
    view: View,
    configs: ChatConfigs,
    known_names: KnownNames,
    update_id: int,
) -> None:
    """Undo the revision a button names, unless its settings were changed since."""
    change = await configs.undo(view.chat_id, number_in(press), by=view.person.id, update_id=update_id)
    fresh = await after(configs, view, change)
    try:
        screen = await _page(bot, configs, known_names, fresh, None)
    except Unavailable:
        # It was taken back before the database went away, and that is what counts.
        screen = Screen(_undone(fresh, change), (screens.foot(fresh, screens.HOME),))
    await redraw(bot, query, screen)
    await say(query, " ".join(described(fresh, change, plain=True)))
    await announce(bot, view, fresh, change)


async def undo_announced(
    query: CallbackQuery, press: Press, bot: Bot, view: View, configs: ChatConfigs, update_id: int
) -> None:
    """The button under an announcement; it then says who took the change back."""
    change = await configs.undo(view.chat_id, number_in(press), by=view.person.id, update_id=update_id)
    fresh = await after(configs, view, change)
    lines = [view.words(N_("↩️ {who} took a change back:"), who=view.named()), *described(fresh, change)]
    await redraw(bot, query, Screen(Html("\n".join(lines))))
    await query.answer()


async def _page(bot: Bot, configs: ChatConfigs, known_names: KnownNames, view: View, before: int | None) -> Screen:
    changes = await configs.history(view.chat_id, before=before, limit=PAGE + 1)
    people = {one.changed_by for one in changes[:PAGE] if one.changed_by}
    names = await known_names.names(bot, view.chat_id, people) if view.insider else {}
    return history(view, changes, names)


def history(view: View, changes: list[Change], names: dict[int, str]) -> Screen:
    """A page of changes, newest first, each with a button that takes it back; one more than a page tells of older."""
    words, listed = view.words, changes[:PAGE]
    head = screens.heading(view, words(N_("🕘 <b>History</b>")))
    if not listed:
        nothing = words(N_("Nothing was changed here yet."))
        head = Html(f"{head}\n\n{nothing}")
    entries = [_entry(view, number, change, names) for number, change in enumerate(listed, 1)]
    undo = [
        button(words.plain(N_("↩️ Undo {n}"), n=number), view.press(screens.UNDO, value=str(change.revision)))
        for number, change in enumerate(listed, 1)
    ]
    older = (
        button(words.plain(N_("Older ›")), view.press(screens.HISTORY, value=str(listed[-1].revision)))
        if len(changes) > PAGE
        else None
    )
    back = button(words.plain(N_("‹ Back")), view.press(screens.HOME))
    shut = button(words.plain(N_("✕ Close")), view.press(screens.CLOSE))
    rows = [tuple(undo[at : at + 3]) for at in range(0, len(undo), 3)] if view.editable else []
    rows += [(older,)] if older else []
    return Screen(Html("\n\n".join([head, *entries])), (*rows, (back, shut)))


def _entry(view: View, number: int, change: Change, names: dict[int, str]) -> Html:
    words = view.words
    if change.changed_by is None:
        who = words(N_("somebody"))
    elif not view.insider:
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
    return Html("\n".join([head, *described(view, change, most=_MOST_LINES)]))


def _undone(view: View, change: Change) -> Html:
    return Html("\n".join([view.words(N_("✅ Undone:")), *described(view, change)]))
