"""What stands in for the placeholders of a text about people: who, where and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.kinds.filling import Filling, safe_name
from bot.words import N_, Html, Words, day_in_words, escape

MOST_NAMES = 5

# Translators: stands in a greeting in place of a name: "Welcome to Book club, somebody without a name!"
NAMELESS = N_("somebody without a name")


def fillings(
    people: Sequence[tuple[int, str]], chat: str, members: int | None, at: datetime, words: Words
) -> dict[str, Filling]:
    """Return the filling of each placeholder. `people` are ids and names; `at` is in the chat's time zone."""
    names = [safe_name(name) or words.plain(NAMELESS) for _, name in people]
    links = [
        Html(f'<a href="tg://user?id={person}">{escape(name)}</a>')
        for (person, _), name in zip(people, names, strict=True)
    ]
    # Enumerated as if they were HTML, so that nothing is escaped twice.
    plain = str(enumerated([Html(name) for name in names], words))
    return {
        "name": Filling(plain),
        "mention": Filling(plain, enumerated(links, words)),
        "chat": Filling(safe_name(chat)),
        "members": Filling("?" if members is None else words.number(members)),
        "date": Filling(day_in_words(at, words)),
        "time": Filling(at.strftime("%H:%M")),
    }


def enumerated(people: Sequence[Html], words: Words) -> Html:
    """Return "Anna", "Anna and Ben", "Anna, Ben and Cem", or the first ones "and others"."""
    if len(people) > MOST_NAMES:
        return words(N_("{names} and others"), names=Html(words.joined(people[:MOST_NAMES])))
    if len(people) > 1:
        return words(N_("{names} and {last}"), names=Html(words.joined(people[:-1])), last=people[-1])
    return people[0]
