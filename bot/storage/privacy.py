"""What refers to a person or a chat, and deleting it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.storage.connection.availability import Pool, connection

FORMER_ADMIN = 0
"""Stands in the history for somebody who had their traces deleted."""


@dataclass(frozen=True, slots=True)
class Traces:
    """What is stored about a person: changes in histories, entries of their list of groups, settings of their own."""

    changes: int
    chats: int
    settings: int

    def __bool__(self) -> bool:
        return bool(self.changes or self.chats or self.settings)


class Privacy:
    """Looks for and deletes what refers to somebody. Every method raises `Unavailable` when the database is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def traces(self, user_id: int) -> Traces:
        """Return what refers to a person."""
        async with connection(self._pool) as lent:
            row = await lent.fetchrow(
                """
                SELECT
                    (SELECT count(*) FROM config_changes WHERE changed_by = $1) AS changes,
                    (SELECT count(*) FROM known_chats WHERE user_id = $1) AS chats,
                    (SELECT count(*) FROM chat_configs, jsonb_object_keys(config) WHERE chat_id = $1) AS settings
                """,
                user_id,
            )
        return Traces(row["changes"], row["chats"], row["settings"]) if row else Traces(0, 0, 0)

    async def erase_person(self, user_id: int) -> None:
        """Delete a person's own settings and list; in the histories of groups they become `FORMER_ADMIN`."""
        async with connection(self._pool, writing=True) as lent, lent.transaction():
            await lent.execute(
                """
                DELETE FROM chat_configs WHERE chat_id = $1
                """,
                user_id,
            )
            await lent.execute(
                """
                DELETE FROM known_chats WHERE user_id = $1
                """,
                user_id,
            )
            await lent.execute(
                """
                DELETE FROM due_deletions WHERE receiver_id = $1
                """,
                user_id,
            )
            # Chats before their history, as every change locks them.
            await lent.execute(
                """
                UPDATE chat_configs SET changed_by = $2 WHERE changed_by = $1
                """,
                user_id,
                FORMER_ADMIN,
            )
            await lent.execute(
                """
                UPDATE config_changes SET changed_by = $2 WHERE changed_by = $1
                """,
                user_id,
                FORMER_ADMIN,
            )

    async def erase_chat(self, chat_id: int) -> None:
        """Delete everything about a chat: settings, history, its place on people's lists.

        What stays is its id with the number of the revision, and its former id: a button drawn before must not mean a
        change that is made after.
        """
        async with connection(self._pool, writing=True) as lent, lent.transaction():
            await lent.execute(
                """
                DELETE FROM known_chats
                WHERE chat_id = $1 OR chat_id IN (SELECT old_chat_id FROM chat_aliases WHERE chat_aliases.chat_id = $1)
                """,
                chat_id,
            )
            await lent.execute(
                """
                DELETE FROM due_deletions WHERE chat_id = $1
                """,
                chat_id,
            )
            await lent.execute(
                """
                UPDATE chat_configs SET config = '{}', revision = revision + 1, via = 'move' WHERE chat_id = $1
                """,
                chat_id,
            )
            await lent.execute(
                """
                UPDATE chat_configs SET before = '{}', after = '{}', changed_by = NULL, update_id = NULL
                WHERE chat_id = $1
                """,
                chat_id,
            )
            await lent.execute(
                """
                DELETE FROM config_changes WHERE chat_id = $1
                """,
                chat_id,
            )
