"""Switches and choices: a few values, each with a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.errors import Refused
from bot.kinds.kind import MOST_TYPED, OFF_WORDS, ON_WORDS, Kind, Value, means
from bot.words import N_, SOURCE_LANGUAGE, Catalogues, Words, folded


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
        if folded(typed.strip()) == "1" or means(typed, ON_WORDS, words):
            return True
        if folded(typed.strip()) == "0" or means(typed, OFF_WORDS, words):
            return False
        raise Refused(N_("It has to be either on or off."))

    def show(self, value: Value, words: Words) -> str:
        return words.plain(N_("on")) if value else words.plain(N_("off"))

    def written(self, value: Value, words: Words) -> str:
        return self.show(value, words)

    def example_in(self, words: Words) -> str:
        return self.show(True, words)

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
    """One of a few named values; `labels` says each in words.

    `on` and `off` are what those words of a switch mean here, where they have an evident meaning; `also` are other
    words for a value, separated by spaces.
    """

    labels: Mapping[str, str]
    on: str | None = None
    off: str | None = None
    also: Mapping[str, str] = field(default_factory=dict)
    typed = False

    def check(self, value: object) -> Value:
        if not isinstance(value, str) or value not in self.labels:
            raise self._refused()
        return value

    def parse(self, typed: str, words: Words) -> Value:
        wanted = " ".join(folded(typed[:MOST_TYPED]).split())
        found = self._named(wanted, words)
        if found is None:
            found = self._switched(wanted, words)
        if found is None:
            begun = [name for name in self.labels if self._begins(wanted, name, words)]
            found = begun[0] if len(begun) == 1 else None
        if found is None:
            raise Refused(N_("It has to be one of: {names}."), names=self.accepts)
        return found

    def _named(self, wanted: str, words: Words) -> str | None:
        """Return the value that has that very name, label or other word."""
        for name in self.labels:
            also = self.also.get(name)
            if wanted in {name, *self._spellings(name, words)} or (also and means(wanted, also, words)):
                return name
        return None

    def _switched(self, wanted: str, words: Words) -> str | None:
        if means(wanted, ON_WORDS, words):
            return self.on
        return self.off if means(wanted, OFF_WORDS, words) else None

    def _begins(self, wanted: str, name: str, words: Words) -> bool:
        """Say whether a label begins with those whole words: at least two, as one alone says too little ("only")."""
        return " " in wanted and any(f"{one} ".startswith(f"{wanted} ") for one in self._spellings(name, words))

    def _spellings(self, name: str, words: Words) -> tuple[str, ...]:
        return tuple(words.spellings(self.labels[name]))

    def show(self, value: Value, words: Words) -> str:
        return words.plain(self.labels[str(value)])

    def accepts(self, words: Words) -> str:
        return words.joined(
            words.isolated(name if name == (label := self.show(name, words)) else f"{name} ({label})")
            for name in self.labels
        )

    @property
    def example(self) -> str:
        return list(self.labels)[-1]

    def presets(self) -> tuple[Value, ...]:
        return tuple(self.labels)

    def has_effect(self, value: Value) -> bool:
        return self.off is None or value != self.off

    def json_schema(self) -> dict[str, object]:
        return {"type": "string", "enum": list(self.labels)}

    def _refused(self) -> Refused:
        return Refused(N_("It has to be one of: {names}."), names=", ".join(self.labels))


AUTO = "auto"


def _codes() -> dict[str, str]:
    return {AUTO: N_("auto"), **{code: code for code in Catalogues().languages}}


@dataclass(frozen=True)
class Language(Choice):
    """A language that there is a catalogue for, called by its own name, or "auto"."""

    labels: Mapping[str, str] = field(default_factory=_codes)
    also: Mapping[str, str] = field(default_factory=lambda: {SOURCE_LANGUAGE: N_("en english")})

    def show(self, value: Value, words: Words) -> str:
        return super().show(value, words) if value == AUTO else words.catalogues.names(str(value))[0]

    def _spellings(self, name: str, words: Words) -> tuple[str, ...]:
        if name == AUTO:
            return super()._spellings(name, words)
        return tuple(map(folded, words.catalogues.names(name)))

    @property
    def example(self) -> str:
        return next((code for code in self.labels if code not in {AUTO, SOURCE_LANGUAGE}), SOURCE_LANGUAGE)
