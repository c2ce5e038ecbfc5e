"""What screens of the settings have in common: the first line, the last row, rows of buttons, pages of lists."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from bot.features.settings.view import View
from bot.storage.configs.revisions import Change
from bot.telegram.callback_data import Action, packed_revisions
from bot.telegram.screens import Button, Screen, button
from bot.words import N_, Html, Words

Row = tuple[Button, ...]

# A phone shows so many letters of a button that is one of two in its row, or one of three.
_HALF, _THIRD = 19, 11
_LONG_LIST = 9
# Measured in Noto Sans, which covers all scripts and is as wide as Roboto: the average letter of an English or a German
# text takes 0.51 of the font's size, that of a Russian one 0.53, of a Persian or Arabic one 0.47.
_WIDE, _NARROW = frozenset("mwMW@жмшщюфыЖМШЩЮФЫ…"), frozenset("ijltfrI.,:;'|!()")
_WITHOUT_WIDTH = frozenset({"Mn", "Me", "Cf"})
_PICTURE = "So"


def drawn_width(label: str) -> float:
    """Return how wide a label is drawn, in letters of an average width."""
    return sum(map(_drawn, label))


def _drawn(char: str) -> float:
    category = unicodedata.category(char)
    if category in _WITHOUT_WIDTH:
        return 0.0
    if char in _NARROW:
        return 0.6
    return 1.6 if char in _WIDE or category == _PICTURE else 1.25 if category == "Lu" else 1.0


def heading(view: View, *path: Html) -> Html:
    """Return the first line of a screen: which chat it concerns, and where in its settings it stands."""
    words = view.words
    first = words(N_("⚙️ <b>{chat}</b>"), chat=view.title) if view.title else words(N_("⚙️ <b>Your settings</b>"))
    return Html(" › ".join([first, *path]))


def text_of(head: Html, *lines: Html, gap: str = "\n") -> Html:
    """Return the text of a screen: its head, a blank line, and lines with a gap between them."""
    return Html("\n\n".join([head, gap.join(lines)]))


def foot(view: View, action: Action, key: str = "") -> Row:
    """Return the last row of a screen: the way back and the way out."""
    return (button(view.words.plain(N_("‹ Back")), view.press(action, key)), close_button(view))


def close_button(view: View) -> Button:
    """Return the button that takes the screen away."""
    return button(view.words.plain(N_("✕ Close")), view.press(Action.CLOSE))


def undo_button(view: View, change: Change, key: str = "", *, redo: bool = False) -> Button:
    """Return the button that takes back what was just saved; with the key of a setting its editor is shown then."""
    label, action = (N_("↪️ Redo"), Action.MAKE_AGAIN) if redo else (N_("↩️ Undo"), Action.TAKE_BACK)
    return button(view.words.plain(label), view.press(action, key, packed_revisions(change.revision)))


def with_undo(screen: Screen, view: View, change: Change | None, key: str = "", *, redo: bool = False) -> Screen:
    """Return a screen with that button above its last row, so that no other button moves under the thumb."""
    if change is None:
        return screen
    rows = (*screen.rows[:-1], (undo_button(view, change, key, redo=redo),), *screen.rows[-1:])
    return replace(screen, rows=rows)


def in_rows(buttons: Sequence[Button], most: int) -> list[Row]:
    """Return buttons in rows of at most so many."""
    return [tuple(buttons[at : at + most]) for at in range(0, len(buttons), most)]


def in_fitting_rows(buttons: Sequence[Button]) -> list[Row]:
    """Return buttons in rows as wide as can be read in full; never a third one alone below two.

    Of a long list the wide ones stand alone and the others in pairs, so that it is not twice as long for one of them.
    """
    widest = max((drawn_width(one.text) for one in buttons), default=0.0)
    if widest <= _THIRD and len(buttons) not in {2, 4}:
        return in_rows(buttons, 3)
    if widest > _HALF and len(buttons) >= _LONG_LIST:
        return _paired(buttons)
    return in_rows(buttons, 2 if widest <= _HALF and len(buttons) != 3 else 1)


def _paired(buttons: Sequence[Button]) -> list[Row]:
    rows: list[Row] = []
    for one in buttons:
        if rows and len(rows[-1]) == 1 and max(drawn_width(rows[-1][0].text), drawn_width(one.text)) <= _HALF:
            rows[-1] = (*rows[-1], one)
        else:
            rows.append((one,))
    return rows


def numbered_rows(buttons: Sequence[Button]) -> list[Row]:
    """Return buttons that differ in a number: three in a row where these can be read in full, and never one alone."""
    widest = max((drawn_width(one.text) for one in buttons), default=0.0)
    return in_rows(buttons, 3 if widest <= _THIRD and len(buttons) != 4 else 2)


def turn_row(
    words: Words, previous: str | None, following: str | None, back: str = N_("‹ Previous"), on: str = N_("Next ›")
) -> list[Row]:
    """Return the row that leads to the pages before and after; each is callback data, None where there is no page."""
    row = []
    if previous is not None:
        row.append(button(words.plain(back), previous))
    if following is not None:
        row.append(button(words.plain(on), following))
    return [tuple(row)] if row else []
