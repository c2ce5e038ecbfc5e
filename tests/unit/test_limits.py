"""Limits that Python and the migrations both know."""

from __future__ import annotations

import re
from pathlib import Path

from bot.storage.configs.documents import MAX_BYTES
from bot.storage.configs.revisions import KEPT_CHANGES

MIGRATIONS = sorted((Path(__file__).parents[2] / "migrations").glob("*.sql"))
SQL = "\n".join(file.read_text(encoding="utf-8") for file in MIGRATIONS)


def test_the_history_is_as_long_as_the_database_keeps_it() -> None:
    assert re.findall(r"revision <= NEW\.revision - (\d+)", SQL)[-1] == str(KEPT_CHANGES)


def test_a_document_is_as_large_as_the_database_takes_it() -> None:
    assert re.findall(r"octet_length\(config::text\) <= (\d+)", SQL)[-1] == str(MAX_BYTES)
