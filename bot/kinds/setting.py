"""What is said of a setting beside its type, and the pages settings stand on."""

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
    """The pages of the menu, in their order: (short code, title, emoji)."""

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
    """What is said of a setting in its one declaration. `key` and `default` are taken from the field it stands at."""

    section: Section
    title: str
    help: str
    kind: Kind
    private: bool = False
    """Makes sense in a private chat too; every setting makes sense in a group."""
    needs: str | None = None
    """The administrator right the bot needs for the effect, as Telegram names it."""
    local: bool = False
    """Speaks of this one chat, so that copying to another chat leaves it out."""
    shown: bool = True
    """People see only settings that have an effect."""
    key: str = ""
    default: Value = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._checked, handler(source))

    def _checked(self, value: object) -> Value:
        try:
            return self.kind.check(value)
        except Refused as refused:
            raise PydanticCustomError("refused", "{reason}", {"reason": refused.message}) from None

    def spoken(self, value: Value, words: Words) -> Value:
        """Return a value as it is said: our own default in the language of `words`, what a chat chose as it is."""
        return self.kind.spoken(value, words) if value == self.default else value

    def show(self, value: Value, words: Words) -> str:
        """Return a value in words, plain text."""
        return self.kind.show(self.spoken(value, words), words)
