"""The words people read, one catalogue a language, and what they type, made comparable."""

from bot.words.catalogues import (
    LOCALES,
    N_,
    NAMES,
    SOURCE_LANGUAGE,
    Catalogues,
    Html,
    Languages,
    Words,
    base_of,
    escape,
    fit,
)
from bot.words.dates import day_in_words, moment_in_words
from bot.words.directions import END_OF_ISOLATE, ISOLATE, without_marks
from bot.words.spelling import WORD, folded

__all__ = [
    "END_OF_ISOLATE",
    "ISOLATE",
    "LOCALES",
    "NAMES",
    "N_",
    "SOURCE_LANGUAGE",
    "WORD",
    "Catalogues",
    "Html",
    "Languages",
    "Words",
    "base_of",
    "day_in_words",
    "escape",
    "fit",
    "folded",
    "moment_in_words",
    "without_marks",
]
