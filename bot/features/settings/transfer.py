"""Export, import and copying from another chat: one preview and one Apply for both ways in."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from aiogram import Bot
from aiogram.types import BufferedInputFile, CallbackQuery, Message

from bot.errors import NotAllowed, Overtaken, Refused
from bot.features.settings import portable, screens
from bot.features.settings.announcing import announce
from bot.features.settings.changing import after
from bot.features.settings.describing import said
from bot.features.settings.portable import Imported
from bot.features.settings.view import View, look, view_of
from bot.kinds import Value
from bot.kinds.filling import safe_name
from bot.settings import visible_settings
from bot.storage.configs.repository import ChatConfigs
from bot.storage.known_chats import KnownChat, KnownChats
from bot.telegram.callback_data import Press, chat_in, number_in, to_base36
from bot.telegram.names import KnownNames
from bot.telegram.screens import Screen, answer, button, is_private, redraw, reply, say, send_file, whisper_back
from bot.words import N_, Html, Words, escape

PAGE = 8
_MOST_LINES = 15
IMPORT_PROMPT = "import"
# Before the mark of a file's content in a button's value; that of a chat to copy from begins with its id.
_FILE = "f:"
_CHANGED = N_("The settings were changed meanwhile. Look again, then apply.")


@dataclass(frozen=True, slots=True)
class Difference:
    """What applying would do: keys to set and keys whose choice is taken back."""

    patch: Mapping[str, Value]
    remove: Collection[str] = ()

    @property
    def keys(self) -> list[str]:
        """The settings that would change."""
        return [*self.patch, *self.remove]


def difference(view: View, values: Mapping[str, Value], *, whole: bool) -> Difference:
    """Compare values with the view; with `whole`, what they do not mention goes back to the default."""
    chosen = view.stored.chosen
    patch = {key: value for key, value in values.items() if key not in chosen or chosen[key] != value}
    return Difference(patch, [key for key in _unmentioned(view, values) if whole and key in chosen])


def _unmentioned(view: View, values: Mapping[str, Value]) -> list[str]:
    """Return the settings that the values leave alone, but for those that are never copied."""
    return [key for key, setting in view.settings.items() if key not in values and not setting.local]


async def export_by_command(
    message: Message, bot: Bot, configs: ChatConfigs, known_names: KnownNames, words: Words
) -> None:
    """`/settings export`."""
    view = await view_of(message, bot, configs, known_names, words)
    if not await send_file(bot, message.chat, view.person, _file(view), _about_file(view)):
        raise Refused(N_("I cannot send a file to you alone here. Open /settings in our private chat."))


async def export_by_press(query: CallbackQuery, bot: Bot, view: View) -> None:
    """The button of the same name."""
    chat = query.message.chat if query.message else None
    if chat is None or not await send_file(bot, chat, view.person, _file(view), _about_file(view), query.id):
        raise Refused(N_("I cannot send a file to you alone here. Open /settings in our private chat."))
    await query.answer()


def _file(view: View) -> BufferedInputFile:
    return BufferedInputFile(portable.export(view.stored.chosen, view.settings), f"settings-{abs(view.chat_id)}.json")


def _about_file(view: View) -> Html:
    return view.words(N_("📤 The settings. Send this file back with <code>/settings import</code>, here or elsewhere."))


async def import_by_command(
    message: Message, bot: Bot, configs: ChatConfigs, known_names: KnownNames, words: Words
) -> None:
    """`/settings import`: under a file, as a reply to one, or alone, which asks for one."""
    view = await view_of(message, bot, configs, known_names, words, change=True)
    for source in (message, message.reply_to_message):
        if source is not None and source.document is not None:
            await _preview(bot, message, source, view)
            return
    await answer(bot, message, _import_prompt(view))


async def ask_for_file(query: CallbackQuery, bot: Bot, view: View) -> None:
    """The button of the same name asks for a file."""
    screen = _import_prompt(view)
    if not await whisper_back(bot, query, screen) and isinstance(query.message, Message):
        await reply(bot, query.message, Screen(screen.text, screen.rows, ask=is_private(query.message)))
    await query.answer()


async def file_as_reply(
    message: Message, press: Press, bot: Bot, configs: ChatConfigs, known_names: KnownNames, words: Words
) -> None:
    """The reply to the question for a file."""
    view = await view_of(message, bot, configs, known_names, words, press.chat_id, change=True)
    if message.document is None:
        raise Refused(N_("Reply with a file that /settings export made, please."))
    await _preview(bot, message, message, view)


def _import_prompt(view: View) -> Screen:
    words = view.words
    how = words(N_("📥 <b>Reply to this message</b> with a file that <code>/settings export</code> made."))
    text = Html(f"{screens.heading(view)}\n\n{how}")
    cancel = Press(screens.CANCEL, view.chat_id, view.stored.revision, value=IMPORT_PROMPT).pack()
    return Screen(text, ((button(words.plain(N_("✕ Cancel")), cancel),),), ask=True)


async def _preview(bot: Bot, message: Message, source: Message, view: View) -> None:
    imported, mark = await _read(bot, source, view)
    screen = preview(view, difference(view, imported.values, whole=False), imported, mark)
    # Apply finds the file again through the message that the preview replies to: nothing is kept in memory.
    await answer(bot, message, screen, quote=source)


async def _read(bot: Bot, source: Message, view: View) -> tuple[Imported, str]:
    """Return what the file of a message says, and a mark of its content: who sent it may put another in its place."""
    document = source.document
    if document is None or (document.file_size or 0) > portable.MOST_BYTES:
        raise Refused(N_("The file is too large: at most {limit} KB."), limit=portable.MOST_BYTES // 1024)
    downloaded = await bot.download(document)
    data = downloaded.read(portable.MOST_BYTES + 1) if downloaded else b""
    return portable.read(data, view.settings), _FILE + hashlib.sha256(data).hexdigest()[:16]


async def copy_by_command(
    message: Message,
    bot: Bot,
    configs: ChatConfigs,
    known_names: KnownNames,
    words: Words,
    known: KnownChats,
) -> None:
    """`/settings copy` offers the chats to copy from."""
    view = await view_of(message, bot, configs, known_names, words, change=True)
    await answer(bot, message, await _sources(known, view, 0))


async def show_sources(query: CallbackQuery, press: Press, bot: Bot, view: View, known: KnownChats) -> None:
    """The button of the same name; its value is the page."""
    await redraw(bot, query, await _sources(known, view, number_in(press)))
    await query.answer()


async def preview_copy(
    query: CallbackQuery, press: Press, bot: Bot, view: View, configs: ChatConfigs, known_names: KnownNames
) -> None:
    """A chat was chosen: show what would change here."""
    values, mark = await _values_of(bot, configs, known_names, view, chat_in(press))
    await redraw(bot, query, preview(view, difference(view, values, whole=True), Imported(values), mark))
    await query.answer()


async def _sources(known: KnownChats, view: View, page: int) -> Screen:
    found = await known.of(view.person.id, offset=page * PAGE, limit=PAGE + 1)
    return sources(view, [one for one in found[:PAGE] if one.chat_id != view.chat_id], page, len(found) > PAGE)


def sources(view: View, found: list[KnownChat], page: int, more: bool) -> Screen:
    """The chats of the person from which settings can be copied."""
    words = view.words
    rows = [
        (button(f"👥 {safe_name(one.title)}", view.press(screens.COPY_FROM, value=to_base36(one.chat_id))),)
        for one in found
    ]
    turn = []
    if page > 0:
        turn.append(button(words.plain(N_("‹ Previous")), view.press(screens.COPY, value=str(page - 1))))
    if more:
        turn.append(button(words.plain(N_("Next ›")), view.press(screens.COPY, value=str(page + 1))))
    text = words(N_("Choose the group whose settings this one should have."))
    if not found:
        text = words(N_("I know no other group of yours. Send /settings in the one to copy from, then come back."))
    head = screens.heading(view, words(N_("📋 <b>Copy from another group</b>")))
    return Screen(
        Html(f"{head}\n\n{text}"), (*rows, *([tuple(turn)] if turn else []), screens.foot(view, screens.MORE))
    )


async def _values_of(
    bot: Bot, configs: ChatConfigs, known_names: KnownNames, view: View, chat_id: int
) -> tuple[dict[str, Value], str]:
    """Return what another chat chose, and a mark of its state: somebody may change it before the preview is applied."""
    source = await look(bot, configs, known_names, view.words, view.person, chat_id)
    if not source.editable:
        raise NotAllowed(N_("You may not change the settings of the chat you copy from."))
    values = {
        key: source.value(setting)
        for key, setting in visible_settings(private=False).items()
        if source.chosen(setting) and not setting.local
    }
    return values, f"{to_base36(chat_id)}:{to_base36(source.stored.revision)}"


def preview(view: View, planned: Difference, imported: Imported, source: str) -> Screen:
    """What applying would do, before anything is done."""
    words = view.words
    head = words(
        N_("{changes} change, {unknown} unknown, {refused} refused."),
        changes=len(planned.keys),
        unknown=len(imported.unknown),
        refused=len(imported.refused),
    )
    lines = [_planned(view, key, planned) for key in planned.keys]
    lines += [words(N_("Unknown: {key}"), key=key[:64]) for key in imported.unknown]
    lines += [
        words(N_("Line {line}, {key}: {reason}"), line=line, key=key, reason=words(refused.message, **refused.values))
        for key, (line, refused) in imported.refused.items()
    ]
    if len(lines) > _MOST_LINES:
        rest = len(lines) - _MOST_LINES
        lines = [*lines[:_MOST_LINES], words.count("… and {n} more", "… and {n} more", rest)]
    apply = button(words.plain(N_("✅ Apply")), view.press(screens.APPLY, value=source), "success")
    cancel = button(words.plain(N_("✕ Cancel")), view.press(screens.CLOSE))
    body = Html("\n".join(lines))
    return Screen(
        Html(f"{screens.heading(view)}\n\n<b>{head}</b>\n\n{body}"), ((apply, cancel) if planned.keys else (cancel,),)
    )


def _planned(view: View, key: str, planned: Difference) -> Html:
    setting = view.settings[key]
    old, new = said(view, key, view.stored.chosen), said(view, key, planned.patch)
    return Html(f"• <b>{view.words(setting.title)}</b>: {escape(old)} → {escape(new)}")


async def apply(
    query: CallbackQuery,
    press: Press,
    bot: Bot,
    view: View,
    configs: ChatConfigs,
    known_names: KnownNames,
    update_id: int,
) -> None:
    """Apply what the preview showed as one revision, if nothing was changed since it was computed."""
    source = query.message.reply_to_message if isinstance(query.message, Message) else None
    if copied := not press.value.startswith(_FILE):
        source_chat = chat_in(press._replace(value=press.value.partition(":")[0]))
        values, mark = await _values_of(bot, configs, known_names, view, source_chat)
        imported = Imported(values)
    elif source is not None:
        imported, mark = await _read(bot, source, view)
    else:
        raise Refused(N_("I do not see the file any more. Send it again with /settings import."))
    try:
        if mark != press.value:
            raise Overtaken(_CHANGED, keys=(), revision=press.revision, changed_by=None)
        # All of it, not what differs from our view: that may be older than the revision the preview shows.
        done = await configs.change(
            view.chat_id,
            imported.values,
            remove=_unmentioned(view, imported.values) if copied else (),
            by=view.person.id,
            via="copy" if copied else "import",
            update_id=update_id,
            expected_revision=press.revision,
        )
    except Overtaken:
        view = view.after(await configs.read(view.chat_id))
        await redraw(bot, query, preview(view, difference(view, imported.values, whole=copied), imported, mark))
        await say(query, view.words.plain(_CHANGED), alert=True)
        return
    fresh = await after(configs, view, done)
    await redraw(bot, query, screens.home(fresh, view.words(N_("✅ Applied; one undo takes it all back."))))
    await query.answer()
    await announce(bot, view, fresh, done)
