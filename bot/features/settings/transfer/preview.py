"""What an import or a copy would change, shown before anything is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.errors import Refused
from bot.features.settings.changing import after
from bot.features.settings.layout import close_button, heading
from bot.features.settings.transfer.portable import Imported
from bot.features.settings.view import View
from bot.features.settings.wording import old_and_new
from bot.kinds import Value
from bot.telegram.callback_data import Action
from bot.telegram.screens import Screen, button
from bot.words import N_, Html

_MOST_LINES = 15


@dataclass(frozen=True, slots=True)
class Source:
    """Where settings come from: what they say, and the version by which the Apply button finds them again unchanged.

    The configuration of the chat with the title `copied` replaces the whole one; an imported file changes only what it
    mentions.
    """

    imported: Imported
    version: str
    copied: str = ""


def difference(view: View, source: Source) -> Mapping[str, Value | None]:
    """Return what applying would change: by key the new value, None where a choice is taken back."""
    chosen, values = view.stored.chosen, source.imported.values
    patch = {key: value for key, value in values.items() if key not in chosen or chosen[key] != value}
    return {**patch, **{key: None for key in removed_by(view, source) if key in chosen}}


def removed_by(view: View, source: Source) -> list[str]:
    """Return the settings that go back to their default: those that a copied configuration does not set.

    Settings that speak of one chat are never copied, and so stay.
    """
    values = source.imported.values
    return [key for key, one in view.settings.items() if source.copied and key not in values and not one.local]


def preview(view: View, source: Source) -> Screen:
    """Return what applying would change, with a button that applies it."""
    words, imported, planned = view.words, source.imported, difference(view, source)
    head = _counted(view, len(planned), len(imported.unknown), len(imported.refused))
    lines = [_change(view, key, value) for key, value in planned.items()]
    if same := len(imported.values.keys() - planned.keys()):
        lines.append(already_so(view, same))
    lines += [words(N_("Unknown: {key}"), key=key[:64]) for key in imported.unknown]
    lines += [
        words(N_("Line {line}, {key}: {reason}"), line=line, key=key, reason=words(refused.message, **refused.values))
        for key, (line, refused) in imported.refused.items()
    ]
    if len(lines) > _MOST_LINES:
        rest = len(lines) - _MOST_LINES
        lines = [*lines[:_MOST_LINES], words.count("… and {n} more", "… and {n} more", rest)]
    refused = _impossible(view, source)
    if refused is not None:
        lines.append(words(refused.message, **refused.values))
    cancel = button(words.plain(N_("✕ Cancel")), view.press(Action.CLOSE))
    apply = button(words.plain(N_("✅ Apply")), view.press(Action.APPLY, value=source.version), "success")
    body = Html("\n".join(lines))
    origin = [words(N_("📋 Copy from <b>{chat}</b>"), chat=source.copied)] if source.copied else []
    parts = [heading(view, *origin), Html(f"<b>{head}</b>"), *([body] if lines else [])]
    possible = planned and refused is None
    return Screen(Html("\n\n".join(parts)), ((apply, cancel) if possible else (close_button(view),),))


def _impossible(view: View, source: Source) -> Refused | None:
    """Return why the settings of the source cannot be applied, each of which could be alone."""
    try:
        after(view, source.imported.values, removed_by(view, source))
    except Refused as refused:
        return refused
    return None


def already_so(view: View, settings: int) -> Html:
    """Return the line about so many settings that have their new value already."""
    return view.words.count("Already so: {n} setting.", "Already so: {n} settings.", settings)


def _counted(view: View, changes: int, unknown: int, refused: int) -> Html:
    """Return how much would change, and what is skipped; zeroes are not named."""
    words = view.words
    head = words.count("{n} change.", "{n} changes.", changes) if changes else words(N_("Nothing would change."))
    skipped = []
    if unknown:
        skipped.append(words.count("{n} unknown", "{n} unknown", unknown))
    if refused:
        skipped.append(words.count("{n} invalid", "{n} invalid", refused))
    if not skipped:
        return head
    left_out = words(N_("Skipped: {skipped}."), skipped=Html(view.words.joined(skipped)))
    return Html(f"{head} {left_out}")


def _change(view: View, key: str, value: Value | None) -> Html:
    setting = view.settings[key]
    old, new = old_and_new(view, setting, view.stored.chosen, {} if value is None else {key: value})
    title = Html(f"<b>{view.words(setting.title)}</b>")
    line = view.words(N_("{title}: {old} → {new}"), title=title, old=old, new=new)
    return Html(f"• {line}")
