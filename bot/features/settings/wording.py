"""Values and changes in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.errors import Refused
from bot.features.settings.view import View
from bot.kinds import Setting, Value
from bot.kinds.filling import safe_name
from bot.settings import settings
from bot.storage.configs.revisions import Change
from bot.storage.privacy import FORMER_ADMIN
from bot.words import N_, Words

_MOST_OF_A_VALUE = 60
_MOST_OF_A_CHANGED_VALUE = 40
# Of two long texts that begin alike, so much is shown before the first difference.
_SHOWN_BEFORE = 15


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


def old_and_new(view: View, setting: Setting, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, str]:
    """Return the values that two documents hold for a setting, in words that tell them apart."""
    old, new = (stored_in_words(view, setting, values) for values in (before, after))
    if old != new:
        return old, new
    if setting.key not in before:
        return view.words.plain(N_("{value} (default)"), value=old), new
    if setting.key not in after:
        return old, view.words.plain(N_("{value} (default)"), value=new)
    held = [values[setting.key] for values in (before, after)]
    if not setting.kind.markup or not all(isinstance(one, str) for one in held):
        return old, new
    texts = [setting.show(one, view.words) for one in held]
    if texts[0] == texts[1]:
        return old, view.words.plain(N_("{value} (with other formatting)"), value=new)
    return _from_difference(*texts)


def _from_difference(old: str, new: str) -> tuple[str, str]:
    """Return two long texts that begin alike from shortly before the first difference."""
    same = next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), 0)
    begin = max(0, (same or min(len(old), len(new))) - _SHOWN_BEFORE)
    end = begin + _MOST_OF_A_CHANGED_VALUE
    first, second = (safe_name(f"…{text[begin:end]}{'…' if text[end:] else ''}") for text in (old, new))
    return first, second


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
            old, new = old_and_new(view, setting, change.before, change.after)
        lines.append(text(N_("{title}: {old} → {new}"), title=title, old=old, new=new))
    if len(change.keys) > most:
        lines.append(view.words.count("… and {n} more", "… and {n} more", len(change.keys) - most))
    return lines


def who_changed(words: Words, changed_by: int | None, name: str, *, to_admin: bool, anonymous: bool) -> str:
    """Return who made a change, plain, as somebody may read it; `name` is empty where it is not known."""
    if anonymous:
        return words.plain(N_("an anonymous admin"))
    if changed_by is None:
        # Translators: who changed a setting, where nobody knows: "because somebody changed this meanwhile"
        return words.plain(N_("somebody"))
    if to_admin and changed_by == FORMER_ADMIN:
        return words.plain(N_("a former admin"))
    return (safe_name(name) if to_admin else "") or words.plain(N_("an admin"))


def titles_of(words: Words, keys: Iterable[str]) -> str:
    """Return the titles of settings, plain; the keys of those that today's code does not know."""
    known = settings()
    return words.joined(words.plain(known[key].title) if key in known else key for key in keys)


def _raw(value: object) -> str:
    """Return what today's code does not know, or refuses, as it stands."""
    return safe_name(str(value)[:_MOST_OF_A_CHANGED_VALUE])
