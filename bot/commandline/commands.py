"""Carries out what was typed. Each command is imported when it is wanted: aiogram alone takes seconds."""

# ruff: noqa: PLC0415
from __future__ import annotations

import argparse
import asyncio
import errno
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

from bot import log
from bot.commandline.output import give_up_output
from bot.environment import DatabaseEnvironment, Environment
from bot.errors import StartupError, Unavailable

Given = TypeVar("Given", bound=DatabaseEnvironment)

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def carry_out(chosen: argparse.Namespace) -> int:
    """Carry out a command; return the exit code. Raises `StartupError`."""
    try:
        return asyncio.run(_watched(_command(chosen))) or 0
    except BrokenPipeError:
        # Whoever read what is printed has seen enough.
        give_up_output()
        return 1
    except OSError as error:
        if error.errno not in _FULL:
            raise
        give_up_output()
        raise StartupError(f"What was to be printed could not be written: {error.strerror}.") from None
    except Unavailable:
        raise StartupError("The database went away in the middle of it: try again when it is back.") from None


async def _watched(command: Coroutine[Any, Any, int | None]) -> int | None:
    asyncio.get_running_loop().set_exception_handler(log.log_loop_error)
    return await command


def _command(chosen: argparse.Namespace) -> Coroutine[Any, Any, int | None]:
    match chosen.command:
        case "check":
            from bot.commandline.check import check

            return check(_quietly(Environment.read()))
        case "stats":
            from bot.commandline.stats import stats

            return stats(_quietly(DatabaseEnvironment.read()))
        case "export":
            from bot.commandline.transfer import export_to

            return export_to(_quietly(DatabaseEnvironment.read()), chosen.file)
        case "import":
            from bot.commandline.transfer import import_from

            return import_from(_quietly(DatabaseEnvironment.read()), chosen.file, replace=chosen.replace)
    environment = Environment.read()
    log.configure(environment.log_level, environment.secrets())
    if chosen.command == "migrate":
        from bot.storage.database import migrate_only

        return migrate_only(environment)
    from bot.app import run

    return run(environment)


def _quietly(environment: Given) -> Given:
    """Log warnings alone, and to stderr: what a command prints, or is given, is data."""
    log.configure("WARNING", environment.secrets(), sys.stderr)
    return environment
