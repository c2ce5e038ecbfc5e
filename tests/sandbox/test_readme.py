"""README.md promises only what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sandbox import Person, Sandbox, Seen, scenarios
from sandbox.control.actions import ACTIONS
from sandbox.server.faults import Faults
from tests.sandbox.small_world import Rules

README = (Path(__file__).parents[2] / "sandbox" / "README.md").read_text("utf-8")


def section(title: str) -> str:
    found: str = README.split(f"{title}\n", 1)[1]
    return re.split(r"^#", found, maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize(("title", "owner"), [("### `Person`", Person), ("### Faults", Faults)])
def test_every_method_named_exists(title: str, owner: type) -> None:
    names = set(re.findall(r"`(?:await |faults\.)?([a-z_]+)\(", section(title)))
    assert len(names) > 5
    assert sorted(name for name in names if not hasattr(owner, name) and not hasattr(Seen, name)) == []


def test_the_actions_described_are_those_of_the_control_api() -> None:
    rows = section("## The control API (for the chat page and for scripts)").split("| do | with |")[1]
    described = set(
        re.findall(r"`([a-z_]+)`", "".join(line.split("|")[1] for line in rows.splitlines() if "|" in line))
    )
    assert described - ACTIONS.keys() == set()
    assert ACTIONS.keys() - described == set()


def test_scenarios_are_named() -> None:
    assert all(f"`{name}`" in README for name in scenarios.names())
    assert hasattr(Sandbox, "drop_bot_state")


def test_people_unpin_what_they_pinned() -> None:
    rules = Rules()
    said = rules.anna.say("read this", rules.group)
    rules.anna.pin(said)
    rules.anna.unpin(said)
    assert rules.group.chat.pinned == []
