"""What an operator types after `python -m bot`, and what is said to it."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from bot.commandline.arguments import COMMANDS, parse
from bot.commandline.progress import Progress, bar
from bot.commandline.stats import report, size
from bot.commandline.transfer import summary
from bot.storage.bulk.imports import Outcome
from bot.storage.bulk.statistics import Chats, Statistics, Table

PROJECT = Path(__file__).parents[2]


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    assert ended.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_without_a_command_the_bot_runs() -> None:
    assert parse([]).command == "run"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_of_its_own(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, told in (([command, "--help"], f"usage: python -m bot {command}"), (["--help"], f"    {command} ")):
        with pytest.raises(SystemExit) as ended:
            parse(arguments)
        assert ended.value.code == 0
        assert told in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("migrte", "migrate"),
        ("stat", "stats"),
        ("chekc", "check"),
        ("imprt", "import"),
        ("RUN", "run"),
        ("dance", None),
    ],
)
def test_an_unknown_command_is_answered_with_the_nearest_and_with_all(
    typed: str, meant: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(capsys, typed)
    assert (f"did you mean {meant}?" in said) if meant else ("did you mean" not in said)
    assert ", ".join(COMMANDS) in said


@pytest.mark.parametrize(("command", "typed"), [("import", "--relpace"), ("import", "--repl"), ("stats", "--hepl")])
def test_an_unknown_option_is_answered_with_the_nearest(
    command: str, typed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(capsys, command, typed)
    assert f"“{typed}” is not known; did you mean --{'replace' if command == 'import' else 'help'}?" in said


@pytest.mark.parametrize("typed", ["--version", "-x", "--replace"])
def test_an_option_in_the_place_of_a_command_is_named(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"“{typed}” is not known" in refused(capsys, typed)


def test_a_second_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "“b” is not known" in refused(capsys, "export", "a", "b")


@pytest.mark.parametrize(
    ("modules", "unwanted"),
    [
        ("bot.commandline.commands", "aiogram asyncpg aiohttp"),
        ("bot.storage.database bot.commandline.stats bot.commandline.transfer", "aiogram aiohttp"),
        ("bot.commandline.check", "aiogram"),
    ],
    ids=["all", "migrate, stats, export, import", "check"],
)
def test_a_command_imports_only_what_it_needs(modules: str, unwanted: str) -> None:
    program = f"import sys, {', '.join(modules.split())}; print(*(set({unwanted.split()}) & sys.modules.keys()))"
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert ran.stdout.strip() == ""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_progress_bar_is_drawn_in_a_terminal_and_nowhere_else() -> None:
    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        with Progress(200, stream) as progress:
            for _ in range(200):
                progress.add()
    assert terminal.getvalue().endswith("100%  200 of 200 lines\n")
    assert terminal.getvalue().count("\n") == 1
    assert file.getvalue() == ""


@pytest.mark.parametrize(
    ("done", "total", "seconds", "line"),
    [
        (0, 0, 0.0, "████████████████████████ 100%  0 of 0 lines"),
        (0, 8, 9.0, "░░░░░░░░░░░░░░░░░░░░░░░░   0%  0 of 8 lines"),
        (1, 4, 10.0, "██████░░░░░░░░░░░░░░░░░░  25%  1 of 4 lines, about 30 s left"),
        (1_000, 1_000_000, 1.0, "░░░░░░░░░░░░░░░░░░░░░░░░   0%  1,000 of 1,000,000 lines, about 17 min left"),
        (9, 8, 9.0, "████████████████████████ 100%  9 of 8 lines"),
    ],
)
def test_the_bar_says_how_far_it_is_and_how_long_it_takes_yet(done: int, total: int, seconds: float, line: str) -> None:
    assert bar(done, total, seconds) == line


def test_an_import_says_what_became_of_every_chat() -> None:
    first_ten = "-12, -11, -10, -9, -8, -7, -6, -5, -4, -3"
    outcome = Outcome(added=1_200, same=3, kept=list(range(-12, 0)), moved=[-99])
    assert summary(outcome) == [
        "Added 1,200 chats with their history.",
        "3 were there already, just as in the file.",
        f"12 ({first_ten}, …) differ and stay as they are here; with --replace the file's are taken.",
        "1 (-99) stay as they are: here those groups have a newer id.",
    ]
    assert summary(Outcome(replaced=[-5]))[1] == "1 (-5) differed and are now as in the file."


def test_statistics_are_figures_and_ids_in_columns() -> None:
    statistics = Statistics(
        chats=Chats(all=1_200, private=200, left=7, empty=30),
        settings={"language": 800, "colour": 9},
        changes=(1, 20, 3_000),
        busiest=[(-1001, 150), (-1002, 9)],
        tables=[Table("config_changes", 50_000, 12_345_678), Table("outbox", 0, 8_192)],
    )
    lines = list(report(statistics))
    assert "  1,000  groups" in lines
    assert "  800  language" in lines
    assert "    9  colour (not a setting of this release)" in lines
    assert any(line.startswith("  by none: ") and "timezone" in line and "language" not in line for line in lines)
    assert "    9  -1002" in lines
    assert "   12 MB  config_changes, about 50,000 rows" in lines
    assert "  8.2 kB  outbox, about 0 rows" in lines


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (9_900, "9.9 kB"), (10**15, "1000 TB")]
)
def test_sizes_are_written_as_people_write_them(count: int, said: str) -> None:
    assert size(count) == said
