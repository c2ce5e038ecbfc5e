"""People who ask something, and how long each waits for the first message that answers."""

from __future__ import annotations

import time
from typing import Any

from sandbox import Group, Person, Sandbox
from tests.faults.conftest import came


class Asking:
    """Notes when somebody asked, and when the bot first wrote to that chat afterwards; one question a chat."""

    def __init__(self, telegram: Sandbox) -> None:
        self.took: dict[int, float] = {}
        self._asked: dict[int, float] = {}
        telegram.calls.listeners.append(self._called)

    def ask(self, person: Person, text: str, group: Group) -> None:
        """Send a command whose answer is waited for."""
        self._asked[group.id] = time.monotonic()
        person.say(text, group)

    async def all_answered(self, within: float = 60.0) -> None:
        """Wait until nobody waits any more."""
        await came(lambda: len(self.took) == len(self._asked), within)

    def percentile(self, part: float) -> float:
        """Return within how many seconds so great a part of the questions was answered."""
        waits = sorted(self.took.values())
        return waits[min(len(waits) - 1, int(len(waits) * part))]

    def numbers(self) -> str:
        """Return the waits as the table shows them."""
        return " / ".join(f"{self.percentile(part):.2f}" for part in (0.5, 0.95, 1.0)) + " s"

    def _called(self, call: Any) -> None:
        if call.method != "sendMessage" or call.status != 200:
            return
        chat = int(call.parameters["chat_id"])
        if chat in self._asked:
            self.took.setdefault(chat, time.monotonic() - self._asked[chat])
