"""What the tests of hosts share: a Telegram, a database of one's own, and the files as they would be pushed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import telegram
from tests.storage.conftest import lasting_server, server

__all__ = ["lasting_server", "server", "telegram"]

PROJECT = Path(__file__).parents[2]

WITHIN = 300.0
"""Seconds for a whole interpreter to start or end: the imports alone take some, on a busy machine many."""

on_the_hosts_python = pytest.mark.skipif(
    f"python-{sys.version_info.major}.{sys.version_info.minor}" != (PROJECT / "runtime.txt").read_text().strip(),
    reason="hosts get the Python of runtime.txt",
)


@pytest.fixture
def sandbox_options() -> dict[str, object]:
    return {}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with the project's files as they are, on its branch main."""
    folder = tmp_path / "checkout"
    listed = git(PROJECT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    """Commit everything."""
    git(folder, "add", "--all")
    who = ("-c", "user.name=A new user", "-c", "user.email=new@example.com")
    git(folder, *who, "commit", "--quiet", "--allow-empty", "--no-verify", "--message=All")


def git(folder: Path, *arguments: str) -> str:
    """Run git there."""
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout
