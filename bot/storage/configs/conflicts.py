"""Why a conditional write did not happen: who was faster, or that there is nothing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import Overtaken, Refused
from bot.words import N_

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

OVERTAKEN = N_("Somebody changed these settings meanwhile, so nothing was done.")
NOT_IN_HISTORY = N_("That change is no longer in the history, so it cannot be undone.")
NOTHING_TO_UNDO = N_("There is nothing to undo: the settings are already as they were before that change.")


async def explain_undo(connection: PoolConnectionProxy, chat_id: int, revision: int) -> None:
    """Raise why a revision cannot be taken back; return where it could be by now."""
    row = await connection.fetchrow(
        """-- conflicts.explain_undo
        WITH undone AS (
            SELECT chat_id, revision, before, after
            FROM config_changes
            WHERE chat_id = coalesce((SELECT chat_id FROM chat_aliases WHERE old_chat_id = $1), $1)
                AND revision = $2
        ), overtaken AS (
            SELECT
                array_agg(key ORDER BY key) FILTER (WHERE config -> key IS DISTINCT FROM undone.after -> key) AS keys,
                bool_and(config -> key IS NOT DISTINCT FROM undone.before -> key) AS undone
            FROM undone JOIN chat_configs USING (chat_id), jsonb_object_keys(undone.before || undone.after) AS key
        )
        SELECT keys, overtaken.undone, later.revision, later.changed_by, coalesce(later.anonymous, false) AS anonymous
        FROM undone CROSS JOIN overtaken LEFT JOIN LATERAL (
            SELECT changes.revision, changes.changed_by, changes.anonymous
            FROM config_changes AS changes
            WHERE changes.chat_id = undone.chat_id AND changes.revision > undone.revision
                AND (changes.before || changes.after) ?| overtaken.keys
            ORDER BY changes.revision DESC
            LIMIT 1
        ) AS later ON true
        """,
        chat_id,
        revision,
    )
    if row is None:
        raise Refused(NOT_IN_HISTORY)
    if row["undone"]:
        raise Refused(NOTHING_TO_UNDO)
    if row["keys"]:
        raise _overtaken(row["keys"], row["revision"] or revision, row["changed_by"], anonymous=row["anonymous"])


async def require_revision(connection: PoolConnectionProxy, chat_id: int, expected: int) -> None:
    """Raise `Overtaken` where the chat is at another revision than the expected one."""
    row = await connection.fetchrow(
        """-- conflicts.require_revision
        SELECT c.revision, c.changed_by, ARRAY(
            SELECT DISTINCT key
            FROM config_changes AS changes, jsonb_object_keys(changes.before || changes.after) AS key
            WHERE changes.chat_id = c.chat_id AND changes.revision > $2
            ORDER BY key
        ) AS keys
        FROM chat_configs AS c
        WHERE c.chat_id = coalesce((SELECT chat_id FROM chat_aliases WHERE old_chat_id = $1), $1)
        """,
        chat_id,
        expected,
    )
    if (row["revision"] if row else 0) != expected:
        raise _overtaken(row["keys"] if row else [], row["revision"] if row else 0, row["changed_by"] if row else None)


def _overtaken(keys: list[str], revision: int, changed_by: int | None, *, anonymous: bool = False) -> Overtaken:
    return Overtaken(OVERTAKEN, keys=tuple(keys), revision=revision, changed_by=changed_by, anonymous=anonymous)
