"""One person looking at the settings of one chat: what a screen is drawn from, and the check that lets them look."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from aiogram import Bot
from aiogram.enums import ChatType
from aiogram.filters import Filter
from aiogram.types import CallbackQuery, Chat, Message, User

from bot.errors import NotAllowed, Refused, Unavailable
from bot.kinds import Section, Setting, Value
from bot.kinds.filling import safe_name
from bot.settings import visible_sections, visible_settings
from bot.storage.configs.repository import ChatConfigs
from bot.storage.configs.revisions import Stored
from bot.storage.known_chats import KnownChats
from bot.telegram.access import Standing, author, may_change, presence, require_change, require_view
from bot.telegram.callback_data import OPEN, UNKNOWN_BUTTON, Press
from bot.telegram.chat_middleware import words_for
from bot.telegram.names import KnownNames
from bot.telegram.screens import is_private
from bot.words import N_, Html, Words, escape


@dataclass(frozen=True, slots=True)
class View:
    """What one person sees of one chat's settings.

    `title` names the chat; `editable` says whether they may change something, `owner` whether the chat is theirs,
    `anonymous` whether they act in the name of the group, `insider` whether they may know who of the admins did what.
    While the database is away a view shows what was last known, and is not `current`.
    """

    stored: Stored
    words: Words
    title: str
    person: User
    editable: bool
    owner: bool = False
    anonymous: bool = False
    insider: bool = True
    current: bool = True

    @property
    def chat_id(self) -> int:
        """The chat that is looked at."""
        return self.stored.chat_id

    @property
    def private(self) -> bool:
        """Whether it is the person's own chat with the bot."""
        return self.chat_id > 0

    @property
    def settings(self) -> Mapping[str, Setting]:
        """The settings of this chat that people see."""
        return visible_settings(private=self.private)

    def named(self) -> Html:
        """Return what everybody in the chat may read about who the person is."""
        if self.anonymous:
            return self.words(N_("An anonymous admin"))
        return Html(f'<a href="tg://user?id={self.person.id}">{escape(safe_name(self.person.full_name))}</a>')

    def setting(self, key: str) -> Setting:
        """Return a setting of this chat; raises `Refused` for a key a button should not carry."""
        if key not in self.settings:
            raise Refused(N_("There is no such setting here. Send /settings for a fresh menu."))
        return self.settings[key]

    def sections(self) -> tuple[Section, ...]:
        """Return the sections that have a setting here."""
        return visible_sections(private=self.private)

    def section(self, code: str) -> Section:
        """Return a section by its code; raises `Refused` for an unknown one."""
        for section in self.sections():
            if section.code == code:
                return section
        raise Refused(N_("There is no such section here. Send /settings for a fresh menu."))

    def value(self, setting: Setting) -> Value:
        """Return the value that holds."""
        held: Value = getattr(self.stored.config, setting.key)
        return held

    def chosen(self, setting: Setting) -> bool:
        """Say whether somebody chose the value, so that it is more than today's default."""
        return setting.key in self.stored.chosen

    def press(self, action: str, key: str = "", value: str = "") -> str:
        """Return the callback data of a button on a screen of this view."""
        return Press(action, self.chat_id, self.stored.revision, key, value).pack()

    def after(self, stored: Stored) -> View:
        """Return the same view of a newer configuration, in its language where that was changed."""
        words, config = self.words, stored.config
        if config.language != self.stored.config.language:
            code = self.person.language_code
            words = words_for(words.catalogues, config, private=self.private, language_code=code)
        return replace(self, stored=stored, words=words)


async def look(
    bot: Bot,
    configs: ChatConfigs,
    known_names: KnownNames,
    words: Words,
    person: User,
    chat_id: int,
    *,
    change: bool = False,
) -> View:
    """Open a view for a person; raises `NotAllowed` unless they may read (or `change`) the settings of that chat."""
    stored, current = await _stored(configs, chat_id, change=change)
    return await _opened(bot, known_names, words, person, stored, change=change, current=current)


