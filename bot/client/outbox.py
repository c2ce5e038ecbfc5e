"""The outbox: handlers hand messages over and go on; what can be sent now is sent now, what has to wait is stored.

The queues in memory are what is sent from; rows in the database are their copy, written only for what waits longer than
a second or must not be said twice, and read when this process takes the lead.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from aiogram import Bot
from aiogram.client.session.middlewares.base import NextRequestMiddlewareType
from aiogram.exceptions import TelegramRetryAfter
from aiogram.methods import TelegramMethod

from bot.client.attempts import Entry, Migrated, Outcome, Verdict
from bot.client.methods import receiver, writes
from bot.client.outgoing import MessageKind, Outgoing, Recipient, natural_key, recipient_of
from bot.client.rate_limits import Limits
from bot.client.raw_call import RawCall
from bot.client.recipient_queue import SENDING, answer_of
from bot.client.sender import MOST_IN_ALL, READ_AHEAD_SECONDS, Sender
from bot.settling import CURRENT_UPDATE, Settling
from bot.storage.outbox import OutboxRows, Row

logger = logging.getLogger(__name__)

READ_EVERY_SECONDS = 30.0
"""How often deletions that come due are read from the database."""

TAKE_OVER_EVERY_SECONDS = 2.0
"""Among several processes that send, how often the leader looks for what one left that is gone."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits to be sent: how many messages, for how long the oldest does, and whether Telegram is away for them."""

    waiting: int = 0
    oldest_seconds: float | None = None
    telegram_away: bool = False


