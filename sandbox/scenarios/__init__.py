"""Prepared worlds from JSON: people, chats, their members, and first messages.

A chat has `kind`, `title`, `owner`, and if wanted `members`, `admins`, `anonymous` (admins that write as the group),
`bot` (`member`, `administrator` or a list of rights), `forum`, `username`, `linked` (a channel's group), `said` (pairs
of name and text).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sandbox.people.group import Group
from sandbox.people.person import Person
from sandbox.sandbox import Sandbox

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The scenarios that come with the sandbox."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def load(sandbox: Sandbox, name: str) -> None:
    """Build the scenario of this name, or the one in this file. ValueError says what is wrong with it."""
    path = FOLDER / f"{name}.json" if name in names() else Path(name)
    if not path.is_file():
        message = f"no scenario {name!r}: neither a file nor one of {', '.join(names())}"
        raise ValueError(message)
    try:
        build(sandbox, json.loads(path.read_text("utf-8")))
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        message = f"scenario {name!r} does not fit: {error!r}"
        raise ValueError(message) from error


def build(sandbox: Sandbox, scenario: dict[str, Any]) -> None:
    """Build a scenario that is already read."""
    people = {}
    for given in scenario.get("people", []):
        options = {key: value for key, value in given.items() if key != "name"}
        people[given["name"]] = sandbox.person(given["name"], **options)
    groups: dict[str, Group] = {}
    for given in scenario.get("chats", []):
        groups[given["title"]] = _chat(sandbox, people, groups, given)


def _chat(sandbox: Sandbox, people: dict[str, Person], groups: dict[str, Group], given: dict[str, Any]) -> Group:
    makers = {"group": sandbox.group, "supergroup": sandbox.supergroup, "channel": sandbox.channel}
    options: dict[str, Any] = {key: given[key] for key in ("bot", "forum", "username") if key in given}
    if "linked" in given:
        options["linked"] = groups[given["linked"]]
    for role in ("members", "admins"):
        options[role] = [people[name] for name in given.get(role, [])]
    group = makers[given["kind"]](given["title"], owner=people[given["owner"]], **options)
    for name in given.get("anonymous", []):
        group.chat.member(people[name].user).anonymous = True
    for name, text in given.get("said", []):
        people[name].say(text, group)
    sandbox.world.updates.clear()
    return group
