"""What people type at `/settings`, and what must happen."""

from __future__ import annotations

import pytest

from bot.errors import Refused
from bot.kinds import Choice
from bot.kinds.kind import OFF_WORDS, ON_WORDS
from bot.settings import settings
from bot.words import Catalogues

CATALOGUES = Catalogues()
SWITCHED: dict[str, tuple[str, str]] = {
    "welcome": ("everyone", "off"),
    "clean_commands": ("all", "none"),
    "announce_changes": ("chat", "off"),
}
CHOICES = [key for key, one in settings().items() if isinstance(one.kind, Choice)]


@pytest.mark.parametrize("language", CATALOGUES.languages)
@pytest.mark.parametrize("key", CHOICES)
def test_a_word_of_a_switch_has_its_declared_meaning_or_none(key: str, language: str) -> None:
    words, kind = CATALOGUES.words(language), settings()[key].kind
    for listed, declared in zip((ON_WORDS, OFF_WORDS), SWITCHED.get(key, (None, None)), strict=True):
        for word in (*listed.split(), *words.plain(listed).split()):
            try:
                understood = kind.parse(word.upper(), words)
            except Refused:
                understood = None
            assert understood == declared, word


@pytest.mark.parametrize("language", CATALOGUES.languages)
@pytest.mark.parametrize("key", CHOICES)
def test_a_part_of_a_word_never_means_a_choice(key: str, language: str) -> None:
    words, kind = CATALOGUES.words(language), settings()[key].kind
    assert isinstance(kind, Choice)
    listed = [ON_WORDS, OFF_WORDS, *kind.also.values(), *map(str, kind.labels)]
    declared = {word for one in listed for word in (*one.split(), *words.plain(one).casefold().split())}
    for value in kind.labels:
        label = kind.show(value, words)
        for end in range(1, len(label)):
            part = label[:end].strip()
            if part.casefold() in declared or f"{label} ".startswith(f"{part} "):
                continue
            with pytest.raises(Refused):
                kind.parse(part, words)
