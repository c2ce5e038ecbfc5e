"""The unit, as systemd itself reads it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.hosts.conftest import PROJECT

UNIT = PROJECT / "deploy/systemd/telegram-bot.service"
MOST_EXPOSED = 20
"""Tenths of systemd's own scale from 0 to 10, on which an ordinary service has 96."""


@pytest.fixture
def analyze() -> str:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("needs systemd-analyze")
    return program


def test_systemd_finds_nothing_wrong_with_the_unit(analyze: str, tmp_path: Path) -> None:
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/telegram-bot", str(tmp_path)))
    ran = subprocess.run([analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    wrong = tmp_path / "wrong.service"
    wrong.write_text(unit.read_text().replace("Restart=always", "Restart=sometimes"))
    ran = subprocess.run([analyze, "verify", "--man=no", str(wrong)], capture_output=True, text=True, check=False)
    assert "restart specifier" in ran.stderr, "it would say what is wrong"


def test_a_bot_that_was_taken_over_could_do_little_to_the_machine(analyze: str) -> None:
    command = [analyze, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", str(UNIT)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if "Unknown option" in ran.stderr or "unrecognized option" in ran.stderr:
        pytest.skip("needs systemd 250 or newer")
    assert ran.returncode == 0, ran.stdout
