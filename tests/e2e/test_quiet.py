"""Silent hours: answers and greetings arrive without a sound."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sandbox import Sandbox
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose


def around_now() -> str:
    """Hours that hold this moment and end well after it."""
    now = datetime.now(UTC)
    return f"{now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=1):%H:%M}"


async def test_in_quiet_hours_everything_is_silent(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, bot="administrator")
    await choose(bot, group, welcome="everyone", quiet_hours=around_now())
    telegram.calls.clear()
    ben.join(group)
    await ben.sees(group, "Welcome to")
    ben.say("/rules", group)
    await ben.sees(group, "no rules")
    assert [call.parameters.get("disable_notification") for call in telegram.calls.all("sendMessage")] == [
        True,
        True,
    ]


async def test_outside_of_them_it_is_not(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, bot="administrator")
    hour = datetime.now(UTC).hour
    await choose(bot, group, welcome="everyone", quiet_hours=f"{(hour + 10) % 24:02}:00-{(hour + 12) % 24:02}:00")
    ben.join(group)
    await ben.sees(group, "Welcome to")
    assert "disable_notification" not in telegram.calls.all("sendMessage")[-1].parameters
