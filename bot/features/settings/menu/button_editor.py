"""The link buttons under a text, one by one: each is moved, put into another row, or removed by a press."""

from __future__ import annotations

import re
from functools import partial

from aiogram.types import CallbackQuery

from bot.errors import Overtaken, Refused
from bot.features.settings.changing import change, refreshed
from bot.features.settings.context import Context
from bot.features.settings.layout import foot, heading, in_fitting_rows, text_of, with_undo
from bot.features.settings.menu.editors import editor, saved
from bot.features.settings.menu.screens import section_title
from bot.features.settings.view import View
from bot.kinds import Setting, buttons
from bot.storage.configs.revisions import Change
from bot.telegram.callback_data import UNKNOWN_BUTTON, Action, Press
from bot.telegram.screens import Screen, button, say
from bot.words import N_, Html, escape

_MOVES = {
    "up": N_("⬆️ Up"),
    "down": N_("⬇️ Down"),
    "left": N_("⬅️ Left"),
    "right": N_("➡️ Right"),
}
"""Up and down go into another row, or into one of their own; left and right to another place in the row."""
_VALUE = re.compile(rf"(?:({'|'.join(_MOVES)}|remove):)?(\d):(\d)")


def button_screen(view: View, setting: Setting, y: int, x: int, note: Html | None = None) -> Screen:
    """One link button: where it leads, and the ways to change it."""
    words, rows = view.words, buttons.read(str(view.value(setting)))
    one = rows[y][x]
    possible = [name for name in _MOVES if moved(rows, y, x, name) != rows]
    keys = [
        button(words.plain(_MOVES[name]), view.press(Action.CHANGE_BUTTON, setting.key, f"{name}:{y}:{x}"))
        for name in possible
    ]
    remove = view.press(Action.CHANGE_BUTTON, setting.key, f"remove:{y}:{x}")
    keyboard = [*in_fitting_rows(keys), (button(words.plain(N_("🗑 Remove")), remove, "danger"),)]
    head = heading(view, section_title(view, setting.section), Html(f"<b>{words(setting.title)}</b>"))
    lines = [*([note] if note else []), Html(f"<b>{escape(one.label)}</b>\n{escape(one.url)}")]
    shown = keyboard if view.editable else []
    return Screen(text_of(head, *lines, gap="\n\n"), (*shown, foot(view, Action.EDITOR, setting.key)))


def moved(rows: buttons.Rows, y: int, x: int, move: str) -> buttons.Rows:
    """Return the rows with one button in another place, or without it; as they are where it cannot go there."""
    changed = [list(row) for row in rows]
    one = changed[y].pop(x)
    match move:
        case "left" | "right":
            changed[y].insert(max(0, x + (1 if move == "right" else -1)), one)
        case "up" | "down":
            _insert_in_other_row(changed, y, one, 1 if move == "down" else -1)
    kept = tuple(tuple(row) for row in changed if row)
    fits = len(kept) <= buttons.MOST_ROWS and all(len(row) <= buttons.MOST_IN_ROW for row in kept)
    return kept if fits else rows


def _insert_in_other_row(rows: list[list[buttons.LinkButton]], y: int, one: buttons.LinkButton, step: int) -> None:
    """Out of a row with others into a row of its own; from there into the next row."""
    if rows[y]:
        rows.insert(y + max(step, 0), [one])
    elif 0 <= y + step < len(rows):
        rows[y + step].append(one)
    else:
        rows[y].append(one)


async def show_button(query: CallbackQuery, ctx: Context) -> None:
    """A link button in the editor was pressed."""
    setting = ctx.view.setting(ctx.press.key)
    _, y, x = _place(ctx.view, setting, ctx.press)
    ctx.show(query, partial(button_screen, setting=setting, y=y, x=x))


async def change_button(query: CallbackQuery, ctx: Context) -> None:
    """A button is moved or removed; if anything was changed since it was drawn, another one may be in its place."""
    setting, words = ctx.view.setting(ctx.press.key), ctx.view.words
    move, y, x = _place(ctx.view, setting, ctx.press)
    before = buttons.read(str(ctx.view.value(setting)))
    rows = moved(before, y, x, move)
    patch, remove = ({setting.key: buttons.stored(rows)}, ()) if rows else ({}, (setting.key,))
    try:
        fresh, done = await change(ctx, patch, remove=remove, via="menu", drawn_from=ctx.press.revision, exactly=True)
    except Overtaken as overtaken:
        say(ctx.outbox, query, words.plain(overtaken.message), alert=True)
        ctx.redraw(query, partial(editor, setting=setting), await refreshed(ctx))
        return
    ctx.show(query, partial(_after_change, setting=setting, done=done, button=before[y][x]), fresh)


def _after_change(view: View, setting: Setting, done: Change | None, button: buttons.LinkButton) -> Screen:
    """The same button in its new place, or the editor without it."""
    rows = buttons.read(str(view.value(setting)))
    places = [(y, row.index(button)) for y, row in enumerate(rows) if button in row]
    note = saved(view, setting)
    screen = button_screen(view, setting, *places[0], note) if places else editor(view, setting, note)
    return with_undo(screen, view, done, setting.key)


def _place(view: View, setting: Setting, press: Press) -> tuple[str, int, int]:
    """Return what a press means: a move, the row and the place in it; raises `Refused` where no button is there."""
    match = _VALUE.fullmatch(press.value)
    rows = buttons.read(str(view.value(setting))) if setting.kind.buttons else ()
    if match is None or int(match[2]) >= len(rows) or int(match[3]) >= len(rows[int(match[2])]):
        raise Refused(UNKNOWN_BUTTON)
    return match[1] or "", int(match[2]), int(match[3])
