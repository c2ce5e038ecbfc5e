"""Carries out what was typed. Each command is imported when it is wanted: aiogram alone takes seconds."""

# ruff: noqa: PLC0415
from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Coroutine
from typing import Any

from bot import log
from bot.environment import DatabaseEnvironment, Environment
from bot.errors import StartupError, Unavailable


def carry_out(chosen: argparse.Namespace) -> int:
    """Carry out a command; return the exit code. Raises `StartupError`."""
    try:
        return asyncio.run(_command(chosen)) or 0
    except BrokenPipeError:
        # Whoever read what is printed has seen enough; nothing more must be written when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Unavailable:
        raise StartupError("The database went away in the middle of it: try again when it is back.") from None


def _command(chosen: argparse.Namespace) -> Coroutine[Any, Any, int | None]:
    match chosen.command:
        case "check":
            from bot.commandline.check import check

            return check(Environment.read())
        case "stats":
            from bot.commandline.stats import stats

            return stats(_for_bulk())
        case "export":
            from bot.commandline.transfer import export_to

            return export_to(_for_bulk(), chosen.file)
        case "import":
            from bot.commandline.transfer import import_from

            return import_from(_for_bulk(), chosen.file, replace=chosen.replace)
    environment = Environment.read()
    log.configure(environment.log_level, environment.secrets())
    if chosen.command == "migrate":
        from bot.storage.database import migrate_only

        return migrate_only(environment)
    from bot.app import run

    return run(environment)


def _for_bulk() -> DatabaseEnvironment:
    """Return what a command needs that prints, or is given, data: it needs no token, and logs warnings to stderr."""
    environment = DatabaseEnvironment.read()
    log.configure("WARNING", environment.secrets(), sys.stderr)
    return environment
