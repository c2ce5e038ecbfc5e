"""Which setting somebody means: by its key, by its title, by words of it, or by what is nearest to them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from bot.kinds import Setting
from bot.words import WORD, Words, folded

_QUOTES = "\"'`“”„«»‹›‘’"
# Words with blanks or hyphens between them: other signs, such as emoji, belong to a value.
_NAME = re.compile(rf"[{WORD}]+(?:[\s-]+[{WORD}]+)*")
_PART = re.compile(rf"(?:(?!_)[{WORD}])+")
_MOST_COMPARED = 64
# As alike as a name of two words and the same name with a mistake or two in it.
_MISTYPED = 0.85


def matching(typed: str, known: Mapping[str, Setting], words: Words) -> list[Setting]:
    """Return the settings whose key or title has a word that begins so; the one of that very key alone."""
    wanted = folded(typed).replace("-", "_")
    if wanted in known:
        return [known[wanted]]
    return [
        one
        for key, one in known.items()
        if key.startswith(wanted)
        or any(part.startswith(wanted) for part in (*key.split("_"), *words.listed(one.title)))
    ]


def named(typed: str, known: Mapping[str, Setting], words: Words) -> Setting | None:
    """Return the setting of that very key or title; the words of a title may stand in any order."""
    unquoted = " ".join(word.strip(_QUOTES) for word in folded(typed).split()).strip()
    if not _NAME.fullmatch(unquoted):
        return None
    parts = _parts(unquoted)
    key = "_".join(parts)
    if key in known:
        return known[key]
    found = [one for key, one in known.items() if parts and sorted(parts) in map(sorted, _spellings(key, one, words))]
    return found[0] if len(found) == 1 else None


def mistyped(typed: str, name: str, known: Mapping[str, Setting], words: Words) -> bool:
    """Say whether a text that begins with a name may begin with a longer one, mistyped: "rules buttn on"."""
    letters, begin = "".join(_parts(typed[:_MOST_COMPARED])), "".join(_parts(name))
    spellings = {"".join(one) for key, setting in known.items() for one in _spellings(key, setting, words)}
    longer = [one for one in spellings if one.startswith(begin) and one != begin]
    return any(_alike(letters[: len(one) + more], one) >= _MISTYPED for one in longer for more in range(3))


def nearest(
    typed: str, known: Mapping[str, Setting], words: Words, *, others: Iterable[str] = (), most: int = 3
) -> list[str]:
    """Return the keys somebody may have meant by a mistyped one, the nearest first; a value may follow it.

    `others` are words that can stand in the place of a key.
    """
    parts = _parts(typed[:_MOST_COMPARED])
    begins = [parts[:count] for count in range(1, len(parts) + 1)]
    spelled = {key: _spellings(key, one, words) for key, one in known.items()} | {one: [[one]] for one in others}
    likeness = {
        key: max((_nearness(begin, one) for begin in begins for one in spellings), default=0.0)
        for key, spellings in spelled.items()
    }
    close = sorted((key for key in likeness if likeness[key] >= 0.6), key=lambda key: -likeness[key])
    return close[:most]


def _parts(typed: str) -> list[str]:
    """Return the words of a key or a title, without quotes and other signs around them."""
    return _PART.findall(folded(typed))


def _spellings(key: str, one: Setting, words: Words) -> list[list[str]]:
    return [_parts(key), *(_parts(title) for title in words.spellings(one.title))]


def _nearness(wanted: list[str], spelling: list[str]) -> float:
    """Return how alike two names are; of names that are nearly the same, the longer one says more."""
    likeness = _likeness(wanted, spelling)
    return likeness + 0.06 * (len(wanted) - 1) if likeness >= _MISTYPED else likeness


def _likeness(wanted: list[str], spelling: list[str]) -> float:
    """Return how alike two names are, from 0 to 1: as a whole, or by the words they share."""
    if not wanted or not spelling:
        return 0.0
    whole = _alike(" ".join(wanted), " ".join(spelling))
    by_word = [max(_alike(one, other) for other in spelling) for one in wanted]
    shared = sum(one if one >= 0.75 else 0 for one in by_word) / len(wanted)
    return max(whole, 0.95 * shared - 0.01 * abs(len(spelling) - len(wanted)))


def _alike(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other).ratio()
