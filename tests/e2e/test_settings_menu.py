"""The menu of a group's settings, as people use it."""

from __future__ import annotations

from sandbox import Sandbox
from tests.e2e.running import RunningBot


async def test_an_admin_opens_the_menu_and_nobody_else_sees_it(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, members=[ben], bot="administrator")
    anna.say("/settings", group)
    menu = await anna.sees(group, "Book club")
    assert menu.ephemeral
    assert menu not in ben.screen(group)
