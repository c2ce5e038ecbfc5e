"""The text commands: `/settings KEY`, `/settings KEY VALUE`, `/settings reset [KEY]`."""

from __future__ import annotations

from typing import Any

from aiogram import Bot
from aiogram.filters import CommandObject, Filter
from aiogram.types import Message

from bot.errors import Refused
from bot.features.settings import screens
from bot.features.settings.announcing import announce
from bot.features.settings.changing import after, change, key_and_value
from bot.features.settings.diagnosis import warning
from bot.features.settings.view import View, view_of
from bot.kinds import Setting
from bot.settings import matching, nearest, visible_settings
from bot.storage.configs.repository import ChatConfigs
from bot.telegram.formatting import typed_html
from bot.telegram.names import KnownNames
from bot.telegram.screens import Screen, answer, button
from bot.words import N_, Html, Words

# Words that follow /settings and are no keys; a test proves that no setting is called so.
RESERVED = ("reset", "history", "undo", "export", "import", "copy", "check", "chats", "card")


class Asks(Filter):
    """Routes `/settings WORD …`; the empty word is `/settings` alone. Hands over what follows as `rest`."""

    def __init__(self, word: str) -> None:
        self._word = word

    async def __call__(self, _message: Message, command: CommandObject) -> bool | dict[str, Any]:
        """Compare the first word."""
        first, *rest = (command.args or "").split(maxsplit=1) or [""]
        return {"rest": "".join(rest).strip()} if first.casefold() == self._word else False


async def explain_or_set(
    message: Message,
    command: CommandObject,
    bot: Bot,
    configs: ChatConfigs,
    known_names: KnownNames,
    words: Words,
    update_id: int,
) -> None:
    """`/settings KEY` explains a setting, `/settings KEY VALUE` sets it."""
    view = await view_of(message, bot, configs, known_names, words, change=not key_alone(command))
    key, begins = key_and_value(command.args or "")
    matches = matching(key, view.settings, words)
    if elsewhere := of_groups(view, key, matches):
        await answer(bot, message, elsewhere)
        return
    if len(matches) > 1 and key_alone(command):
        await answer(bot, message, screens.found(view, key, matches))
        return
    setting = named(view, key)
    value = typed_value(message, command, setting, begins)
    if not value:
        await answer(bot, message, screens.explanation(view, setting))
        return
    patch = {setting.key: setting.kind.parse(value, words)}
    done = await change(configs, view, patch, via="command", update_id=update_id)
    fresh = await after(configs, view, done)
    await answer(bot, message, after_change(fresh, setting, await warning(bot, fresh, setting)))
    await announce(bot, view, fresh, done)


async def reset(
    message: Message,
    rest: str,
    bot: Bot,
    configs: ChatConfigs,
    known_names: KnownNames,
    words: Words,
    update_id: int,
) -> None:
    """`/settings reset KEY` takes one choice back, `/settings reset` asks before it takes back all of them."""
    view = await view_of(message, bot, configs, known_names, words, change=True)
    if not rest:
        await answer(bot, message, screens.ask_reset(view, None) if view.stored.chosen else screens.home(view))
        return
    setting = named(view, rest)
    changed = await change(configs, view, {}, remove=[setting.key], via="command", update_id=update_id)
    fresh = await after(configs, view, changed)
    await answer(bot, message, after_change(fresh, setting))
    await announce(bot, view, fresh, changed)


def after_change(view: View, setting: Setting, warned: Html | None = None) -> Screen:
    """Say what holds now, with the way on."""
    label = view.words.plain(N_("⚙️ {title}"), title=view.words.plain(setting.title))
    more = button(label, view.press(screens.EDITOR, setting.key))
    text = screens.saved(view, setting)
    return Screen(Html(f"{text}\n\n{warned}") if warned else text, ((more,),))


def key_alone(command: CommandObject) -> bool:
    """Say whether nothing follows the first word."""
    return len((command.args or "").split()) == 1


def of_groups(view: View, typed: str, matches: list[Setting]) -> Screen | None:
    """Return the way to a setting that only groups have, asked for in private; None where there is nothing to say."""
    if matches or not view.private:
        return None
    meant = matching(typed, visible_settings(private=False), view.words)
    return screens.only_in_groups(view, meant) if meant else None


def named(view: View, typed: str) -> Setting:
    """Return the setting somebody named by its key; raises `Refused` with the nearest ones."""
    key = typed.casefold().replace("-", "_")
    if key in view.settings:
        return view.settings[key]
    if len(begun := matching(typed, view.settings, view.words)) == 1:
        return begun[0]
    close = nearest(typed, view.settings, view.words)
    if close:
        raise Refused(N_("I know no setting {typed}. Did you mean {keys}?"), typed=typed[:64], keys=", ".join(close))
    raise Refused(N_("I know no setting {typed}. Send /settings to see all of them."), typed=typed[:64])


def typed_value(message: Message, command: CommandObject, setting: Setting, begins: int) -> str:
    """Return the value as typed: with its formatting as HTML where the kind keeps it, else plain."""
    value = (command.args or "")[begins:]
    if not setting.kind.markup or not value:
        return value
    # It is the end of the message, which may be the caption of a picture.
    return typed_html(message, len(message.text or message.caption or "") - len(value))
