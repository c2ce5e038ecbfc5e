"""The commands in Telegram's menu, by kind of chat and by language."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramBadRequest
from aiogram.types import (
    BotCommand,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)

from bot.words import N_, SOURCE_LANGUAGE, Catalogues, Words, base_of

logger = logging.getLogger(__name__)

RETRY_SECONDS = 300.0

Scope = BotCommandScopeAllPrivateChats | BotCommandScopeAllGroupChats | BotCommandScopeAllChatAdministrators


@dataclass(frozen=True, slots=True)
class Listed:
    """A command of the menu: its name, what it does, and where it is listed."""

    name: str
    description: str
    private: bool = True
    group: bool = True


COMMANDS = (
    Listed("settings", N_("See and change the settings")),
    Listed("rules", N_("The rules of this group"), private=False),
    Listed("help", N_("What I can do")),
    Listed("privacy", N_("What I store, and for how long"), group=False),
    Listed("start", N_("Who I am"), group=False),
)


_COMMAND = re.compile(r"/(\w+)(?:@(\w+))?(?!\S)")


def is_command(text: str, username: str | None) -> bool:
    """Say whether a text begins with one of our commands, as it stands or with our name behind it."""
    match = _COMMAND.match(text.casefold())
    if match is None or match[1] not in {one.name for one in COMMANDS}:
        return False
    return match[2] is None or match[2] == (username or "").casefold()


def listed(words: Words, *, private: bool, ephemeral: bool) -> list[BotCommand]:
    """Return the menu of a kind of chat; an `ephemeral` command in a group is seen by its sender and the bot only."""
    return [
        BotCommand(
            command=one.name,
            description=words.plain(one.description),
            is_ephemeral=True if ephemeral and not private else None,
        )
        for one in COMMANDS
        if (one.private if private else one.group)
    ]


async def set_commands(bot: Bot, catalogues: Catalogues) -> float | None:
    """Tell Telegram the menus of every kind of chat and language; return the seconds until another try is due.

    A failure is a warning: commands work without a menu.
    """
    scopes: tuple[Scope, ...] = (
        BotCommandScopeAllPrivateChats(),
        BotCommandScopeAllGroupChats(),
        BotCommandScopeAllChatAdministrators(),
    )
    try:
        # Telegram takes two letters: of several catalogues of a language, one says the commands.
        for language in dict.fromkeys(map(base_of, catalogues.languages)):
            words = catalogues.read(catalogues.nearest(language))
            for scope in scopes:
                await _set(bot, scope, words)
    except TelegramAPIError as error:
        logger.warning("The command menus could not be set: %s.", type(error).__name__)
        return RETRY_SECONDS
    return None


async def _set(bot: Bot, scope: Scope, words: Words) -> None:
    private = isinstance(scope, BotCommandScopeAllPrivateChats)
    # English stands without a code, for all languages that have no list of their own.
    code = None if words.language == SOURCE_LANGUAGE else base_of(words.language)
    try:
        await bot.set_my_commands(listed(words, private=private, ephemeral=True), scope=scope, language_code=code)
    except TelegramBadRequest:
        # A server older than Bot API 10.2 knows no ephemeral commands.
        await bot.set_my_commands(listed(words, private=private, ephemeral=False), scope=scope, language_code=code)
