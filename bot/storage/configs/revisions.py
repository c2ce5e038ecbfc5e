"""What the repository hands out: the stored configuration of a chat, and the changes it went through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.settings import ChatConfig

KEPT_CHANGES = 200
"""So many changes of a chat its history keeps; a trigger deletes the older ones (migrations/0001_chat_configs.sql)."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The configuration of a chat as it stands in the database.

    `chat_id` is the id it is stored under: that of the supergroup, when an upgraded group's old id was asked for.
    `revision` is 0 as long as nothing was ever chosen. `chosen` is the raw document, with keys that today's code does
    not know; `config` is what holds. `left_at` is set while the bot is not in the chat. `refused_topic` is the one in
    which the bot could not write when it last tried.
    """

    chat_id: int
    revision: int
    chosen: Mapping[str, Any]
    config: ChatConfig
    updated_at: datetime | None
    left_at: datetime | None
    refused_topic: int | None = None

    def after(self, change: Change) -> Stored:
        """Return the configuration as it stands after the change that followed this revision."""
        touched = change.before.keys() | change.after.keys()
        kept = {key: value for key, value in self.chosen.items() if key not in touched}
        chosen = {**kept, **change.after}
        config, _ = ChatConfig.tolerant(chosen)
        return Stored(change.chat_id, change.revision, chosen, config, change.changed_at, None, self.refused_topic)


@dataclass(frozen=True, slots=True)
class Change:
    """One revision of a chat's configuration.

    `before` and `after` hold the touched keys only; a key missing on one side was not chosen there. `changed_by` is a
    Telegram user id, None where nobody is on record; `via` says by which way ("menu", "undo"; "database" is by hand).
    `anonymous` says that they acted in the name of the group, so that nobody is told who it was.
    """

    chat_id: int
    revision: int
    changed_at: datetime
    changed_by: int | None
    via: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    anonymous: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The touched keys, in alphabetical order."""
        return tuple(sorted(self.before.keys() | self.after.keys()))
