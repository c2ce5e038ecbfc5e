"""The one way to change settings: store the change, draw the fresh view, announce the change.

Safe against double taps, stale screens and two admins at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from aiogram.types import CallbackQuery, Message

from bot.errors import NotAllowed, Overtaken, Refused, Unavailable
from bot.features.settings.announcing import Announced, Undone
from bot.features.settings.context import Context, Draw, said
from bot.features.settings.layout import foot, heading, text_of
from bot.features.settings.view import View
from bot.features.settings.wording import stored_in_words, titles_of, who_changed
from bot.kinds import Value
from bot.kinds.destinations import log_chat_id
from bot.settings import ChatConfig, require_captions, settings
from bot.storage.configs.documents import require_storable
from bot.storage.configs.revisions import Change
from bot.telegram.access import may_post, taken_by
from bot.telegram.callback_data import SURE, Action, Press
from bot.telegram.screens import Screen, answer_press, button, is_private, say
from bot.words import N_

_TRIES = 5
_PLACES = frozenset({"announce_changes", "log_chat"})
"""Settings that say where changes are told."""
_SOMEBODY_MEANWHILE = N_("Nothing was undone, because {who} changed this meanwhile: {settings}.")
_YOURSELF_MEANWHILE = N_("Nothing was undone, because you changed this meanwhile: {settings}.")
_OVERTAKEN = N_("Somebody else changed this meanwhile. I show you how it is now; nothing was overwritten.")


class AsksFirst(Refused):
    """The change takes the right to change settings from somebody; the sentence says from whom.

    `after` is the configuration it would make.
    """

    def __init__(self, message: str, after: ChatConfig) -> None:
        super().__init__(message)
        self.after = after


class Applied(NamedTuple):
    """The view as a change left it, and the change; None if everything was so already."""

    view: View
    change: Change | None


async def change(
    ctx: Context,
    patch: Mapping[str, Value],
    *,
    remove: Collection[str] = (),
    via: str,
    drawn_from: int | None = None,
    exactly: bool = False,
) -> Applied:
    """Set and remove keys for the person of the context.

    With `drawn_from`, the revision the person was looking at: raises `Overtaken` if somebody else changed one of these
    keys since; changes of other keys do no harm, but `exactly` refuses those, too. Raises `AsksFirst` for what the
    person has to confirm, and `Refused` for what cannot be.
    """
    _require_possible(ctx, patch, remove)
    await _require_log_chat(ctx, patch)
    for _ in range(_TRIES):
        expected = drawn_from
        if drawn_from is not None and not exactly:
            expected = await _still_theirs(ctx, {*patch, *remove}, drawn_from)
        try:
            done = await ctx.configs.change(
                ctx.view.chat_id,
                patch,
                remove=remove,
                by=ctx.view.person.id,
                via=via,
                anonymous=ctx.view.anonymous,
                update_id=ctx.update_id,
                expected_revision=expected,
            )
        except Overtaken:
            if exactly:
                raise
            continue
        return await _applied(ctx, done)
    raise Overtaken(_OVERTAKEN, keys=tuple(patch), revision=0, changed_by=None)


async def undo(
    ctx: Context, revision: int, *, by_button: bool = False, announced: Announced | None = None
) -> tuple[View, Change]:
    """Take one revision back; raises `Overtaken` where its settings were changed since, and `AsksFirst` as `change`.

    `by_button` and `announced` are those of `Undone`.
    """
    listed = await ctx.configs.history(ctx.view.chat_id, before=revision + 1, limit=1)
    undone = None
    if listed and listed[0].revision == revision:
        _require_possible(ctx, listed[0].before, listed[0].keys)
        await _require_log_chat(ctx, listed[0].before)
        if by_button or _places(ctx.view) or not _PLACES.isdisjoint(listed[0].before):
            undone = await ctx.announcer.undone(ctx.bot, ctx.view, listed[0], by_button=by_button, announced=announced)
    try:
        done = await ctx.configs.undo(
            ctx.view.chat_id,
            revision,
            by=ctx.view.person.id,
            anonymous=ctx.view.anonymous,
            update_id=ctx.update_id,
        )
    except Overtaken as overtaken:
        raise await _named(ctx, overtaken) from None
    return (await _applied(ctx, done, undone)).view, done


async def _named(ctx: Context, overtaken: Overtaken) -> Overtaken:
    """Return the error with a sentence that says who was in the way of an undo, and with what."""
    by, keys = overtaken.changed_by, overtaken.keys
    own, anonymous = by == ctx.view.person.id, overtaken.anonymous
    names = await ctx.known_names.names(ctx.bot, ctx.view.chat_id, {by} if by and ctx.view.is_admin else ())
    return Overtaken(
        _YOURSELF_MEANWHILE if own else _SOMEBODY_MEANWHILE,
        keys=keys,
        revision=overtaken.revision,
        changed_by=by,
        who=lambda words: who_changed(
            words, by, names.get(by or 0, ""), to_admin=ctx.view.is_admin, anonymous=anonymous
        ),
        settings=lambda words: titles_of(words, keys),
    )


async def refreshed(ctx: Context) -> View:
    """Return the view as it is now."""
    return ctx.view.with_stored(await ctx.configs.read(ctx.view.chat_id))


def after(view: View, patch: Mapping[str, Any], remove: Collection[str]) -> ChatConfig:
    """Return what results from a change; raises `Refused` where that would be too much, or contradict itself."""
    kept = {key: value for key, value in view.stored.chosen.items() if key not in remove}
    document = kept | dict(patch)
    if patch:
        require_storable(document)
    changed, _ = ChatConfig.tolerant(document)
    require_captions(changed, {*patch, *remove})
    return changed


def ask_first(view: View, asked: AsksFirst, press: Press) -> Screen:
    """The question before a change that takes the right to change from somebody; `press` is repeated when confirmed."""
    words = view.words
    editors = settings()["editors"]
    old, new = (stored_in_words(view, editors, {"editors": one.editors}) for one in (view.stored.config, asked.after))
    lines = [
        words(N_("⚠️ <b>{title}</b>: {old} → {new}"), title=words(editors.title), old=old, new=new),
        words(asked.message),
    ]
    sure = press._replace(revision=press.revision or view.stored.revision, value=f"{press.value}{SURE}")
    yes = button(words.plain(N_("Yes, change it")), sure.pack(), "danger")
    return Screen(text_of(heading(view), *lines), ((yes,), foot(view, Action.HOME)))


def show_question(query: CallbackQuery, ctx: Context, question: Draw) -> None:
    """Ask in the place of the pressed screen, or the presser alone where everybody sees that one."""
    message = query.message
    if isinstance(message, Message) and message.ephemeral_message_id is None and not is_private(message):
        draw, languages = said(question, ctx.view)
        answer_press(ctx.outbox, query, draw, languages, openly=draw)
        say(ctx.outbox, query)
    else:
        ctx.show(query, question)


def _require_possible(ctx: Context, patch: Mapping[str, Any], remove: Collection[str]) -> None:
    """Raise `Refused` for what `after` refuses, and `AsksFirst`."""
    view = ctx.view
    changed = after(view, patch, remove)
    warning = None if ctx.sure or view.private else taken_by(view.standing, view.stored.config, changed)
    if warning:
        raise AsksFirst(warning, changed)


async def _still_theirs(ctx: Context, keys: set[str], drawn_from: int) -> int:
    """Return the present revision, unless somebody else changed one of the keys since `drawn_from`."""
    chat_id = ctx.view.chat_id
    present = (await ctx.configs.read(chat_id)).revision
    newer = await ctx.configs.history(chat_id, limit=present - drawn_from) if present > drawn_from else []
    for one in newer:
        if one.revision > drawn_from and one.changed_by != ctx.view.person.id and not keys.isdisjoint(one.keys):
            raise Overtaken(_OVERTAKEN, keys=one.keys, revision=one.revision, changed_by=one.changed_by)
    return present


async def _applied(ctx: Context, change: Change | None, undone: Undone | None = None) -> Applied:
    """Return the fresh view, with the change announced: before the answer, which may fail."""
    if change is None:
        return Applied(await refreshed(ctx), None)
    fresh = await _view_after(ctx, change)
    by_button = {fresh.chat_id} if undone is not None and undone.by_button else set()
    for place in sorted(_places(ctx.view) | _places(fresh) | by_button):
        ctx.announcer.tell(fresh.for_everybody(), change, undone, place)
    return Applied(fresh, change)


async def _view_after(ctx: Context, change: Change) -> View:
    """Return the view as a change left it, even if the database went away right after it."""
    view, known = ctx.view, ctx.configs.cached(change.chat_id)
    if known is not None and known.revision == change.revision:
        return view.with_stored(known)
    if change.revision != view.stored.revision + 1:
        try:
            return await refreshed(ctx)
        except Unavailable:
            pass
    return view.with_stored(view.stored.after(change))


def _places(view: View) -> set[int]:
    """Return the chats that are told of a change: the group itself, its log."""
    if view.private:
        return set()
    config, log = view.stored.config, log_chat_id(view.stored.config.log_chat)
    return {*((view.chat_id,) if config.announce_changes == "chat" else ()), *((log,) if log is not None else ())}


async def _require_log_chat(ctx: Context, values: Mapping[str, Any]) -> None:
    """Raise `NotAllowed` unless the person, and the bot, may write in the log that is about to be chosen.

    Otherwise an admin of one group could have the bot write what they like to any other.
    """
    log, value = log_chat_id(values.get("log_chat")), values.get("log_chat")
    if log is None or value == ctx.view.stored.chosen.get("log_chat"):
        return
    if log == ctx.view.chat_id:
        title = ctx.view.words.plain(ctx.view.settings["announce_changes"].title)
        raise Refused(N_("Choose another chat. For this one there is “{title}”."), title=title)
    if not await may_post(ctx.bot, log, ctx.view.person.id):
        raise NotAllowed(N_("You have to be an admin who may post there."))
    if not await may_post(ctx.bot, log, ctx.bot.id):
        raise NotAllowed(N_("I cannot write there: make me an admin who may post messages."))
