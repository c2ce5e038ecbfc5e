"""What disappears from a group, and what stays."""

from __future__ import annotations

import pytest

from sandbox import Group, Person, Sandbox
from sandbox.people.screen import Seen
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose


def services(person: Person, group: Group, field: str) -> list[Seen]:
    """The service messages of a type that a person sees."""
    return [seen for seen in person.screen(group) if field in seen.raw]


async def test_the_news_of_a_join_is_greeted_and_deleted(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, bot="administrator")
    await choose(bot, group, welcome="everyone", clean_joins=True)
    ben.join(group)
    (joined,) = services(anna, group, "new_chat_members")
    await anna.sees(group, "Welcome to")
    await anna.sees_gone(joined)


async def test_each_switch_deletes_its_own_kind(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, members=[ben], bot="administrator")
    await choose(bot, group, clean_pins=True, clean_changes=True)
    anna.pin(anna.say("important", group))
    anna.rename(group, "Reading club")
    ben.leave(group)
    ben.join(group)
    await telegram.settled()
    assert not services(anna, group, "pinned_message")
    assert not services(anna, group, "new_chat_title")
    assert services(anna, group, "left_chat_member")
    assert services(anna, group, "new_chat_members")


async def test_without_the_right_everything_stays_and_works(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben, cem = telegram.person("Anna"), telegram.person("Ben"), telegram.person("Cem")
    group = telegram.supergroup("Book club", owner=anna, bot={"can_invite_users"})
    await choose(bot, group, welcome="everyone", clean_joins=True)
    ben.join(group)
    await anna.sees(group, "Ben")
    cem.join(group)
    await anna.sees(group, "Cem")
    assert len(services(anna, group, "new_chat_members")) == 2


@pytest.mark.parametrize(("choice", "left"), [("none", 3), ("others", 2), ("all", 0)])
@pytest.mark.parametrize("sandbox_options", [{"ephemeral": False}])
async def test_commands_go_as_chosen(telegram: Sandbox, bot: RunningBot, choice: str, left: int) -> None:
    anna = telegram.person("Anna")
    group = telegram.supergroup("Book club", owner=anna, bot="administrator")
    await choose(bot, group, clean_commands=choice, rules_text="Be kind.")
    await telegram.settled()
    said = [anna.say(text, group) for text in ("/rules", f"/rules@{telegram.bot.username}", "/ban@OtherBot")]
    await anna.sees(group, "Be kind.")
    await anna.sees(group, "Be kind.")
    await telegram.settled()
    assert sum(not message.gone for message in said) == left


@pytest.mark.parametrize("sandbox_options", [{"ephemeral": False}])
async def test_a_refused_command_is_answered_and_deleted(telegram: Sandbox, bot: RunningBot) -> None:
    anna = telegram.person("Anna")
    group = telegram.supergroup("Book club", owner=anna, bot="administrator")
    await choose(bot, group, clean_commands="all")
    mistyped = anna.say("/settings wellcome on", group)
    await anna.sees(group, "Did you mean")
    await anna.sees_gone(mistyped)
