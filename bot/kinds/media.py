"""A photo, a GIF or a video that Telegram keeps: what is stored is its kind and its `file_id`.

A `file_id` is good for one bot only (https://core.telegram.org/bots/api#sending-files), so that bot's id
stands beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from bot.errors import Refused
from bot.kinds.kind import OFF_WORDS, TAKE_AWAY_WORDS, Kind, Value, bare, means
from bot.words import N_, Words

LABELS = {"photo": N_("a photo"), "animation": N_("a GIF"), "video": N_("a video")}
"""The kinds of media as the Bot API names them, in words."""

_STORED = re.compile(rf"({'|'.join(LABELS)}):([1-9][0-9]{{0,15}}):([A-Za-z0-9_-]{{8,200}})")
FOREIGN = N_("It was sent to another bot, and I cannot use its files. Send it to me.")
SEND_IT = N_("Send a photo, a GIF or a video.")


class File(NamedTuple):
    """A file as Telegram keeps it: "photo", "animation" or "video", the bot that may use it, and its `file_id`."""

    kind: str
    bot_id: int
    file_id: str

    def stored(self) -> str:
        """Return it as a setting stores it."""
        return f"{self.kind}:{self.bot_id}:{self.file_id}"


def read(value: str) -> File | None:
    """Return the file that a setting stores; None where there is none."""
    match = _STORED.fullmatch(value)
    return File(match[1], int(match[2]), match[3]) if match else None


@dataclass(frozen=True)
class Media(Kind):
    """A photo, a GIF or a video, sent by a person; empty where there is none."""

    media = True

    def check(self, value: object) -> Value:
        if value == "" or (isinstance(value, str) and read(value)):
            return value
        raise Refused(SEND_IT)

    def parse(self, typed: str, words: Words) -> Value:
        text = bare(typed)
        if means(text, OFF_WORDS, words) or means(text, TAKE_AWAY_WORDS, words):
            return ""
        return self.check(text or None)

    def foreign(self, value: Value, bot_id: int, chat_id: int) -> str:
        file = read(str(value))
        return FOREIGN if file is not None and file.bot_id != bot_id else ""

    def show(self, value: Value, words: Words) -> str:
        file = read(str(value))
        return words.plain(LABELS[file.kind]) if file else ""

    def accepts(self, words: Words) -> str:
        return words.plain(N_("a photo, a GIF or a video; off removes it"))

    @property
    def example(self) -> str:
        return File("photo", 123456789, "AgACAgIAAxkBAAI").stored()

    def json_schema(self) -> dict[str, object]:
        return {"type": "string", "pattern": f"^({_STORED.pattern})?$"}
