"""Announcements that are told together are said once and never lost, whatever becomes of the process."""

from __future__ import annotations

from collections import Counter

from bot.client.rate_limits import Limits
from bot.storage.connection.availability import Pool
from bot.storage.outbox import OutboxRows
from tests.storage.test_outbox import end_pauses, has_rows, process, rows, stored, until
from tests.unit.sending import Answering, Updates, flood
from tests.unit.telling import NUMBER, Chat

__all__ = ["rows"]

CHANGES = [1, 2, 3]
FAST = Limits().faster(50)


def said(telegram: Answering) -> Counter[str]:
    """How many messages tell of each change; what Telegram refused told nobody."""
    messages = Chat(telegram).messages.values()
    return Counter(number for text in messages for number in NUMBER.findall(text))


def handle(chat: Chat, updates: Updates) -> None:
    """Make the changes, each by an update of its own."""
    for number in CHANGES:
        updates.handle(number, lambda number=number: chat.tell([number]))  # type: ignore[misc]


async def test_changes_told_together_are_not_told_again_when_their_updates_are_handled_again(
    rows: OutboxRows, pool: Pool
) -> None:
    telegram = Answering()
    for _ in range(3):
        async with process(rows, telegram, FAST) as outbox:
            updates = Updates()
            handle(Chat(telegram, outbox, FAST), updates)
            await until(lambda updates=updates: len(updates.settled) == 3)  # type: ignore[misc]
            await until(lambda outbox=outbox: outbox.waiting == 0, 30)  # type: ignore[misc]
    assert said(telegram) == {"1": 1, "2": 1, "3": 1}


async def test_an_update_is_settled_when_its_change_is_stored_and_the_next_process_tells_of_it(
    rows: OutboxRows, pool: Pool
) -> None:
    telegram = Answering()
    telegram.fail("sendMessage", flood(600))
    async with process(rows, telegram, FAST) as outbox:
        updates = Updates()
        handle(Chat(telegram, outbox, FAST), updates)
        await until(lambda: len(updates.settled) == 3)
        assert {row["state"] for row in await stored(pool)} == {"waiting"}
    telegram.calls.clear()
    await end_pauses(pool)
    async with process(rows, telegram, FAST):
        await until(lambda: len(said(telegram)) == 3)
    assert said(telegram) == {"1": 1, "2": 1, "3": 1}


async def test_what_a_former_process_told_is_not_told_again_with_what_comes_later(rows: OutboxRows, pool: Pool) -> None:
    telegram = Answering()
    async with process(rows, telegram, FAST) as outbox:
        Updates().handle(1, lambda: Chat(telegram, outbox, FAST).tell([1]))
        await until(lambda: said(telegram) == {"1": 1} and outbox.waiting == 0)
    async with process(rows, telegram, FAST) as outbox:
        chat, updates = Chat(telegram, outbox), Updates()  # at the ordinary pace: the last change waits
        updates.handle(1, lambda: chat.tell([1]))
        updates.handle(2, lambda: chat.tell([2]))
        await until(lambda: said(telegram) == {"1": 1, "2": 1} and outbox.waiting == 0)
        updates.handle(3, lambda: chat.tell([3]))
        await until(lambda: len(updates.settled) == 3)
    await end_pauses(pool)
    async with process(rows, telegram, FAST):
        await until(lambda: "3" in said(telegram))
    assert said(telegram) == {"1": 1, "2": 1, "3": 1}


async def test_a_process_killed_while_it_tells_of_changes_leaves_none_of_them_to_be_told_twice(
    rows: OutboxRows, pool: Pool
) -> None:
    telegram = Answering(latency=3600)
    async with process(rows, telegram, FAST) as outbox:
        chat, updates = Chat(telegram, outbox, FAST), Updates()
        handle(chat, updates)
        await until(lambda: bool(telegram.calls))
        assert {row["state"] for row in await stored(pool)} == {"claimed"}
    telegram.latency = 0
    async with process(rows, telegram, FAST) as outbox:
        again = Updates()
        handle(Chat(telegram, outbox, FAST), again)
        await until(lambda: len(again.settled) == 3)
    assert len(telegram.calls) == 1


async def test_the_proofs_go_when_the_updates_cannot_come_again(rows: OutboxRows, pool: Pool) -> None:
    telegram = Answering()
    async with process(rows, telegram, FAST) as outbox:
        updates = Updates()
        handle(Chat(telegram, outbox, FAST), updates)
        await until(lambda: outbox.waiting == 0, 30)
        assert len(await stored(pool)) == 3
        outbox.confirmed(4)
        await until(has_rows(pool, 0))
