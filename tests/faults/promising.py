"""Groups in which everything is promised: changes are announced, newcomers are greeted, greetings are deleted."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Self

import asyncpg

from bot.storage.configs.repository import ChatConfigs
from sandbox import Group, Person, Sandbox
from tests.faults.conftest import Numbers, came

NUMBER = re.compile(r"Rules (\d+)")
ANNOUNCED = re.compile(r"→ Rules (\d+)")
NEWCOMER = re.compile(r"Newcomer-\d+-\d+-")


@dataclass
class Club:
    """A group, what its owner said and who joined, and what the bot made of it."""

    owner: Person
    group: Group
    said: list[int] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)
    saved: Counter[int] = field(default_factory=Counter)
    refused: int = 0
    announced: dict[int, set[int]] = field(default_factory=dict)
    """The messages that tell of each change."""
    greeted: Counter[str] = field(default_factory=Counter)
    greetings: dict[int, set[str]] = field(default_factory=dict)
    """Whom each greets, by the message's id."""
    deleted: set[int] = field(default_factory=set)
    numberless: set[int] = field(default_factory=set)
    """Greetings whose process was killed while it was sending them, so that their ids died with it."""


class Promises:
    """So many groups; `async with` keeps their owners changing the rules, and people joining.

    The bot is their administrator, so that Telegram tells it of each join twice.
    """

    def __init__(self, telegram: Sandbox, groups: int = 6) -> None:
        owners = [telegram.person(f"Owner-{number}") for number in range(groups)]
        self.clubs = [
            Club(one, telegram.supergroup(f"Of {one.name}", owner=one, bot="administrator")) for one in owners
        ]
        self.unsure: set[tuple[int, str]] = set()
        """What is said once and was on its way at a kill, by chat and key: nobody can know whether it was said."""
        self._telegram = telegram
        self._over = False
        self._tasks: list[asyncio.Task[None]] = []

    async def choose(self, configs: ChatConfigs) -> None:
        """Have each group promise all there is."""
        chosen = {"welcome": "everyone", "welcome_delete_after": 10, "announce_changes": "chat"}
        for club in self.clubs:
            await configs.change(club.group.id, chosen, by=None, via="test")

    async def __aenter__(self) -> Self:
        self._telegram.calls.listeners.append(self._called)
        for club in self.clubs:
            self._tasks += [asyncio.create_task(self._change(club)), asyncio.create_task(self._join(club))]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over = True
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)

    @property
    def answers(self) -> int:
        """How many answers the owners got."""
        return sum(club.saved.total() + club.refused for club in self.clubs)

    async def _change(self, club: Club) -> None:
        await asyncio.sleep(random.uniform(0, 6))  # noqa: S311
        while True:
            club.said.append(len(club.said) + 1)
            club.owner.say(f"/settings rules_text Rules {club.said[-1]}", club.group)
            await asyncio.sleep(6.5)  # within one person's share

    async def _join(self, club: Club) -> None:
        await asyncio.sleep(random.uniform(0, 10))  # noqa: S311
        while True:
            person = self._telegram.person(f"Newcomer-{self.clubs.index(club)}-{len(club.joined)}-")
            club.joined.append(person.name)
            person.join(club.group)
            await asyncio.sleep(20)  # within a group's share of greetings, and no two in one greeting

    def _called(self, call: Any) -> None:
        club = next((one for one in self.clubs if str(one.group.id) == str(call.parameters.get("chat_id"))), None)
        if club is None or call.status != 200:
            return
        if call.method == "deleteMessage":
            club.deleted.add(int(call.parameters["message_id"]))
        elif "changed the settings" in call.parameters.get("text", ""):
            # What is told together is one message, which is edited.
            for number in ANNOUNCED.findall(call.parameters["text"]):
                club.announced.setdefault(int(number), set()).add(int(call.answer["message_id"]))
        elif call.method == "sendMessage":
            self._said(club, call.parameters["text"], call.answer)

    @staticmethod
    def _said(club: Club, text: str, sent: Any) -> None:
        if newcomers := NEWCOMER.findall(text):
            club.greeted.update(set(newcomers))
            club.greetings[int(sent["message_id"])] = set(newcomers)
        elif "Saved" in text and (found := NUMBER.search(text)):
            club.saved[int(found[1])] += 1
        else:
            club.refused += 1

    async def killed(self, dsn: str) -> None:
        """Note what was on its way when the bot was killed, just now: what its rows say, and nothing else."""
        rows = await fetch(dsn, "SELECT chat_id, key, calls::text, state = 'claimed' AS claimed FROM outbox")
        for club in self.clubs:
            own = [row for row in rows if row["chat_id"] == club.group.id]
            self.unsure |= {
                (club.group.id, row["key"]) for row in own if row["claimed"] and not self._was_said(club, row)
            }
            being_sent = {name for row in own if row["claimed"] for name in NEWCOMER.findall(row["calls"])}
            known = club.deleted | {int(row["key"].removeprefix("delete:")) for row in own if "delete:" in row["key"]}
            club.numberless |= {each for each, names in club.greetings.items() if names & being_sent} - known

    @staticmethod
    def _was_said(club: Club, row: asyncpg.Record) -> bool:
        """Say whether a row is kept as a proof only: who was greeted, or what was said."""
        kind, _, revision = row["key"].partition(":")
        if kind == "announce":
            return int(revision) - 1 in club.announced
        return set(NEWCOMER.findall(row["calls"])) <= set(club.greeted)

    async def check(self, dsn: str, numbers: Numbers, *, all_saved: bool = True) -> None:
        """Wait until everything that was promised has happened; nothing in public twice."""
        await self._telegram.settled(120)
        stored = await self._stored(dsn)
        for club, changes in zip(self.clubs, stored, strict=True):
            sure = {number for number in changes if (club.group.id, f"announce:{number + 1}") not in self.unsure}
            await came(lambda club=club, sure=sure: sure <= set(club.announced))  # type: ignore[misc]
            await came(lambda club=club, changes=changes: set(changes) <= set(club.saved))  # type: ignore[misc]
            await came(lambda club=club: set(club.greetings) <= club.deleted | club.numberless)  # type: ignore[misc]
            assert changes == sorted(set(changes)), "a change was made twice, or out of order"
            assert max(map(len, club.announced.values()), default=0) <= 1, "a change was announced twice"
            assert max(club.greeted.values(), default=0) <= 1, "somebody was greeted twice"
            assert not all_saved or changes == club.said, "a change was lost"
            assert len(club.said) <= len(changes) + club.refused, "a command was not answered"
        numbers.update(self._sums())
        ungreeted = numbers["joined"] - numbers["greeted"]
        assert ungreeted <= sum(not name.startswith("announce:") for _, name in self.unsure)

    def _sums(self) -> Numbers:
        return {
            "changes": sum(len(club.said) for club in self.clubs),
            "refused": sum(club.refused for club in self.clubs),
            "answered twice": sum(club.saved.total() - len(club.saved) for club in self.clubs),
            "announced": sum(len(club.announced) for club in self.clubs),
            "joined": sum(len(club.joined) for club in self.clubs),
            "greeted": sum(len(club.greeted) for club in self.clubs),
            "greetings deleted": sum(len(club.deleted & set(club.greetings)) for club in self.clubs),
            "on their way at a kill": len(self.unsure),
            "greetings whose id died with a process": sum(len(club.numberless) for club in self.clubs),
        }

    async def _stored(self, dsn: str) -> list[list[int]]:
        sql = "SELECT after ->> 'rules_text' AS text FROM config_changes WHERE chat_id = $1 ORDER BY revision"
        found = [await fetch(dsn, sql, club.group.id) for club in self.clubs]
        return [[int(row["text"].split()[1]) for row in rows if row["text"]] for rows in found]


async def fetch(dsn: str, sql: str, *arguments: object) -> list[asyncpg.Record]:
    """Ask the bot's database over a connection of our own."""
    connection = await asyncpg.connect(dsn, timeout=60)
    try:
        return await connection.fetch(sql, *arguments)
    finally:
        await connection.close()
