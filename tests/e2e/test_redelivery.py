"""What everybody sees is said once, also when Telegram delivers an update a second time to a bot that was killed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bot.storage.configs.repository import ChatConfigs
from sandbox import Group, Person, Sandbox
from tests.e2e.running import BotProcess, RunningBot
from tests.e2e.setting import choose

Deed = Callable[[Person, Person, Group], object]

# What somebody does, and what the bot says to it where all can read it.
DEEDS: dict[str, tuple[str, Deed]] = {
    "joins": ("Welcome to", lambda _anna, cem, club: cem.join(club)),
    "leaves": ("Goodbye", lambda _anna, cem, club: cem.leave(club)),
    "adds the bot": ("as you left them", lambda anna, _cem, club: anna.add_bot(club)),
    "changes a setting": (
        "changed the settings",
        lambda anna, _cem, club: anna.say("/settings rules_text Be kind.", club),
    ),
}


def said(telegram: Sandbox, text: str) -> int:
    return sum(text in call.parameters["text"] for call in telegram.calls.all("sendMessage") if call.status == 200)


def taken(telegram: Sandbox) -> list[dict[str, Any]]:
    """Take the updates that wait away from Telegram, so that the bot does not ask for them."""
    updates = [json.loads(update.encoded) for update in telegram.world.updates.first(10)]
    telegram.world.updates.clear()
    return updates


def prepare(anna: Person, cem: Person, club: Group, deed: str) -> None:
    """Bring about what the deed needs, while no bot looks."""
    if deed == "leaves":
        cem.join(club)
    if deed == "adds the bot":
        anna.remove_bot(club)


async def settle(configs: ChatConfigs, club: Group) -> None:
    await configs.change(
        club.id, {"welcome": "everyone", "goodbye": True, "announce_changes": "chat"}, by=None, via="test"
    )


@pytest.mark.parametrize("deed", ["joins", "changes a setting"])
async def test_killed_between_speaking_and_confirming_it_does_not_say_it_again(
    telegram: Sandbox,
    anna: Person,
    club: Group,
    configs: ChatConfigs,
    new_process: Callable[..., BotProcess],
    deed: str,
) -> None:
    await settle(configs, club)
    text, do = DEEDS[deed]
    first, second = new_process(), new_process()
    await first.start()

    def strike(call: Any) -> None:
        if call.method == "sendMessage" and text in call.parameters["text"]:
            first.strike()

    telegram.calls.listeners.append(strike)
    do(anna, telegram.person("Cem"), club)
    await anna.sees(club, text)
    await first.ended()
    telegram.calls.listeners.remove(strike)
    assert len(telegram.world.updates), "it was not confirmed, so it comes again"
    await second.start()
    await telegram.settled(within=30)
    assert said(telegram, text) == 1
    assert len(await configs.history(club.id)) == (2 if deed == "changes a setting" else 1)


@pytest.mark.parametrize("deed", DEEDS)
async def test_the_same_updates_after_a_restart_are_not_answered_in_public_again(
    telegram: Sandbox, bot: RunningBot, anna: Person, configs: ChatConfigs, club: Group, deed: str
) -> None:
    cem = telegram.person("Cem")
    await settle(configs, club)
    text, do = DEEDS[deed]
    prepare(anna, cem, club, deed)
    await telegram.settled(within=30)
    before = said(telegram, text)
    do(anna, cem, club)
    updates = taken(telegram)  # never confirmed, or the proof of what was said would be gone with reason
    for update in updates:
        await bot.receive(update)
    assert said(telegram, text) == before + 1
    await bot.restart()
    for update in updates:
        await bot.receive(update)
    assert said(telegram, text) == before + 1


async def test_several_newcomers_of_one_update_are_all_greeted(
    telegram: Sandbox, bot: RunningBot, anna: Person
) -> None:
    club = telegram.supergroup("Chess club", owner=anna, bot="administrator")
    await choose(bot, club, welcome="newcomer")
    new = [telegram.person(name) for name in ("Cem", "Dana")]
    anna.add(club, *new)
    for person in new:
        await person.sees(club, "Welcome to")


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("welcome", ["everyone", "newcomer"])
async def test_a_restart_between_the_two_updates_of_a_join_greets_once(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group, welcome: str, first: int
) -> None:
    await choose(bot, club, welcome=welcome)
    telegram.person("Cem").join(club)
    updates = taken(telegram)
    assert sorted(updates[0].keys() ^ updates[1].keys()) == ["chat_member", "message"]
    await bot.receive(updates[first])
    await bot.restart()
    await bot.receive(updates[1 - first])
    await bot.receive(updates[first])
    assert said(telegram, "Welcome to") == 1


@pytest.mark.parametrize("first", [0, 1])
async def test_who_was_added_to_a_greeting_is_not_greeted_again_by_the_next_process(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group, first: int
) -> None:
    await choose(bot, club, welcome="everyone")
    joins = []
    for name in ("Cem", "Dana"):
        telegram.person(name).join(club)
        joins.append(taken(telegram))
    for told in joins:
        await bot.receive(told[first])
    assert telegram.calls.count("editMessageText") == 1
    await bot.restart()
    for told in joins:
        await bot.receive(told[first])
        await bot.receive(told[1 - first])
    assert said(telegram, "Welcome to") == 1
    assert telegram.calls.count("editMessageText") == 1


async def test_a_restart_between_two_joins_of_somebody_greets_twice(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group
) -> None:
    await choose(bot, club, welcome="everyone")
    cem = telegram.person("Cem")
    for _ in range(2):
        cem.join(club)
        await telegram.settled(within=30)
        await bot.restart()
        cem.leave(club)
        telegram.clock.advance(60)
    assert said(telegram, "Welcome to") == 2
