"""/rules, as who asks and who looks on see it."""

from __future__ import annotations

import pytest

from bot.environment import Environment
from sandbox import Group, Person, Sandbox
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose, offer_menus


@pytest.mark.parametrize("standing", ["member", "administrator"])
async def test_only_who_asks_sees_the_rules(
    telegram: Sandbox, bot: RunningBot, environment: Environment, standing: str
) -> None:
    await offer_menus(environment)
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, members=[ben], bot=standing)
    await choose(bot, group, rules_text="Be kind.")
    question = ben.say("/rules", group)
    rules = await ben.sees(group, "Be kind.")
    assert rules.ephemeral
    assert question not in anna.screen(group)
    assert rules not in anna.screen(group)


@pytest.mark.parametrize("sandbox_options", [{"ephemeral": False}])
async def test_an_older_server_answers_an_admin_for_everybody(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, members=[ben], bot="member")
    await choose(bot, group, rules_text="Be kind.")
    question = anna.say("/rules", group)
    assert (await ben.sees(group, "Be kind.")).reply_to == question


async def test_without_rules_only_who_may_set_them_is_told_how(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, members=[ben], bot="member")
    anna.say("/rules", group)
    assert "/settings rules_text" in (await anna.sees(group, "no rules yet")).text
    ben.catch_up(group)
    ben.say("/rules", group)
    assert "/settings" not in (await ben.sees(group, "no rules yet")).text


async def test_in_private_the_way_to_the_rules_is_said(telegram: Sandbox, bot: RunningBot) -> None:
    anna = telegram.person("Anna")
    anna.say("/rules")
    await anna.sees(None, "Rules belong to a group")


@pytest.fixture
async def club(telegram: Sandbox, bot: RunningBot, environment: Environment) -> tuple[Person, Person, Person, Group]:
    """Anna owns a group with rules; Ben and Cleo are members."""
    await offer_menus(environment)
    anna, ben, cleo = (telegram.person(name) for name in ("Anna", "Ben", "Cleo"))
    group = telegram.supergroup("Book club", owner=anna, members=[ben, cleo], bot="administrator")
    await choose(bot, group, rules_text="Be <b>kind</b>.")
    return anna, ben, cleo, group


Club = tuple[Person, Person, Person, Group]


async def test_as_a_reply_of_an_admin_the_rules_are_shown_to_that_person_alone(club: Club) -> None:
    anna, ben, cleo, group = club
    anna.say("/rules", group, reply_to=ben.say("Buy my coins!", group))
    rules = await ben.sees(group, "Ben, please read the rules of this group:")
    assert rules.ephemeral
    assert "Be kind." in rules.text
    assert (await anna.sees(group, "Ben now sees the rules.")).ephemeral
    assert rules not in cleo.screen(group)
    assert rules not in anna.screen(group)


@pytest.mark.parametrize("standing", ["member"])
async def test_where_the_bot_may_not_show_them_to_one_person_everybody_sees_them_as_a_reply(
    telegram: Sandbox, bot: RunningBot, standing: str
) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, members=[ben], bot=standing)
    await choose(bot, group, rules_text="Be kind.")
    spam = ben.say("Buy my coins!", group)
    anna.say("/rules", group, reply_to=spam)
    rules = await anna.sees(group, "Ben, please read the rules of this group:")
    assert not rules.ephemeral
    assert rules.reply_to == spam


async def test_members_show_them_to_others_only_where_the_chat_lets_them(club: Club, bot: RunningBot) -> None:
    _, ben, cleo, group = club
    spam = cleo.say("Buy my coins!", group)
    ben.say("/rules", group, reply_to=spam)
    assert "Be kind." in (await ben.sees(group, "Only admins can show the rules to others here.")).text
    assert not any("read the rules" in seen.text for seen in cleo.screen(group))
    await choose(bot, group, rules_shown_by="everyone")
    ben.say("/rules", group, reply_to=spam)
    await cleo.sees(group, "Cleo, please read the rules of this group:")


@pytest.mark.parametrize("sandbox_options", [{"ephemeral": False}])
async def test_where_everybody_would_see_them_a_member_gets_the_way_to_the_private_chat(
    telegram: Sandbox, bot: RunningBot
) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, members=[ben], bot="member")
    await choose(bot, group, rules_text="Be kind.")
    ben.say("/rules", group)
    way = await ben.sees(group, "The rules of this group open in our private chat.")
    ben.start(way.button("📜 Read the rules")["url"].partition("start=")[2])
    await ben.sees(None, "Be kind.")


async def test_a_message_in_a_topic_is_no_reply_to_whoever_made_the_topic(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    forum = telegram.supergroup("Book club", owner=anna, members=[ben], bot="administrator", forum=True)
    await choose(bot, forum, rules_text="Be kind.", rules_shown_by="everyone")
    topic = anna.create_topic(forum, "Books")
    ben.say("/rules", forum, topic=topic)
    assert (await ben.sees(forum, "Be kind.")).text == "Be kind."
