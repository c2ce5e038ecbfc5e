"""The text commands: `/settings KEY`, `/settings KEY VALUE`, `/settings reset [KEY]`."""

from __future__ import annotations

from typing import Any

from aiogram import Bot
from aiogram.filters import CommandObject, Filter
from aiogram.types import Message
from aiogram.utils.text_decorations import html_decoration

from bot.errors import NotAllowed, Refused
from bot.features.settings import screens
from bot.features.settings.changing import change, key_and_value
from bot.features.settings.view import View, look
from bot.kinds import Setting
from bot.settings import nearest
from bot.storage.chat_configs import ChatConfigs
from bot.telegram.access import author
from bot.telegram.people import Acquaintances
from bot.telegram.screens import Screen, answer, button
from bot.words import N_, Words

# Words that follow /settings and are no keys; a test proves that no setting is called so.
RESERVED = ("reset", "history", "undo")


class Asks(Filter):
    """Routes `/settings WORD …`; the empty word is `/settings` alone. Hands over what follows as `rest`."""

    def __init__(self, word: str) -> None:
        self._word = word

    async def __call__(self, _message: Message, command: CommandObject) -> bool | dict[str, Any]:
        """Compare the first word."""
        first, _, rest = (command.args or "").strip().partition(" ")
        return {"rest": rest.strip()} if first.casefold() == self._word else False


async def view_of(message: Message, bot: Bot, configs: ChatConfigs, acquaintances: Acquaintances, words: Words) -> View:
    """Return the author's view of the chat they wrote in; raises `NotAllowed` for who writes without a name."""
    person = author(message)
    if person is None:
        raise NotAllowed(N_("I cannot tell who you are. Send /settings and press the button: the press tells me."))
    return await look(bot, configs, acquaintances, words, person, message.chat.id)


async def explain_or_set(
    message: Message,
    command: CommandObject,
    bot: Bot,
    configs: ChatConfigs,
    acquaintances: Acquaintances,
    words: Words,
    update_id: int,
) -> None:
    """`/settings KEY` explains a setting, `/settings KEY VALUE` sets it."""
    view = await view_of(message, bot, configs, acquaintances, words)
    key, begins = key_and_value(command.args or "")
    setting = named(view, key)
    value = typed_value(message, command, setting, begins)
    if not value:
        await answer(bot, message, screens.explanation(view, setting))
        return
    require_editable(view)
    await change(configs, view, {setting.key: setting.kind.parse(value, words)}, via="command", update_id=update_id)
    fresh = view.after(await configs.read(view.chat_id))
    await answer(bot, message, after_change(fresh, setting))


async def reset(
    message: Message,
    rest: str,
    bot: Bot,
    configs: ChatConfigs,
    acquaintances: Acquaintances,
    words: Words,
    update_id: int,
) -> None:
    """`/settings reset KEY` takes one choice back, `/settings reset` all of them; both can be undone."""
    view = await view_of(message, bot, configs, acquaintances, words)
    require_editable(view)
    if rest:
        setting = named(view, rest)
        await configs.reset(view.chat_id, [setting.key], by=view.person.id, via="command", update_id=update_id)
        fresh = view.after(await configs.read(view.chat_id))
        await answer(bot, message, after_change(fresh, setting))
        return
    changed = await configs.reset(view.chat_id, None, by=view.person.id, via="command", update_id=update_id)
    fresh = view.after(await configs.read(view.chat_id))
    if changed is None:
        await answer(bot, message, Screen(words(N_("Everything is as it comes already; nothing was changed."))))
        return
    undo = button(words.plain(N_("↩️ Undo")), fresh.press(screens.UNDO, value=str(changed.revision)))
    await answer(bot, message, Screen(words(N_("✅ Everything is as it comes again.")), ((undo,),)))


def after_change(view: View, setting: Setting) -> Screen:
    """Say what holds now, with the way on."""
    label = view.words.plain(N_("⚙️ {title}"), title=view.words.plain(setting.title))
    more = button(label, view.press(screens.EDITOR, setting.key))
    return Screen(screens.saved(view, setting), ((more,),))


def require_editable(view: View) -> None:
    """Raise `NotAllowed` where the person may look only."""
    if not view.editable:
        raise NotAllowed(N_("You may look at the settings of this chat, but not change them."))


def named(view: View, typed: str) -> Setting:
    """Return the setting somebody named by its key; raises `Refused` with the nearest ones."""
    key = typed.casefold().replace("-", "_")
    if key in view.settings:
        return view.settings[key]
    close = nearest(typed, view.settings, view.words)
    if close:
        raise Refused(N_("I know no setting {typed}. Did you mean {keys}?"), typed=typed[:64], keys=", ".join(close))
    raise Refused(N_("I know no setting {typed}. Send /settings to see all of them."), typed=typed[:64])


def typed_value(message: Message, command: CommandObject, setting: Setting, begins: int) -> str:
    """Return the value as typed: with its formatting as HTML where the kind keeps it, else plain."""
    text, args = message.text or "", command.args or ""
    value = args[begins:]
    if not setting.kind.markup or not value:
        return value
    # Entities count in UTF-16 units from the beginning of the whole message.
    start = len(text[: text.rindex(value)].encode("utf-16-le")) // 2
    entities = [
        entity.model_copy(update={"offset": max(0, entity.offset - start), "length": min(entity.length, end - start)})
        for entity in message.entities or []
        if (end := entity.offset + entity.length) > start
    ]
    return html_decoration.unparse(value, entities)
