"""Decides when rows of the outbox are written: stores what has to wait, deletes what is done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import cast

from bot.client.attempts import Entry
from bot.client.outgoing import Storing
from bot.client.raw_call import RawCall
from bot.errors import Unavailable
from bot.storage.outbox import Call, OutboxRows, Row

logger = logging.getLogger(__name__)

STORED_AFTER_SECONDS = 1.0
"""What is sent within this time has no row."""

TICK_SECONDS = 0.25
RETRY_SECONDS = 0.5
"""Between two attempts to write while the database is away."""

MOST_UNSTORED = 50
"""While the database is away, the updates of so many messages stay unconfirmed; older ones are let go."""

MOST_ROWS_AT_ONCE = 200


class RowWriter:
    """Writes rows in batches. `stored(entry)` is called when an entry has got one.

    `not_before(entry)` says when it may be sent at the earliest: a flood wait holds also after a restart.
    """

    def __init__(self, rows: OutboxRows, stored: Callable[[Entry], None], not_before: Callable[[Entry], float]) -> None:
        self._rows = rows
        self._stored = stored
        self._not_before = not_before
        self._unstored: dict[Entry, float] = {}  # when each is to be stored
        self._done: set[tuple[int, int]] = set()  # rows to delete
        self._deleting: set[tuple[int, int]] = set()
        self._said: dict[int, list[tuple[int, int]]] = {}  # rows that prove what was said, by update
        self._timer: asyncio.TimerHandle | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._retry_at = 0.0

    def watch(self, entry: Entry, *, now: bool = False) -> None:
        """Store an entry when it has waited for long enough, or now."""
        loop = asyncio.get_running_loop()
        self._unstored[entry] = loop.time() + (0.0 if now else STORED_AFTER_SECONDS)
        if now:
            self._flush()
        elif self._timer is None:
            self._timer = loop.call_later(TICK_SECONDS, self._tick)

    def finished(self, entry: Entry, *, said: bool) -> None:
        """Delete the row of an entry that needs none any more; `said` keeps it until its update is confirmed.

        Among several processes nobody knows when that is: then it is kept until it expires.
        """
        self._unstored.pop(entry, None)
        if entry.row is None:
            return
        if said and entry.update_id is not None:
            if self._rows.holder is None:
                self._said.setdefault(entry.update_id, []).append(entry.row)
        else:
            self._done.add(entry.row)
            self._flush()

    def delete_row(self, entry: Entry) -> None:
        """Delete the row of an entry that goes on without it."""
        if entry.row is not None:
            self._done.add(entry.row)
            entry.row = None
            self._flush()

    def done_rows(self) -> set[int]:
        """Return the ids of rows that are about to be deleted."""
        return {row_id for row_id, _ in self._done | self._deleting}

    def confirmed(self, offset: int) -> None:
        """Delete the proofs of what was said for updates below the offset: those never come again."""
        for update_id in [each for each in self._said if each < offset]:
            self._done.update(self._said.pop(update_id))
        if self._done:
            self._flush()

    def forget(self, entry: Entry) -> None:
        """Leave an entry to whoever reads its row."""
        self._unstored.pop(entry, None)

    async def claim(self, entry: Entry) -> bool:
        """Store that an attempt begins; False where the message was said before. Without a database, it begins."""
        self._unstored.pop(entry, None)
        if not storable(entry):
            return True
        try:
            written = await self._rows.store([self._row(entry)], claimed=True)
        except Unavailable:
            return True
        except Exception as error:  # noqa: BLE001 - the queue goes on
            _log_refusal(entry, error)
            return True
        entry.row = next(iter(written.values()), None)
        return entry.row is not None

    async def release(self, entry: Entry, wait_seconds: float) -> None:
        """Have a claimed entry wait again."""
        if entry.row is None:
            return
        # Where that fails it is still claimed: after a restart it counts as said.
        try:
            await self._rows.release(entry.row[0], _calls(entry), wait_seconds)
        except Unavailable:
            return
        except Exception as error:  # noqa: BLE001 - the queue goes on
            _log_refusal(entry, error)

    def store_now(self) -> None:
        """Store what is in memory only without waiting any longer."""
        self._unstored = dict.fromkeys(self._unstored, 0.0)
        if self._unstored:
            self._flush()

    async def store_all(self) -> None:
        """Store what is in memory only, before the process ends."""
        self.store_now()
        while self._flushing is not None or ((self._unstored or self._done) and not self._retry_at):
            self._flush()
            if self._flushing is not None:
                await asyncio.wait([self._flushing])

    async def close(self) -> None:
        """Write no more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._flushing is not None:
            await asyncio.wait([self._flushing])

    def _tick(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        if loop.time() >= self._retry_at and (self._done or any(at <= loop.time() for at in self._unstored.values())):
            self._flush()
        if self._unstored or self._done:
            self._timer = loop.call_later(TICK_SECONDS, self._tick)

    def _flush(self) -> None:
        if self._flushing is None and asyncio.get_running_loop().time() >= self._retry_at:
            self._flushing = asyncio.create_task(self._write(), name="outbox rows")

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while (due := self._due(loop.time())) or self._done:
                if due:
                    await self._store_each(due)
                if self._done:
                    await self._delete()
            self._retry_at = 0.0
        except Unavailable:
            self._postpone()
        except Exception:
            logger.exception("Writing the rows of the outbox failed; retrying in %.1f s.", RETRY_SECONDS)
            self._postpone()
        finally:
            self._flushing = None

    def _postpone(self) -> None:
        loop = asyncio.get_running_loop()
        self._retry_at = loop.time() + RETRY_SECONDS
        self._let_go()
        if self._timer is None:
            self._timer = loop.call_later(TICK_SECONDS, self._tick)

    def _due(self, now: float) -> list[Entry]:
        """Return what is to be stored now, each place once: of two edits of a message, the newer one."""
        due: dict[tuple[object, str], Entry] = {}
        for entry in [each for each, at in self._unstored.items() if at <= now][:MOST_ROWS_AT_ONCE]:
            if not storable(entry):
                self._settled(entry)
                continue
            place = entry.recipient, entry.key
            if (older := due.pop(place, None)) is not None:
                self._settled(older)
            due[place] = entry
        return list(due.values())

    def _settled(self, entry: Entry) -> None:
        del self._unstored[entry]
        entry.settle()

    async def _store_each(self, entries: list[Entry]) -> None:
        """Store entries together; where the database refuses one of them, one by one."""
        try:
            await self._store(entries)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - a background loop's turn
            if len(entries) > 1:
                for entry in entries:
                    await self._store_each([entry])
                return
            (entry,) = entries
            _log_refusal(entry, error)
            self._settled(entry)

    async def _store(self, entries: list[Entry]) -> None:
        messages = [entry.message for entry in entries]
        written = await self._rows.store([self._row(entry) for entry in entries])
        for entry, message in zip(entries, messages, strict=True):
            row = written.get((cast("int", entry.recipient.chat_id), entry.recipient.receiver_id, entry.key))
            if row is not None:
                entry.row = row
            if entry.message is message:  # else it was replaced meanwhile, and is stored once more
                self._unstored.pop(entry, None)
            if entry.done and entry.row is not None:
                self._done.add(entry.row)
            elif not entry.done:
                self._stored(entry)

    async def _delete(self) -> None:
        self._deleting, self._done = self._done, set()
        try:
            await self._rows.delete(self._deleting)
        except Exception:
            self._done |= self._deleting
            raise
        finally:
            self._deleting = set()

    def _row(self, entry: Entry) -> Row:
        """Return an entry as it is stored."""
        message, now = entry.message, asyncio.get_running_loop().time()
        row_id, version = entry.row or (0, 0)
        chat_id = cast("int", entry.recipient.chat_id)
        return Row(
            chat_id=chat_id,
            receiver_id=entry.recipient.receiver_id,
            key=entry.key,
            seq=entry.seq,
            kind=message.kind,
            calls=_calls(entry),
            due_in=self._not_before(entry) - now,
            expires_in=entry.expires - now,
            age=now - entry.since,
            update_id=entry.update_id,
            delete_after=message.delete_after_seconds,
            by_admin=message.by_admin,
            id=row_id,
            version=version,
        )

    def _let_go(self) -> None:
        """Confirm the updates of the oldest messages all the same: nobody else would be served otherwise."""
        waiting = [entry for entry in self._unstored if entry.update is not None]
        for entry in waiting[:-MOST_UNSTORED]:
            entry.settle()
        if len(waiting) > MOST_UNSTORED:
            count = len(waiting) - MOST_UNSTORED
            logger.warning("%d messages wait in memory only, as the database is away.", count)


def storable(entry: Entry) -> bool:
    """Say whether an entry can have a row."""
    calls = entry.message.calls
    known_chat = isinstance(entry.recipient.chat_id, int)
    return (
        entry.message.policy.storing is not Storing.NEVER
        and known_chat
        and all(isinstance(call, RawCall) for call in calls)
    )


def _calls(entry: Entry) -> list[Call]:
    """Return what is left to try of an entry, as it is stored."""
    calls = cast("Iterable[RawCall]", entry.message.calls[entry.alternative :])
    chat_id = cast("int", entry.recipient.chat_id)
    return [(call.__api_method__, _without_chat(call, chat_id)) for call in calls]


def _log_refusal(entry: Entry, error: Exception) -> None:
    chat_id, kind = entry.recipient.chat_id, entry.message.kind
    logger.error("Chat %s: a message (%s) cannot be stored: %s.", chat_id, kind, type(error).__name__)


def _without_chat(call: RawCall, chat_id: int) -> dict[str, object]:
    """Return the parameters without what the row says already: a group that is upgraded gets another id."""
    return {name: value for name, value in call.payload().items() if name != "chat_id" or value != chat_id}
