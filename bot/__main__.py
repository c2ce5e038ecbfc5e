"""Start: `python -m bot` runs the bot; `python -m bot --help` lists what else there is for its operator."""

from __future__ import annotations

from bot import signals

signals.install()  # before the other imports: they take seconds, and as process 1 a signal would be ignored until then

# ruff: noqa: E402
import sys
from collections.abc import Sequence

from bot.commandline.arguments import parse
from bot.commandline.commands import carry_out
from bot.errors import StartupError


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command of the operator; return the exit code.

    A `StartupError` becomes one line on stderr and code 1.
    """
    chosen = parse(arguments)
    try:
        return carry_out(chosen)
    except StartupError as error:
        print(error, file=sys.stderr)  # noqa: T201 - for the operator
        return 1


if __name__ == "__main__":
    sys.exit(main())
