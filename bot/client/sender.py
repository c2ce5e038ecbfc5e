"""Sends what is in memory: a queue for each recipient, one rate for all, and what follows from each outcome."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from aiogram import Bot

from bot.client.attempts import Entry, Migrated, Outcome, Place, QueueKey, Verdict, attempt
from bot.client.connectivity import Connectivity
from bot.client.outgoing import Combiner, MessageKind, Storing, deletion_of, natural_key, size_of
from bot.client.rate_limits import Limits, RecipientRate, SharedRate
from bot.client.recipient_queue import RecipientQueue
from bot.client.row_writer import STORED_AFTER_SECONDS, RowWriter
from bot.lru import Once
from bot.storage.outbox import FAR_SECONDS, OutboxRows

logger = logging.getLogger(__name__)

MOST_FOR_RECIPIENT, MOST_DELETIONS, MOST_IN_ALL, MOST_BYTES = 20, 1_000, 5_000, 16 * 2**20
"""Messages that may wait in memory; a new one beyond that is refused."""

READ_AHEAD_SECONDS = FAR_SECONDS
"""What is due later than that waits in the database only."""

POPUP_AFTER_SECONDS, SOON_SECONDS = 0.5, 0.25
"""A press is answered after its screen, unless that takes longer or its turn does not come soon. Such a screen is
stored at once: its update, unconfirmed, would delay the next presses (`SAME_OFFSET_PAUSE_SECONDS` of the poller)."""

FLOODS_CLOSE_ALL, FLOOD_SECONDS = 3, 1.0
"""Flood waits of so many chats within so many seconds hold for everybody."""


class Sender:
    """The messages in memory. `leading` is set while this process may send."""

    def __init__(self, bot: Bot, rows: OutboxRows, migrated: Migrated, limits: Limits) -> None:
        self.leading = asyncio.Event()
        self.rate = SharedRate(limits)
        self.writer = RowWriter(rows, self._stored, self.not_before)
        self.note_topic: Callable[[int, int, bool], None] | None = None
        self._bot = bot
        self._migrated = migrated
        self._limits = limits
        self._queues: dict[QueueKey, RecipientQueue] = {}
        self._memory: dict[Entry, int] = {}  # with their sizes in bytes
        self._waiting: dict[Place, Entry] = {}  # those that are not on their way
        self._timers: dict[Entry, asyncio.TimerHandle] = {}
        self.connectivity = Connectivity(bot, self._reopen)
        self._floods: dict[int | str, float] = {}  # when Telegram last asked each chat for a pause
        self._first_refusal: Once[tuple[int | str, MessageKind]] = Once()
        self._bytes = 0
        self._sweep_at = 1_000

    def __len__(self) -> int:
        return len(self._memory)

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._memory))

    def workers(self, before: float = math.inf) -> list[asyncio.Task[None]]:
        """Return the tasks that may send something before this time."""
        now = asyncio.get_running_loop().time()
        return [
            queue.worker
            for queue in self._queues.values()
            if queue.worker is not None and now + queue.wait_seconds(now, by_admin=True) < before
        ]

    def same(self, entry: Entry) -> Entry | None:
        """Return the waiting entry of the same recipient and key."""
        return self._waiting.get(_place(entry))

    def has_room(self, entry: Entry) -> bool:
        """Say whether another entry of its recipient may wait."""
        queue = self._queues.get(_place(entry)[0])
        deletion = entry.message.kind is MessageKind.DELETION
        fits = queue is None or len(queue) < (MOST_DELETIONS if deletion else MOST_FOR_RECIPIENT)
        fits = fits or (queue is not None and queue.holds(entry.message.combiner))
        return fits and len(self._memory) < MOST_IN_ALL and self._bytes < MOST_BYTES

    def admit(self, entry: Entry) -> None:
        """Take an entry into memory: queue it, or have it wait for its time."""
        self._waiting[_place(entry)] = entry
        size = self._memory[entry] = size_of(entry.message)
        self._bytes += size
        loop = asyncio.get_running_loop()
        now, queue = loop.time(), self.queue_of(entry)
        wait = max(entry.due - now, queue.wait_seconds(now, by_admin=entry.message.by_admin, ahead=len(queue)))
        soon = SOON_SECONDS if entry.message.kind is MessageKind.REDRAW else STORED_AFTER_SECONDS
        if wait > SOON_SECONDS and entry.update is not None:
            entry.update.waits()
        if entry.due > now:
            self._timers[entry] = loop.call_at(entry.due, self._due, entry)
        else:
            queue.put(entry)
        if entry.row is None:
            self.writer.watch(entry, now=wait > soon)

    def renew(self, known: Entry, newer: Entry) -> None:
        """Put a newer edit or time in the place of one that waits; anything else was handed over before."""
        if not natural_key(newer.message.calls[0]):
            return
        known.message, known.expires, known.alternative = newer.message, newer.expires, 0
        if known in self._timers:
            self._timers.pop(known).cancel()
            known.due = newer.due
            self._timers[known] = asyncio.get_running_loop().call_at(known.due, self._due, known)
        if known.row is not None or known in self._timers:
            self.writer.watch(known, now=True)

    def forget(self, entry: Entry) -> None:
        """Take an entry out of memory."""
        timer = self._timers.pop(entry, None)
        if timer is not None:
            timer.cancel()
        self.writer.forget(entry)
        self._bytes -= self._memory.pop(entry, 0)
        if self._waiting.get(_place(entry)) is entry:
            del self._waiting[_place(entry)]

    def queue_of(self, entry: Entry) -> RecipientQueue:
        """Return the queue in which an entry waits."""
        key = _place(entry)[0]
        queue = self._queues.get(key)
        if queue is None:
            if len(self._queues) >= self._sweep_at:
                now = asyncio.get_running_loop().time()
                self._queues = {each: queue for each, queue in self._queues.items() if not queue.idle(now)}
                self._sweep_at = max(1_000, 2 * len(self._queues))
            rate = RecipientRate(key[1], self._limits) if key[0] == "messages" else None
            queue = self._queues[key] = RecipientQueue(key[1], rate, self)
        return queue

    def resume(self, entry: Entry) -> None:
        """Take an entry over that was stored by a former process."""
        now = asyncio.get_running_loop().time()
        if entry.message.kind is not MessageKind.DELETION and entry.due > now:
            # A flood wait that was running when it was stored: it holds for all of the recipient's messages.
            self.queue_of(entry).close_for(entry.due - now)
            entry.due = now
        self.admit(entry)

    def known_rows(self) -> set[int]:
        """Return the ids of rows whose messages are in memory, or were just sent."""
        return {entry.row[0] for entry in self._memory if entry.row is not None} | self.writer.done_rows()

    def leave(self, entry: Entry) -> None:
        """Do not send an entry that waits."""
        if self._waiting.get(_place(entry)) is entry:
            self.queue_of(entry).withdraw(entry)
            self.forget(entry)

    def not_before(self, entry: Entry) -> float:
        """Return the time before which a message is surely not sent."""
        now = asyncio.get_running_loop().time()
        return max(entry.due, now + self.queue_of(entry).wait_seconds(now, by_admin=entry.message.by_admin))

    def cancel_all(self) -> None:
        """Forget everything; what was on its way is cut off."""
        for queue in self._queues.values():
            queue.cancel()
        for entry in self:
            self.forget(entry)

    async def claim(self, entry: Entry) -> bool:
        """Begin an attempt; False where the message was said before."""
        self._waiting.pop(_place(entry), None)
        if entry.message.kind is MessageKind.POPUP and entry.update is not None:
            await entry.update.others_sent(POPUP_AFTER_SECONDS)
        return entry.message.policy.storing is not Storing.BEFORE_SENDING or await self.writer.claim(entry)

    def taken_early(self, combiner: Combiner) -> list[Entry]:
        """Return the entries of a combiner whose time has not come yet; they are said with the others."""
        early = [entry for entry in self._timers if entry.message.combiner is combiner]
        for entry in early:
            self._timers.pop(entry).cancel()
        return early

    async def attempt(self, batch: Sequence[Entry]) -> Outcome:
        """Make the call of an entry, or the one that says several."""
        entry = batch[0]
        if entry.message.combiner is not None:
            entry.combined = entry.message.combiner.call([each.key for each in batch])
        outcome = await self._try(entry)
        if outcome.verdict is Verdict.LATER:
            for each in (each for each in batch if each.message.policy.once):
                await self.writer.release(each, outcome.wait_seconds)
        return outcome

    def postponed(self, entry: Entry, outcome: Outcome) -> bool:
        """An entry is to wait for another attempt; False where a newer one has taken its place."""
        if outcome.wait_seconds:
            self._note_flood(entry.recipient.chat_id, outcome.wait_seconds)
        if entry.update is not None:
            entry.update.waits()
        if _place(entry) in self._waiting:
            return False
        self._waiting[_place(entry)] = entry
        if entry.row is None or outcome.wait_seconds:
            self.writer.watch(entry, now=outcome.wait_seconds > 0)
        return True

    def abandoned(self, entry: Entry) -> None:
        """An entry was cut off in the middle of an attempt: its row, if it has one, is left to whoever leads next."""
        self.forget(entry)

    def finished(self, entry: Entry, outcome: Outcome) -> None:
        """An entry has its final outcome."""
        self.forget(entry)
        entry.done = True
        policy = entry.message.policy
        self.writer.finished(entry, said=policy.once and outcome.verdict in {Verdict.SENT, Verdict.UNKNOWN})
        if outcome.error is not None and self._first_refusal((entry.recipient.chat_id, entry.message.kind)):
            error, method = type(outcome.error).__name__, entry.call.__api_method__
            logger.info(
                "Chat %s: %s (%s) is given up: %s.", *(entry.recipient.chat_id, method, entry.message.kind, error)
            )
        entry.settle()
        if entry.outcome is not None and not entry.outcome.done():
            entry.outcome.set_result(outcome)
        if outcome.verdict is Verdict.SENT and outcome.result is not None:  # None: it was said before
            self._follow_up(entry, outcome.result)

    def moved_on(self, entry: Entry) -> None:
        """An entry goes to another recipient's queue, in place of what it was to be."""
        self.writer.delete_row(entry)
        self.writer.watch(entry)
        self._waiting[_place(entry)] = entry
        self.queue_of(entry).put(entry)

    def _follow_up(self, entry: Entry, result: Any) -> None:
        message = entry.message
        sent = result if isinstance(result, dict) else {}
        deleted_later = message.is_deleted_later(entry.alternative)
        if deleted_later and (deletion := deletion_of(entry.recipient, sent)) is not None:
            now = asyncio.get_running_loop().time()
            due = now + message.delete_after_seconds
            key, expires = natural_key(deletion.calls[0]), due + deletion.policy.expires_seconds
            self.admit(Entry(deletion, key, entry.recipient, entry.seq, now, due, expires))
        topic, chat_id = message.topic_written(entry.alternative, sent), entry.recipient.chat_id
        if topic is not None and self.note_topic is not None and isinstance(chat_id, int):
            self.note_topic(chat_id, *topic)
        if message.on_sent is not None:
            try:
                message.on_sent(result)
            except Exception:
                logger.exception("What follows a message (%s) failed.", message.kind)

    async def _try(self, entry: Entry) -> Outcome:
        if not self.leading.is_set():
            return Outcome(Verdict.LATER)  # the lead was lost while it waited
        outcome = await attempt(self._bot, entry.call, self._migrated)
        if outcome.verdict in {Verdict.LATER, Verdict.UNKNOWN} and not outcome.wait_seconds:
            self.connectivity.failed()
        else:
            self.connectivity.worked()
        return outcome

    def _reopen(self) -> None:
        for queue in self._queues.values():
            queue.reopen()

    def _due(self, entry: Entry) -> None:
        self._timers.pop(entry, None)
        self.queue_of(entry).put(entry)

    def _stored(self, entry: Entry) -> None:
        """An entry has its row: its update may be confirmed. What is due much later is read again then."""
        entry.settle()
        if (
            entry.row is not None
            and entry in self._timers
            and entry.due - asyncio.get_running_loop().time() > READ_AHEAD_SECONDS
        ):
            self.forget(entry)

    def _note_flood(self, chat_id: int | str, seconds: float) -> None:
        """Telegram asks one chat to wait; when it asks several at once, that is meant for all."""
        now = asyncio.get_running_loop().time()
        self._floods = {each: at for each, at in self._floods.items() if now - at <= FLOOD_SECONDS} | {chat_id: now}
        if len(self._floods) >= FLOODS_CLOSE_ALL:
            self.rate.close_for(seconds)
            logger.warning("Telegram asks for a pause of %.0f s for all messages.", seconds)


def _place(entry: Entry) -> Place:
    """Return queue and key. Deletions and pop-ups neither count for Telegram's rates nor wait behind messages."""
    if entry.place is None:
        names = {MessageKind.POPUP: entry.key, MessageKind.DELETION: "deletions"}
        entry.place = (names.get(entry.message.kind, "messages"), entry.recipient), entry.key
    return entry.place
