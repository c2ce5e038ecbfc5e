"""Time zones by the way people say them: the right one, or a question with a button of it, and never a wrong one."""

from __future__ import annotations

import gzip
import subprocess
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from babel import Locale

from bot.errors import Ambiguous, Refused
from bot.kinds import TimeZone, places, zones
from bot.words import Catalogues

WORDS = Catalogues().words("en")
SUMMER, WINTER = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)

ZONES = """
    Port-au-Prince > America/Port-au-Prince
    port au prince > America/Port-au-Prince
    europe berlin > Europe/Berlin
    EUROPE/BERLIN > Europe/Berlin
    Buenos Aires > America/Argentina/Buenos_Aires
    São Paulo > America/Sao_Paulo
    Sao Paulo > America/Sao_Paulo
    Zürich > Europe/Zurich
    Longyearbyen > Arctic/Longyearbyen

    Asia/Calcutta > Asia/Kolkata
    calcutta > Asia/Kolkata
    Europe/Kiev > Europe/Kyiv
    US/Pacific > America/Los_Angeles
    Iceland > Atlantic/Reykjavik

    berlin > Europe/Berlin
    Mumbai > Asia/Kolkata
    Bombay > Asia/Kolkata
    Delhi > Asia/Kolkata
    दिल्ली > Asia/Kolkata
    Beijing > Asia/Shanghai
    Peking > Asia/Shanghai
    北京 > Asia/Shanghai
    Shenzhen > Asia/Shanghai
    Saint Petersburg > Europe/Moscow
    St. Petersburg > Europe/Moscow
    Санкт-Петербург > Europe/Moscow
    Москва > Europe/Moscow
    Moskau > Europe/Moscow
    Kiev > Europe/Kyiv
    Київ > Europe/Kyiv
    San Francisco > America/Los_Angeles
    Boston > America/New_York
    Washington DC > America/New_York
    Houston > America/Chicago
    Xi'an > Asia/Shanghai
    القاهرة > Africa/Cairo
    تهران > Asia/Tehran
    Isfahan > Asia/Tehran
    München > Europe/Berlin
    Munich > Europe/Berlin
    Muenchen > Europe/Berlin
    Köln > Europe/Berlin
    Łódź > Europe/Warsaw
    Hanoi > Asia/Ho_Chi_Minh
    Saigon > Asia/Ho_Chi_Minh
    Bangalore > Asia/Kolkata
    Rio de Janeiro > America/Sao_Paulo
    Milan > Europe/Rome
    Abu Dhabi > Asia/Dubai
    Lahore > Asia/Karachi
    Osaka > Asia/Tokyo
    Paris > Europe/Paris
    London > Europe/London
    Tokio > Asia/Tokyo

    Germany > Europe/Berlin
    Deutschland > Europe/Berlin
    Германия > Europe/Berlin
    India > Asia/Kolkata
    भारत > Asia/Kolkata
    Turkey > Europe/Istanbul
    Türkei > Europe/Istanbul
    China > Asia/Shanghai
    Japan > Asia/Tokyo
    Italien > Europe/Rome
    ایران > Asia/Tehran
    مصر > Africa/Cairo
    امارات > Asia/Dubai
    الإمارات > Asia/Dubai
    عربستان > Asia/Riyadh
    السعودية > Asia/Riyadh
    انگلیس > Europe/London
    بريطانيا > Europe/London
    UK > Europe/London
    Paris, France > Europe/Paris
    Springfield, Illinois > America/Chicago
    Georgia, USA > America/New_York

    Kerala > Asia/Kolkata
    Bayern > Europe/Berlin
    Baden-Württemberg > Europe/Berlin
    Venedig > Europe/Rome
    Cataluña > Europe/Madrid
    Tenerife > Atlantic/Canary
    Queensland > Australia/Brisbane
    British Columbia > America/Vancouver

    utc > UTC
    UTC+3 > Etc/GMT-3
    UTC+0 > UTC
    UTC+14 > Etc/GMT-14
    gmt−3 > Etc/GMT+3
    GMT-3 > Etc/GMT+3
    UTC+5:30 > Asia/Kolkata
    UTC+5.5 > Asia/Kolkata
    +0530 > Asia/Kolkata
    +05:45 > Asia/Kathmandu
    UTC+3:30 > Asia/Tehran
    UTC+6:30 > Asia/Yangon
    etc/gmt+3 > Etc/GMT+3
    CET > Europe/Berlin
    MEZ > Europe/Berlin
    MSK > Europe/Moscow
    JST > Asia/Tokyo
"""

