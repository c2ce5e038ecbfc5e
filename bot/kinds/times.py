"""Hours of the day and time zones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.errors import Ambiguous, Refused
from bot.kinds import zones
from bot.kinds.kind import (
    CLOCK_WORDS,
    DAY_PARTS,
    FROM_WORDS,
    MIDNIGHT_WORDS,
    MOST_TYPED,
    NOON_WORDS,
    OFF,
    OFF_WORDS,
    UNTIL_WORDS,
    Kind,
    Value,
    means,
    phrased,
    valued,
)
from bot.words import N_, WORD, Words, folded
from bot.words.directions import without_marks

_HALF_OF_DAY = re.compile(r"(?<![^\W\d])([ap])(?:\.?\s?m\b\.?|\b)")
# Between a number and two letters or more; also one that is not Latin, as the letters for a.m. and "and" in Arabic.
_APART = re.compile(
    rf"(?<=\d)(?=(?:(?!\d)[{WORD}]){{2}}|[^\x00-\x7f])"
    rf"|(?<=(?!\d)[{WORD}](?!\d)[{WORD}])(?=\d)|(?<=\s[^\x00-\x7f])(?=\d)"
)
_BETWEEN = re.compile(r"\s*(?:->|→|–|—|\u2011|\u2212|-|~|…|\.\.+)\s*")
_TWELVE = re.compile(r"^12(?::00)? | 12(?::00)?$")
_TIME = re.compile(r"(\d{1,2})((?:[:.h]\d{2}|h)?)")
_HALF_DAY = 12 * 60
_OF_TWELVE = re.compile(r"[1-9]|1[0-2]")


def _squeezed(typed: str, words: Words) -> str:
    """Return hours without the words around them: "from 22 to 7" and "22 → 7" become "22 - 7", "10 p.m." "10 pm".

    What means nothing, or different things to different people, becomes something that is no hours.
    """

    def half_of_day(match: re.Match[str]) -> str:
        begins = not match.string[: match.start()][-1:].strip()
        # "22 a 7" is Spanish.
        return match[0] if begins and match[0] in spoken else f"{match[1]}m"

    spoken = {
        **dict.fromkeys(words.listed(UNTIL_WORDS), "-"),
        **dict.fromkeys(words.listed(FROM_WORDS) | words.listed(CLOCK_WORDS), ""),
    }
    named = {
        **dict.fromkeys(words.listed(NOON_WORDS), "12 pm"),
        **dict.fromkeys(words.listed(MIDNIGHT_WORDS), "12 am"),
    }
    parts = _parts_of_the_day(words)
    spaced = _APART.sub(" ", _HALF_OF_DAY.sub(half_of_day, f" {typed}"))
    spaced = _BETWEEN.sub(" - ", phrased(spaced, (*spoken, *named, *parts)))
    said = " ".join(" ".join(spoken.get(word, word) for word in spaced.split()).split())
    said = re.sub(r"-(?: -)+", "-", said)  # "até às" in Portuguese
    # "12 noon" is noon, "2 noon" is nothing.
    return _in_figures([named.get(_TWELVE.sub("", side, count=1), side) for side in said.split(" - ")], parts)


def _in_figures(sides: Sequence[str], parts: Mapping[str, set[int]]) -> str:
    """Return both sides without the parts of the day, "10 night" and "6 morning" as "10 pm - 6 am"."""
    times = [_of_24_hours(side, parts) for side in sides]
    alone = [side for side, time in zip(sides, times, strict=True) if side == time]
    # "8 to 10 at night" begins in the evening for some people, in the morning for others.
    of_twelve = (time and _OF_TWELVE.fullmatch(time[1]) for time in map(_TIME.fullmatch, alone))
    return "" if len(alone) < len(sides) and any(of_twelve) else " - ".join(times)


def _parts_of_the_day(words: Words) -> dict[str, set[int]]:
    """Return the words such as "morning", each with the hours of the day that it may mean."""
    parts: dict[str, set[int]] = {}
    for word, spans in valued(DAY_PARTS, words):
        for begin, _, end in (span.partition("-") for span in spans.split(",")):
            parts.setdefault(word, set()).update(range(int(begin), int(end or begin) + 1))
    return parts


def _of_24_hours(side: str, parts: Mapping[str, set[int]]) -> str:
    """Return "10 morning", or "morning 10", as "10 am", "10:30 night" as "10:30 pm"; empty where that means nothing."""
    named = [word for word in side.split() if word in parts]
    time = _TIME.fullmatch(" ".join(word for word in side.split() if word not in parts))
    if len(named) != 1 or time is None:
        return side
    hour = int(time[1])
    both = {hour % 12, hour % 12 + 12} if _OF_TWELVE.fullmatch(str(hour)) else {hour}
    meant = parts[named[0]] & both
    if len(meant) != 1:
        return ""
    hour = meant.pop()
    return f"{hour % 12 or 12}{time[2]} {'am' if hour < 12 else 'pm'}"


@dataclass(frozen=True)
class Hours(Kind):
    """A span of the day as "23:00-07:00" (over midnight where the end is earlier), or "off"."""

    steps: tuple[str, ...] = ("22:00-07:00", "23:00-08:00", "00:00-06:00")
    example = "23:00-07:00"
    _typed = re.compile(r"(\d{1,2})(?:[:.h](\d{2})|h)? ?(am|pm)?(?: - | )(\d{1,2})(?:[:.h](\d{2})|h)? ?(am|pm)?")

    def check(self, value: object) -> Value:
        if value == OFF:
            return OFF
        match = (
            re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", value) if isinstance(value, str) else None
        )
        if match is None or match[0][:5] == match[0][6:]:
            raise self._refused()
        return match[0]

    def parse(self, typed: str, words: Words) -> Value:
        if means(typed, OFF_WORDS, words):
            return OFF
        # The pattern would take minutes for a long run of blanks.
        squeezed = _squeezed(folded(typed), words) if len(typed) <= MOST_TYPED else ""
        match = self._typed.fullmatch(squeezed)
        if match is None:
            raise self._refused()
        begin, end = self._minutes(*match.group(1, 2, 3)), self._minutes(*match.group(4, 5, 6))
        # Of "10pm-6" and "8-10pm" the hour alone is the one nearest to the other: at most half a day away.
        if match[3] and not match[6] and _OF_TWELVE.fullmatch(match[4]):
            end = begin + (end - begin - 1) % _HALF_DAY + 1
        if match[6] and not match[3] and _OF_TWELVE.fullmatch(match[1]):
            begin = end - (end - begin - 1) % _HALF_DAY - 1
        return self.check("-".join(f"{at // 60 % 24:02d}:{at % 60:02d}" for at in (begin, end)))

    def _minutes(self, hour: str, minute: str | None, half: str | None) -> int:
        """Return the minutes since midnight."""
        number, minutes = int(hour), int(minute or 0)
        if number * 60 + minutes > 24 * 60 or minutes > 59 or (half and not 1 <= number <= 12):
            raise self._refused()
        if half:
            number = number % 12 + (12 if half == "pm" else 0)
        return number * 60 + minutes

    def show(self, value: Value, words: Words) -> str:
        return words.plain(N_("off")) if value == OFF else str(value).replace("-", "–")

    def accepts(self, words: Words) -> str:
        return words.plain(N_("hours of the day such as 23:00-07:00 or 10pm-6am, or off"))

    def presets(self) -> tuple[Value, ...]:
        return (OFF, *self.steps)

    def has_effect(self, value: Value) -> bool:
        return value != OFF

    def json_schema(self) -> dict[str, object]:
        return {"type": "string", "pattern": r"^(off|([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)$"}

    def _refused(self) -> Refused:
        return Refused(N_("It has to be hours of the day, such as 23:00-07:00 or 10pm-6am, or off."))


# One zone of each region, from west to east; all others can be typed.
_OFFERED = (
    *("America/Los_Angeles", "America/New_York", "America/Sao_Paulo", "UTC", "Europe/London", "Europe/Berlin"),
    *("Europe/Kyiv", "Europe/Moscow", "Asia/Dubai", "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney"),
    "Pacific/Auckland",
)


_MOST_CANDIDATES = 12


@dataclass(frozen=True)
class TimeZone(Kind):
    """A time zone of the IANA database, found by typing a city, a country or an offset."""

    # Translators: a large city where people speak your language, in small letters; the same as in the sentences
    example = N_("berlin")

    def check(self, value: object) -> Value:
        if not isinstance(value, str) or value not in zones.names():
            raise Refused(
                N_("There is no time zone for that. Type a city or country, such as berlin, or an offset: UTC+5:30.")
            )
        return value

    def parse(self, typed: str, words: Words) -> Value:
        found = zones.find(typed)
        if len(found) == 1:
            return found[0]
        if close := found or zones.similar(typed):
            names = ", ".join(zones.show(name) for name in close[:_MOST_CANDIDATES])
            raise Ambiguous(N_("Did you mean {names}?"), candidates=tuple(close[:_MOST_CANDIDATES]), names=names)
        return self.check(typed)

    def show(self, value: Value, words: Words) -> str:
        return zones.show(str(value))

    def suggest(self, value: Value, words: Words) -> str:
        return f"{zones.show(str(value))} · {_clock_in(str(value))}"

    def remark(self, value: Value, words: Words) -> str:
        return words.plain(N_("Time there: {time}"), time=_clock_in(str(value)))

    def accepts(self, words: Words) -> str:
        return words.plain(N_("a city or country such as berlin, or an offset such as UTC+5:30"))

    def example_in(self, words: Words) -> str:
        return without_marks(words.plain(self.example))

    def presets(self) -> tuple[Value, ...]:
        return _OFFERED

    def json_schema(self) -> dict[str, object]:
        return {"type": "string", "maxLength": 64}


def _clock_in(zone: str) -> str:
    return f"{datetime.now(UTC).astimezone(ZoneInfo(zone)):%H:%M}"
