"""The menu: opening it, going through it, setting values by buttons."""

from __future__ import annotations

from contextlib import suppress

from aiogram import Bot
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, Message

from bot.errors import Overtaken, Unavailable
from bot.features.settings import screens
from bot.features.settings.announcing import announce
from bot.features.settings.changing import after, change, key_and_value
from bot.features.settings.chats import way_to_private
from bot.features.settings.diagnosis import warning
from bot.features.settings.view import View, look
from bot.kinds import Setting, Switch
from bot.settings import matching, visible_settings
from bot.storage.configs.repository import ChatConfigs
from bot.storage.configs.revisions import Stored
from bot.storage.known_chats import KnownChats
from bot.telegram.access import author
from bot.telegram.callback_data import OPEN, Press, pack_value, unpack_value
from bot.telegram.names import KnownNames
from bot.telegram.screens import (
    Screen,
    answer,
    button,
    close,
    is_private,
    post,
    redraw,
    reply,
    say,
    whisper,
    whisper_back,
)
from bot.words import N_, Html, Words


async def open_menu(
    message: Message,
    bot: Bot,
    stored: Stored,
    configs: ChatConfigs,
    known_names: KnownNames,
    words: Words,
    known: KnownChats,
) -> None:
    """`/settings`: to the one who asked only; where that cannot be, a button by which everyone opens their own view."""
    person = author(message)
    if person is None:
        await reply(bot, message, gear(stored, words))
        return
    view = await look(bot, configs, known_names, words, person, message.chat.id)
    if is_private(message):
        await reply(bot, message, screens.home(view))
    elif stored.config.menu_place == "group":
        await post(bot, message, screens.home(view))
    elif stored.config.menu_place == "private":
        await answer(bot, message, way_to_private(words, (await bot.me()).username, view.chat_id))
    elif not await whisper(bot, message, screens.home(view)):
        await reply(bot, message, gear(stored, words))
    await remember(known, known_names, view)


async def remember(known: KnownChats, known_names: KnownNames, view: View) -> None:
    """Put the group on the list of who may change its settings; once in a while is enough."""
    if view.private or not view.editable or known_names.listed(view.person.id, view.chat_id):
        return
    with suppress(Unavailable):  # next time will do: they have their menu
        await known.remember(view.person.id, view.chat_id, view.title)
        known_names.note_listed(view.person.id, view.chat_id)


def gear(stored: Stored, words: Words) -> Screen:
    """Return the public button; the press tells who pressed."""
    data = Press(OPEN, stored.chat_id, stored.revision).pack()
    return Screen(words(N_("⚙️ Press to open the settings.")), ((button(words.plain(N_("⚙️ Settings")), data),),))


async def write_without_a_name(
    message: Message, command: CommandObject, bot: Bot, stored: Stored, words: Words
) -> None:
    """An anonymous admin says more than `/settings`: a public button leads whoever presses it to what was meant."""
    key, begins = key_and_value(command.args or "")
    meant = matching(key, visible_settings(private=False), words)
    if len(meant) != 1:
        await reply(bot, message, gear(stored, words))
        return
    (setting,) = meant
    data = Press(OPEN, stored.chat_id, stored.revision, setting.key, _carried(setting, command, begins, words)).pack()
    label = words.plain(N_("⚙️ {title}"), title=words.plain(setting.title))
    text = words(N_("⚙️ I cannot tell who you are; the press tells me."))
    await reply(bot, message, Screen(text, ((button(label, data),),)))


def _carried(setting: Setting, command: CommandObject, begins: int, words: Words) -> str:
    """Return the value somebody typed as a button carries it; nothing where there is none, or a text, which is long."""
    typed = (command.args or "")[begins:]
    return pack_value(setting.kind.parse(typed, words)) if typed and not setting.kind.markup else ""


async def open_own_view(
    query: CallbackQuery, press: Press, bot: Bot, view: View, known: KnownChats, known_names: KnownNames
) -> None:
    """A press on the public button opens the presser's own view, or the menu in place where Telegram is too old.

    The button may name a setting, and a value that is offered there and set by another press.
    """
    screen = screens.home(view)
    if press.key:
        setting = view.setting(press.key)
        screen = screens.editor(view, setting, None, unpack_value(setting, press.value) if press.value else None)
    if not await whisper_back(bot, query, screen):
        await redraw(bot, query, screen)
    await query.answer()
    await remember(known, known_names, view)


