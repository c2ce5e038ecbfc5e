"""Changing a setting for a person, safe against double taps, stale screens and two admins at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bot.errors import Overtaken, Unavailable
from bot.features.settings.view import View
from bot.kinds import Value
from bot.storage.configs.repository import ChatConfigs
from bot.storage.configs.revisions import Change
from bot.words import N_

_TRIES = 5
_OVERTAKEN = N_("Somebody else changed this meanwhile. I show you how it is now; nothing was overwritten.")


async def change(
    configs: ChatConfigs,
    view: View,
    patch: Mapping[str, Value],
    *,
    remove: Collection[str] = (),
    via: str,
    update_id: int,
    drawn_from: int | None = None,
) -> Change | None:
    """Set and remove keys for the person of the view; None if everything was so already.

    With `drawn_from`, the revision the person was looking at: raises `Overtaken` if somebody else changed one of these
    keys since. Changes of other keys do no harm.
    """
    for _ in range(_TRIES):
        expected = None
        if drawn_from is not None:
            expected = await _still_theirs(configs, view, {*patch, *remove}, drawn_from)
        try:
            return await configs.change(
                view.chat_id,
                patch,
                remove=remove,
                by=view.person.id,
                via=via,
                update_id=update_id,
                expected_revision=expected,
            )
        except Overtaken:
            continue
    raise Overtaken(_OVERTAKEN, keys=tuple(patch), revision=0, changed_by=None)


async def _still_theirs(configs: ChatConfigs, view: View, keys: set[str], drawn_from: int) -> int:
    """Return the present revision, unless somebody else changed one of the keys since `drawn_from`."""
    present = (await configs.read(view.chat_id)).revision
    newer = await configs.history(view.chat_id, limit=present - drawn_from) if present > drawn_from else []
    for one in newer:
        if one.revision > drawn_from and one.changed_by != view.person.id and not keys.isdisjoint(one.keys):
            raise Overtaken(_OVERTAKEN, keys=one.keys, revision=one.revision, changed_by=one.changed_by)
    return present


async def after(configs: ChatConfigs, view: View, done: Change | None) -> View:
    """Return the view as a change left it.

    A change that followed what the view shows tells that by itself. So does one after which the database went away:
    what was saved must not be said to be lost.
    """
    if done is not None:
        known = configs.cached(done.chat_id)
        if known is not None and known.revision == done.revision:
            return view.after(known)
        if done.revision == view.stored.revision + 1:
            return view.after(view.stored.after(done))
    try:
        return view.after(await configs.read(view.chat_id))
    except Unavailable:
        if done is None:
            raise
        return view.after(view.stored.after(done))


def key_and_value(typed: str) -> tuple[str, int]:
    """Split "KEY VALUE" into the key and the offset at which the value begins (the length where there is none)."""
    key = typed.split(maxsplit=1)[0] if typed.split() else ""
    rest = typed[typed.find(key) + len(key) :]
    return key, len(typed) - len(rest.lstrip()) if rest.strip() else len(typed)
