"""Shared by the unit tests: English words, the watch over the log, and which languages there are."""

from __future__ import annotations

import pytest

from bot.words import Catalogues, Words
from tests.watching import logged

__all__ = ["logged"]

LANGUAGES = Catalogues().languages


@pytest.fixture(scope="session")
def words() -> Words:
    """The English words."""
    return Catalogues().words("en")


@pytest.fixture(autouse=True)
def _leave_out_languages_without_a_catalogue(request: pytest.FixtureRequest) -> None:
    """Skip what the tables say of a language whose catalogue was taken out."""
    callspec = getattr(request.node, "callspec", None)
    language = callspec.params.get("language") if callspec is not None else None
    if isinstance(language, str) and not any(one.startswith(language) for one in LANGUAGES):
        pytest.skip(f"there is no catalogue of {language}")
