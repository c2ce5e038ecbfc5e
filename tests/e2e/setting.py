"""What a test finds already done: settings that were chosen, menus that were set."""

from __future__ import annotations

from bot.app import build_bot
from bot.environment import Environment
from bot.kinds import Value
from bot.telegram.commands import set_commands
from bot.words import Catalogues
from sandbox import Group, Person
from tests.e2e.running import RunningBot


async def choose(bot: RunningBot, chat: Group | Person, **values: Value) -> None:
    """Have these settings chosen in a chat, with nothing said there (which would count for Telegram's rate limits)."""
    await bot.configs.change(chat.id, values, by=None, via="test")


async def offer_menus(environment: Environment) -> None:
    """Tell Telegram the command menus, as a start of the whole program does."""
    async with build_bot(environment) as bot:
        await set_commands(bot, Catalogues())
