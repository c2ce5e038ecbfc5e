"""A group became a supergroup: its configuration and history go to the new id."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy


async def move_chat(connection: PoolConnectionProxy, old_id: int, new_id: int) -> bool:
    """Move everything in one transaction and leave an alias; False where both ids already mean the same chat."""
    async with connection.transaction():
        # One move at a time, so that aliases never chain and two moves never wait for each other's rows.
        await connection.execute("LOCK TABLE chat_aliases IN SHARE ROW EXCLUSIVE MODE")
        old, new = await _resolved(connection, old_id), await _resolved(connection, new_id)
        if old == new:
            return False
        await _hold(connection, old, new)
        await _alias(connection, old, new)
        await _merge_histories(connection, old, new)
        await _merge_documents(connection, old, new)
        await _take_messages_along(connection, old, new)
    return True


async def _resolved(connection: PoolConnectionProxy, chat_id: int) -> int:
    resolved: int = await connection.fetchval(
        """-- moves.current_id
        SELECT coalesce((SELECT chat_id FROM chat_aliases WHERE old_chat_id = $1), $1)
        """,
        chat_id,
    )
    return resolved


async def _hold(connection: PoolConnectionProxy, old: int, new: int) -> None:
    """Create both rows where they are missing and lock them: a first write to the old id then waits for the alias."""
    await connection.execute(
        """-- moves.create_rows
        INSERT INTO chat_configs (chat_id, via) VALUES ($1, 'move'), ($2, 'move') ON CONFLICT (chat_id) DO NOTHING
        """,
        old,
        new,
    )
    await connection.execute(
        """-- moves.lock_rows
        SELECT FROM chat_configs WHERE chat_id IN ($1, $2) ORDER BY chat_id FOR UPDATE
        """,
        old,
        new,
    )


async def _alias(connection: PoolConnectionProxy, old: int, new: int) -> None:
    await connection.execute(
        """-- moves.repoint_aliases
        UPDATE chat_aliases SET chat_id = $2 WHERE chat_id = $1
        """,
        old,
        new,
    )
    await connection.execute(
        """-- moves.alias
        INSERT INTO chat_aliases (old_chat_id, chat_id) VALUES ($1, $2)
        """,
        old,
        new,
    )


async def _merge_histories(connection: PoolConnectionProxy, old: int, new: int) -> None:
    """Put the old id's history below the new one's."""
    await connection.execute(
        """-- moves.history
        -- Where only one of them has a history, its numbers stay: buttons that carry them go on working. Where both
        -- have, all numbers rise above both, so that no button means another change than the one it was drawn for.
        WITH numbered AS (
            SELECT chat_id, revision,
                count(*) FILTER (WHERE chat_id = $1) OVER () > 0 AND count(*) FILTER (WHERE chat_id = $2) OVER () > 0
                    AS both_changed,
                row_number() OVER (ORDER BY chat_id = $2, revision)
                    + (SELECT max(revision) FROM chat_configs WHERE chat_id IN ($1, $2)) AS above
            FROM config_changes
            WHERE chat_id IN ($1, $2)
        )
        UPDATE config_changes AS c
        SET chat_id = $2,
            revision = CASE WHEN both_changed THEN above ELSE c.revision END,
            -- One update that changed both chats is recorded once.
            update_id = CASE WHEN c.chat_id = $1 AND EXISTS (
                SELECT FROM config_changes AS other WHERE other.chat_id = $2 AND other.update_id = c.update_id
            ) THEN NULL ELSE c.update_id END
        FROM numbered
        WHERE c.chat_id = numbered.chat_id AND c.revision = numbered.revision
        """,
        old,
        new,
    )


async def _merge_documents(connection: PoolConnectionProxy, old: int, new: int) -> None:
    """Lay the new id's document over the old one's and delete the old row. A mark of the new one stays."""
    await connection.execute(
        """-- moves.document
        UPDATE chat_configs AS c
        SET config = CASE
                WHEN octet_length((old.config || c.config)::text) <= 65536 THEN old.config || c.config ELSE c.config
            END,
            revision = greatest(
                old.revision, c.revision, (SELECT max(revision) FROM config_changes WHERE chat_id = $2)
            ) + CASE WHEN greatest(old.revision, c.revision) > 0 THEN 1 ELSE 0 END,
            updated_at = clock_timestamp(), changed_by = NULL, via = 'move', update_id = NULL
        FROM chat_configs AS old
        WHERE old.chat_id = $1 AND c.chat_id = $2
        """,
        old,
        new,
    )
    await connection.execute(
        """-- moves.delete_rows
        DELETE FROM chat_configs WHERE chat_id = $1 OR (chat_id = $2 AND revision = 0 AND left_at IS NULL)
        """,
        old,
        new,
    )


async def _take_messages_along(connection: PoolConnectionProxy, old: int, new: int) -> None:
    """Have what waits to be sent sent to the new id. Messages of the old one can be neither edited nor deleted."""
    await connection.execute(
        """-- moves.drop_edits
        DELETE FROM outbox WHERE chat_id = $1 AND kind IN ('redraw', 'deletion')
        """,
        old,
    )
    await connection.execute(
        """-- moves.outbox
        UPDATE outbox SET chat_id = $2
        WHERE chat_id = $1 AND NOT EXISTS (
            SELECT FROM outbox AS other
            WHERE other.chat_id = $2 AND other.bot_id = outbox.bot_id AND other.receiver_id = outbox.receiver_id
                AND other.key = outbox.key
        )
        """,
        old,
        new,
    )
