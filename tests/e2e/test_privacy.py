"""What is stored about somebody, seen and deleted by themselves alone."""

from __future__ import annotations

from bot.storage.configs.repository import ChatConfigs
from bot.storage.privacy import FORMER_ADMIN
from bot.telegram.callback_data import Action, Press
from sandbox import Sandbox
from tests.e2e.running import RunningBot


async def test_a_person_sees_and_deletes_what_refers_to_them(
    telegram: Sandbox, bot: RunningBot, configs: ChatConfigs
) -> None:
    anna = telegram.person("Anna")
    club = telegram.supergroup("Book club", owner=anna, bot="administrator")
    anna.say("/settings goodbye on", club)
    await anna.sees(club, "Saved")
    anna.say("/settings timezone tokyo")
    await anna.sees(text="Saved")
    anna.say("/privacy")
    told = await anna.sees(text="What I store")
    await anna.press(told, "What you store about me")
    traces = await anna.sees_edit(told, "2 changes")
    assert "0 " not in traces.text
    await anna.press(traces, "Delete for good")
    await anna.sees_edit(traces, "Deleted")
    assert (await configs.read(club.id)).config.goodbye
    assert [one.changed_by for one in await configs.history(club.id)] == [FORMER_ADMIN]
    assert (await configs.read(anna.id)).config.timezone == "UTC"
    anna.say("/settings history", club)
    await anna.sees(club, "a former admin")


async def test_nobody_deletes_what_refers_to_somebody_else(
    telegram: Sandbox, bot: RunningBot, configs: ChatConfigs
) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    await configs.change(anna.id, {"timezone": "Asia/Tokyo"}, by=anna.id, via="menu")
    ben.say("/privacy")
    told = await ben.sees(text="What I store")
    answer = await ben.forge(told, Press(Action.ERASE_TRACES, anna.id).pack())
    assert "another chat" in answer.text
    assert (await configs.read(anna.id)).config.timezone == "Asia/Tokyo"
