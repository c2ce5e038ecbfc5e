"""The circuit breaker: who passes, who waits, who is refused, and how often is asked meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import Unavailable
from bot.storage.connection import breaker as breaker_module
from bot.storage.connection.breaker import Breaker


class Question:
    """Answered when the test says so; counts how often it was put."""

    def __init__(self) -> None:
        self.times = 0
        self.asked = asyncio.Event()
        self._answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

    async def __call__(self) -> str | None:
        self.times += 1
        self.asked.set()
        return await asyncio.shield(self._answer)

    async def answered(self, answer: bool, why: str = "frozen") -> None:
        await self.asked.wait()
        self.asked.clear()
        now, self._answer = self._answer, asyncio.get_running_loop().create_future()
        now.set_result(None if answer else why)
        await asyncio.sleep(0.01)


@pytest.fixture
async def question(monkeypatch: pytest.MonkeyPatch) -> Question:
    monkeypatch.setattr(breaker_module, "PROBE_EVERY_SECONDS", 0.0)
    return Question()


async def test_a_reason_that_comes_later_is_named_too_but_not_each_of_a_restart(
    question: Question, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    breaker = Breaker(question)
    breaker.suspect("broken")
    await question.answered(False, "connection was closed")
    await question.answered(False, "starting up")
    monkeypatch.setattr(breaker_module, "OTHER_REASON_AFTER_SECONDS", 0.0)
    await question.answered(True)
    breaker.suspect("broken")
    for reason in ("connection was closed", "it no longer accepts the password", "it no longer accepts the password"):
        await question.answered(False, reason)
    await breaker.stop()
    warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warned == [
        "The database does not answer (connection was closed); everything that needs it is refused.",
        "The database does not answer (connection was closed); everything that needs it is refused.",
        "The database still does not answer (it no longer accepts the password).",
    ]


async def test_everybody_passes_while_nothing_fails(question: Question) -> None:
    breaker = Breaker(question)
    await breaker.admit()
    assert (breaker.open, question.times) == (False, 0)


async def test_one_failure_makes_the_others_wait_for_the_answer_and_refuses_nobody(question: Question) -> None:
    breaker = Breaker(question)
    breaker.suspect("broken")
    waiting = [asyncio.create_task(breaker.admit()) for _ in range(3)]
    await question.asked.wait()
    assert not any(task.done() for task in waiting)
    breaker.suspect("broken, too")
    await question.answered(True)
    await asyncio.gather(*waiting)
    assert question.times == 1
    await breaker.admit()


async def test_without_an_answer_everybody_is_refused_at_once_until_there_is_one(question: Question) -> None:
    breaker = Breaker(question)
    breaker.suspect("frozen")
    waited = asyncio.create_task(breaker.admit())
    await question.answered(False)
    with pytest.raises(Unavailable):
        await waited
    for _ in range(100):
        async with asyncio.timeout(0.5):
            with pytest.raises(Unavailable):
                await breaker.admit()
    assert breaker.open
    await question.answered(False)
    assert breaker.open
    await question.answered(True)
    await breaker.admit()
    assert not breaker.open


async def test_after_one_outage_the_next_one_begins_in_doubt_again(question: Question) -> None:
    breaker = Breaker(question)
    for _ in range(2):
        breaker.suspect("frozen")
        await question.answered(False)
        assert breaker.open
        await question.answered(True)
        assert not breaker.open
    breaker.suspect("broken")
    waiting = asyncio.create_task(breaker.admit())
    await question.answered(True)
    await waiting


async def test_who_retries_without_a_pause_does_not_keep_the_answer_out(question: Question) -> None:
    breaker = Breaker(question)
    breaker.suspect("frozen")
    await question.answered(False)
    answering = asyncio.create_task(question.answered(True))
    async with asyncio.timeout(2):
        while True:
            try:
                await breaker.admit()
            except Unavailable:
                continue
            break
    await answering


async def test_a_stopped_breaker_asks_no_more(question: Question) -> None:
    breaker = Breaker(question)
    breaker.suspect("frozen")
    await question.answered(False)
    await breaker.stop()
    before = question.times
    breaker.suspect("the pool is closing")
    await asyncio.sleep(0.05)
    assert question.times == before
    await breaker.admit()


async def test_single_failures_write_a_line_now_and_then_not_one_each(
    question: Question, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    breaker = Breaker(question)
    for _ in range(5):
        breaker.suspect("no connection left")
        await question.answered(True)
    assert [record.message for record in caplog.records if "a single call" in record.message] == [
        "The database answers; a single call failed (no connection left)."
    ]


async def test_an_outage_is_named_by_what_the_question_met_not_by_what_raised_the_suspicion(
    question: Question, caplog: pytest.LogCaptureFixture
) -> None:
    breaker = Breaker(question)
    breaker.suspect("the connection was closed")
    await question.answered(False, "the password is not accepted")
    assert "does not answer (the password is not accepted)" in caplog.text
    await breaker.stop()
