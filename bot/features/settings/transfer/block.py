"""Several settings in one message, one `KEY VALUE` a line: one change, after a preview where one is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial

from aiogram.types import CallbackQuery, Message

from bot.client.outgoing import MessageKind
from bot.errors import Refused
from bot.features.settings.changing import AsksFirst, change
from bot.features.settings.context import Context, said
from bot.features.settings.layout import close_button, undo_button
from bot.features.settings.received import received
from bot.features.settings.transfer.portable import ONLY_GROUPS, Imported
from bot.features.settings.transfer.preview import Source, already_so, preview
from bot.features.settings.typed import Line, arguments, first, several
from bot.features.settings.view import View
from bot.features.settings.wording import change_lines
from bot.kinds import Setting, Value, markup
from bot.naming import named
from bot.settings import visible_settings
from bot.storage.configs.revisions import Change
from bot.telegram.formatting import ONLY_TEXT
from bot.telegram.screens import Screen, answer_press, say
from bot.words import N_, Html, Words, escape

BLOCK_VERSION = "m:"
"""What the version of a message begins with."""
_MOST_TEXT = 3_500


async def set_several(message: Message, ctx: Context, lines: Sequence[Line]) -> None:
    """Apply the lines of a message as one change, or show a preview where something is refused or asks first."""
    if message.text is None:
        raise Refused(ONLY_TEXT)
    source = read_block(message, ctx.view, lines, ctx.bot.id)
    imported = source.imported
    if imported.refused or imported.unknown:
        ctx.answer(message, partial(preview, source=source), quote=message)
        return
    try:
        fresh, done = await change(ctx, imported.values, via="command")
    except AsksFirst:
        ctx.answer(message, partial(preview, source=source), quote=message)
        return
    ctx.answer(
        message,
        partial(_after_change, done=done, given=len(imported.values)),
        fresh,
        kind=MessageKind.CONFIRMATION if done else MessageKind.ANSWER,
    )


def _after_change(view: View, done: Change | None, given: int) -> Screen:
    words = view.words
    if done is None:
        return Screen(words(N_("All of that was set already.")))
    same = given - len(done.keys)
    lines = [words(N_("✅ Saved:")), *change_lines(view, done), *([already_so(view, same)] if same else [])]
    return Screen(Html("\n".join(lines)), ((undo_button(view, done), close_button(view)),))


def read_again(origin: Message, view: View, bot_id: int) -> Source:
    """Return what the lines of a message say now; its version is a hash, since the author can edit it."""
    typed = arguments(origin)
    lines = several(typed, view.settings, view.words) or [first(typed, view.settings, view.words)]
    return read_block(origin, view, lines, bot_id)


def version_of(typed: str) -> str:
    """Return the version of what follows `/settings`."""
    return BLOCK_VERSION + hashlib.sha256(typed.encode(errors="replace")).hexdigest()[:32]


def read_block(message: Message, view: View, lines: Sequence[Line], bot_id: int) -> Source:
    """Return what the lines of a message say."""
    text, typed = message.text or message.caption or "", arguments(message)
    offset = len(text) - len(typed)
    values: dict[str, Value] = {}
    unknown: list[str] = []
    refused: dict[str, tuple[int, Refused]] = {}
    for line in lines:
        setting = line.setting
        if setting is None:
            elsewhere = named(line.name, visible_settings(private=False), view.words)
            if elsewhere:
                refused[elsewhere.key] = (line.number, Refused(ONLY_GROUPS))
            else:
                unknown.append(line.name)
            continue
        try:
            patch = received(message, setting, view.words, bot_id, offset + line.begin, offset + line.end)
            if setting.key in values or not values.keys().isdisjoint(patch):
                raise Refused(N_("It is set twice."))
            values |= patch
        except Refused as reason:
            refused[setting.key] = (line.number, reason)
    kept = {key: value for key, value in values.items() if key not in refused}
    return Source(Imported(kept, tuple(unknown), refused), version_of(typed))


async def show_block(query: CallbackQuery, ctx: Context) -> None:
    """The button under a card: everything that was chosen as lines to copy."""
    view = ctx.view
    typed = [(one, f"/settings {one.key} {_as_typed(view, one)}") for one in view.chosen_settings()]
    if not typed:
        raise Refused(N_("All settings are at their defaults."))
    # Of a text with a line of its own that begins with the command, a block would make two settings.
    left_out = [one for one, line in typed if several(line, view.settings, view.words)]
    lines = "\n".join(line for one, line in typed if one not in left_out)
    if markup.utf16_length(lines) > _MOST_TEXT:
        raise Refused(N_("That is too long for one message. Use /settings export."))
    answer_press(ctx.outbox, query, *said(partial(_to_copy, lines=lines, left_out=left_out), view))
    say(ctx.outbox, query)


def _to_copy(view: View, lines: str, left_out: Sequence[Setting]) -> Screen:
    words = view.words
    how = words(N_("Copy this, and send it to another group. Formatting of texts is not part of it."))
    parts = [how, Html(f"<pre>{escape(lines)}</pre>")] if lines else []
    if left_out:
        titles = words.joined(words.plain(one.title) for one in left_out)
        parts.append(words(N_("Left out, as a line in it begins with /settings: {titles}."), titles=titles))
    return Screen(Html("\n\n".join(parts)), ((close_button(view),),))


def _as_typed(view: View, setting: Setting) -> str:
    value = view.value(setting)
    if setting.kind.markup:
        return markup.visible(str(value))
    words: Words = view.words.catalogues.words(None)
    return setting.kind.written(value, words)
