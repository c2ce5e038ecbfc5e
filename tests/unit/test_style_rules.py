"""The rules that `make check` adds to those of the linters: each breach is named, what is allowed is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.check_style import breaches


def module(project: Path, name: str, text: str) -> None:
    file = project / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.mark.parametrize("name", ["bot/a.py", "sandbox/a/b.py"])
def test_a_module_has_at_most_300_lines(tmp_path: Path, name: str) -> None:
    module(tmp_path, name, "\n" * 300)
    assert breaches(tmp_path) == []
    module(tmp_path, name, "\n" * 301)
    assert breaches(tmp_path) == [f"{name}: 301 lines; at most 300"]


@pytest.mark.parametrize("word", ["def", "async def"])
def test_a_function_has_at_most_45_lines(tmp_path: Path, word: str) -> None:
    for lines, expected in ((45, []), (46, ["bot/a.py:2: f has 46 lines; at most 45"])):
        module(tmp_path, "bot/a.py", f"class A:\n    {word} f(self):\n" + "        g()\n" * (lines - 1))
        assert breaches(tmp_path) == expected


def test_a_folder_of_the_bot_holds_at_most_14_modules(tmp_path: Path) -> None:
    for number in range(14):
        module(tmp_path, f"bot/room/m{number}.py", "")
    module(tmp_path, "bot/room/__init__.py", "")
    module(tmp_path, "bot/room/inner/m.py", "")
    assert breaches(tmp_path) == []
    module(tmp_path, "bot/room/m14.py", "")
    assert breaches(tmp_path) == ["bot/room: 15 modules; at most 14"]


@pytest.mark.parametrize(
    "line",
    [
        "observer._handler  # noqa: SLF001",
        "validator(schema, _use_prebuilt=False)",
        "import pydantic._internal",
        "from pydantic._internal import fields",
        "from pydantic import _internal",
        "import aiohttp.client_proto",
        "from aiohttp.client_proto import ResponseHandler",
        "from aiohttp import client_proto",
    ],
)
def test_private_parts_of_libraries_are_used_in_one_place_only(tmp_path: Path, line: str) -> None:
    module(tmp_path, "bot/fastpath/a.py", f"{line}\n")
    assert breaches(tmp_path) == []
    module(tmp_path, "bot/updates/a.py", f"{line}\n")
    assert [breach.partition(": ")[0] for breach in breaches(tmp_path)] == ["bot/updates/a.py:1"]


@pytest.mark.parametrize(
    "line", ["from __future__ import annotations", "self._x = other(x=1)", "from . import _x", "import aiohttp"]
)
def test_what_is_our_own_or_public_is_allowed(tmp_path: Path, line: str) -> None:
    module(tmp_path, "bot/a.py", f"{line}\n")
    assert breaches(tmp_path) == []
