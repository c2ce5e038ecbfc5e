"""What PostgreSQL itself says of the plans by which it carried statements out, those within triggers too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.storage.connection.queries import name_of

# Tables of tests are so small that reading them whole is quickest. With many chats it is not: forbidden, where an index
# helps, it is chosen here too.
SETTINGS = """
session_preload_libraries = 'auto_explain'
auto_explain.log_min_duration = 0
auto_explain.log_analyze = on
auto_explain.log_timing = off
auto_explain.log_nested_statements = on
auto_explain.log_format = json
logging_collector = on
log_destination = jsonlog
log_directory = 'plans'
log_filename = 'plans.log'
log_rotation_size = 0
enable_seqscan = off
enable_hashjoin = off
enable_mergejoin = off
plan_cache_mode = force_generic_plan
"""

PART = re.compile(r"(\w+)_part(\d+)")
BY_INDEX = {"Index Cond", "Recheck Cond"}


@dataclass(frozen=True, slots=True)
class Plan:
    """How a statement was carried out: which parts of tables were read, and of which tables without an index.

    `name` is that of the statement, or its beginning where it is one within a trigger.
    """

    name: str
    sql: str
    nested: bool
    parts: frozenset[int]
    without_index: frozenset[str]


def programs() -> Path | None:
    """Return the folder of a PostgreSQL's programs that can tell its plans; the embedded one cannot."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/lib/auto_explain.so"))
    return found[-1].parents[1] / "bin" if found else None


def logged_plans(data: Path) -> Iterator[Plan]:
    """Yield the plans of tests' statements that a server with `SETTINGS` has logged."""
    with (data / "plans" / "plans.json").open(encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            _, found, plan = str(entry.get("message", "")).partition(" plan:\n")
            if found and entry["dbname"].startswith("test_"):
                yield _read(json.loads(plan), nested="context" in entry)


def _read(told: dict[str, Any], *, nested: bool) -> Plan:
    sql = told["Query Text"]
    scans = list(_scans(told["Plan"]))
    return Plan(
        " ".join(sql.split())[:80] if nested else name_of(sql),
        sql,
        nested,
        frozenset(int(part) for _, part, _ in scans),
        frozenset(table for table, _, indexed in scans if not indexed),
    )


def _scans(node: dict[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """Yield each part of a table that was read: the table, the number, and whether an index led to the rows."""
    named = PART.fullmatch(node.get("Relation Name", ""))
    if named and node["Node Type"] != "ModifyTable" and node.get("Actual Loops", 1):
        yield named[1], named[2], not BY_INDEX.isdisjoint(node)
    for below in node.get("Plans", ()):
        yield from _scans(below)
