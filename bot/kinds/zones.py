"""Time zones of the IANA database: their names, finding one by what a person types, and showing one.

An offset with half or quarter hours is stored as a zone that has it, since the database has no zone of that name.
"""

from __future__ import annotations

import difflib
import importlib.resources
import re
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from bot.kinds import places
from bot.kinds.places import MOST_TYPED, plain
from bot.words import folded

_MOST_SIMILAR = 10
_SMALL, _LARGE = 0, 3
_FEWEST_LETTERS = 3
_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+\-−–])\s*(\d{1,2})(?::?(00|15|30|45)|[.,](0|25|5|75))?(?:\s*h)?")
_MINUTES = {"25": 15, "5": 30, "75": 45}


@cache
def names() -> frozenset[str]:
    """Return every zone that can be chosen."""
    return frozenset(zoneinfo.available_timezones() - {"Factory", "localtime"})


def show(name: str) -> str:
    """Return a zone as people write it: spaces for underscores, "UTC+3" for the inverted "Etc/GMT-3"."""
    if match := re.fullmatch(r"Etc/GMT([+-])(\d+)", name):
        return f"UTC{'-' if match[1] == '+' else '+'}{match[2]}"
    return name.removeprefix("Etc/").replace("_", " ")


def find(typed: str) -> list[str]:
    """Return the zones somebody means: one if it is certain, several with different clocks to choose from, or none."""
    if typed in _country_zones():
        return [typed]
    if (offset := _read_offset(typed)) is not None:
        return _by_offset(offset)
    wanted = _wanted(typed)
    found = (
        _by_full_name(wanted)
        or _by_place(wanted)
        or [name for _, city, name in _spellings() if city == wanted]
        or _by_place_in_an_area(typed)
    )
    return [] if _rather_begins_a_name(wanted) else _with_different_clocks(found)


def similar(typed: str) -> list[str]:
    """Return zones that may be meant, the likeliest first: good enough to be offered, not to be set."""
    if (offset := _read_offset(typed)) is not None:
        return _zones_at(offset)
    wanted = _wanted(typed)
    if len(wanted) < _FEWEST_LETTERS:
        return []
    cities = {city: name for _, city, name in _spellings() if name in _country_zones()}
    found = [
        *_by_place(wanted),
        *(zone for place in places.beginning_with(wanted) for zone in place.zones),
        *(name for city, name in cities.items() if city.startswith(wanted)),
        *(zone for place in places.one_letter_off(wanted) for zone in place.zones),
        *(name for full, _, name in _spellings() if wanted in full and name in _country_zones()),
        *_zones_of_the_area(wanted),
        *(cities[city] for city in difflib.get_close_matches(wanted, cities, n=4, cutoff=0.7)),
    ]
    return list(dict.fromkeys(found))[:_MOST_SIMILAR]


def _wanted(typed: str) -> str:
    """Return the plain spelling of what was typed; empty where it is too long for a place."""
    wanted = plain(typed)
    return wanted if len(wanted) <= MOST_TYPED else ""


@cache
def _spellings() -> list[tuple[str, str, str]]:
    """Return each zone's full name and city as people type them, and its name."""
    return [(plain(name), plain(name.rpartition("/")[2]), name) for name in sorted(names())]


@cache
def _table(name: str, column: int) -> tuple[str, ...]:
    """Return a column of one of the database's tables."""
    table = importlib.resources.files("tzdata.zoneinfo").joinpath(name).read_text(encoding="utf-8")
    return tuple(line.split("\t")[column] for line in table.splitlines() if line and not line.startswith("#"))


@cache
def _country_zones() -> frozenset[str]:
    """Return the zones of countries; the others are old aliases of them, such as Turkey and US/Eastern."""
    return frozenset(_table("zone.tab", 2))


def _by_full_name(wanted: str) -> list[str]:
    """Return the zone of this full name, under its present name."""
    full = [name for spelled, _, name in _spellings() if spelled == wanted]
    current = [name for name in full if name in _country_zones()]
    return current or (_by_place(wanted) if full else []) or full


def _by_place(wanted: str) -> list[str]:
    place = places.find(wanted)
    return [zone for zone in place.zones if zone in names()] if place else []


def _rather_begins_a_name(wanted: str) -> bool:
    """Say whether a small place of this name hides far larger ones that begin so: San in Mali, and San Francisco."""
    place = places.find(wanted)
    if place is None or place.size > _SMALL:
        return False
    return any(_LARGE <= longer.size < places.AREA for longer in places.beginning_with(f"{wanted} "))


def _by_place_in_an_area(typed: str) -> list[str]:
    """Return the zones of "Portland, Oregon" or "Paris France": those that the place and the area share."""
    words = _wanted(typed).split()
    for at in range(len(words) - 1, 0, -1):
        inside, area = (_by_place(" ".join(part)) for part in (words[:at], words[at:]))
        clocks = {_clock(zone) for zone in area}
        if shared := [zone for zone in inside if zone in area] or [zone for zone in inside if _clock(zone) in clocks]:
            return shared
    return []


def _zones_of_the_area(wanted: str) -> list[str]:
    """Return the zones of Texas for "Paris, Texas", a town that is too small to be known."""
    words = wanted.split()
    areas = (places.find(" ".join(words[at:])) for at in range(1, len(words)))
    zones = next((area.zones for area in areas if area and area.size == places.AREA), ())
    return _with_different_clocks(list(zones))


def _read_offset(typed: str) -> timedelta | None:
    match = _OFFSET.fullmatch(folded(typed.strip()))
    if match is None:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3] or _MINUTES.get(match[4] or "", 0)))
    return offset if match[1] == "+" else -offset


def _by_offset(offset: timedelta) -> list[str]:
    """Return the zone with this offset all year."""
    hours, rest = divmod(abs(offset), timedelta(hours=1))
    if rest:
        zones = _zones_at(offset)
        return zones if [set(_clock(zone)) for zone in zones] == [{offset}] else []
    # POSIX signs: Etc/GMT-3 is three hours ahead of UTC.
    name = "UTC" if not hours else f"Etc/GMT{'-' if offset > timedelta() else '+'}{hours}"
    return [name] if name in names() else []


def _zones_at(offset: timedelta) -> list[str]:
    """Return a zone for each clock that shows this offset now or later in the year, the constant ones first."""
    zones = [zone for zone in _table("zonenow.tab", 2) if offset in _clock(zone)]
    zones.sort(key=lambda zone: (len(set(_clock(zone))), -_size(zone)))
    return _with_different_clocks(zones)


def _size(zone: str) -> int:
    """Return how large the city is that a zone is named after."""
    place = places.find(plain(zone.rpartition("/")[2]))
    return place.size if place else 0


def _with_different_clocks(zones: list[str]) -> list[str]:
    """Leave out zones whose clock one before them shows, too."""
    if len(zones) < 2:
        return zones
    first: dict[tuple[timedelta | None, ...], str] = {}
    for zone in zones:
        first.setdefault(_clock(zone), zone)
    return list(first.values())


def _clock(zone: str) -> tuple[timedelta | None, ...]:
    """Return the offsets of a zone in the weeks of the year to come."""
    return _offsets(zone, datetime.now(UTC).date())


@lru_cache(500)
def _offsets(zone: str, first_day: date) -> tuple[timedelta | None, ...]:
    noon, local = datetime.combine(first_day, time(12), UTC), ZoneInfo(zone)
    return tuple((noon + timedelta(weeks=week)).astimezone(local).utcoffset() for week in range(53))
