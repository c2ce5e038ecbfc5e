"""Time zones of the IANA database: their names, finding one by what a person types, and saying one."""

from __future__ import annotations

import difflib
import re
import zoneinfo
from functools import cache

_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+\-−])\s*(\d{1,2})(?::?00)?")


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
    """Return the zones somebody may mean: one if it is certain, several to choose from, or none."""
    wanted = " ".join(typed.casefold().replace("_", " ").replace("-", " ").split())
    if offset := _OFFSET.fullmatch(typed.strip().casefold()):
        return _by_offset(offset[1], int(offset[2]))
    if not wanted or len(wanted) > 64:
        return []
    spoken = _spoken()
    for found in (
        [name for full, _, name in spoken if wanted in (full, full.replace("/", " "))],
        [name for _, city, name in spoken if city == wanted],
        [name for _, city, name in spoken if city.startswith(wanted)],
        [name for full, _, name in spoken if wanted in full],
    ):
        if found:
            return _preferred(found)
    cities = {city: name for _, city, name in spoken}
    return [cities[city] for city in difflib.get_close_matches(wanted, cities, n=4, cutoff=0.75)]


@cache
def _spoken() -> list[tuple[str, str, str]]:
    """Full name and city in spoken form beside the name."""
    rows = []
    for name in sorted(names()):
        full = name.casefold().replace("_", " ").replace("-", " ")
        rows.append((full, full.rpartition("/")[2], name))
    return rows


def _preferred(found: list[str]) -> list[str]:
    """Old aliases ("Turkey", "US/Eastern") give way where a zone of a continent says the same."""
    continents = (
        "Africa/",
        "America/",
        "Antarctica/",
        "Asia/",
        "Atlantic/",
        "Australia/",
        "Europe/",
        "Indian/",
        "Pacific/",
    )
    modern = [name for name in found if name.startswith(continents)]
    return modern or found


def _by_offset(sign: str, hours: int) -> list[str]:
    # POSIX signs: Etc/GMT-3 is three hours ahead of UTC.
    name = "Etc/UTC" if hours == 0 else f"Etc/GMT{'-' if sign == '+' else '+'}{hours}"
    return [name] if name in names() else []
