"""Values and changes in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.errors import Refused
from bot.features.settings.view import View
from bot.kinds import Setting, Value
from bot.kinds.filling import safe_name
from bot.settings import settings
from bot.storage.configs.revisions import Change
from bot.words import N_

_MOST_OF_A_VALUE = 60
_MOST_OF_A_CHANGED_VALUE = 40


def value_in_words(view: View, setting: Setting, value: Value | None, *, most: int = _MOST_OF_A_VALUE) -> str:
    """Return a value in words, plain and short; None stands for the default, "nothing" for an empty text."""
    spoken = setting.show(setting.default if value is None else value, view.words)
    if not spoken:
        return view.words.plain(N_("nothing"))
    return safe_name(spoken if len(spoken) <= most else f"{spoken[: most - 1]}…")


def stored_in_words(view: View, setting: Setting, values: Mapping[str, Any]) -> str:
    """Return the value that a document holds for a setting, in words; the default where it holds none."""
    held = values.get(setting.key)
    try:
        value = None if held is None else setting.kind.check(held)
    except Refused:
        return _raw(held)
    return value_in_words(view, setting, value, most=_MOST_OF_A_CHANGED_VALUE)


def change_lines(
    view: View, change: Change, *, plain: bool = False, most: int = 20, first: str | None = None
) -> list[str]:
    """Return a line for each touched setting, that of `first` before the others: its title, old → new value.

    Beyond `most`, say how many more there are.
    """
    text = view.words.plain if plain else view.words
    lines: list[str] = []
    for key in sorted(change.keys, key=lambda key: key != first)[:most]:
        setting = settings().get(key)
        if setting is None:
            title, old, new = key, _raw(change.before.get(key, "–")), _raw(change.after.get(key, "–"))
        else:
            title = view.words.plain(setting.title)
            old, new = (stored_in_words(view, setting, values) for values in (change.before, change.after))
        lines.append(text(N_("{title}: {old} → {new}"), title=title, old=old, new=new))
    if len(change.keys) > most:
        lines.append(view.words.count("… and {n} more", "… and {n} more", len(change.keys) - most))
    return lines


def _raw(value: object) -> str:
    """Return what today's code does not know, or refuses, as it stands."""
    return safe_name(str(value)[:_MOST_OF_A_CHANGED_VALUE])
