"""`check`: tries what the bot needs, and says of each thing whether it is right, or what is wrong and what to do."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from bot.commandline.check_database import database_findings
from bot.commandline.check_telegram import telegram_findings
from bot.commandline.findings import Finding
from bot.environment import Environment


async def check(environment: Environment) -> int:
    """Print every finding as soon as it is there; return 1 where something is wrong."""
    wrong = 0
    async with aclosing(_findings(environment)) as found:
        async for finding in found:
            print(f"{finding.kind:<6}{finding.text}", flush=True)  # noqa: T201 - for the operator
            wrong += finding.kind == "wrong"
    print("Nothing is wrong." if not wrong else f"To be mended: {wrong}.", flush=True)  # noqa: T201
    return 1 if wrong else 0


async def _findings(environment: Environment) -> AsyncGenerator[Finding]:
    for part in (telegram_findings, database_findings):
        # Closed with this one, when nobody reads what is printed any more.
        async with aclosing(part(environment)) as found:
            async for finding in found:
                yield finding
