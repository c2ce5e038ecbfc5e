"""Texts with Telegram's formatting and with placeholders."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.errors import Refused
from bot.kinds import markup
from bot.kinds.kind import Kind, Value
from bot.words import N_, Words


@dataclass(frozen=True)
class Text(Kind):
    """Text with Telegram's formatting, as HTML; at most `limit` characters as Telegram counts them (UTF-16 units).

    `placeholders` are the names that are filled in when it is said; any other name in braces is refused.
    """

    limit: int
    placeholders: tuple[str, ...] = ()
    markup = True
    # Markup takes room too, and so does "&", which is stored as "&amp;". Three texts of this size stay below the 64 KiB
    # of a chat's whole configuration.
    most_bytes = 16_000

    def check(self, value: object) -> Value:
        if not isinstance(value, str) or not value.strip():
            raise Refused(N_("It has to be a text of at most {limit} characters."), limit=self.limit)
        length = markup.visible_length(value)
        if length > self.limit:
            raise Refused(N_("The text has {length} characters; at most {limit} fit."), length=length, limit=self.limit)
        if len(value.encode()) > self.most_bytes:
            raise Refused(N_("The text has more formatting than I can store. Use less of it."))
        if unknown := [name for name in re.findall(r"\{([A-Za-z_]+)\}", value) if name not in self.placeholders]:
            raise self._unknown(unknown[0])
        return value

    def parse(self, typed: str, words: Words) -> Value:
        return self.check(typed.strip())

    def show(self, value: Value, words: Words) -> str:
        return " ".join(markup.visible(str(value)).split())

    def localized(self, default: Value, words: Words) -> Value:
        return words.plain(str(default), **{name: f"{{{name}}}" for name in self.placeholders})

    def accepts(self, words: Words) -> str:
        base = words.plain(N_("a text of at most {limit} characters; its formatting is kept"), limit=self.limit)
        if not self.placeholders:
            return base
        names = " ".join(f"{{{name}}}" for name in self.placeholders)
        return words.plain(N_("{base}; I fill in {names}"), base=base, names=names)

    @property
    def example(self) -> str:
        return f"Hello {{{self.placeholders[0]}}}!" if self.placeholders else "Be kind."

    def json_schema(self) -> dict[str, object]:
        return {"type": "string", "minLength": 1, "maxLength": self.most_bytes}

    def _unknown(self, name: str) -> Refused:
        name = name[:64]
        if not self.placeholders:
            return Refused(N_("Nothing is filled in here, so {name} has no meaning."), name=f"{{{name}}}")
        known = " ".join(f"{{{one}}}" for one in self.placeholders)
        return Refused(N_("I do not know {name}. I can fill in: {known}"), name=f"{{{name}}}", known=known)
