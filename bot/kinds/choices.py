"""Switches and choices: a few values, each with a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.errors import Refused
from bot.kinds.kind import OFF, OFF_WORDS, ON_WORDS, Kind, Value, means
from bot.words import N_, Words


@dataclass(frozen=True)
class Switch(Kind):
    """On or off."""

    example = "on"
    typed = False

    def check(self, value: object) -> Value:
        if not isinstance(value, bool):
            raise Refused(N_("It has to be either on or off."))
        return value

    def parse(self, typed: str, words: Words) -> Value:
        if typed.strip() == "1" or means(typed, ON_WORDS, words):
            return True
        if typed.strip() == "0" or means(typed, OFF_WORDS, words):
            return False
        raise Refused(N_("It has to be either on or off."))

    def show(self, value: Value, words: Words) -> str:
        return words.plain(N_("on")) if value else words.plain(N_("off"))

    def accepts(self, words: Words) -> str:
        return words.plain(N_("on or off"))

    def presets(self) -> tuple[Value, ...]:
        return (True, False)

    def switched(self, value: Value) -> Value | None:
        return not value

    def pack(self, value: Value) -> str:
        return str(int(value))

    def unpack(self, packed: str) -> Value:
        return self.check({"1": True, "0": False}.get(packed))

    def json_schema(self) -> dict[str, object]:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Choice(Kind):
    """One of a few named values; `labels` says each in words."""

    labels: Mapping[str, str]
    typed = False

    def check(self, value: object) -> Value:
        if not isinstance(value, str) or value not in self.labels:
            raise self._refused()
        return value

    def parse(self, typed: str, words: Words) -> Value:
        wanted = typed.strip().casefold()
        names = {name: {name, label.casefold(), words.plain(label).casefold()} for name, label in self.labels.items()}
        exact = [name for name, spellings in names.items() if wanted in spellings]
        if not exact and OFF in self.labels and means(typed, OFF_WORDS, words):
            exact = [OFF]
        begun = [name for name, spellings in names.items() if any(one.startswith(wanted) for one in spellings)]
        found = exact or (begun if wanted else [])
        if len(found) != 1:
            raise Refused(N_("It has to be one of: {names}."), names=self.accepts(words))
        return found[0]

    def show(self, value: Value, words: Words) -> str:
        return words.plain(self.labels[str(value)])

    def accepts(self, words: Words) -> str:
        return ", ".join(
            name if name == words.plain(label) else f"{name} ({words.plain(label)})"
            for name, label in self.labels.items()
        )

    @property
    def example(self) -> str:
        return list(self.labels)[-1]

    def presets(self) -> tuple[Value, ...]:
        return tuple(self.labels)

    def has_effect(self, value: Value) -> bool:
        return value not in {OFF, "none"}

    def json_schema(self) -> dict[str, object]:
        return {"type": "string", "enum": list(self.labels)}

    def _refused(self) -> Refused:
        return Refused(N_("It has to be one of: {names}."), names=", ".join(self.labels))