async def show_home(query: CallbackQuery, bot: Bot, view: View) -> None:
    """Back to the first screen."""
    await _turn_to(bot, query, screens.home(view))


async def show_section(query: CallbackQuery, press: Press, bot: Bot, view: View) -> None:
    """One section."""
    await _turn_to(bot, query, screens.section(view, view.section(press.key)))


async def show_editor(query: CallbackQuery, press: Press, bot: Bot, view: View) -> None:
    """One setting."""
    await _turn_to(bot, query, screens.editor(view, view.setting(press.key)))


async def show_more(query: CallbackQuery, bot: Bot, view: View) -> None:
    """What is done with all settings at once."""
    await _turn_to(bot, query, screens.more(view))


async def ask_reset(query: CallbackQuery, press: Press, bot: Bot, view: View) -> None:
    """The question before resetting a section, or everything."""
    await _turn_to(bot, query, screens.ask_reset(view, view.section(press.key) if press.key else None))


async def reset(query: CallbackQuery, press: Press, bot: Bot, view: View, configs: ChatConfigs, update_id: int) -> None:
    """The answer Yes to that question."""
    section = view.section(press.key) if press.key else None
    keys = [one.key for one in view.settings.values() if section in (None, one.section)]
    try:
        done = await change(configs, view, {}, remove=keys, via="menu", update_id=update_id, drawn_from=press.revision)
    except Overtaken as overtaken:
        await say(query, view.words.plain(overtaken.message), alert=True)
        await redraw(bot, query, screens.ask_reset(view.after(await configs.read(view.chat_id)), section))
        return
    fresh = await after(configs, view, done)
    await _turn_to(bot, query, screens.home(fresh, view.words(N_("✅ Done; one undo in the history brings it back."))))
    await announce(bot, view, fresh, done)


async def set_value(
    query: CallbackQuery, press: Press, bot: Bot, view: View, configs: ChatConfigs, update_id: int
) -> None:
    """A button with a value sets this value, however often it is pressed."""
    setting = view.setting(press.key)
    patch = {setting.key: unpack_value(setting, press.value)}
    await _change(query, bot, configs, view, setting, patch, press.revision, update_id)


async def take_default(
    query: CallbackQuery, press: Press, bot: Bot, view: View, configs: ChatConfigs, update_id: int
) -> None:
    """The default again, whatever it will be in later releases."""
    setting = view.setting(press.key)
    await _change(query, bot, configs, view, setting, {}, press.revision, update_id)


async def close_screen(query: CallbackQuery, bot: Bot) -> None:
    """Take the screen away; one that Telegram no longer lets the bot delete stays."""
    await close(bot, query)
    await query.answer()


async def _change(
    query: CallbackQuery,
    bot: Bot,
    configs: ChatConfigs,
    view: View,
    setting: Setting,
    patch: dict[str, bool | int | str],
    drawn_from: int,
    update_id: int,
) -> None:
    remove = () if patch else (setting.key,)
    try:
        done = await change(configs, view, patch, remove=remove, via="menu", update_id=update_id, drawn_from=drawn_from)
    except Overtaken as overtaken:
        fresh = await after(configs, view, None)
        await say(query, view.words.plain(overtaken.message), alert=True)
        await redraw(bot, query, _screen_after(fresh, setting, None))
        return
    fresh = await after(configs, view, done)
    notes = [screens.saved(fresh, setting), await warning(bot, fresh, setting)]
    await _turn_to(bot, query, _screen_after(fresh, setting, Html("\n".join(note for note in notes if note))))
    await announce(bot, view, fresh, done)


def _screen_after(view: View, setting: Setting, note: Html | None) -> Screen:
    """A switch is set on the page of its section, everything else in its editor."""
    if isinstance(setting.kind, Switch):
        return screens.section(view, setting.section, note)
    return screens.editor(view, setting, note)


async def _turn_to(bot: Bot, query: CallbackQuery, screen: Screen) -> None:
    await redraw(bot, query, screen)
    await query.answer()
