"""Time zones of the IANA database: their names, finding one by what a person types, and showing one."""

from __future__ import annotations

import difflib
import importlib.resources
import re
import unicodedata
import zoneinfo
from functools import cache

MOST_TYPED = 64

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
    """Return the zones somebody means: one if it is certain, several to choose from, or none."""
    if typed in names():
        return [typed]
    if offset := _OFFSET.fullmatch(typed.strip().casefold()):
        return _by_offset(offset[1], int(offset[2]))
    wanted = _plain(typed)
    if not wanted or len(wanted) > MOST_TYPED:
        return []
    spellings = _spellings()
    for found in (
        [name for full, _, name in spellings if wanted in (full, full.replace("/", " "))],
        [name for _, city, name in spellings if city == wanted],
        [name for _, city, name in spellings if city.startswith(wanted)],
        [name for full, _, name in spellings if wanted in full],
    ):
        if found:
            return _preferred(found)
    return []


def similar(typed: str) -> list[str]:
    """Return zones whose city is spelled much like what was typed: good enough to be offered, not to be set."""
    wanted = _plain(typed)
    if len(wanted) > MOST_TYPED:
        return []
    cities = {city: name for _, city, name in _spellings() if name in _country_zones()}
    return [cities[city] for city in difflib.get_close_matches(wanted, cities, n=4, cutoff=0.7)]


def _plain(name: str) -> str:
    """Return a name as people may type it: small letters without accents, single blanks."""
    letters = unicodedata.normalize("NFKD", name.casefold()[: 4 * MOST_TYPED])
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(bare.replace("_", " ").replace("-", " ").split())


@cache
def _spellings() -> list[tuple[str, str, str]]:
    """Return each zone's full name and city as people type them, and its name."""
    return [(_plain(name), _plain(name.rpartition("/")[2]), name) for name in sorted(names())]


@cache
def _country_zones() -> frozenset[str]:
    """Return the zones of countries; the others are old aliases of them, such as Turkey and US/Eastern."""
    table = importlib.resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    return frozenset(line.split("\t")[2] for line in table.splitlines() if line and not line.startswith("#"))


def _preferred(found: list[str]) -> list[str]:
    """Leave out aliases where there is a zone of a country."""
    return [name for name in found if name in _country_zones()] or found


def _by_offset(sign: str, hours: int) -> list[str]:
    # POSIX signs: Etc/GMT-3 is three hours ahead of UTC.
    name = "Etc/UTC" if hours == 0 else f"Etc/GMT{'-' if sign == '+' else '+'}{hours}"
    return [name] if name in names() else []
