"""What hosts read: the Python version, the processes, the requirements, the variables."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import SecretStr

from bot.environment import Environment

PROJECT = Path(__file__).parents[2]


def text(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def test_both_files_name_the_same_minor_version_of_python_and_no_patch() -> None:
    runtime = re.fullmatch(r"python-(3\.\d+)\n", text("runtime.txt"))
    version = re.fullmatch(r"(3\.\d+)\n", text(".python-version"))
    assert runtime is not None
    assert version is not None
    assert runtime[1] == version[1]


def test_the_checks_are_made_for_the_oldest_python_that_is_supported() -> None:
    tools = tomllib.loads(text("pyproject.toml"))["tool"]
    assert tools["ruff"]["target-version"].replace("py3", "3.") == tools["mypy"]["python_version"] == "3.11"
    assert {"newest=3.13", "oldest=3.11"} <= set(text(".ci/run").splitlines())
    assert text(".python-version") == "3.13\n"


def test_a_host_migrates_in_the_release_phase_and_runs_a_worker_and_no_web_process() -> None:
    assert text("Procfile").splitlines() == ["release: python -m bot migrate", "worker: python -m bot"]


def test_requirements_are_flat_pinned_and_hashed() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = [line for line in text(name).replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
        assert lines
        for line in lines:
            assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+( ; .+?)? +--hash=sha256:[0-9a-f]{64}", line), line[:80]


def test_what_is_named_exactly_is_pinned_exactly_so() -> None:
    pinned = text("requirements.txt")
    for line in text("requirements.in").split():
        if "==" in line:
            assert re.search(rf"^{re.escape(line)} ", pinned, re.MULTILINE), f"make lock: {line}"


def test_no_file_stands_beside_requirements_that_makes_a_host_refuse_to_build() -> None:
    for name in ("uv.lock", "poetry.lock", "Pipfile", "Dockerfile"):
        assert not (PROJECT / name).exists(), f"a host would read {name} in place of requirements.txt"


def documented() -> dict[str, str]:
    """The variables of .env.example with their values, commented out or not."""
    lines = re.findall(r"^#? ?([A-Z][A-Z0-9_]*)=(\S*)$", text(".env.example"), re.MULTILINE)
    assert len(lines) == len(dict(lines)), "a variable stands there twice"
    return dict(lines)


def test_the_example_documents_every_variable_and_no_other() -> None:
    assert documented().keys() == {field.upper() for field in Environment.model_fields}


def test_the_example_shows_every_default_as_it_is() -> None:
    def shown(default: Any) -> str:
        if isinstance(default, bool):
            return "on" if default else "off"
        return "" if default is None else f"{default:g}" if isinstance(default, float) else str(default)

    for name, field in Environment.model_fields.items():
        if not field.is_required() and not isinstance(field.default, SecretStr):
            assert documented()[name.upper()] == shown(field.default), f"{name.upper()} has another default"


def test_every_variable_of_the_example_is_explained_by_the_comment_above_it() -> None:
    lines = text(".env.example").splitlines()
    for number, line in enumerate(lines):
        if re.match(r"#? ?[A-Z][A-Z0-9_]*=", line):
            above = lines[number - 1]
            assert re.match(r"# [A-Z].*[a-z.)]$", above), f"{line}: the line above explains it"
            assert len(above) <= 120


def test_the_example_copied_as_it_is_lacks_the_token_only() -> None:
    values = dotenv_values(PROJECT / ".env.example")
    assert values == {"BOT_TOKEN": ""}