class Outbox:
    """Sends what is handed over by `deliver`, each recipient's in order, at Telegram's rate.

    Nothing is sent before `start` and after `stop`: only the process that leads sends, or each of several that hold
    their own (`join`), of which the leader alone reads what nobody holds. A message counts for the update
    that is in hand (see `Settling`) until it is sent, stored, refused or expired. As the outermost session middleware
    it also has messages that are sent by aiogram's own methods wait for their turn, and their callers for the answer.
    """

    def __init__(self, bot: Bot, rows: OutboxRows, migrated: Migrated, limits: Limits | None = None) -> None:
        self._rows = rows
        self._sender = Sender(bot, rows, migrated, limits or Limits())
        self._to_be_loaded = asyncio.Event()
        self._reading = asyncio.Event()
        self._stopping: asyncio.TimerHandle | None = None
        self._processes = 1
        self._seq = 0
        self.ephemeral_ignored = False
        """Whether everybody saw the latest message that was meant for one person: the server is older than that."""

    def tell_of_topics(self, note: Callable[[int, int, bool], None]) -> None:
        """Have `note` called with chat, topic and whether Telegram took a message meant for it in General only.

        Also of what a former process left: that a greeting went elsewhere must not be known to its handler alone.
        """
        self._sender.note_topic = note

    @property
    def waiting(self) -> int:
        """How many messages are in memory."""
        return len(self._sender)

    def backlog(self) -> Backlog:
        """Return what waits to be sent now; without what is due later, such as promised deletions."""
        now = asyncio.get_running_loop().time()
        due = [max(entry.since, entry.due) for entry in self._sender if entry.due <= now]
        if not due:
            return Backlog()
        return Backlog(len(due), now - min(due), self._sender.connectivity.in_doubt())

    def deliver(self, message: Outgoing) -> Entry | None:
        """Have a message sent, and return at once. None where too much waits already."""
        now, update = asyncio.get_running_loop().time(), CURRENT_UPDATE.get()
        call = message.calls[0]
        recipient = recipient_of(call)
        if update is not None and isinstance(recipient.chat_id, int) and recipient.chat_id < 0 and update.by_admin():
            message = replace(message, by_admin=True)
        key = message.key or natural_key(call) or self._new_key(update)
        due = now + message.delay_seconds
        entry = Entry(message, key, recipient, self._next_seq(), now, due, due + message.policy.expires_seconds)
        known = self._sender.same(entry)
        if known is not None:
            self._sender.renew(known, entry)
            return known
        if not self._sender.has_room(entry):
            logger.info("Chat %s: too much waits; a message (%s) is left out.", entry.recipient.chat_id, message.kind)
            return None
        if update is not None:
            update.opened()
            entry.update, entry.update_id = update, update.update_id
        self._sender.admit(entry)
        return entry

    @staticmethod
    async def outcome(entry: Entry, within_seconds: float) -> Outcome | None:
        """Wait for the final outcome of a message; None where it is not known in time."""
        if entry.outcome is None:
            entry.outcome = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(within_seconds):
                return await asyncio.shield(entry.outcome)
        except TimeoutError:
            return None

    async def __call__(
        self, make_request: NextRequestMiddlewareType[Any], bot: Bot, method: TelegramMethod[Any]
    ) -> Any:
        """Let a call pass; one that writes a message waits for its turn, and the caller for its end."""
        if SENDING.get() or not writes(method):
            result: Any = await make_request(bot, method)
            if isinstance(result, dict) and receiver(method):
                self.ephemeral_ignored = "ephemeral_message_id" not in result
            return result
        entry = self.deliver(Outgoing(MessageKind.DIRECT, (method,)))
        if entry is None:
            raise TelegramRetryAfter(method, "too much waits already", 1)
        outcome = None
        try:
            outcome = await self.outcome(entry, entry.message.policy.expires_seconds)
        finally:
            if outcome is None:
                self._sender.leave(entry)  # its caller is gone, and nobody else wants it
        if outcome is None or (outcome.verdict is not Verdict.SENT and outcome.error is None):
            raise TelegramRetryAfter(method, "its turn did not come in time", 1)
        return answer_of(outcome)

    def start(self) -> None:
        """Send from now on: this process leads."""
        self._cancel_stopping()
        self._sender.leading.set()
        self.lead()

    def join(self, holder: int) -> None:
        """Send from now on as one of several processes, under this number."""
        self._rows.holder = holder
        self._sender.leading.set()

    def share(self, processes: int) -> None:
        """So many processes send: keep to this one's part of Telegram's rate."""
        if processes != self._processes:
            self._processes = processes
            self._sender.rate.divide(processes)

    def lead(self) -> None:
        """Read what nobody holds."""
        self._reading.set()
        self._to_be_loaded.set()

    async def until_leading(self) -> None:
        """Wait until this process reads what nobody holds: it is the one that leads."""
        await self._reading.wait()

    def follow(self) -> None:
        """Leave to another process what nobody holds."""
        self._reading.clear()

    def chats_waiting(self) -> set[int | str]:
        """Return the chats to which something waits to be said; deletions need no order."""
        return {entry.recipient.chat_id for entry in self._sender if entry.message.kind is not MessageKind.DELETION}

    def stop(self, *, grace_seconds: float = 0.0) -> None:
        """Send no more: this process leads no longer. What is stored is left to the next one at once.

        For `grace_seconds` it goes on with what its own running handlers say: mostly nobody else can lead either, as
        the database is away, and this process leads on in a moment.
        """
        self._cancel_stopping()
        self.follow()
        self._rows.holder = None
        if grace_seconds:
            self._stopping = asyncio.get_running_loop().call_later(grace_seconds, self._sender.leading.clear)
        else:
            self._sender.leading.clear()
        for entry in self._sender:
            if entry.row is not None:
                self._sender.leave(entry)

    def _cancel_stopping(self) -> None:
        if self._stopping is not None:
            self._stopping.cancel()
            self._stopping = None

    def drop(self) -> None:
        """Forget everything in memory: another process got the same updates."""
        self._sender.cancel_all()

    def relieve(self) -> None:
        """Store now what was handed over and is not sent yet, so that its updates can be confirmed."""
        self._sender.writer.store_now()

    def confirmed(self, offset: int) -> None:
        """Telegram will not deliver updates below this offset again."""
        self._sender.writer.confirmed(offset)

    async def finish(self, within_seconds: float) -> None:
        """Send what can be sent within this time, and store the rest."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_seconds
        while self._sender.leading.is_set() and loop.time() < deadline and (workers := self._sender.workers(deadline)):
            await asyncio.wait(workers, timeout=deadline - loop.time(), return_when=asyncio.FIRST_COMPLETED)
        if self._sender.leading.is_set():
            await self._sender.writer.store_all()
        if unstored := sum(entry.row is None for entry in self._sender):
            logger.warning("%d messages that wait are given up.", unstored)

    async def close(self) -> None:
        """End all tasks."""
        workers = self._sender.workers()
        self.drop()
        if workers:
            await asyncio.wait(workers)
        await self._sender.writer.close()

    async def read(self) -> float:
        """Read what former processes left, and deletions that are due soon; then wait until that is due again.

        Raises `Unavailable`. Returns 0: it is to be called for ever.
        """
        await self.until_leading()
        alone = self._rows.holder is None
        if await self._rows.free_held() or self._to_be_loaded.is_set() or not alone:
            self._load(await self._rows.waiting(MOST_IN_ALL))
            self._to_be_loaded.clear()
        self._load(await self._rows.due_deletions(READ_AHEAD_SECONDS, MOST_IN_ALL))
        await self._rows.purge()
        try:
            async with asyncio.timeout(READ_EVERY_SECONDS if alone else TAKE_OVER_EVERY_SECONDS):
                await self._to_be_loaded.wait()
        except TimeoutError:
            pass
        return 0.0

    def _load(self, rows: Iterable[Row]) -> None:
        """Take stored messages into memory, but for those that are there."""
        if not self._sender.leading.is_set():
            return  # lost while they were read: they are another process's by now
        known_rows = self._sender.known_rows()
        for row in rows:
            entry = _entry_of(row)
            known = self._sender.same(entry)
            if known is not None:
                known.row = known.row or entry.row
            elif row.id not in known_rows:
                self._sender.resume(entry)

    def _next_seq(self) -> int:
        """Return a number greater than all before it, also than those of former processes."""
        self._seq = max(self._seq + 1, time.time_ns() // 1_000)
        return self._seq

    def _new_key(self, update: Settling | None) -> str:
        """Return the key of a message: for an answer to an update the same one when that is handled again."""
        return f"m{self._next_seq()}" if update is None else f"u{update.update_id}.{update.number()}"


def _entry_of(row: Row) -> Entry:
    now = asyncio.get_running_loop().time()
    calls: tuple[Any, ...] = tuple(RawCall(name, {"chat_id": row.chat_id, **given}) for name, given in row.calls)
    message = Outgoing(_kind_of(row), calls, row.key, delete_after_seconds=row.delete_after, by_admin=row.by_admin)
    return Entry(
        message, row.key, Recipient(row.chat_id, row.receiver_id), row.seq, now - row.age, now + row.due_in,
        now + row.expires_in, update_id=row.update_id, row=(row.id, row.version),
    )  # fmt: skip


def _kind_of(row: Row) -> MessageKind:
    """Return the kind of a row; what a newer release stored is an answer to this one."""
    return MessageKind(row.kind) if row.kind in set(MessageKind) else MessageKind.ANSWER
