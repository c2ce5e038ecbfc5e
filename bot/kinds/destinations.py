"""Where the bot is to write: another chat of an admin, or a topic of a forum."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.errors import Refused
from bot.kinds.kind import OFF, OFF_WORDS, Kind, Value, bare, means
from bot.words import N_, Words, folded

GENERAL = "general"
GENERAL_LABEL = N_("General topic")
GENERAL_WORDS = N_("general")
HERE_WORDS = N_("here this_topic in_this_topic")
NO_TOPICS = N_("This group has no topics.")
FOREIGN_TOPIC = N_("That is a topic of another group.")
TYPE_IT_THERE = N_("Write “here” in the topic that is meant, or “general”.")

# Telegram's titles, and its names of topics, have at most 128 characters; PostgreSQL stores no NUL, and nothing sends
# half a surrogate pair.
_UNFIT = "\x00-\x1f\ud800-\udfff"
_CHAT = re.compile(f"(-[0-9]{{1,16}}) ([^{_UNFIT}]{{1,128}})")
_TOPIC = re.compile(f"(-[1-9][0-9]{{0,15}})/([1-9][0-9]{{0,9}})(?: ([^{_UNFIT}]{{1,128}}))?")
# Only supergroups have topics; their ids lie below this number (https://core.telegram.org/api/bots/ids).
_SUPERGROUPS = -(10**12)


def log_chat_id(value: object) -> int | None:
    """Return the id of the chat in a value of this kind; None for "off"."""
    match = _CHAT.fullmatch(str(value))
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
        if isinstance(value, str) and (value == OFF or _CHAT.fullmatch(value)):
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


def topic_value(chat_id: int, thread: int, name: str) -> str:
    """Return the value for a topic; its name is what it was called when it was chosen, empty where nobody knows it."""
    fit = re.sub(f"[{_UNFIT}]", " ", name)
    return f"{chat_id}/{thread} {' '.join(fit.split())[:128]}".rstrip()


def thread_in(value: str, chat_id: int) -> int | None:
    """Return the topic of this chat that a value names, as `message_thread_id`; None for the general one."""
    match = _TOPIC.fullmatch(value)
    return int(match[2]) if match and int(match[1]) == chat_id else None


@dataclass(frozen=True)
class Topic(Kind):
    """A topic as "-1001234567890/55 Its name", or "general".

    The ids of topics are those of messages, so that the same one means something else in another chat: the chat's id
    stands beside it. Bots cannot list topics, nor ask whether there is one: who chooses a topic has to be in it.
    """

    example = GENERAL
    typed = False
    here = True

    def check(self, value: object) -> Value:
        if isinstance(value, str) and (value == GENERAL or _TOPIC.fullmatch(value)):
            return value
        raise Refused(TYPE_IT_THERE)

    def parse(self, typed: str, words: Words) -> Value:
        text = bare(typed)
        if folded(text) in words.spellings(GENERAL_LABEL) or means(text, GENERAL_WORDS, words):
            return GENERAL
        raise Refused(TYPE_IT_THERE)

    def foreign(self, value: Value, bot_id: int, chat_id: int) -> str:
        return FOREIGN_TOPIC if value != GENERAL and thread_in(str(value), chat_id) is None else ""

    def show(self, value: Value, words: Words) -> str:
        match = _TOPIC.fullmatch(str(value))
        if match is None:
            return words.plain(GENERAL_LABEL)
        return match[3] or words.plain(N_("topic {number}"), number=int(match[2]))

    def remark(self, value: Value, words: Words) -> str:
        match = _TOPIC.fullmatch(str(value))
        return f"https://t.me/c/{_SUPERGROUPS - int(match[1])}/{match[2]}" if match else ""

    def pack(self, value: Value) -> str:
        return str(value).partition(" ")[0]

    def written(self, value: Value, words: Words) -> str:
        return self.remark(value, words) or GENERAL

    def accepts(self, words: Words) -> str:
        return words.plain(N_("here (written in the topic that is meant) or general"))

    def presets(self) -> tuple[Value, ...]:
        return (GENERAL,)

    def has_effect(self, value: Value) -> bool:
        return value != GENERAL

    def json_schema(self) -> dict[str, object]:
        return {"type": "string", "pattern": r"^(general|-\d{1,16}/\d{1,10}( [^\n]{1,128})?)$"}
