"""Random people press random buttons: nobody is left without an answer, nobody changes what they may not.

`WALKS=5000` walks longer than the few seconds of an ordinary run.
"""

from __future__ import annotations

import os
import random
import secrets
from collections.abc import Iterator

import pytest

from bot.storage.configs.repository import ChatConfigs
from bot.telegram.access import Standing, may_change
from bot.telegram.callback_data import Press
from sandbox import Group, Person, Sandbox, Seen
from tests.e2e.running import RunningBot
from tests.watching import Lines

WALKS = int(os.environ.get("WALKS", "40"))
STEPS = 8
ALPHABET = "1abcdefghijklmnopqrstuvwxyz|_0-9/:"


@pytest.fixture
def pace() -> float:
    """Presses come faster than any person's share of them; it is not the matter here."""
    return 100_000.0


class Walkers:
    """Four people with changing rights in one group, and every screen they ever saw."""

    def __init__(self, telegram: Sandbox, chance: random.Random) -> None:
        self.owner, *self.others = (telegram.person(name) for name in ("Anna", "Ben", "Cem", "Dora"))
        self.people = [self.owner, *self.others]
        self.group = telegram.supergroup("Book club", owner=self.owner, members=self.others, bot="administrator")
        self.standings = dict.fromkeys(self.others, Standing.MEMBER) | {self.owner: Standing.OWNER}
        self.seen: list[tuple[Person, Seen]] = []
        self.chance = chance

    def change_rights(self) -> None:
        """Somebody is promoted, in full or without the chat's info, or demoted."""
        person = self.chance.choice(self.others)
        becomes = self.chance.choice([Standing.MEMBER, Standing.ADMIN, Standing.INFO_ADMIN])
        if self.standings[person] > Standing.MEMBER:
            self.owner.demote(self.group, person)
        if becomes > Standing.MEMBER:
            right = "can_change_info" if becomes is Standing.INFO_ADMIN else "can_pin_messages"
            self.owner.promote(self.group, person, right)
        self.standings[person] = becomes

    def look(self) -> None:
        """Remember the screens everybody has before them."""
        for person in self.people:
            for place in (self.group, None):
                self.seen += [(person, one) for one in person.screen(place)[-3:] if one.buttons]
        self.seen = self.seen[-400:]

    def pick(self) -> tuple[Person, Seen, str]:
        """A button of a screen that somebody sees or saw: mostly a present one, often enough an old one."""
        owner, screen = self.chance.choice(self.seen[-12:] if self.chance.random() < 0.7 else self.seen)
        labels = [label for row in screen.buttons for label in row if "url" not in screen.button(label)]
        return owner, screen, self.chance.choice(labels) if labels else ""


def forged(chance: random.Random, group: Group) -> str:
    """Callback data of a modified client: well-formed or rubbish."""
    if chance.random() < 0.5:
        return "".join(chance.choices(ALPHABET, k=chance.randint(1, 30)))
    action, key = (
        chance.choice("abcdefghijklmnopqrstuvwxyzCB"),
        chance.choice(["", "goodbye", "welcome_text", "nonsense"]),
    )
    value = chance.choice(["", "1", "off", "9" * 30, "-1", "a/b"])
    return Press(action, chance.choice([group.id, -1, 1]), chance.choice([0, 1, 10**9]), key, value).pack()


def ways_out(seen: Seen) -> Iterator[str]:
    """The buttons by which somebody leaves a screen: back, close and cancel in any language."""
    for row in seen.buttons:
        yield from (label for label in row if label.startswith(("‹", "✕")))


async def step(walkers: Walkers, configs: ChatConfigs) -> None:
    """One thing happens, and is checked."""
    chance, group = walkers.chance, walkers.group
    what = chance.random()
    if what < 0.06:
        walkers.change_rights()
        return
    if what < 0.2 or not walkers.seen:
        person = chance.choice(walkers.people)
        person.say(
            chance.choice(["/settings", "/settings welcome", "/settings history", "/settings card"]),
            chance.choice([group, None]),
        )
        return
    person, screen, label = walkers.pick()
    if not label:
        return
    before = await configs.read(group.id)
    allowed = may_change(walkers.standings[person], before.config)
    if what < 0.3:
        presses = [person.forge(screen, forged(chance, group))]
    elif what < 0.4:
        # Somebody else's modified client presses the button of this screen.
        person = chance.choice(walkers.people)
        allowed = may_change(walkers.standings[person], before.config)
        presses = [person.forge(screen, str(screen.button(label)["callback_data"]))]
    else:
        data = str(screen.button(label)["callback_data"])
        presses = [person.forge(screen, data) for _ in range(chance.choice([1, 1, 1, 2, 3]))]
    for press in presses:
        await press
    after = await configs.read(group.id)
    if not allowed:
        assert after.revision == before.revision, f"{person.name} changed something without the right to"
    for change in await configs.history(group.id, limit=3):
        if change.revision > before.revision:
            assert change.changed_by == person.id


async def test_random_presses_by_four_people_with_changing_rights_do_no_harm(
    telegram: Sandbox, bot: RunningBot, configs: ChatConfigs, logged: Lines
) -> None:
    seed = int(os.environ.get("WALK_SEED") or secrets.randbits(32))
    print(f"WALK_SEED={seed}")  # noqa: T201 - shown when it fails
    chance = random.Random(seed)  # noqa: S311 - to walk the same way again
    for _ in range(WALKS // 20 + 1):
        walkers = Walkers(telegram, chance)
        for _ in range(min(WALKS, 20) * STEPS):
            await step(walkers, configs)
            await telegram.settled()
            walkers.look()
        menus = [one for _, one in walkers.seen if one.sender == "Sandbox Bot" and len(one.buttons) > 1]
        assert menus
        for menu in menus:
            assert list(ways_out(menu)), f"no way out of {menu.text!r} {menu.buttons}"
    assert not logged.errors
