"""/rules, as who asks and who looks on see it."""

from __future__ import annotations

import pytest

from bot.environment import Environment
from sandbox import Sandbox
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
async def test_an_older_server_answers_for_everybody(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, members=[ben], bot="member")
    await choose(bot, group, rules_text="Be kind.")
    question = ben.say("/rules", group)
    assert (await anna.sees(group, "Be kind.")).reply_to == question


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
