"""Start: `python -m bot` runs the bot, `python -m bot migrate` brings the database's schema up to date and ends."""

from __future__ import annotations

from bot import signals

signals.install()  # before the other imports: they take seconds, and as process 1 a signal would be ignored until then

# ruff: noqa: E402
import argparse
import asyncio
import sys
from collections.abc import Sequence

from bot import log
from bot.environment import Environment
from bot.errors import StartupError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command of the operator; return the exit code. A `StartupError` becomes one line on stderr and code 1."""
    parser = argparse.ArgumentParser(prog="python -m bot", description="A Telegram bot with a configuration per chat.")
    parser.add_argument("command", nargs="?", choices=("run", "migrate"), default="run")
    command = parser.parse_args(arguments).command
    try:
        environment = Environment.read()
        log.configure(environment.log_level, environment.secrets())
        # aiogram takes seconds to import; a wrong environment is said before that.
        from bot import app  # noqa: PLC0415

        asyncio.run(app.run(environment) if command == "run" else app.migrate_only(environment))
    except StartupError as error:
        print(error, file=sys.stderr)  # noqa: T201 - for the operator
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