async def _stored(configs: ChatConfigs, chat_id: int, *, change: bool) -> tuple[Stored, bool]:
    """Return the configuration as it is; who only looks may get it as it was last known, and False."""
    try:
        return await configs.read(chat_id), True
    except Unavailable:
        if change:
            raise
        return await configs.read_or_last_known(chat_id), False


async def _opened(
    bot: Bot,
    known_names: KnownNames,
    words: Words,
    person: User,
    stored: Stored,
    *,
    change: bool,
    current: bool,
) -> View:
    who, anonymous = await presence(bot, stored.chat_id, person.id)
    (require_change if change else require_view)(who, stored.config)
    title = "" if stored.chat_id > 0 else safe_name(await known_names.title(bot, stored.chat_id))
    return View(
        stored,
        words,
        title,
        person,
        may_change(who, stored.config),
        who is Standing.OWNER,
        anonymous,
        who >= Standing.ADMIN,
        current,
    )


async def view_of(
    message: Message,
    bot: Bot,
    configs: ChatConfigs,
    known_names: KnownNames,
    words: Words,
    chat_id: int | None = None,
    *,
    change: bool = False,
) -> View:
    """Return the author's view of a chat, that in which they wrote if none is named.

    Raises `NotAllowed` for who writes without a name, or may not look (with `change`: may not change settings).
    """
    person = author(message)
    if person is None:
        raise NotAllowed(
            N_(
                "I cannot tell who you are, so send me that in our private chat: /settings there, then Your groups. "
                "For everything that is a button, send /settings here: the press tells me."
            )
        )
    view = await look(bot, configs, known_names, words, person, chat_id or message.chat.id, change=change)
    if not is_private(message) and view.chat_id != message.chat.id:
        raise Refused(N_("This question belongs to another chat."))
    return view


class Viewing(Filter):
    """Routes presses of the given actions, once the presser's rights in the chat of the button were asked for.

    Hands over `press` and `view`. With `change`, the presser must be allowed to change settings.
    """

    def __init__(self, actions: str, *, change: bool = False) -> None:
        self.actions = frozenset(actions)
        self._change = change

    async def __call__(
        self,
        query: CallbackQuery,
        bot: Bot,
        configs: ChatConfigs,
        known_names: KnownNames,
        words: Words,
        known: KnownChats,
    ) -> bool | dict[str, Any]:
        """Let others have what is not ours; raise what the person should hear."""
        try:
            press = Press.unpack(query.data)
        except Refused:
            return False
        if press.action not in self.actions:
            return False
        stored, current = await _stored(configs, press.chat_id, change=self._change)
        chat = query.message.chat if query.message else None
        if chat is not None and not _belongs(stored.chat_id, chat, query.from_user):
            raise Refused(N_("This button belongs to another chat."))
        try:
            view = await _opened(bot, known_names, words, query.from_user, stored, change=self._change, current=current)
        except NotAllowed:
            if chat is not None and chat.type == ChatType.PRIVATE:
                # A group where the person lost their rights, or that the bot left, goes from their list.
                with suppress(Unavailable):
                    await known.drop(query.from_user.id, stored.chat_id)
            raise
        _require_own_button(query, view)
        return {"press": press, "view": view}


def _require_own_button(query: CallbackQuery, view: View) -> None:
    """A message that everybody in a group sees is touched by its own buttons only, and by who may change settings.

    A modified client sends the data of any button for any message of the bot.
    """
    message = query.message
    if not isinstance(message, Message) or message.ephemeral_message_id is not None or is_private(message):
        return
    rows = message.reply_markup.inline_keyboard if message.reply_markup else []
    data = [one.callback_data for row in rows for one in row]
    if query.data not in data:
        raise Refused(UNKNOWN_BUTTON)
    if not view.editable and Press.unpack(query.data).action != OPEN:
        raise NotAllowed(N_("This menu is not yours. Send /settings for one of your own."))


def _belongs(chat_id: int, shown_in: Chat, person: User) -> bool:
    """In a group a menu concerns that group; in a private chat, any group of the person's, or the private chat."""
    if shown_in.type == ChatType.PRIVATE:
        return chat_id < 0 or chat_id == person.id
    return chat_id == shown_in.id
