"""One person looking at the settings of one chat: what screens are drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from aiogram.types import User

from bot.errors import Refused
from bot.kinds import Section, Setting, Value
from bot.settings import visible_sections, visible_settings
from bot.storage.configs.revisions import Stored
from bot.telegram.access import Standing
from bot.telegram.callback_data import Action, Press
from bot.telegram.languages import chat_words, own_words
from bot.telegram.names import Here, mentioned
from bot.words import N_, Html, Languages, Words


@dataclass(frozen=True, slots=True)
class View:
    """What one person sees of one chat's settings, in `words`: their own, or the chat's where everybody sees it.

    `title` names the chat, and is empty for a private chat. `editable` says whether they may change settings, `owner`
    whether the chat is theirs, `is_admin` whether they may know which admin did what, `anonymous` whether they act in
    the name of the group, `standing` what they are there, `in_private` whether they look from their private chat;
    `forum` whether the chat has topics, and `here` the one from which they look at it.
    While the database is away a view shows what was last known, and is not `current`.
    """

    stored: Stored
    words: Words
    title: str
    person: User
    editable: bool
    owner: bool = False
    anonymous: bool = False
    is_admin: bool = True
    current: bool = True
    standing: Standing = Standing.OWNER
    in_private: bool = False
    forum: bool = False
    here: Here | None = None

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

    def mention(self) -> Html:
        """Return the person's name as everybody in the chat may read it."""
        if self.anonymous:
            return self.words(N_("An anonymous admin"))
        return mentioned(self.person)

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

    def of_use(self, setting: Setting) -> bool:
        """Say whether a setting has an effect in a chat such as this one, or a value that somebody chose."""
        return self.forum or not setting.forums or self.chosen(setting)

    def chosen_settings(self, section: Section | None = None) -> list[Setting]:
        """Return the settings whose value somebody chose, those of one section where it is named."""
        return [one for one in self.settings.values() if self.chosen(one) and section in (None, one.section)]

    def press(self, action: Action, key: str = "", value: str = "") -> str:
        """Return the callback data of a button on a screen of this view."""
        return Press(action, self.chat_id, self.stored.revision, key, value).pack()

    @property
    def languages(self) -> Languages:
        """In whose words it is shown: the person's own, and those of the chat for what all its members see."""
        words = self.words
        return Languages(words, words if self.private else chat_words(words.catalogues, self.stored.config))

    def with_stored(self, stored: Stored) -> View:
        """Return the same view of a newer configuration; a private chat may have another language in it."""
        words, config = self.words, stored.config
        if self.private and config.language != self.stored.config.language:
            words = own_words(words.catalogues, config, self.person.language_code)
        return replace(self, stored=stored, words=words)

    def said_in(self, words: Words) -> View:
        """Return the same view in other words."""
        return self if words is self.words else replace(self, words=words)

    def for_everybody(self) -> View:
        """Return the same view in the language of the chat, for what all its members see."""
        return self.said_in(self.languages.everybody)
