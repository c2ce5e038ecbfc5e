"""Whole numbers and lengths of time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bot.errors import Refused
from bot.kinds.kind import (
    AFTER_WORDS,
    JOIN_WORDS,
    MOST_TYPED,
    NUMBER_WORDS,
    OFF_WORDS,
    UNIT_WORDS,
    Kind,
    Value,
    means,
    phrased,
    valued,
)
from bot.words import N_, Words, folded
from bot.words.directions import without_marks


@dataclass(frozen=True)
class _WholeNumber(Kind):
    """What is stored as a whole number; `steps` are its presets."""

    low: int
    high: int
    steps: tuple[int, ...] = ()

    def presets(self) -> tuple[Value, ...]:
        return self.steps

    def unpack(self, packed: str) -> Value:
        return self.check(int(packed) if re.fullmatch(r"-?\d{1,18}", packed, re.ASCII) else None)


@dataclass(frozen=True)
class Number(_WholeNumber):
    """A whole number from `low` to `high`, both included."""

    def check(self, value: object) -> Value:
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise self._refused()
        return value

    def parse(self, typed: str, words: Words) -> Value:
        digits = re.sub(r"(?<=\d)[\s_,'](?=\d{3}(?!\d))", "", folded(typed.strip()))
        if not re.fullmatch(r"[+-]?\d{1,18}", digits, re.ASCII):
            raise self._refused()
        return self.check(int(digits))

    def show(self, value: Value, words: Words) -> str:
        return str(value)

    def accepts(self, words: Words) -> str:
        return words.plain(N_("a whole number from {low} to {high}"), low=self.low, high=self.high)

    @property
    def example(self) -> str:
        return str(next(filter(None, self.steps), self.high))

    def json_schema(self) -> dict[str, object]:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}

    def _refused(self) -> Refused:
        return Refused(N_("It has to be a whole number from {low} to {high}."), low=self.low, high=self.high)


_PART = re.compile(r"(\d{1,9}(?:[.,]\d{1,2})?)\s*([^\s\d.,]+)\.?[\s,]*")
_CLOCK = re.compile(r"(2[0-3]|[01]?\d):([0-5]\d)(?:\s*([^\s\d.,]+)\.?)?")
# "1.30 h" is an hour and a half to some, and an hour and 18 minutes to others.
_TWO_DECIMALS = re.compile(r".*[.,]\d\d")
# "1h30" and "5m30": what a number without a unit counts at the end, by the unit before it.
_HOUR, _DAY = 3_600, 86_400
_SMALLER = {_HOUR: 60, 60: 1}


def _seconds(typed: str, units: Mapping[str, int]) -> int | None:
    """Return a length of time in seconds: "1h 30m", "1h30", "1.5 h", "1:30" in hours and minutes; else None."""
    if clock := _CLOCK.fullmatch(typed.strip()):
        known = clock[3] is None or units.get(clock[3]) == _HOUR
        return int(clock[1]) * _HOUR + int(clock[2]) * 60 if known else None
    parts, end, last = 0.0, 0, 0
    for match in _PART.finditer(typed.strip()):
        unit = units.get(match[2])
        if unit is None or match.start() != end or (last and unit >= last):
            return None
        if unit <= _HOUR and _TWO_DECIMALS.fullmatch(match[1]):
            return None
        parts += float(match[1].replace(",", ".")) * unit
        end, last = match.end(), unit
    rest = typed.strip()[end:]
    if rest and last in _SMALLER and re.fullmatch(r"[0-5]?\d", rest, re.ASCII):
        parts, rest = parts + int(rest) * _SMALLER[last], ""
    return int(parts) if last and not rest and parts == int(parts) else None


# Lengths with "~" before a number that was a word, and "&" for "and".
_AND_A_HALF = r"& (?:~1 )?~0\.5"
_ONE_AND_A_HALF = re.compile(rf"(?<!\S)~?(\d+) {_AND_A_HALF} (?=[^\s\d~&])")
_HOUR_AND_A_HALF = re.compile(rf"(?<!\S)~?(\d+) ?([^\s\d~&.,]+)\.?,? {_AND_A_HALF}$")
_HALF_AN_HOUR = re.compile(r"(?<!\S)(?:~1 ~0\.5|~0\.5 ~1) (?=[^\s\d~&])")
_BEFORE_A_UNIT = re.compile(r"~(?=[\d.]+ [^\s\d~&])")


def _in_figures(typed: str, words: Words) -> str:
    """Return a length of time without the words in it: "after one hour and 30 minutes", "half an hour", "1½ h".

    A number in words counts only before a unit.
    """
    numbers, joins, after = dict(valued(NUMBER_WORDS, words)), words.listed(JOIN_WORDS), words.listed(AFTER_WORDS)
    several = {word: f"{times} {unit.split()[0]}" for unit, _ in UNIT_WORDS for word, times in valued(unit, words)}
    typed = re.sub(r"(\d)\s*½", r"\1.5", typed).replace("½", "0.5")
    named = phrased(typed, (*numbers, *several)).split()
    while len(named) > 1 and named[0] in after:
        named = named[1:]
    while len(named) > 1 and named[-1] in after:  # as in Hindi
        named = named[:-1]
    said = " ".join(_counted(list(_apart(named, joins, numbers)), joins, numbers, several))
    said = re.sub(r"(?:& )+", "& ", said).removeprefix("& ").removesuffix(" &")
    said = _HOUR_AND_A_HALF.sub(r"\1.5 \2", _ONE_AND_A_HALF.sub(r"\1.5 ", said))
    return _BEFORE_A_UNIT.sub("", _HALF_AN_HOUR.sub("0.5 ", said).replace("& ", ""))


def _apart(named: list[str], joins: frozenset[str], numbers: Mapping[str, str]) -> Iterator[str]:
    """Yield the words, apart what Arabic joins without a blank: "و30", "ونصف"."""
    for word in named:
        joined = word[0] in joins and word not in numbers and (word[1:2].isdecimal() or word[1:] in numbers)
        yield from (word[0], word[1:]) if joined else (word,)


def _counted(
    named: list[str], joins: frozenset[str], numbers: Mapping[str, str], several: Mapping[str, str]
) -> Iterator[str]:
    """Yield the words in figures: "two" as "~2", and a unit that says a number by itself with it, as "ساعتان"."""
    for before, word, following in zip(["", *named], named, [*named[1:], ""], strict=False):
        # "a" is a number in English and joins in Portuguese.
        if word in joins and (word not in numbers or following in numbers or following[:1].isdecimal()):
            yield "&"
        elif word in numbers:
            yield f"~{numbers[word]}"
        else:
            counted = before[-1:].isdecimal() or before in numbers
            yield word if counted else several.get(word, word)


# Literals, as sentences with plural forms are collected.
_SHOWN: tuple[tuple[int, Callable[[Words, int], str]], ...] = (
    (_DAY, lambda words, n: words.count("{n} d", "{n} d", n)),
    (_HOUR, lambda words, n: words.count("{n} h", "{n} h", n)),
    (60, lambda words, n: words.count("{n} min", "{n} min", n)),
    (1, lambda words, n: words.count("{n} s", "{n} s", n)),
)
_NO_BREAK = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Duration(_WholeNumber):
    """A length of time in whole seconds from `low` to `high`; 0 is allowed beside them if `zero` says what it means."""

    zero: str | None = None

    def check(self, value: object) -> Value:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Refused(N_("It has to be a length of time, such as 10m or 1h 30m."))
        if not (self.low <= value <= self.high or (value == 0 and self.zero)):
            raise Refused(
                N_("It has to be a length of time from {low} to {high} seconds."), low=self.low, high=self.high
            )
        return value

    def parse(self, typed: str, words: Words) -> Value:
        if self.zero and self._means_zero(typed, words):
            return 0
        units = {spelling: seconds for listed, seconds in UNIT_WORDS for spelling in words.listed(listed)}
        seconds = _seconds(_in_figures(folded(typed[:MOST_TYPED]), words), units)
        if seconds is None:
            raise Refused(N_("It has to be a length of time, such as 10m or 1h 30m."))
        if not self.low <= seconds <= self.high:
            raise Refused(N_("It has to be {accepted}."), accepted=self.accepts)
        return self.check(seconds)

    def _means_zero(self, typed: str, words: Words) -> bool:
        wanted, meaning = folded(typed.strip()), str(self.zero)
        return wanted in {"0", *words.spellings(meaning)} or means(typed, OFF_WORDS, words)

    def show(self, value: Value, words: Words) -> str:
        if value == 0 and self.zero:
            return words.plain(self.zero)
        left = int(value)
        parts: list[str] = []
        for unit, in_words in _SHOWN:
            if left >= unit or (unit == 1 and not parts):
                parts.append(in_words(words, left // unit))
                left %= unit
        return " ".join(parts).replace(" ", _NO_BREAK)

    def written(self, value: Value, words: Words) -> str:
        return self.show(value, words).replace(_NO_BREAK, " ") if value else "0"

    @property
    def example(self) -> str:
        return "1h 30m" if self.low <= 5_400 <= self.high else f"{self.high}s"

    def example_in(self, words: Words) -> str:
        return without_marks(self.written(self.parse(self.example, words), words))

    def accepts(self, words: Words) -> str:
        low, high = self.show(self.low, words), self.show(self.high, words)
        span = words.plain(N_("a length of time from {low} to {high}, such as 10m or 1h 30m"), low=low, high=high)
        if not self.zero:
            return span
        return words.plain(N_("{span}, or 0 ({meaning})"), span=span, meaning=words.plain(self.zero))

    def json_schema(self) -> dict[str, object]:
        span: dict[str, object] = {"type": "integer", "minimum": self.low, "maximum": self.high}
        return {"anyOf": [{"const": 0}, span]} if self.zero and self.low > 0 else span
