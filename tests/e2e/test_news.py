"""What Telegram tells of groups reaches the right one, also when it comes late."""

from __future__ import annotations

import json

from bot.storage.configs.repository import ChatConfigs
from sandbox import Person, Sandbox
from tests.e2e.running import RunningBot


async def test_a_command_from_before_an_upgrade_reaches_the_supergroup(
    telegram: Sandbox, bot: RunningBot, anna: Person, configs: ChatConfigs
) -> None:
    club = telegram.group("Chess", owner=anna, bot="administrator")
    anna.say("/settings goodbye on", club)
    late = json.loads(telegram.world.updates._queue.pop().encoded)["message"]
    club.upgrade()
    await telegram.settled()
    telegram.world.updates.push("message", late)
    assert "Goodbye" in (await anna.sees(club, "Saved")).text
    assert (await configs.read(club.id)).config.goodbye


async def test_a_press_from_before_an_upgrade_reaches_the_supergroup(
    telegram: Sandbox, bot: RunningBot, anna: Person, configs: ChatConfigs
) -> None:
    club = telegram.group("Chess", owner=anna, bot="administrator")
    anna.say("/settings goodbye", club)
    screen = await anna.sees(club, "Goodbye")
    anna.press(screen, "⚙️ Change it")
    late = json.loads(telegram.world.updates._queue.pop().encoded)["callback_query"]
    club.upgrade()
    await telegram.settled()
    telegram.world.updates.push("callback_query", late)
    answer = await telegram.calls.next("answerCallbackQuery")
    assert "another chat" not in str(answer.parameters)
