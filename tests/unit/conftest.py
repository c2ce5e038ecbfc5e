"""Shared by the unit tests: English words, and the watch over the log."""

from __future__ import annotations

import pytest

from bot.words import Catalogues, Words
from tests.watching import logged

__all__ = ["logged"]


@pytest.fixture(scope="session")
def words() -> Words:
    """The English words."""
    return Catalogues().words("en")
