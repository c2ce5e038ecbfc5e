"""What the tests of announcements share: changes, and a chat that is told of them."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from aiogram.types import User

from bot.client.outbox import Outbox
from bot.client.rate_limits import Limits
from bot.features.settings.announcing import Announcer
from bot.features.settings.view import View
from bot.settings import ChatConfig
from bot.storage.configs.revisions import Change, Stored
from bot.words import Catalogues
from tests.unit.sending import GROUP, Answering, outbox_on

CATALOGUES = Catalogues()
NOW = datetime(2026, 1, 1, tzinfo=UTC)
NUMBER = re.compile(r"→ Rules (\d+)")


def person(name: str = "Anna", number: int = 11) -> User:
    return User(id=number, is_bot=False, first_name=name)


def view(who: User, language: str = "en", revision: int = 1) -> View:
    stored = Stored(GROUP, revision, {}, ChatConfig(), NOW, None)
    return View(stored, CATALOGUES.words(language), "Club", who, editable=True)


def change(number: int, **after: Any) -> Change:
    before = {"rules_text": f"Rules {number - 1}"}
    return Change(GROUP, number, NOW, 11, "menu", before, after or {"rules_text": f"Rules {number}"})


class Chat:
    """A chat that is told of changes, and what stands in it."""

    def __init__(self, telegram: Answering, outbox: Outbox | None = None, limits: Limits | None = None) -> None:
        self.telegram = telegram
        self.outbox = outbox or outbox_on(telegram)
        self.announcer = Announcer(self.outbox, limits or Limits())

    def tell(self, numbers: Collection[int], who: User | None = None, language: str = "en") -> None:
        for number in numbers:
            self.announcer.tell(view(who or person(), language, number), change(number))

    @property
    def messages(self) -> dict[int, str]:
        """The text of each message, as the last call left it that Telegram took."""
        shown: dict[int, str] = {}
        for number, call in enumerate(self.telegram.calls, 1):
            if call.method == "sendMessage":
                shown[number] = call.arguments["text"]
            elif call.method == "editMessageText":
                shown[call.arguments["message_id"]] = call.arguments["text"]
        return shown

    def told(self) -> list[list[int]]:
        """The numbers of the changes that each message tells of."""
        return [[int(found) for found in NUMBER.findall(text)] for text in self.messages.values()]
