"""The chats whose settings a person opened, or that they added the bot to: those listed in the private chat."""

from __future__ import annotations

from dataclasses import dataclass

from bot.storage.connection.availability import Pool, connection

# Telegram's own limit is 128 characters.
_MOST_OF_A_TITLE = 255


@dataclass(frozen=True, slots=True)
class KnownChat:
    """A chat in somebody's list; the title is the one last seen."""

    chat_id: int
    title: str


class KnownChats:
    """Which chats each person may want to configure. Every method raises `Unavailable` when the database is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def remember(self, user_id: int, chat_id: int, title: str) -> None:
        """Put a chat on a person's list, or up in it."""
        async with connection(self._pool, writing=True) as conn:
            await conn.execute(
                """-- known_chats.note
                INSERT INTO known_chats (user_id, chat_id, title) VALUES ($1, $2, $3)
                ON CONFLICT (user_id, chat_id) DO UPDATE SET title = excluded.title, seen_at = clock_timestamp()
                """,
                user_id,
                chat_id,
                _storable(title),
            )

    async def of(self, user_id: int, *, search: str = "", offset: int = 0, limit: int = 10) -> list[KnownChat]:
        """Return a person's chats by title, those that contain `search`; an upgraded group under its new id, once.

        Chats that the bot is not in are left out.
        """
        async with connection(self._pool) as conn:
            rows = await conn.fetch(
                """-- known_chats.find
                SELECT chat_id, title
                FROM (
                    SELECT DISTINCT ON (chat_id) coalesce(alias.chat_id, known.chat_id) AS chat_id, title
                    FROM known_chats AS known LEFT JOIN chat_aliases AS alias ON alias.old_chat_id = known.chat_id
                    WHERE user_id = $1
                    ORDER BY chat_id, seen_at DESC
                ) AS chats
                WHERE strpos(lower(title), lower($2)) > 0
                    AND NOT EXISTS (
                        SELECT FROM chat_configs WHERE chat_configs.chat_id = chats.chat_id AND left_at IS NOT NULL
                    )
                ORDER BY lower(title), chat_id
                LIMIT $3 OFFSET $4
                """,
                user_id,
                _storable(search),
                limit,
                offset,
            )
        return [KnownChat(row["chat_id"], row["title"]) for row in rows]

    async def drop(self, user_id: int, chat_id: int) -> None:
        """Take a chat off a person's list."""
        async with connection(self._pool, writing=True) as conn:
            await conn.execute(
                """-- known_chats.forget
                DELETE FROM known_chats
                WHERE user_id = $1 AND (chat_id = $2 OR chat_id IN (
                    SELECT old_chat_id FROM chat_aliases WHERE chat_aliases.chat_id = $2
                ))
                """,
                user_id,
                chat_id,
            )


def _storable(text: str) -> str:
    """Leave out what PostgreSQL cannot store: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()[:_MOST_OF_A_TITLE]