QUESTIONS = """
    Brazil > America/Sao_Paulo America/Manaus
    USA > America/New_York America/Chicago America/Los_Angeles America/Denver
    آمریکا > America/New_York America/Chicago America/Los_Angeles America/Denver
    أمريكا > America/New_York America/Chicago America/Los_Angeles America/Denver
    Russia > Europe/Moscow Asia/Vladivostok
    Россия > Europe/Moscow Asia/Vladivostok
    Mexico > America/Mexico_City America/Tijuana
    Australia > Australia/Sydney Australia/Perth
    Indonesia > Asia/Jakarta Asia/Makassar
    Spain > Europe/Madrid Atlantic/Canary
    Georgia > Asia/Tbilisi America/New_York
    Washington > America/New_York America/Los_Angeles
    Springfield > America/Chicago America/New_York
    San Jose > America/Los_Angeles America/Costa_Rica
    Birmingham > Europe/London America/Chicago
    Barcelona > Europe/Madrid America/Caracas
    Hyderabad > Asia/Kolkata Asia/Karachi
    Merida > America/Merida
    Ontario > America/Toronto America/Los_Angeles
    Bali > Asia/Makassar
    Punjab > Asia/Kolkata Asia/Karachi
    Borneo > Asia/Pontianak Asia/Makassar
    EST > America/New_York America/Panama
    CST > America/Chicago Asia/Shanghai
    PST > America/Los_Angeles Asia/Manila
    IST > Asia/Kolkata Europe/Dublin Asia/Jerusalem
    GMT > UTC Europe/London
    UTC+9:30 > Australia/Darwin Australia/Adelaide
    UTC-3:30 > America/St_Johns
    Cairro > Africa/Cairo
    Mumbi > Asia/Kolkata
    bueno > America/Argentina/Buenos_Aires
    san > Africa/Bamako America/Santiago
    san fran > America/Los_Angeles
    Paris, Texas > America/Chicago
    indian > America/Indiana/Indianapolis
"""


def rows(table: str) -> list[tuple[str, list[str]]]:
    """Return what is typed and the zones of each line."""
    parts = [line.strip().partition(" > ") for line in table.splitlines() if line.strip()]
    return [(typed, listed.split()) for typed, _, listed in parts]


@pytest.mark.parametrize(("typed", "meant"), rows(ZONES))
def test_what_is_certain_is_taken(typed: str, meant: list[str]) -> None:
    assert [TimeZone().parse(typed, WORDS)] == meant


@pytest.mark.parametrize(("typed", "offered"), rows(QUESTIONS))
def test_what_may_mean_several_zones_is_asked_for_and_the_meant_ones_are_on_the_first_screen(
    typed: str, offered: list[str]
) -> None:
    with pytest.raises(Ambiguous) as asked:
        TimeZone().parse(typed, WORDS)
    assert set(offered) <= set(asked.value.candidates)
    assert len(asked.value.candidates) <= 12


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "x" * 65,
        "x" * 5_000,
        "atlantis",
        "UTC+15",
        "UTC-13",
        "+5:17",
        "+",
        "\x00",
        "\ud800",
        "on",
        "42",
        "\t\n",
        "#",
    ],
)
def test_what_means_no_zone_is_refused(typed: str) -> None:
    with pytest.raises(Refused) as refused:
        TimeZone().parse(typed, WORDS)
    assert not isinstance(refused.value, Ambiguous)


