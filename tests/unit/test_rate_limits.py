"""Telegram's limits, counted on a clock that jumps."""

from __future__ import annotations

import asyncio

import pytest

from bot.client.outgoing import Recipient
from bot.client.rate_limits import MARGIN, Limits, RecipientRate, SharedRate, SlidingWindow, TokenBucket
from tests.unit.clockwork import in_no_time, now


def test_a_window_is_free_when_its_oldest_has_left_it() -> None:
    window = SlidingWindow(2, 10.0)
    assert window.free_at(0.0) == 0.0
    window.count(0.0)
    window.count(4.0)
    assert window.free_at(5.0) == 10.0 * MARGIN
    window.count(11.0)
    assert window.free_at(11.0) == 4.0 + 10.0 * MARGIN
    assert not window.idle(20.0)
    assert window.idle(22.0)


def test_a_bucket_gives_a_burst_and_then_one_after_the_other() -> None:
    bucket, second = TokenBucket(3, 3.0), MARGIN
    assert bucket.free_at(100.0) == bucket.free_at(100.0, ahead=2) == 100.0
    assert bucket.free_at(100.0, ahead=4) == pytest.approx(100.0 + 2 * second)
    for _ in range(3):
        bucket.count(100.0)
    assert bucket.free_at(100.0) == pytest.approx(100.0 + second)
    bucket.count(100.0 + second)
    assert bucket.free_at(102.0) == pytest.approx(100.0 + 2 * second)
    assert bucket.free_at(105.0) == 105.0
    assert not bucket.idle(100.0 + 4 * second - 0.1)
    assert bucket.idle(100.0 + 4 * second + 0.1)


def test_a_private_chat_and_what_one_person_sees_have_no_limit_a_minute() -> None:
    for recipient, limited in ((Recipient(7), False), (Recipient(-7, 7), False), (Recipient(-7), True)):
        rate = RecipientRate(recipient, Limits())
        for second in range(0, 60, 3):
            rate.count(float(second), by_admin=True)
        assert (rate.free_at(59.0, by_admin=True) > 60.0) is limited


def test_faster_limits_are_the_same_numbers_in_less_time() -> None:
    assert Limits().faster(10.0).in_group == (20, 6.0)


@in_no_time
async def test_who_has_no_backlog_goes_before_those_who_have_and_they_share_a_part() -> None:
    rate, order = SharedRate(Limits(in_all=(3, 1.0), queues_in_all=(2, 1.0))), list[str]()

    async def pass_by(name: str, *, backlog: bool) -> None:
        await rate.turn(backlog=backlog)
        order.append(f"{name} {now():.2f}")

    async with asyncio.TaskGroup() as tasks:
        for name in ("a", "b", "c"):
            tasks.create_task(pass_by(name, backlog=True))
        await asyncio.sleep(0.5)
        tasks.create_task(pass_by("fresh", backlog=False))
        tasks.create_task(pass_by("second", backlog=False))
    assert order == ["a 0.00", "b 0.00", "fresh 0.50", "second 1.05", "c 1.05"]


@in_no_time
async def test_who_stops_waiting_uses_nothing_up() -> None:
    rate = SharedRate(Limits(in_all=(1, 1.0), queues_in_all=(1, 1.0)))
    await rate.turn(backlog=True)
    waiting = [asyncio.create_task(rate.turn(backlog=True)) for _ in range(3)]
    await asyncio.sleep(0.5)
    for each in waiting[:2]:
        each.cancel()
    await waiting[2]
    assert now() < 1.1


@in_no_time
async def test_a_pause_for_all_is_kept_by_those_who_waited_before_it() -> None:
    rate = SharedRate(Limits(in_all=(1, 1.0)))
    await rate.turn(backlog=False)
    waiting = asyncio.create_task(rate.turn(backlog=False))
    await asyncio.sleep(0.5)
    rate.close_for(10.0)
    await waiting
    assert now() == 10.5
    assert not rate.take(backlog=False)


@in_no_time
async def test_several_processes_share_the_rate_equally() -> None:
    rate = SharedRate(Limits())
    rate.divide(2)
    assert sum(rate.take(backlog=False) for _ in range(40)) == 15
    rate.divide(100)
    assert sum(rate.take(backlog=False) for _ in range(40)) == 1, "each may send at all"
