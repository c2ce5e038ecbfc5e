"""Command lists by scope and language, and which one a person's app shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sandbox.world.errors import bad_request

from .chats import Chat
from .users import User

Scope = tuple[str, int, int]
DEFAULT_SCOPE: Scope = ("default", 0, 0)
_COMMAND = re.compile(r"/?[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"(?:[a-z]{2})?")


class Commands:
    """What `setMyCommands` stored. Changing the lists changes only menus, never who may do what."""

    def __init__(self) -> None:
        self.lists: dict[tuple[Scope, str], list[dict[str, Any]]] = {}

    def set(self, scope: Scope, language: str, commands: list[dict[str, Any]]) -> None:
        """Store a list, or take it away when it is empty."""
        check_language(language)
        if len(commands) > 100:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not _COMMAND.fullmatch(command["command"]):
                raise bad_request("BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"].strip()) <= 256:
                raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        if commands:
            self.lists[scope, language] = [
                {**command, "command": command["command"].removeprefix("/")} for command in commands
            ]
        else:
            self.lists.pop((scope, language), None)

    def get(self, scope: Scope, language: str) -> list[dict[str, Any]]:
        """Exactly what was stored for this scope and language."""
        check_language(language)
        return self.lists.get((scope, language), [])

    def seen_by(self, user: User, chat: Chat) -> list[dict[str, Any]]:
        """The menu of this person in this chat: the narrowest scope wins, then the person's language.

        Source: https://core.telegram.org/bots/api#determining-list-of-commands
        """
        language = (user.language_code or "")[:2].lower()
        for scope in _scopes(user, chat):
            for wanted in dict.fromkeys((language, "")):
                if found := self.lists.get((scope, wanted)):
                    return found
        return []

    def is_ephemeral(self, user: User, chat: Chat, text: str, username: str | None) -> bool:
        """Whether sending this text is an ephemeral command, seen by the sender and the bot alone."""
        if not chat.is_group or not text.startswith("/"):
            return False
        word = text.split(maxsplit=1)[0][1:]
        name, _, target = word.partition("@")
        if target and target.lower() != (username or "").lower():
            return False
        return any(command["command"] == name and command.get("is_ephemeral") for command in self.seen_by(user, chat))


def check_language(language: str) -> None:
    """Two lower-case letters or nothing."""
    if not _LANGUAGE.fullmatch(language):
        raise bad_request("LANG_CODE_INVALID")


def _scopes(user: User, chat: Chat) -> Iterator[Scope]:
    if chat.type == "private":
        yield from (("chat", chat.id, 0), ("all_private_chats", 0, 0))
    else:
        yield ("chat_member", chat.id, user.id)
        if chat.member(user).is_admin:
            yield ("chat_administrators", chat.id, 0)
        yield ("chat", chat.id, 0)
        if chat.member(user).is_admin:
            yield ("all_chat_administrators", 0, 0)
        yield ("all_group_chats", 0, 0)
    yield DEFAULT_SCOPE
