from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.kinds import zones

NOW = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("berlin", "Europe/Berlin"),
        ("Port-au-Prince", "America/Port-au-Prince"),
        ("port au prince", "America/Port-au-Prince"),
        ("europe berlin", "Europe/Berlin"),
        ("Buenos Aires", "America/Argentina/Buenos_Aires"),
        ("bueno", "America/Argentina/Buenos_Aires"),
        ("kolkata", "Asia/Kolkata"),
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("calcutta", "Asia/Calcutta"),
        ("Sao Paulo", "America/Sao_Paulo"),
        ("São Paulo", "America/Sao_Paulo"),
        ("Zürich", "Europe/Zurich"),
        ("utc", "UTC"),
        ("turkey", "Turkey"),
        ("UTC+14", "Etc/GMT-14"),
        ("gmt−3", "Etc/GMT+3"),
    ],
)
def test_a_city_or_an_offset_finds_its_one_zone(typed: str, found: str) -> None:
    assert zones.find(typed) == [found]


@pytest.mark.parametrize("typed", ["", "   ", "x" * 65, "atlantis", "UTC+15", "UTC-13", "+5:30", "\x00", "\ud800"])
def test_what_means_no_zone_finds_none(typed: str) -> None:
    assert zones.find(typed) == []


@pytest.mark.parametrize(("typed", "offered"), [("Tokio", "Asia/Tokyo"), ("Cairro", "Africa/Cairo")])
def test_a_misspelled_city_is_offered_but_not_taken_for_granted(typed: str, offered: str) -> None:
    assert zones.find(typed) == []
    assert offered in zones.similar(typed)


@pytest.mark.parametrize("typed", ["", "\x00", "\ud800", "x" * 5_000])
def test_rubbish_resembles_no_city(typed: str) -> None:
    assert zones.similar(typed) == []


def test_every_zone_offered_can_be_used() -> None:
    for name in zones.names():
        ZoneInfo(name)


def test_every_zone_is_found_by_its_name_and_by_how_it_is_said() -> None:
    for name in zones.names():
        for typed in (name, zones.show(name)):
            (found,) = zones.find(typed)
            assert (
                found == name
                or NOW.astimezone(ZoneInfo(found)).utcoffset() == NOW.astimezone(ZoneInfo(name)).utcoffset()
            )


def test_offsets_are_said_with_the_sign_people_expect() -> None:
    assert zones.show("Etc/GMT-3") == "UTC+3"
    assert zones.show("Etc/GMT+3") == "UTC-3"
    assert zones.show("Asia/Ho_Chi_Minh") == "Asia/Ho Chi Minh"
