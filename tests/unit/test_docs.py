"""What the documents take from the code is current."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import settings
from scripts import settings_page

PROJECT = Path(__file__).parents[2]
LOGGING = ("warning", "error", "exception", "critical", "_say")


def read(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def test_the_page_of_settings_is_current() -> None:
    assert settings_page.PATH.read_text(encoding="utf-8") == settings_page.settings_page(), "write it anew: make docs"


def test_every_setting_that_people_see_stands_on_its_page() -> None:
    page = settings_page.settings_page()
    for key, one in settings().items():
        assert (f"\n| `{key}`<br>" in page) == one.shown


def warnings(file: Path) -> Iterator[str]:
    """The messages that a module logs as warnings or errors, with an ellipsis for what varies."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(attr=name), args=[ast.Constant(value=str(message)), *_]) if (
                name in LOGGING
            ):
                yield re.sub(r"%[\d.]*[a-z]", "…", message)


@pytest.mark.parametrize("file", sorted((PROJECT / "bot").rglob("*.py")), ids=lambda file: file.stem)
def test_the_operator_can_look_up_every_warning(file: Path) -> None:
    page = read("docs/operating.md")
    missing = [message for message in warnings(file) if f"\n| `{message}` |" not in page]
    assert not missing, "docs/operating.md has to say what this means and what to do"


@pytest.mark.parametrize("name", ["docs/architecture.md", "docs/operating.md", "CONTRIBUTING.md"])
def test_every_file_that_is_named_exists(name: str) -> None:
    text = read(name)
    named = re.findall(r"\b(?:benchmarks|bot|docs|migrations|sandbox|scripts|tests)/[\w./-]*", text)
    assert [path for path in named if not (PROJECT / path.rstrip(".")).exists()] == []
    links = re.findall(r"\]\(([\w./-]+)\)", text)
    assert [link for link in links if not ((PROJECT / name).parent / link).exists()] == []
