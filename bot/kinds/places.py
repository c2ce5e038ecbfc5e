"""Cities, countries and abbreviations, in many languages and scripts, with their time zones.

`places.tsv.gz` is made by `scripts/make_places.py`. It is read when somebody first types a place and then kept as one
block of sorted lines (spelling, size, zones), which a binary search reads: as a dict it would take ten times as much.
"""

from __future__ import annotations

import gzip
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

PATH = Path(__file__).with_name("places.tsv.gz")
MOST_TYPED = 64
AREA = 9
"""The size of what is no city: countries, states, abbreviations."""

_MOST_COMPARED = 2_000
_MOST_CORRECTED = 24
_RANK_OF_AREAS = 4
_NO_LETTERS = "'’ʻʼ‘`´"
# What the normal form leaves apart although people type one for the other.
_SAME = str.maketrans({**dict.fromkeys(_NO_LETTERS, ""), **dict(zip("łøđıيىكة", "lodiییکه", strict=True))})
_ALPHABETS = ("abcdefghijklmnopqrstuvwxyz", "абвгдежзиклмнопрстуфхцчшщъыьэюяієї")


class Place(NamedTuple):
    """A line of the file: a spelling, how large the place is (0 to 9), and its zones, the likeliest first."""

    spelling: str
    size: int
    zones: tuple[str, ...]


def plain(name: str) -> str:
    """Return a name as people may type it: small letters without accents and marks, single blanks.

    The plus stays, which tells Etc/GMT+3 from Etc/GMT-3.
    """
    letters = unicodedata.normalize("NFKD", name.casefold()[: 4 * MOST_TYPED]).translate(_SAME)
    bare = [letter for letter in letters if not unicodedata.combining(letter)]
    kept = [one if unicodedata.category(one)[0] in "LMN" or one == "+" else " " for one in bare]
    return " ".join("".join(kept).split())


def find(spelling: str) -> Place | None:
    """Return the place with exactly this plain spelling."""
    wanted = _key(spelling)
    found = next(_lines_from(wanted), None) if spelling else None
    return found if found is not None and _key(found.spelling) == wanted else None


def beginning_with(start: str) -> list[Place]:
    """Return the places whose plain spelling begins so, the largest first; countries come behind large cities."""
    places: list[Place] = []
    for place in islice(_lines_from(start.encode(errors="replace")), _MOST_COMPARED):
        if not place.spelling.startswith(start):
            break
        places.append(place)
    return sorted(places, key=lambda place: -place.size if place.size < AREA else -_RANK_OF_AREAS)


def one_letter_off(spelling: str) -> list[Place]:
    """Return the places spelled with one letter more, less, other or exchanged, the largest first."""
    if len(spelling) > _MOST_CORRECTED:
        return []
    alphabet = next((letters for letters in _ALPHABETS if set(letters) & set(spelling)), "")
    cuts = [(spelling[:at], spelling[at:]) for at in range(len(spelling) + 1)]
    tries = {first + last[1:] for first, last in cuts}
    tries |= {first + last[1::-1] + last[2:] for first, last in cuts}
    tries |= {first + letter + last[skip:] for first, last in cuts for letter in alphabet for skip in (0, 1)}
    found = [place for one in sorted(tries) if (place := find(one))]
    return sorted(found, key=lambda place: -place.size)


class _Lines:
    """The lines of the file as a sequence of their spellings, found by their place in the block."""

    def __init__(self) -> None:
        self.block = gzip.decompress(PATH.read_bytes())
        self.begin = self.block.index(b"\n") + 1

    def __len__(self) -> int:
        return len(self.block)

    def __getitem__(self, at: int) -> bytes:
        """Return the spelling of the line that this byte is in."""
        start = max(self.block.rfind(b"\n", 0, at) + 1, self.begin)
        return self.block[start : self.block.index(b"\t", start)]


@cache
def _lines() -> _Lines:
    return _Lines()


def _key(spelling: str) -> bytes:
    return spelling.encode(errors="replace")


def _lines_from(key: bytes) -> Iterator[Place]:
    """Return the lines from the first one on whose spelling is not before this one."""
    lines = _lines()
    at = bisect_left(lines, key, lines.begin)
    while at < len(lines.block):
        end = lines.block.index(b"\n", at)
        spelling, size, zones = lines.block[at:end].decode().split("\t")
        yield Place(spelling, int(size), tuple(zones.split()))
        at = end + 1
