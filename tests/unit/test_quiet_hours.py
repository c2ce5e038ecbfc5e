"""When the bot is quiet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

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


def silent_minutes(hours: str, zone: str, day: str) -> list[datetime]:
    """The silent minutes of the 48 hours around the midnight that begins a day, in UTC."""
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    minutes = (midnight + timedelta(minutes=minute) for minute in range(-24 * 60, 24 * 60))
    return [minute for minute in minutes if is_silent(config(hours, zone), minute)]


NIGHT = "23:00-07:00"


@pytest.mark.parametrize(
    ("zone", "day", "begins", "ends"),
    [
        # Clocks go forward: the night is shorter, by half an hour on Lord Howe Island.
        ("Europe/Berlin", "2026-03-29", "2026-03-28T22:00", "2026-03-29T05:00"),
        ("America/New_York", "2026-03-08", "2026-03-08T04:00", "2026-03-08T11:00"),
        ("Australia/Lord_Howe", "2026-10-04", "2026-10-03T12:30", "2026-10-03T20:00"),
        ("America/Santiago", "2026-09-06", "2026-09-06T03:00", "2026-09-06T10:00"),
        # Clocks go back: it is longer.
        ("Europe/Berlin", "2026-10-25", "2026-10-24T21:00", "2026-10-25T06:00"),
        ("America/New_York", "2026-11-01", "2026-11-01T03:00", "2026-11-01T12:00"),
        ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T12:00", "2026-04-04T20:30"),
    ],
)
def test_a_night_in_which_clocks_change_begins_and_ends_by_the_clock_on_the_wall(
    zone: str, day: str, begins: str, ends: str
) -> None:
    silent = silent_minutes(NIGHT, zone, day)
    night = [
        minute for minute in silent if abs(minute - datetime.fromisoformat(f"{begins}+00:00")) < timedelta(hours=10)
    ]
    assert (night[0], night[-1] + timedelta(minutes=1)) == tuple(
        datetime.fromisoformat(f"{clock}+00:00") for clock in (begins, ends)
    )
    assert all(later - earlier == timedelta(minutes=1) for earlier, later in pairwise(night))


@pytest.mark.parametrize(
    ("zone", "day", "hours", "minutes"),
    [
        ("Europe/Berlin", "2026-03-29", "02:00-03:00", 0),
        ("Europe/Berlin", "2026-10-25", "02:00-03:00", 120),
        ("America/New_York", "2026-11-01", "01:00-02:00", 120),
        ("Australia/Lord_Howe", "2026-10-04", "02:00-02:30", 0),
        # Midnight itself comes twice: on 4 April at 24:00 it is 23:00 again.
        ("America/Santiago", "2026-04-05", "23:00-00:00", 120),
    ],
)
def test_an_hour_that_the_clock_leaves_out_or_shows_twice(zone: str, day: str, hours: str, minutes: int) -> None:
    own_day = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    near = [one for one in silent_minutes(hours, zone, day) if abs(one - own_day) <= timedelta(hours=6)]
    assert len(near) == minutes
