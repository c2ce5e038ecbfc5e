"""What a button means: packed into callback data when it is drawn, and read as hostile data when it is pressed.

Callback data is at most 64 bytes (https://core.telegram.org/bots/api#inlinekeyboardbutton), and a modified client can
send anything. So it carries only what is checked again: the chat, the revision the button was drawn from, the setting
and the value.
"""

from __future__ import annotations

import re
from enum import StrEnum, unique
from functools import lru_cache
from typing import Any, NamedTuple

from aiogram.filters import Filter
from aiogram.types import CallbackQuery

from bot.errors import Refused
from bot.words import N_

# Raised when the layout changes, so that buttons of an older release are told apart and not misread.
VERSION = "1"
MOST_BYTES = 64
UNKNOWN_BUTTON = N_("This button is not from this version of me. Send /settings for a fresh menu.")
SURE = "+"
"""Ends the value of a button that confirms what was asked for first; no other value ends so."""
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LAYOUT = re.compile(r"1([A-Za-z])\|([a-z0-9_]{0,32})\|([A-Za-z0-9_/+:\-]{0,40})\|([0-9a-z]{1,9})\|(-?[0-9a-z]{1,12})")


@unique
class Action(StrEnum):
    """What a button does; the buttons of all features are listed here, so that no letter means two things."""

    HOME = "h"
    SECTION = "s"
    EDITOR = "e"
    SET = "v"
    DEFAULT = "d"
    TYPE = "t"
    BUTTON = "E"
    """The screen of one link button; its value says which."""
    CHANGE_BUTTON = "D"
    """Moves or removes a link button."""
    PREVIEW = "V"
    COPY_TEXT = "K"
    """Asks for a text by showing the present one, to be copied and changed."""
    MORE = "m"
    ASK_RESET = "q"
    RESET = "z"
    CLOSE = "x"
    CANCEL = "c"
    """Closes a prompt; its key or value says what the prompt asks for."""
    OPEN = "o"
    """The public button by which everybody opens a menu of their own; it goes away when it was used."""
    OPEN_STAYING = "O"
    """The same under a message that stays."""
    CARRY_OUT = "X"
    """The public button under the command of an anonymous admin, which is then theirs who pressed."""
    HISTORY = "l"
    UNDO = "u"
    REVERT = "w"
    """Undo under an announcement."""
    TAKE_BACK = "U"
    """Undo under the word that a change was saved."""
    MAKE_AGAIN = "R"
    """Redo after that."""
    CHATS = "g"
    PICK = "p"
    EXPORT = "b"
    IMPORT = "i"
    COPY = "y"
    COPY_FROM = "f"
    APPLY = "a"
    CHECK = "k"
    CARD = "C"
    POST = "B"
    BLOCK = "T"
    ASK_ERASE = "j"
    ERASE = "n"
    PICK_LOG = "L"
    SHOW_RULES = "r"
    SHOW_TRACES = "P"
    ERASE_TRACES = "Q"


@lru_cache(10_000)
def to_base36(number: int) -> str:
    """Return a number in the shortest form that callback data and deep links allow."""
    digits, rest = "", abs(number)
    while rest or not digits:
        rest, digit = divmod(rest, 36)
        digits = _DIGITS[digit] + digits
    return f"-{digits}" if number < 0 else digits


def from_base36(digits: str) -> int:
    """Read what `to_base36` wrote."""
    return int(digits, 36)


class Press(NamedTuple):
    """A button: an action (one letter), the chat it concerns, the revision it was drawn from, and what it is about."""

    action: str
    chat_id: int
    revision: int = 0
    key: str = ""
    value: str = ""

    def pack(self) -> str:
        """Return the callback data; raises `ValueError` if it would not fit, which a test rules out."""
        meaning = _meaning(self.action, self.key, self.value)
        data = f"{meaning}{to_base36(self.revision)}|{to_base36(self.chat_id)}"
        fits = 0 <= self.revision < 36**9 and abs(self.chat_id) < 36**12 and len(data) <= MOST_BYTES
        if not meaning or not fits:
            raise ValueError(f"the button {self.action} {self.key} does not fit into callback data")
        return data

    @classmethod
    def unpack(cls, data: str | None) -> Press:
        """Read callback data; raises `Refused` for anything that this release would not have packed."""
        match = _LAYOUT.fullmatch(data or "")
        if match is None:
            raise Refused(UNKNOWN_BUTTON)
        action, key, value, revision, chat_id = match.groups()
        return cls(action, from_base36(chat_id), from_base36(revision), key, value)


@lru_cache(10_000)
def _meaning(action: str, key: str, value: str) -> str:
    """Return the part of callback data that is the same in all chats; empty where it does not fit."""
    meaning = f"{VERSION}{action}|{key}|{value}|"
    return meaning if _LAYOUT.fullmatch(f"{meaning}0|0") else ""


def number_in(press: Press) -> int:
    """Return the number a button carries as its value, 0 where it carries none; raises `Refused` for anything else."""
    if not re.fullmatch(r"[0-9]{0,15}", press.value):
        raise Refused(UNKNOWN_BUTTON)
    return int(press.value or 0)


def revisions_in(press: Press) -> tuple[int, int | None]:
    """Return the revision a button carries, and the one before which its page begins; raises `Refused` as above.

    The slash tells it from buttons of earlier releases, whose bare digits would mean another revision here.
    """
    if not re.fullmatch(r"[0-9a-z]{1,9}/[0-9a-z]{0,9}", press.value):
        raise Refused(UNKNOWN_BUTTON)
    revision, _, before = press.value.partition("/")
    return from_base36(revision), from_base36(before) if before else None


def packed_revisions(revision: int, before: int | None = None) -> str:
    """Return what `revisions_in` reads."""
    return f"{to_base36(revision)}/{'' if before is None else to_base36(before)}"


def chat_in(press: Press) -> int:
    """Return the id of another chat that a button carries as its value; raises `Refused` for anything else."""
    if not re.fullmatch(r"-?[0-9a-z]{1,12}", press.value):
        raise Refused(UNKNOWN_BUTTON)
    return from_base36(press.value)


class Pressed(Filter):
    """Routes presses of buttons with one of the given actions and hands over what the button means as `press`."""

    def __init__(self, *actions: Action) -> None:
        self.actions = frozenset(actions)

    async def __call__(self, query: CallbackQuery) -> bool | dict[str, Any]:
        """Leave other data to other routes; the last one answers what nobody knows."""
        try:
            press = Press.unpack(query.data)
        except Refused:
            return False
        return {"press": press} if press.action in self.actions else False