def test_only_zones_with_different_clocks_are_to_be_told_apart() -> None:
    for typed, _ in rows(QUESTIONS):
        clocks = [
            tuple(now.astimezone(ZoneInfo(zone)).utcoffset() for now in (SUMMER, WINTER)) for zone in zones.find(typed)
        ]
        assert len(set(clocks)) == len(clocks), typed


def test_every_zone_can_be_used_and_is_found_by_its_name_and_by_how_it_is_said() -> None:
    for name in zones.names():
        for typed in (name, zones.show(name)):
            found = zones.find(typed)
            clocks = {SUMMER.astimezone(ZoneInfo(one)).utcoffset() for one in found}
            assert SUMMER.astimezone(ZoneInfo(name)).utcoffset() in clocks, name
            assert len(found) == 1 or "/" not in typed, name


def test_offsets_are_said_with_the_sign_people_expect() -> None:
    assert zones.show("Etc/GMT-3") == "UTC+3"
    assert zones.show("Etc/GMT+3") == "UTC-3"
    assert zones.show("Asia/Ho_Chi_Minh") == "Asia/Ho Chi Minh"


def test_a_button_says_the_time_of_day_in_its_zone() -> None:
    clock = datetime.now(UTC).astimezone(ZoneInfo("Asia/Kathmandu"))
    label = TimeZone().suggest("Asia/Kathmandu", WORDS)
    assert label.startswith("Asia/Kathmandu · ")
    minutes = int(label[-5:-3]) * 60 + int(label[-2:])
    assert (minutes - clock.hour * 60 - clock.minute) % 1_440 <= 1


@pytest.mark.parametrize("language", ["en", "de", "ru", "uk", "es", "pt", "fa", "ar", "id", "hi"])
def test_every_country_is_found_in_every_language_with_zones_of_its_own(language: str) -> None:
    """This fails where the file is older than the data of Babel or tzdata: scripts/make_places.py makes it anew."""
    own: dict[str, set[str]] = {}
    for country, zone in zip(zones._table("zone.tab", 0), zones._table("zone.tab", 2), strict=True):
        own.setdefault(country, set()).add(zone)
    for country, among in own.items():
        name = Locale.parse(language).territories[country].partition("(")[0]
        place = places.find(places.plain(name))
        assert place is not None, name
        assert among & set(place.zones), name


def test_the_file_names_its_sources_and_licences_is_small_and_holds_sorted_places_with_known_zones() -> None:
    packed = places.PATH.read_bytes()
    assert len(packed) < 700_000
    assert packed[4:8] == bytes(4), "the time in its head would make each run another file"
    header, *lines = gzip.decompress(packed).decode().splitlines()
    for part in ("make_places.py", "GeoNames", "CC BY 4.0", "Unicode CLDR", "Unicode License"):
        assert part in header
    spellings = [line.split("\t")[0].encode() for line in lines]
    assert spellings == sorted(set(spellings))
    assert {zone for line in lines for zone in line.split("\t")[2].split()} <= zones.names()
    for line in lines[:: len(lines) // 500]:
        spelling, size, listed = line.split("\t")
        assert places.find(spelling) == (spelling, int(size), tuple(listed.split()))
        assert places.plain(spelling) == spelling


@pytest.mark.parametrize("at", [0, -1])
def test_the_first_and_the_last_line_are_found(at: int) -> None:
    line = gzip.decompress(places.PATH.read_bytes()).decode().splitlines()[1:][at]
    found = places.find(line.split("\t")[0])
    assert found is not None
    assert found.spelling == line.split("\t")[0]


def test_the_file_is_read_only_for_what_the_names_of_zones_do_not_settle() -> None:
    code = (
        "import bot.settings as s; from bot.kinds import places, zones; s.settings();"
        "zones.find('Europe/Berlin'); zones.find('UTC+3'); s.ChatConfig(timezone='Asia/Calcutta');"
        "assert places._lines.cache_info().currsize == 0;"
        "zones.find('Mumbai'); assert places._lines.cache_info().currsize == 1"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own interpreter
