"""When the bot is quiet."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.client.silent_hours import is_silent
from bot.settings import ChatConfig


def config(hours: str, zone: str = "UTC") -> ChatConfig:
    return ChatConfig(quiet_hours=hours, timezone=zone)


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-05-01T{clock}+00:00")


@pytest.mark.parametrize(
    ("clock", "quiet"),
    [("22:59:59", False), ("23:00:00", True), ("00:00:00", True), ("06:59:59", True), ("07:00:00", False)],
)
def test_hours_over_midnight_begin_and_end_on_the_minute(clock: str, quiet: bool) -> None:
    assert is_silent(config("23:00-07:00"), at(clock)) is quiet


@pytest.mark.parametrize(("clock", "quiet"), [("12:59", False), ("13:00", True), ("14:59", True), ("15:00", False)])
def test_hours_within_a_day_too(clock: str, quiet: bool) -> None:
    assert is_silent(config("13:00-15:00"), at(clock)) is quiet


def test_off_is_never_quiet() -> None:
    assert not any(is_silent(config("off"), at(f"{hour:02}:00")) for hour in range(24))


def test_the_clock_is_that_of_the_chat() -> None:
    night_in_tokyo = datetime(2026, 5, 1, 16, tzinfo=UTC)
    assert is_silent(config("23:00-07:00", "Asia/Tokyo"), night_in_tokyo)
    assert not is_silent(config("23:00-07:00", "America/New_York"), night_in_tokyo)


def test_the_clock_follows_summer_time() -> None:
    winter, summer = datetime(2026, 1, 15, 6, 30, tzinfo=UTC), datetime(2026, 7, 15, 5, 30, tzinfo=UTC)
    assert not is_silent(config("23:00-07:00", "Europe/Berlin"), winter)
    assert not is_silent(config("23:00-07:00", "Europe/Berlin"), summer)
    assert is_silent(config("23:00-07:00", "Europe/Berlin"), summer.replace(hour=4))
