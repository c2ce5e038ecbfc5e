"""Admins who change a setting of their groups without a pause, and what the database has of it in the end."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Self

import asyncpg

from sandbox import Sandbox

SAVED = re.compile(r"Rules: “Rules (\d+)”")
REFUSED = "nothing was changed"

WAITS = 40.0
"""Seconds an admin waits for an answer. To a command only its sender sees, Telegram takes answers for 15 s only."""


@dataclass
class Admin:
    """One group and what its owner said, and was told, there: numbers of the texts set as rules."""

    person: Any
    group: Any
    said: list[int] = field(default_factory=list)
    saved: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    unclear: list[int] = field(default_factory=list)
    unanswered: list[int] = field(default_factory=list)
    texts: dict[int, list[str]] = field(default_factory=dict)
    waited: list[tuple[float, float]] = field(default_factory=list)  # since when, and for how long, for an answer
    answered: asyncio.Event = field(default_factory=asyncio.Event)


class Changing:
    """So many admins; `async with` keeps them at it, and its end waits until each has got an answer.

    `pause` is the least time in seconds between two changes of one admin: in a group the bot answers one command of a
    person in six seconds, after the first six. Telegram takes 30 answers a second in all.
    """

    def __init__(self, telegram: Sandbox, admins: int = 40, *, kind: str = "supergroup", pause: float = 6.2) -> None:
        self._pause = pause
        self.admins: list[Admin] = []
        for number in range(admins):
            owner = telegram.person(f"Admin {number}")
            group = getattr(telegram, kind)(f"Group {number}", owner=owner, bot="administrator")
            self.admins.append(Admin(owner, group))
        self._over = False
        self._tasks: list[asyncio.Task[None]] = []
        self._telegram = telegram

    async def __aenter__(self) -> Self:
        self._telegram.calls.listeners.append(self._told)
        self._tasks = [asyncio.create_task(self._change(admin)) for admin in self.admins]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over = True
        async with asyncio.timeout(120):
            await asyncio.gather(*self._tasks)

    @property
    def answers(self) -> int:
        return sum(len(admin.saved) + len(admin.refused) + len(admin.unclear) for admin in self.admins)

    def longest(self, since: float, until: float) -> float:
        """Return how long somebody had to wait for the answer to what they asked in this time, in seconds."""
        waits = [waited for admin in self.admins for asked, waited in admin.waited if since <= asked <= until]
        return max(waits, default=0.0)

    async def _change(self, admin: Admin) -> None:
        await asyncio.sleep(random.uniform(0, self._pause))  # noqa: S311
        while not self._over:
            number = len(admin.said) + 1
            admin.said.append(number)
            admin.answered.clear()
            admin.person.say(f"/settings rules_text Rules {number}", admin.group)
            asked = time.monotonic()
            try:
                await asyncio.wait_for(admin.answered.wait(), WAITS)
            except TimeoutError:
                admin.unanswered.append(number)
            admin.waited.append((asked, time.monotonic() - asked))
            await asyncio.sleep(max(0.0, asked + self._pause - time.monotonic()))

    def _told(self, call: Any) -> None:
        if call.method != "sendMessage" or call.status != 200:
            return
        for admin in self.admins:
            if str(call.parameters["chat_id"]) in {str(admin.group.id), str(admin.group.old_id)}:
                self._note(admin, call.parameters["text"])

    @staticmethod
    def _note(admin: Admin, text: str) -> None:
        now = admin.said[-1]
        admin.texts.setdefault(now, []).append(text)
        if found := SAVED.search(text):
            admin.saved.append(int(found[1]))
            if int(found[1]) != now:
                return  # the answer to an update that was delivered again
        else:
            (admin.refused if REFUSED in text else admin.unclear).append(now)
        admin.answered.set()

    async def stored(self, dsn: str) -> list[tuple[Admin, list[int]]]:
        """Return what each group's history has, oldest first."""
        connection = await asyncpg.connect(dsn, timeout=60)
        try:
            sql = "SELECT after ->> 'rules_text' FROM config_changes WHERE chat_id = $1 ORDER BY revision"
            return [(admin, _numbers(await connection.fetch(sql, admin.group.id))) for admin in self.admins]
        finally:
            await connection.close()

    async def check(self, dsn: str, *, all_handled: bool = True) -> dict[str, int]:
        """Prove that what was told is true, and return the sums. History keeps the newest 200 of a group."""
        told_twice = 0
        for admin, history in await self.stored(dsn):
            kept = set(history) | set(range(1, min(history, default=1)))
            assert max(Counter(history).values(), default=1) == 1, "a change was applied twice"
            assert history == sorted(history), "changes were applied out of order"
            assert set(admin.saved) <= kept, "a change was confirmed and is not there"
            for number in set(admin.refused) & set(history) - set(admin.saved):
                raise AssertionError(f"change {number} was refused and is there: {admin.texts[number]}")
            if all_handled:
                assert set(admin.said) == kept, "an update was not handled"
            told_twice += len(admin.saved) - len(set(admin.saved))
        return {
            "changes said": sum(len(admin.said) for admin in self.admins),
            "saved": sum(len(set(admin.saved)) for admin in self.admins),
            "refused": sum(len(admin.refused) for admin in self.admins),
            "answered twice": told_twice,
            "not answered": sum(len(admin.unanswered) for admin in self.admins),
        }


def _numbers(rows: list[Any]) -> list[int]:
    return [int(row[0].removeprefix("Rules ")) for row in rows]
