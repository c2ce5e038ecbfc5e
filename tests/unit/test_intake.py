"""What becomes of updates beyond somebody's share or a handler's time, with stored updates in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from bot.errors import Unavailable
from bot.storage.connection.breaker import UNAVAILABLE
from bot.storage.stored_updates import StoredUpdate
from bot.updates.handling import Result
from bot.updates.intake import MOST_BEHIND, MOST_DEFERRED_OF_ADMIN, MOST_DEFERRED_OF_UNKNOWN, TRIES, Intake
from bot.updates.known_admins import KnownAdmins
from bot.updates.raw_updates import MOST_STORED
from bot.updates.shares import Shares
from tests.unit.clockwork import in_no_time, now
from tests.unit.test_shares import ANNA, BEN, GROUP, pressed, said
from tests.watching import Lines


class Stored:
    """Stored updates without a database: a dictionary of them by id; `away` is a database that is away."""

    def __init__(self) -> None:
        self.rows: dict[int, StoredUpdate] = {}
        self.away = False

    async def store(self, updates: list[StoredUpdate]) -> None:
        await self._answer()
        self.rows.update({each.body["update_id"]: each for each in updates})

    async def delete(self, update_ids: list[int]) -> None:
        await self._answer()
        for each in update_ids:
            self.rows.pop(each, None)

    async def load(self, limit: int) -> list[StoredUpdate]:
        await self._answer()
        return [self.rows[each] for each in sorted(self.rows)][:limit]

    async def _answer(self) -> None:
        await asyncio.sleep(0.002)
        if self.away:
            raise Unavailable(UNAVAILABLE)


class Bench:
    """An intake whose handlers take a moment, and what happened to the updates it took."""

    def __init__(self, stored: Stored | None = None, known: KnownAdmins | None = None) -> None:
        self.stored = stored or Stored()
        self.known = known or KnownAdmins()
        self.handled: list[int] = []
        self.at: list[float] = []
        self.confirmed: list[int] = []
        self.told: list[int] = []
        self.slow: set[int] = set()
        shares = Shares(self.known, {"settings", "help"})
        shares.username = "the_bot"
        self.intake = Intake(
            self._prepare, shares, self.stored, deadline=10.0, wants=lambda _: True,
            confirm=self.confirmed.append, tell=lambda update: self.told.append(update["update_id"]),
        )  # fmt: skip

    def take(self, *updates: dict[str, Any]) -> list[int]:
        for update in updates:
            self.intake.take(update)
        return [update["update_id"] for update in updates]

    def _prepare(self, update: dict[str, Any]) -> Callable[[], Coroutine[Any, Any, Result]]:
        async def handle() -> Result:
            self.handled.append(update["update_id"])
            self.at.append(now())
            await asyncio.sleep(60 if update["update_id"] in self.slow else 0.01)
            return Result.HANDLED

        return handle


@asynccontextmanager
async def intake(**options: Any) -> AsyncIterator[Bench]:
    bench = Bench(**options)
    yield bench
    await bench.intake.close()


@in_no_time
async def test_an_ordinary_update_is_handled_and_confirmed_and_nothing_is_stored() -> None:
    async with intake() as bench:
        bench.stored.away = True
        ids = bench.take(said("/help"), said("hello"), pressed(), said("hello", chat_id=ANNA))
        await asyncio.sleep(1)
        assert sorted(bench.handled) == ids
        assert sorted(bench.confirmed) == ids


@in_no_time
async def test_an_admins_twenty_commands_are_all_done_one_in_three_seconds_and_confirmed_at_once() -> None:
    async with intake() as bench:
        bench.known.note(GROUP, ANNA, admin=True)
        ids = bench.take(*(said(f"/settings {number}") for number in range(20)))
        await asyncio.sleep(1)
        assert sorted(bench.confirmed) == ids
        assert sorted(bench.stored.rows) == ids[6:]
        await asyncio.sleep(3 * 14)
        assert bench.handled == ids
        assert bench.at[6:9] == [3.0, 6.0, 9.0]
        assert not bench.told
        await asyncio.sleep(1)
        assert not bench.stored.rows


@in_no_time
async def test_others_do_not_wait_behind_what_is_deferred() -> None:
    async with intake() as bench:
        bench.known.note(GROUP, ANNA, admin=True)
        bench.take(*(said("/help") for _ in range(30)))
        await asyncio.sleep(1)
        (number,) = bench.take(said("/help", BEN))
        await asyncio.sleep(0.1)
        assert bench.handled[-1] == number


@in_no_time
async def test_a_deferred_persons_commands_keep_their_order() -> None:
    async with intake() as bench:
        ids = bench.take(*(said("/help") for _ in range(8)))
        await asyncio.sleep(2.999)
        ids += bench.take(said("/settings x off"))
        await asyncio.sleep(30)
        assert bench.handled == ids


@in_no_time
async def test_of_people_nobody_knows_twenty_commands_are_deferred_and_of_admins_five_hundred() -> None:
    for admin, deferred in ((None, MOST_DEFERRED_OF_UNKNOWN), (True, MOST_DEFERRED_OF_ADMIN)):
        async with intake() as bench:
            if admin:
                bench.known.note(GROUP, ANNA, admin=True)
            ids = bench.take(*(said("/help") for _ in range(6 + deferred + 10)))
            await asyncio.sleep(1)
            assert len(bench.stored.rows) == deferred
            assert bench.told == [ids[6 + deferred]]
            assert sorted(bench.confirmed) == ids


@in_no_time
async def test_beyond_the_share_of_a_known_member_commands_are_passed_over_and_told_once() -> None:
    async with intake() as bench:
        bench.known.note(GROUP, ANNA, admin=False)
        ids = bench.take(*(said("/help") for _ in range(100)))
        await asyncio.sleep(30)
        assert bench.handled == ids[:6]
        assert bench.told == [ids[6]]
        assert sorted(bench.confirmed) == ids
        assert not bench.stored.rows


@in_no_time
async def test_who_turns_out_to_be_no_admin_is_refused_what_was_deferred() -> None:
    async with intake() as bench:
        ids = bench.take(*(said("/help") for _ in range(20)))
        await asyncio.sleep(1)
        bench.known.note(GROUP, ANNA, admin=False)
        await asyncio.sleep(50)
        assert bench.handled == ids[:6]
        assert bench.told == [ids[6]]
        assert not bench.stored.rows


@in_no_time
async def test_presses_and_private_messages_beyond_the_share_are_not_stored() -> None:
    async with intake() as bench:
        ids = bench.take(*(pressed() for _ in range(30)), *(said("hello", chat_id=ANNA) for _ in range(30)))
        await asyncio.sleep(1)
        assert len(bench.handled) == 16
        assert bench.told == [ids[10], ids[36]]
        assert not bench.stored.rows


@in_no_time
async def test_a_process_that_takes_over_goes_on_with_what_is_deferred() -> None:
    async with intake() as first:
        first.known.note(GROUP, ANNA, admin=True)
        ids = first.take(*(said("/help") for _ in range(20)))
        await asyncio.sleep(4)
        assert first.handled == ids[:7]
    async with intake(stored=first.stored) as second:
        await second.intake.load()
        await asyncio.sleep(60)
        assert second.handled == ids[7:]
        assert not second.confirmed
        assert not second.stored.rows


@in_no_time
async def test_an_update_that_was_stored_but_not_confirmed_is_handled_once() -> None:
    async with intake() as bench:
        update = said("/help")
        await bench.stored.store([StoredUpdate(update, GROUP, ANNA)])
        await bench.intake.load()
        bench.take(update)
        await asyncio.sleep(1)
        assert bench.handled == [update["update_id"]]
        assert bench.confirmed == [update["update_id"]]
        assert not bench.stored.rows


@in_no_time
async def test_while_the_database_is_away_what_is_deferred_stays_unconfirmed_and_is_done_all_the_same() -> None:
    async with intake() as bench:
        bench.stored.away = True
        ids = bench.take(*(said("/help") for _ in range(8)))
        await asyncio.sleep(1)
        assert sorted(bench.confirmed) == ids[:6]
        await asyncio.sleep(10)
        assert bench.handled == ids
        assert sorted(bench.confirmed) == ids


@in_no_time
async def test_what_is_in_hand_is_stored_and_confirmed_when_the_window_is_nearly_full() -> None:
    async with intake() as bench:
        updates = [said("hello") for _ in range(5)]
        bench.slow.add(updates[0]["update_id"])
        ids = bench.take(*updates)
        await asyncio.sleep(1)
        assert not bench.confirmed
        for _ in range(3):
            bench.intake.relieve()
        await asyncio.sleep(1)
        assert sorted(bench.confirmed) == ids
        assert sorted(bench.stored.rows) == ids
        await asyncio.sleep(60)
        assert sorted(set(bench.handled)) == ids
        assert not bench.stored.rows


@in_no_time
async def test_no_more_than_a_thousand_updates_are_stored() -> None:
    async with intake() as bench:
        for person in range(1, 101):
            bench.take(*(said("/help", person) for _ in range(26)))
        await asyncio.sleep(1)
        assert len(bench.stored.rows) == MOST_STORED


@in_no_time
async def test_what_a_handler_cannot_do_in_time_is_tried_three_times_with_pauses() -> None:
    async with intake() as bench:
        update = said("hello")
        bench.slow.add(update["update_id"])
        bench.take(update)
        await asyncio.sleep(11)
        assert bench.confirmed == [update["update_id"]]
        assert bench.stored.rows[update["update_id"]].tries == 1
        await asyncio.sleep(100)
        assert len(bench.handled) == TRIES
        assert not bench.stored.rows


@in_no_time
async def test_what_was_given_up_while_the_database_is_away_is_confirmed() -> None:
    async with intake() as bench:
        update = said("hello")
        bench.slow.add(update["update_id"])
        bench.stored.away = True
        bench.take(update)
        await asyncio.sleep(100)
        assert len(bench.handled) == 1
        assert bench.confirmed == [update["update_id"]]


@in_no_time
async def test_what_was_dropped_is_left_to_the_next_process_with_its_other_tries(logged: Lines) -> None:
    async with intake() as bench:
        update = said("hello")
        bench.slow.add(update["update_id"])
        bench.take(update, *(said("/help", BEN) for _ in range(8)))
        await asyncio.sleep(11)
        handled = len(bench.handled)
        bench.intake.drop()
        await asyncio.sleep(100)
        assert len(bench.handled) == handled
        assert update["update_id"] in bench.stored.rows
    logged.errors.clear()


@in_no_time
async def test_a_process_that_loses_the_lead_leaves_what_is_stored_and_goes_on_with_the_rest() -> None:
    async with intake() as bench:
        ids = bench.take(*(said("/help") for _ in range(8)))
        await asyncio.sleep(1)
        bench.stored.away = True
        ids += bench.take(said("/help"))
        bench.intake.leave_stored()
        await asyncio.sleep(60)
        assert bench.handled == ids[:6] + ids[8:]
        bench.stored.away = False
        await bench.intake.load()
        await asyncio.sleep(60)
        assert sorted(bench.handled) == ids
        assert not bench.stored.rows


@in_no_time
async def test_what_a_person_sends_after_an_update_that_was_given_up_is_handled_after_it_and_others_go_on() -> None:
    async with intake() as bench:
        first, second = said("/settings rules_text A"), said("/settings rules_text B")
        bench.slow.add(first["update_id"])
        bench.take(first, second)
        await asyncio.sleep(11)
        bench.slow.clear()
        third = said("/settings rules_text C")
        bens, elsewhere = said("/help", BEN), said("/help", chat_id=GROUP - 1)
        bench.take(third, bens, elsewhere)
        await asyncio.sleep(1)
        assert set(bench.handled[1:]) == {bens["update_id"], elsewhere["update_id"]}
        await asyncio.sleep(10)
        assert bench.handled[3:] == [each["update_id"] for each in (first, second, third)]
        assert not bench.stored.rows


@in_no_time
async def test_what_waits_behind_an_update_that_is_tried_again_is_stored_where_it_would_hold_the_window() -> None:
    async with intake() as bench:
        first, second = said("/settings rules_text A"), said("/settings rules_text B")
        bench.slow.add(first["update_id"])
        ids = bench.take(first, second)
        await asyncio.sleep(12)
        bench.intake.relieve()
        await asyncio.sleep(1)
        assert bench.confirmed == ids
        assert sorted(bench.stored.rows) == ids
    async with intake(stored=bench.stored) as successor:
        await successor.intake.load()
        await asyncio.sleep(1)
        assert successor.handled == ids
        assert not successor.stored.rows


@in_no_time
async def test_no_more_than_twenty_wait_behind_an_update_that_is_tried_again_and_who_sends_more_is_told() -> None:
    async with intake() as bench:
        first = said("hello")
        bench.slow.add(first["update_id"])
        ids = bench.take(first)
        await asyncio.sleep(10.5)
        for _ in range(MOST_BEHIND + 3):
            ids += bench.take(pressed())
            await asyncio.sleep(1)
        ids += bench.take(said("hello"))  # which counts for no share
        await asyncio.sleep(60)
        assert bench.told == [ids[1 + MOST_BEHIND]]
        assert bench.handled == [ids[0], ids[0], ids[-1], ids[0], *ids[1 : 1 + MOST_BEHIND]]
        assert sorted(bench.confirmed) == ids


@in_no_time
async def test_who_waits_behind_an_update_that_cannot_be_stored_waits_no_more() -> None:
    async with intake() as bench:
        first, second = said("/help"), said("/help")
        bench.slow.add(first["update_id"])
        bench.stored.away = True
        ids = bench.take(first, second)
        await asyncio.sleep(12)
        assert bench.handled == ids
        assert bench.confirmed == ids
