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
from bot.words.spelling import WORD, folded

__all__ = [
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
    "escape",
    "fit",
    "folded",
]
