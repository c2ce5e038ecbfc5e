"""Fair shares: how much of one person's doing is handled at once, decided on the raw update in microseconds."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Hashable
from dataclasses import astuple, dataclass
from enum import Enum, auto
from typing import Any

from bot.lru import LruCache
from bot.updates.known_admins import KnownAdmins
from bot.updates.raw_updates import RawUpdate, Sender, sender_of

TOLD_EVERY_SECONDS = 60.0
"""For so long somebody who was told to slow down is not told so again."""


@dataclass(frozen=True, slots=True)
class ShareLimits:
    """What one person has, over all chats: (at once, seconds until one more)."""

    commands: tuple[int, float] = (6, 3.0)
    """Commands to this bot and answers to its questions; in private, every message."""
    presses: tuple[int, float] = (10, 1.0)

    def faster(self, times: float) -> ShareLimits:
        """Return the same shares, refilled in shorter times."""
        return ShareLimits(*((number, seconds / times) for number, seconds in astuple(self)))


class Decision(Enum):
    """What becomes of an update."""

    HANDLE = auto()
    DEFER = auto()
    """It is handled later, at the pace of its person's share."""
    REFUSE = auto()
    """It is passed over; its person is told, once in a while."""


@dataclass(frozen=True, slots=True)
class Counted:
    """An update that counts: whose it is, in which chat, and against which share."""

    person: Hashable
    chat_id: int
    press: bool
    by_admin: bool | None
    """None where it is not known whether an admin of the chat sent it."""


class Shares:
    """Counts what people send. `commands` are the names of this bot's commands, `username` is its own."""

    def __init__(self, known_admins: KnownAdmins, commands: Collection[str], limits: ShareLimits | None = None) -> None:
        self.username = ""
        self.limits = limits or ShareLimits()
        self._known_admins = known_admins
        self._commands = frozenset(commands)
        self._left: LruCache[tuple[Hashable, bool], tuple[float, float]] = LruCache(20_000)
        self._told: LruCache[tuple[Hashable, bool], float] = LruCache(20_000)

    def is_admin(self, chat_id: int, user_id: int) -> bool | None:
        """Say whether somebody was lately known to be an admin of a chat; None where that is not known."""
        return self._known_admins.get(chat_id, user_id)

    def counted(self, update: RawUpdate) -> Counted | None:
        """Return whose share an update counts against; None for what counts against nobody's."""
        press = update.get("callback_query")
        try:
            if press is None and not self._is_for_us(update["message"]):
                return None
            chat_id = (press or update)["message"]["chat"]["id"]
            sender = sender_of(update)
            return Counted(sender.key, chat_id, press is not None, self._by_admin(sender, chat_id))
        except (KeyError, TypeError, AttributeError, ValueError, IndexError):
            return None  # no message, no press, or not in the form that Telegram documents: it is no command of ours

    def decide(self, counted: Counted) -> Decision:
        """Take one from a person's share; say what becomes of the update."""
        if self._take(counted):
            return Decision.HANDLE
        private = counted.chat_id > 0
        if counted.press or private or counted.by_admin is False:
            return Decision.REFUSE
        return Decision.DEFER

    def seconds_until_next(self, counted: Counted) -> float:
        """Return how long it takes until the person has another one free."""
        limit = self._limit(counted)
        left, at = self._left.get((counted.person, counted.press)) or (float(limit[0]), 0.0)
        now = asyncio.get_running_loop().time()
        return max(0.0, (1 - min(limit[0], left + (now - at) / limit[1])) * limit[1])

    def to_be_told(self, counted: Counted) -> bool:
        """Say whether the person is to be told now that something was passed over. An admin's press always is."""
        now, key = asyncio.get_running_loop().time(), (counted.person, counted.press)
        told = self._told.get(key)
        if told is not None and now - told < TOLD_EVERY_SECONDS and not (counted.press and counted.by_admin):
            return False
        self._told.put(key, now)
        return True

    def _take(self, counted: Counted) -> bool:
        key, now = (counted.person, counted.press), asyncio.get_running_loop().time()
        most, seconds = self._limit(counted)
        left, at = self._left.get(key) or (float(most), now)
        free = min(most, left + (now - at) / seconds)
        taken = free >= 1 - 1e-9  # after just the right time it may be less than 1 by a rounding error
        self._left.put(key, (free - 1 if taken else free, now))
        return taken

    def _limit(self, counted: Counted) -> tuple[int, float]:
        return self.limits.presses if counted.press else self.limits.commands

    def _by_admin(self, sender: Sender, chat_id: int) -> bool | None:
        if sender.user_id is None:
            return sender.anonymous_admin
        return self._known_admins.get(chat_id, sender.user_id)

    def _is_for_us(self, message: Any) -> bool:
        """Say whether a message asks something of this bot: any in private, a command of ours, a reply to us."""
        if message["chat"]["type"] == "private":
            return True
        text = message.get("text") or message.get("caption") or ""
        if text.startswith("/"):
            name, _, bot = text.split(maxsplit=1)[0][1:].partition("@")
            return name.lower() in self._commands and bot.lower() in {"", self.username.lower()}
        answered = message.get("reply_to_message")
        return answered is not None and answered.get("from", {}).get("username") == self.username
