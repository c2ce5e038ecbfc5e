from __future__ import annotations

import asyncio

from bot.updates.webhook.requests import Requests
from tests.unit.clockwork import in_no_time


@in_no_time
async def test_all_who_wait_for_an_update_get_its_answer() -> None:
    requests = Requests()
    requests.add(1)
    waiting = [asyncio.create_task(requests.answered(1)) for _ in range(3)]
    await asyncio.sleep(0)
    requests.answer(1, done=True)
    assert await asyncio.gather(*waiting) == [True] * 3
    assert 1 not in requests
    requests.answer(1, done=False)


@in_no_time
async def test_one_who_goes_away_takes_the_answer_from_nobody() -> None:
    requests = Requests()
    requests.add(1)
    gone, stays = (asyncio.create_task(requests.answered(1)) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    requests.answer_all(done=False)
    assert await stays is False


@in_no_time
async def test_the_age_is_that_of_the_oldest_that_still_waits() -> None:
    requests = Requests()
    assert requests.oldest_seconds() == 0.0
    requests.add(1)
    await asyncio.sleep(2)
    requests.add(2)
    await asyncio.sleep(1)
    assert requests.oldest_seconds() == 3.0
    requests.answer(1, done=True)
    assert requests.oldest_seconds() == 1.0
