"""Whole numbers and lengths of time."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.errors import Refused
from bot.kinds.kind import MOST_TYPED, OFF_WORDS, SHORT_UNITS, UNIT_WORDS, Kind, Value, means
from bot.words import N_, Words


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
        digits = re.sub(r"(?<=\d)[\s_,'](?=\d{3}(?!\d))", "", typed.strip())
        if not re.fullmatch(r"[+-]?\d{1,18}", digits, re.ASCII):
            raise self._refused()
        return self.check(int(digits))

    def show(self, value: Value, words: Words) -> str:
        return str(value)

    def accepts(self, words: Words) -> str:
        return words.plain(N_("a whole number from {low} to {high}"), low=self.low, high=self.high)

    @property
    def example(self) -> str:
        return str(self.steps[0] if self.steps else self.high)

    def json_schema(self) -> dict[str, object]:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}

    def _refused(self) -> Refused:
        return Refused(N_("It has to be a whole number from {low} to {high}."), low=self.low, high=self.high)


@dataclass(frozen=True)
class Duration(_WholeNumber):
    """A length of time in whole seconds from `low` to `high`; 0 is allowed beside them if `zero` says what it means."""

    zero: str | None = None
    example = "1h 30m"

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
        units = {
            spelling: seconds
            for listed, seconds in UNIT_WORDS
            for spelling in (*listed.split(), *words.plain(listed).casefold().split())
        }
        typed = typed[:MOST_TYPED]
        parts = re.findall(r"(\d{1,9})\s*([^\W\d_]+)\.?[\s,]*", typed.casefold())
        rest = re.sub(r"(\d{1,9})\s*([^\W\d_]+)\.?[\s,]*", "", typed.casefold()).strip()
        if not parts or rest or any(unit not in units for _, unit in parts):
            raise Refused(N_("It has to be a length of time, such as 10m or 1h 30m."))
        seconds = sum(int(number) * units[unit] for number, unit in parts)
        if not self.low <= seconds <= self.high:
            raise Refused(N_("It has to be {accepted}."), accepted=self.accepts(words))
        return self.check(seconds)

    def _means_zero(self, typed: str, words: Words) -> bool:
        wanted, meaning = typed.strip().casefold(), str(self.zero)
        return wanted in {"0", meaning, words.plain(meaning).casefold()} or means(typed, OFF_WORDS, words)

    def show(self, value: Value, words: Words) -> str:
        if value == 0 and self.zero:
            return words.plain(self.zero)
        left, parts = int(value), []
        for unit, seconds in SHORT_UNITS:
            if left >= seconds:
                parts.append(words.plain(unit, n=left // seconds))
                left %= seconds
        return " ".join(parts) or words.plain(SHORT_UNITS[-1][0], n=0)

    def accepts(self, words: Words) -> str:
        low, high = self.show(self.low, words), self.show(self.high, words)
        span = words.plain(N_("a length of time from {low} to {high}, such as 10m or 1h 30m"), low=low, high=high)
        if not self.zero:
            return span
        return words.plain(N_("{span}, or 0 ({meaning})"), span=span, meaning=words.plain(self.zero))

    def json_schema(self) -> dict[str, object]:
        span: dict[str, object] = {"type": "integer", "minimum": self.low, "maximum": self.high}
        return {"anyOf": [{"const": 0}, span]} if self.zero and self.low > 0 else span
