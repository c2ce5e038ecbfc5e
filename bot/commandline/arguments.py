"""What can be typed after `python -m bot`; what is mistyped is answered with the nearest."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

COMMANDS = {
    "run": "run the bot; python -m bot alone does the same",
    "check": "try token, database, rights, TLS, pooler and clock, and say what is wrong",
    "migrate": "bring the database's tables up to this release",
    "stats": "show how many chats there are, what they set, and how large the tables are",
    "export": "write all chats, their history included, as JSON lines",
    "import": "read such a file into this database",
}

_DESCRIPTIONS = {
    "run": "Run the bot until SIGTERM or Ctrl-C. The database's tables are brought up to this release first.",
    "check": (
        "Try what the bot needs and say in a sentence what is wrong and what to do. Changes nothing and can be run "
        "beside the bot. Ends with code 1 where something is wrong."
    ),
    "migrate": "Bring the database's tables up to this release, as run does too; for the release phase of a host.",
    "stats": "Read the database and print figures, without any name or text. Can be run beside the bot.",
    "export": (
        "Write settings, history, former ids of upgraded groups, people's lists of chats and promised deletions, one "
        "JSON object a line, as they are at one instant. Can be run beside the bot. The file holds what people wrote "
        "and their user ids: keep it as you keep the database."
    ),
    "import": (
        "Read a file that export wrote. Chats that this database does not have are added with their history; a chat "
        "that it has stays as it is, and is counted. It can be repeated after an interruption, and beside a running "
        "bot."
    ),
}


class Parser(argparse.ArgumentParser):
    """Takes no abbreviations: a command of a later release must not change what an old script means."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options, allow_abbrev=False)  # type: ignore[arg-type]


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the command and its options; ends the process with code 2 for what is unknown, with 0 after a help."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["run"]
    parser, commands = _parsers()
    command = given[0]
    if command not in {*COMMANDS, "-h", "--help"}:
        parser.error(f"{unknown(command, [*COMMANDS, '--help'])} Known are: {', '.join(COMMANDS)}.")
    chosen, extra = parser.parse_known_args(given)
    if extra:
        parser = commands[chosen.command]
        options = [option for word in parser.format_usage().split() if (option := word.strip("[]")).startswith("--")]
        parser.error(f"{unknown(extra[0], ['--help', *options])} {parser.prog} --help says more.")
    return chosen


def unknown(word: str, known: Iterable[str]) -> str:
    """Return the sentence for a word that is not known, with the nearest that is."""
    nearest = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.5)
    return f"“{word}” is not known{f'; did you mean {nearest[0]}?' if nearest else '.'}"


def _parsers() -> tuple[Parser, dict[str, Parser]]:
    parser = Parser(
        prog="python -m bot",
        description="A Telegram bot with a configuration per chat.",
        epilog="Each command has a --help of its own. Variables of the environment: see .env.example.",
    )
    added = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", required=True)
    commands = {
        name: added.add_parser(name, help=summary, description=_DESCRIPTIONS[name])
        for name, summary in COMMANDS.items()
    }
    commands["export"].add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="where to write; standard output where it is left out"
    )
    commands["import"].add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="what to read; standard input where it is left out"
    )
    commands["import"].add_argument(
        "--replace", action="store_true", help="where a chat differs from the file, take the file's, history included"
    )
    return parser, commands
