"""Many deadlines with one timer."""

import asyncio

from bot.deadlines import CHECK_EVERY_SECONDS, Deadlines
from tests.unit.clockwork import in_no_time, now


@in_no_time
async def test_each_deadline_is_reported_once() -> None:
    deadlines: Deadlines[str] = Deadlines()
    begun, late = now(), dict[str, float]()

    def note(what: str) -> None:
        assert what not in late
        late[what] = now() - begun

    for what, seconds in (("slow", 3.0), ("quick", 1.0), ("done", 2.0)):
        deadlines.watch(what, seconds, note)
    await asyncio.sleep(1.9)
    assert deadlines.done("done")
    assert not deadlines.done("quick")
    await asyncio.sleep(10)
    assert list(late) == ["quick", "slow"]
    assert 1 <= late["quick"] <= 1 + CHECK_EVERY_SECONDS + 0.01
    assert 3 <= late["slow"] <= 3 + CHECK_EVERY_SECONDS + 0.01


@in_no_time
async def test_what_was_late_can_be_watched_again_and_without_deadlines_there_is_no_timer() -> None:
    deadlines: Deadlines[str] = Deadlines()
    times: list[float] = []

    def note(what: str) -> None:
        times.append(now())
        deadlines.done("other")  # it was due as well
        if len(times) == 1:
            deadlines.watch(what, 1.0, note)

    deadlines.watch("one", 1.0, note)
    deadlines.watch("other", 1.0, note)
    await asyncio.sleep(10)
    assert len(times) == 2
    assert deadlines._timer is None
    deadlines.watch("one", 1.0, note)
    deadlines.clear()
    await asyncio.sleep(2)
    assert len(times) == 2


@in_no_time
async def test_a_callback_that_fails_does_not_stop_the_others() -> None:
    deadlines: Deadlines[str] = Deadlines()
    late: list[str] = []

    def fail(what: str) -> None:
        late.append(what)
        raise ValueError(what)

    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context["exception"]))
    deadlines.watch("first", 1.0, fail)
    deadlines.watch("second", 1.0, late.append)
    await asyncio.sleep(3)
    deadlines.watch("third", 1.0, late.append)
    await asyncio.sleep(3)
    assert late == ["first", "second", "third"]
    assert len(failures) == 1


def test_each_event_loop_has_its_own_timer() -> None:
    deadlines: Deadlines[str] = Deadlines()

    async def watch_and_leave() -> None:
        deadlines.watch("first", 60.0, lambda _: None)

    async def watch_and_wait() -> None:
        late = asyncio.Event()
        deadlines.watch("second", 0.01, lambda _: late.set())
        async with asyncio.timeout(10):
            await late.wait()

    asyncio.run(watch_and_leave())
    asyncio.run(watch_and_wait())
