"""A change in words: which settings, from what to what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.errors import Refused
from bot.features.settings import screens
from bot.features.settings.view import View
from bot.kinds.filling import safe_name
from bot.settings import settings
from bot.storage.configs.revisions import Change
from bot.words import N_


def described(view: View, change: Change, *, plain: bool = False, most: int = 20) -> list[str]:
    """Return a line for each touched setting: its title, old → new value; beyond `most`, how many more there are."""
    lines: list[str] = []
    for key in change.keys[:most]:
        setting = settings().get(key)
        if setting is None:
            old, new, title = str(change.before.get(key, "–")), str(change.after.get(key, "–")), key
            old, new = safe_name(old[:40]), safe_name(new[:40])
        else:
            old, new = said(view, key, change.before), said(view, key, change.after)
            title = view.words.plain(setting.title)
        line = N_("{title}: {old} → {new}")
        text = view.words.plain if plain else view.words
        lines.append(text(line, title=title, old=old, new=new))
    if len(change.keys) > most:
        lines.append(view.words.count("… and {n} more", "… and {n} more", len(change.keys) - most))
    return lines


def said(view: View, key: str, values: Mapping[str, Any]) -> str:
    """Return the value that a document holds for a setting, in words; the default where it holds none."""
    setting = settings()[key]
    held = values.get(key)
    try:
        return screens.shown(view, setting, None if held is None else setting.kind.check(held), most=40)
    except Refused:
        return safe_name(str(held)[:40])
