"""Dates in words."""

from __future__ import annotations

from datetime import date, datetime

from bot.words.catalogues import N_, Words

# Translators: as in a date, in the form that stands between its day and its year
JANUARY = N_("January")
MONTHS = (
    *(JANUARY, N_("February"), N_("March"), N_("April"), N_("May"), N_("June"), N_("July")),
    *(N_("August"), N_("September"), N_("October"), N_("November"), N_("December")),
)


def day_in_words(day: date, words: Words) -> str:
    """Return "5 May 2026"."""
    return words.plain(N_("{day} {month} {year}"), day=day.day, month=words.plain(MONTHS[day.month - 1]), year=day.year)


def moment_in_words(at: datetime, words: Words) -> str:
    """Return "5 May 2026, 14:05"."""
    return words.plain(N_("{date}, {time}"), date=day_in_words(at, words), time=f"{at:%H:%M}")
