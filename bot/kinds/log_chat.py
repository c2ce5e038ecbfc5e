"""Another chat of an admin, to which the bot writes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.errors import Refused
from bot.kinds.kind import OFF, OFF_WORDS, Kind, Value, means
from bot.words import N_, Words

# Telegram's titles have at most 128 characters; PostgreSQL stores no NUL, and nothing sends half a surrogate pair.
_CHOSEN = re.compile("(-[0-9]{1,16}) ([^\x00-\x1f\ud800-\udfff]{1,128})")


def log_chat_id(value: object) -> int | None:
    """Return the id of the chat in a value of this kind; None for "off"."""
    match = _CHOSEN.fullmatch(str(value))
    return int(match[1]) if match else None


def log_chat_value(chat_id: int, title: str) -> str:
    """Return the value for a chat; its title is what it was called when it was chosen."""
    return f"{chat_id} {' '.join(title.split())[:128] or chat_id}"


@dataclass(frozen=True)
class LogChat(Kind):
    """A channel or group as "-1001234567890 Its title", chosen in Telegram's chat picker, or "off".

    Whoever stores one has to ask whether the person may write there: an id can be made up.
    """

    example = OFF
    typed = False
    picked = True

    def check(self, value: object) -> Value:
        if isinstance(value, str) and (value == OFF or _CHOSEN.fullmatch(value)):
            return value
        raise self._refused()

    def parse(self, typed: str, words: Words) -> Value:
        if means(typed, OFF_WORDS, words):
            return OFF
        raise self._refused()

    def show(self, value: Value, words: Words) -> str:
        return words.plain(N_("off")) if value == OFF else str(value).partition(" ")[2]

    def written(self, value: Value, words: Words) -> str:
        return self.show(value, words)

    def accepts(self, words: Words) -> str:
        return words.plain(N_("a channel or group that you choose in the menu, or off"))

    def presets(self) -> tuple[Value, ...]:
        return (OFF,)

    def has_effect(self, value: Value) -> bool:
        return value != OFF

    def json_schema(self) -> dict[str, object]:
        return {"type": "string", "pattern": r"^(off|-\d{1,16} [^\n]{1,128})$"}

    def _refused(self) -> Refused:
        return Refused(N_("Choose the channel or group with the button in the menu. Only “off” can be typed."))
