"""The description of a setting beside its type, and the sections of the menu."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from bot.errors import Refused
from bot.kinds.kind import Kind, Value
from bot.words import N_, Words


class Section(Enum):
    """The sections of the menu in their order: code, title, emoji."""

    GENERAL = ("general", N_("General"), "🌐")
    GREETINGS = ("greetings", N_("Greetings"), "👋")
    RULES = ("rules", N_("Rules"), "📜")
    TIDINESS = ("tidiness", N_("Tidiness"), "🧹")
    QUIET = ("quiet", N_("Quiet"), "🌙")
    ACCESS = ("access", N_("Access"), "🔑")

    def __init__(self, code: str, title: str, emoji: str) -> None:
        self.code = code
        self.title = title
        self.emoji = emoji


@dataclass(frozen=True, kw_only=True)
class Setting:
    """The description of a setting. `key` and `default` are taken from the field that it annotates."""

    section: Section
    title: str
    help: str
    """What it does; `help_in_private` says it where that is another thing in a private chat."""
    kind: Kind
    private: bool = False
    """Whether private chats have it, too; groups have every setting."""
    needs: str | None = None
    """The administrator right the bot needs for the effect, as Telegram names it."""
    forums: bool = False
    """Whether it is of use in groups with topics only."""
    local: bool = False
    """Whether its value fits this chat only, so that it is not copied to another one."""
    media: str = ""
    """The key of the setting whose photo, GIF or video is shown with this text, which is then its caption."""
    buttons: str = ""
    """The key of the setting whose link buttons stand under this text, and take what is typed in it."""
    variant_of: str = ""
    """The key of the text in whose place this one is said now and then; its editor leads to this one's."""
    shown: bool = True
    """Whether people see it: only once it has an effect."""
    help_in_private: str = ""
    key: str = ""
    default: Value = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._checked, handler(source))

    def _checked(self, value: object) -> Value:
        try:
            return self.kind.check(value)
        except Refused as refused:
            raise PydanticCustomError("refused", "{reason}", {"reason": refused.message}) from None

    def about(self, *, private: bool) -> str:
        """Return what it does in a private chat, or in a group."""
        return (private and self.help_in_private) or self.help

    def localized(self, value: Value, words: Words) -> Value:
        """Return our own default in the language of `words`, and what a chat chose as it is."""
        return self.kind.localized(value, words) if value == self.default else value

    def show(self, value: Value, words: Words) -> str:
        """Return a value in words, plain text."""
        return self.kind.show(self.localized(value, words), words)
