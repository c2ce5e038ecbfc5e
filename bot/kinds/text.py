"""Texts with Telegram's formatting and with placeholders."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.errors import Refused
from bot.kinds import markup
from bot.kinds.kind import OFF_WORDS, ON_WORDS, TAKE_AWAY_WORDS, Kind, Value, bare, means
from bot.words import N_, Words, without_marks

# Blanks, control characters, and those that only join or direct others.
_INVISIBLE = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})
_MOST_NAMED = 5
MOST_IN_MESSAGE = 4_096
MOST_IN_CAPTION = 1_024
"""Telegram refuses longer texts and captions (https://core.telegram.org/bots/api#sendmessage, #sendphoto)."""

_TAG = re.compile(r"<[^<>]*>")
_NAME = re.compile(r"[A-Za-z_]+")
_LEADING = re.compile(r"(?:\s|<[^<>]*>)*")
# What may be a placeholder: whole tags and text between single braces. Doubled braces come first: they are literal.
_BRACES = re.compile(r"\{\{|\}\}|\{((?:[^{}<>]|<[^<>{}]*>)*)\}")


def _counted(characters: int) -> Callable[[Words], str]:
    return lambda words: words.number(characters)


@dataclass(frozen=True)
class Text(Kind):
    """Text with Telegram's formatting, as HTML; at most `limit` characters as Telegram counts them (UTF-16 units).

    `placeholders` are the names that are filled in when it is said; any other name in braces is refused, and doubled
    braces stand for themselves. Where nothing is filled in, braces mean nothing.
    """

    limit: int
    placeholders: tuple[str, ...] = ()
    markup = True
    multiline = True
    # Markup takes room too, and so does "&", which is stored as "&amp;".
    most_bytes = 20_000

    def check(self, value: object) -> Value:
        text = self._shown(value)
        if self.placeholders:
            named = (match[1] for match in _BRACES.finditer(text) if match[1] is not None)
            self._refuse_unknown(name for name in named if _NAME.fullmatch(name) and name not in self.placeholders)
        return text

    def _shown(self, value: object) -> str:
        """Return the value if Telegram would show it as a message; raises `Refused` with the reason."""
        if not isinstance(value, str) or not value.strip():
            raise Refused(N_("It has to be a text of at most {limit} characters."), limit=_counted(self.limit))
        visible = markup.visible(value)
        if not any(unicodedata.category(char) not in _INVISIBLE for char in visible):
            raise Refused(N_("Nothing of that text would be visible."))
        length = markup.utf16_length(visible)
        if length > self.limit:
            raise Refused(
                N_("The text has {length} characters; at most {limit} fit."),
                length=_counted(length),
                limit=_counted(self.limit),
            )
        if len(value.encode()) > self.most_bytes:
            raise Refused(N_("The text has more formatting than I can store. Use less of it."))
        return value

    def imported(self, value: object) -> Value:
        text = self._shown(value)
        if self.placeholders:
            names = (_name(match) for match in _BRACES.finditer(text))
            self._refuse_unknown(name for name in names if name and name.casefold() not in self.placeholders)
            text = _BRACES.sub(self._placeholder, text)
        return self.check(text)

    def parse(self, typed: str, words: Words) -> Value:
        word = bare(markup.visible(typed))
        if any(means(word, listed, words) for listed in (ON_WORDS, OFF_WORDS, TAKE_AWAY_WORDS)):
            raise Refused(
                N_("“{word}” alone is no text. /settings reset with the key goes back to the default."),
                word=word,
            )
        return self.imported(typed.strip())

    def _placeholder(self, match: re.Match[str]) -> str:
        """Return a placeholder as it is stored, however it is typed: "{ Name }", or formatted inside its braces."""
        name = _name(match)
        if not name:
            return match[0]
        head = _LEADING.match(match[1])
        leading = "".join(_TAG.findall(head[0])) if head else ""
        trailing = "".join(_TAG.findall(match[1])).removeprefix(leading)
        return f"{leading}{{{name.casefold()}}}{trailing}"

    def show(self, value: Value, words: Words) -> str:
        return " ".join(without_marks(markup.visible(str(value))).split())

    def localized(self, default: Value, words: Words) -> Value:
        return words.plain(str(default), **{name: f"{{{name}}}" for name in self.placeholders})

    def accepts(self, words: Words) -> str:
        base = words.plain(
            N_("a text of at most {limit} characters; its formatting is kept"), limit=words.number(self.limit)
        )
        if not self.placeholders:
            return base
        names = " ".join(f"{{{name}}}" for name in self.placeholders)
        return words.plain(N_("{base}; I fill in {names}"), base=base, names=names)

    @property
    def example(self) -> str:
        return f"Hello {{{self.placeholders[0]}}}!" if self.placeholders else "Be kind"

    def example_in(self, words: Words) -> str:
        if not self.placeholders:
            return without_marks(words.plain(N_("Be kind")))
        return without_marks(words.plain(N_("Hello {name}!"), name=f"{{{self.placeholders[0]}}}"))

    def json_schema(self) -> dict[str, object]:
        return {"type": "string", "minLength": 1, "maxLength": self.most_bytes}

    def _refuse_unknown(self, names: Iterable[str]) -> None:
        """Raise `Refused` if there is a name, given as Telegram HTML, with all of them."""
        unknown = list(dict.fromkeys(names))
        if not unknown:
            return
        known = " ".join(f"{{{one}}}" for one in self.placeholders)
        listed = " ".join(f"{{{markup.visible(name)[:64]}}}" for name in unknown[:_MOST_NAMED])
        one = N_("There is no placeholder {names}. For a brace as it is, type it twice. Placeholders: {known}")
        several = N_("There are no placeholders {names}. For a brace as it is, type it twice. Placeholders: {known}")
        raise Refused(one if len(unknown) == 1 else several, names=listed, known=known)


def _name(match: re.Match[str]) -> str:
    """Return what stands between single braces without tags and blanks around it; empty for doubled braces."""
    return "" if match[1] is None else _TAG.sub("", match[1]).strip()
