"""What the poller promises, on a clock that jumps and a Telegram in memory."""

import ast
import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiogram import Bot, Dispatcher
from aiogram.exceptions import TelegramNetworkError
from aiogram.methods import SendMessage
from aiogram.types import Message

from bot.deadlines import within
from bot.errors import StartupError
from bot.updates.polling import poller
from tests.unit.clockwork import in_no_time, now
from tests.unit.telegram_border import TOKEN, Call, Telegram, bot_on, conflict, message, poller_on, refusal
from tests.watching import Lines

Handler = Callable[[Message], Awaitable[Any]]


@asynccontextmanager
async def polling(telegram: Telegram, handler: Handler, **options: Any) -> AsyncIterator[asyncio.Event]:
    """A bot at work; leaving stops it and waits for its end."""
    dispatcher = Dispatcher(disable_fsm=True)
    # An object with __call__ would be taken for a blocking function and sent to a thread.
    dispatcher.message.register(handler.__call__ if isinstance(handler, Seen) else handler)
    stop = asyncio.Event()
    run = asyncio.create_task(poller_on(bot_on(telegram), dispatcher, **options).run(stop))
    try:
        yield stop
    finally:
        stop.set()
        await run


class Seen(list[int]):
    """A handler that notes which messages it has seen, after a while."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__()
        self.seconds = seconds

    async def __call__(self, message: Message) -> None:
        await asyncio.sleep(self.seconds)
        self.append(message.message_id)


async def until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the clock jumps; there is no event for "nothing left to do"
            await asyncio.sleep(0.01)


@in_no_time
async def test_no_update_is_confirmed_before_it_was_handled() -> None:
    telegram, handler = Telegram(), Seen(2.0)
    telegram.send(message(1), message(2, chat_id=2))
    async with polling(telegram, handler):
        await until(lambda: bool(telegram.calls))
        while len(handler) < 2:
            assert [update["update_id"] for update in telegram.queue][:1] == [1]
            await asyncio.sleep(0.1)
        await until(lambda: not telegram.queue)
    assert handler == [1, 2]


@in_no_time
async def test_messages_of_one_chat_are_handled_in_order_and_those_of_others_meanwhile() -> None:
    telegram, seen = Telegram(), list[int]()

    async def handler(message: Message) -> None:
        await asyncio.sleep({1: 3.0}.get(message.message_id, 0.1))
        seen.append(message.message_id)

    telegram.send(message(1, chat_id=1), message(2, chat_id=1), message(3, chat_id=2), message(4, chat_id=1))
    async with polling(telegram, handler):
        await until(lambda: len(seen) == 4)
    assert seen == [3, 1, 2, 4]


@in_no_time
async def test_an_update_of_another_chat_does_not_wait_for_an_older_one() -> None:
    telegram, seen = Telegram(), dict[int, float]()

    async def handler(message: Message) -> None:
        await asyncio.sleep(8 if message.message_id == 1 else 0)
        seen[message.message_id] = now()

    telegram.send(message(1))
    async with polling(telegram, handler):
        sent = dict[int, float]()
        for number in range(2, 30):
            await asyncio.sleep(0.25)
            sent[number] = now()
            telegram.send(message(number, chat_id=number))
        await until(lambda: len(seen) == 29)
    assert max(seen[number] - sent[number] for number in sent) < 0.7


@in_no_time
async def test_a_stuck_handler_is_given_up_at_its_deadline_and_named(caplog: pytest.LogCaptureFixture) -> None:
    telegram, seen = Telegram(), list[int]()

    async def stuck_for_ever(message: Message) -> None:
        if message.message_id == 1:
            await asyncio.Event().wait()
        seen.append(message.message_id)

    telegram.send(message(1, text="private words"), message(2))
    async with polling(telegram, stuck_for_ever):
        await until(lambda: seen == [2] and not telegram.queue)
        assert 10 <= now() < 11
    assert "Update 1 (message) was given up after 10." in caplog.text
    assert "stuck_for_ever" in caplog.text
    assert "private words" not in caplog.text


@in_no_time
async def test_a_handler_that_ignores_its_cancellation_is_left_alone() -> None:
    telegram, seen = Telegram(), list[int]()
    never = asyncio.Event()

    async def deaf(message: Message) -> None:
        while message.message_id == 1 and not never.is_set():
            try:
                await never.wait()
            except asyncio.CancelledError:
                continue
        seen.append(message.message_id)

    telegram.send(message(1), message(2))
    async with polling(telegram, deaf):
        await until(lambda: 2 in seen and not telegram.queue)
        never.set()


@in_no_time
async def test_one_stuck_chat_does_not_slow_two_hundred_others() -> None:
    telegram, seen = Telegram(), dict[int, float]()

    async def handler(message: Message) -> None:
        await asyncio.sleep(600 if message.chat.id == 1 else 0.05)
        seen[message.message_id] = now()

    async with polling(telegram, handler):
        sent = dict[int, float]()
        for number in range(1, 601):
            chat_id = 1 if number % 50 == 1 else number % 200 + 2
            if chat_id != 1:
                sent[number] = now()
            telegram.send(message(number, chat_id=chat_id))
            await asyncio.sleep(0.05)
        await until(lambda: len(seen) == len(sent))
    waits = sorted(seen[number] - sent[number] for number in sent)
    assert waits[int(len(waits) * 0.99)] < 2.0


@in_no_time
async def test_polling_is_never_a_busy_loop() -> None:
    telegram = Telegram(latency=0)
    telegram.send(*(message(number, chat_id=number) for number in range(1, 101)))
    async with polling(telegram, Seen(9.0)):
        await asyncio.sleep(8)
        assert len(telegram.named("getUpdates")) <= 2
        await asyncio.sleep(300)
    assert len(telegram.named("getUpdates")) < 20


@in_no_time
async def test_while_a_handler_is_slow_there_are_at_most_two_requests_a_second() -> None:
    telegram = Telegram(latency=0)
    telegram.send(message(1))
    async with polling(telegram, Seen(9.0)):
        await asyncio.sleep(9)
        assert 10 <= len(telegram.named("getUpdates")) <= 18


@in_no_time
async def test_an_update_this_release_cannot_read_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    telegram, handler = Telegram(), Seen()
    poison = {"update_id": 2, "message": {"message_id": "a secret thing", "text": "private words"}}
    future = {"update_id": 3, "telepathy": {"thought": "private words"}}
    telegram.send(message(1), poison, future, message(4))
    async with polling(telegram, handler):
        await until(lambda: not telegram.queue)
    assert handler == [1, 4]
    assert "Update 2 (message) passed over: not valid at message." in caplog.text
    assert "Update 3 passed over: this release does not know the type telepathy." in caplog.text
    assert "private" not in caplog.text
    assert "secret" not in caplog.text


@in_no_time
async def test_an_error_of_a_handler_stops_nothing_and_its_words_stay_out_of_the_log(logged: Lines) -> None:
    telegram, seen = Telegram(), list[int]()

    async def handler(message: Message) -> None:
        if message.message_id == 1:
            Message.model_validate({"text": message.text})
        seen.append(message.message_id)

    telegram.send(message(1, text="private words"), message(2))
    async with polling(telegram, handler):
        await until(lambda: not telegram.queue)
    assert seen == [2]
    (rendered,) = logged.errors
    assert "Update 1 (message) failed." in rendered
    assert "ValidationError" in rendered
    assert "in handler" in rendered
    assert "private words" not in "".join(logged.lines)


@in_no_time
async def test_a_method_that_a_handler_returns_is_called() -> None:
    telegram = Telegram()

    async def handler(message: Message) -> SendMessage:
        return message.answer("hello")

    telegram.answers["sendMessage"] = lambda call: message(9)["message"]
    telegram.send(message(1))
    async with polling(telegram, handler):
        await until(lambda: not telegram.queue)
    assert telegram.named("sendMessage")[0].arguments["text"] == "hello"


@pytest.mark.parametrize("seconds", [0.5, 2.0])
@in_no_time
async def test_stopping_finishes_and_confirms_the_updates_being_handled(seconds: float) -> None:
    telegram, handler = Telegram(), Seen(seconds)
    telegram.send(*(message(number, chat_id=number) for number in range(1, 51)))
    async with polling(telegram, handler) as stop:
        await asyncio.sleep(0.2)
        stop.set()
        asked = len(telegram.named("getUpdates"))
        telegram.send(message(51))
    assert sorted(handler) == list(range(1, 51))
    assert [update["update_id"] for update in telegram.queue] == [51]
    assert len(telegram.named("getUpdates")) == asked + 1
    assert now() < 3


@in_no_time
async def test_stopping_waits_no_longer_than_it_may_and_confirms_nothing_unfinished() -> None:
    telegram, handler = Telegram(), Seen(6.0)
    telegram.send(*(message(number) for number in range(1, 10)))
    async with polling(telegram, handler) as stop:
        await asyncio.sleep(0.2)
        stop.set()
    assert handler == [1, 2]
    assert telegram.queue[0]["update_id"] == 3
    assert 14 <= now() < 21


@in_no_time
async def test_stopping_while_idle_takes_no_time_and_confirms_nothing_twice() -> None:
    telegram = Telegram()
    async with polling(telegram, Seen()):
        await asyncio.sleep(20)
        asked = len(telegram.named("getUpdates"))
        before = now()
    assert now() - before < 0.1
    assert len(telegram.named("getUpdates")) == asked


@in_no_time
async def test_stopping_right_after_a_request_makes_sure_that_it_arrived() -> None:
    telegram, handler = Telegram(latency=0.5), Seen()
    telegram.send(message(1))
    async with polling(telegram, handler):
        await until(lambda: handler == [1] and telegram.calls[-1].arguments.get("offset") == 2)
    assert not telegram.queue


@in_no_time
async def test_while_telegram_fails_it_is_retried(caplog: pytest.LogCaptureFixture) -> None:
    telegram, handler = Telegram(), Seen()
    failures: list[Any] = [
        (502, "<html>Bad Gateway</html>"),
        (200, '{"ok": true, "result": [{'),
        (200, '{"ok": true, "result": {"private": "words"}}'),
        refusal(500, "Internal Server Error"),
        TelegramNetworkError(method=None, message=f"http://x/bot{TOKEN}/getUpdates"),  # type: ignore[arg-type]
        ConnectionResetError(),
        TimeoutError(),
    ]
    real = telegram._updates

    def answer(call: Call) -> Any:
        return failures.pop() if failures else real(call)

    telegram.answers["getUpdates"] = answer
    telegram.send(message(1))
    async with polling(telegram, handler):
        await until(lambda: not telegram.queue)
    assert handler == [1]
    assert now() < 40
    assert TOKEN not in caplog.text
    assert "private" not in caplog.text


@in_no_time
async def test_a_flood_wait_of_get_updates_is_kept() -> None:
    telegram = Telegram()
    refusals = [refusal(429, "Too Many Requests", retry_after=17)]
    real = telegram._updates
    telegram.answers["getUpdates"] = lambda call: refusals.pop() if refusals else real(call)
    async with polling(telegram, Seen()):
        await asyncio.sleep(30)
    first, second = telegram.named("getUpdates")[:2]
    assert 17 <= second.at - first.at < 18


@in_no_time
async def test_a_conflict_with_another_program_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    telegram = Telegram()
    telegram.answers["getUpdates"] = conflict
    async with polling(telegram, Seen()):
        await asyncio.sleep(500)
    assert caplog.text.count("Another program polls with this bot's token") == 1


@in_no_time
@pytest.mark.parametrize(("code", "description"), [(401, "Unauthorized"), (404, "Not Found")])
async def test_a_token_that_is_revoked_while_the_bot_runs_is_named(
    code: int, description: str, caplog: pytest.LogCaptureFixture
) -> None:
    telegram = Telegram()
    telegram.answers["getUpdates"] = lambda _: refusal(code, description)
    async with polling(telegram, Seen()):
        await asyncio.sleep(30)
    assert caplog.text.count("Telegram refuses BOT_TOKEN: it was revoked.") == 1


@in_no_time
async def test_a_webhook_is_deleted_even_if_a_gateway_answers_with_html_first() -> None:
    telegram, handler = Telegram(), Seen()
    real = telegram._updates

    def delete(_: Call) -> Any:
        return True if len(telegram.named("deleteWebhook")) > 1 else (502, "<html>Bad Gateway</html>")

    def answer(call: Call) -> Any:
        if len(telegram.named("deleteWebhook")) > 1:
            return real(call)
        return refusal(409, "Conflict: can't use getUpdates method while webhook is active")

    telegram.answers |= {"getUpdates": answer, "deleteWebhook": delete}
    telegram.send(message(1))
    async with polling(telegram, handler):
        await until(lambda: not telegram.queue)
    assert telegram.named("deleteWebhook")[0].arguments["drop_pending_updates"] is False


@in_no_time
async def test_a_start_while_telegram_is_unreachable_waits_and_logs_it(caplog: pytest.LogCaptureFixture) -> None:
    telegram, handler = Telegram(), Seen()

    def away(call: Call) -> Any:
        return refusal(502, "Bad Gateway") if now() < 60 else {"id": 1, "is_bot": True, "first_name": "B"}

    telegram.answers["getMe"] = away
    telegram.send(message(1))
    async with polling(telegram, handler):
        await until(lambda: handler == [1])
        assert now() < 66
    assert caplog.text.count("Reaching Telegram failed") == len(telegram.named("getMe")) - 1


@pytest.mark.parametrize("code", [401, 404])
@in_no_time
async def test_a_refused_token_is_one_sentence(code: int) -> None:
    telegram = Telegram()
    telegram.answers["getMe"] = lambda call: refusal(code, "Unauthorized")
    bot = bot_on(telegram)
    with pytest.raises(StartupError, match="Telegram refuses BOT_TOKEN"):
        await poller_on(bot, Dispatcher()).run(asyncio.Event())
    assert bot.session.closed  # type: ignore[attr-defined]


@in_no_time
async def test_the_hooks_of_the_dispatcher_open_and_close_things() -> None:
    events: list[str] = []
    dispatcher = Dispatcher(pool="the pool")
    bot = bot_on(Telegram())

    async def opened(pool: str, bot: Bot, dispatcher: Dispatcher) -> None:
        events.append(f"opened {pool}")

    dispatcher.startup.register(opened)

    async def closes() -> None:
        events.append("closed")

    dispatcher.shutdown.register(closes)
    stop = asyncio.Event()
    run = asyncio.create_task(poller_on(bot, dispatcher).run(stop))
    await asyncio.sleep(1)
    stop.set()
    await run
    assert events == ["opened the pool", "closed"]

    async def fails() -> None:
        raise StartupError("no database")

    dispatcher.startup.register(fails)
    with pytest.raises(StartupError):
        await poller_on(bot, dispatcher).run(asyncio.Event())
    assert events == ["opened the pool", "closed"] * 2


@in_no_time
async def test_stopping_while_starting_ends_the_start_and_still_closes() -> None:
    closed = asyncio.Event()
    dispatcher = Dispatcher()
    dispatcher.startup.register(asyncio.Event().wait)

    async def closes() -> None:
        closed.set()

    dispatcher.shutdown.register(closes)
    stop = asyncio.Event()
    run = asyncio.create_task(poller_on(bot_on(Telegram()), dispatcher).run(stop))
    await asyncio.sleep(1)
    stop.set()
    await run
    assert closed.is_set()


@in_no_time
async def test_only_updates_with_a_handler_are_requested() -> None:
    telegram = Telegram()
    async with polling(telegram, Seen()):
        await asyncio.sleep(1)
    assert telegram.named("getUpdates")[0].arguments["allowed_updates"] == ["message"]


@in_no_time
async def test_ids_that_start_anew_after_a_week_without_updates_are_followed() -> None:
    telegram, handler = Telegram(), Seen()
    telegram.send(message(500_000))
    async with polling(telegram, handler):
        await until(lambda: handler == [500_000])
        await asyncio.sleep(8 * 24 * 3600)
        telegram.send(message(77), message(78))
        await until(lambda: handler == [500_000, 77, 78])
        await asyncio.sleep(100)
    assert handler == [500_000, 77, 78]


@in_no_time
async def test_an_error_in_the_poller_itself_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    telegram = Telegram()
    telegram.send(message(1))
    monkeypatch.setattr("bot.updates.chat_queues.order_key", lambda update: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await poller_on(bot_on(telegram), Dispatcher()).run(asyncio.Event())


class Lock:
    """A leader lock in the hands of the test."""

    def __init__(self, grace: float = 0.0) -> None:
        self.free = asyncio.Event()
        self.lost = asyncio.Event()
        self.has = False
        self._grace = grace
        self._lost_at = -grace

    async def acquire(self) -> asyncio.Event:
        await self.free.wait()
        self.lost, self.has = asyncio.Event(), True
        return self.lost

    def held(self) -> bool:
        return self.has

    def grace_seconds(self) -> float:
        return max(0.0, self._lost_at + self._grace - now())

    async def release(self) -> None:
        self.has = False

    def report_conflict(self) -> None:
        self.take_away()

    def take_away(self) -> None:
        self.free.clear()
        self.has = False
        self._lost_at = now()
        self.lost.set()


@in_no_time
async def test_a_stand_by_does_not_poll() -> None:
    telegram, lock, handler = Telegram(), Lock(), Seen()
    telegram.send(message(1))
    async with polling(telegram, handler, leadership=lock):
        await asyncio.sleep(60)
        assert not telegram.named("getUpdates")
        lock.free.set()
        await until(lambda: handler == [1], 1.0)
    assert not lock.has


@in_no_time
async def test_after_losing_the_leadership_a_process_neither_polls_nor_confirms() -> None:
    telegram, lock, handler = Telegram(), Lock(), Seen(1.0)
    telegram.send(message(1))
    lock.free.set()
    async with polling(telegram, handler, leadership=lock):
        await asyncio.sleep(0.5)
        lock.take_away()
        asked = len(telegram.named("getUpdates"))
        await asyncio.sleep(60)
        assert handler == [1]
        assert len(telegram.named("getUpdates")) == asked
        assert telegram.queue
        lock.free.set()
        await until(lambda: not telegram.queue)
    assert handler == [1]


@in_no_time
@pytest.mark.parametrize(("takes", "confirmed"), [(0.1, True), (0.3, False)])
async def test_while_nobody_else_can_lead_yet_what_is_finished_is_confirmed_once(takes: float, confirmed: bool) -> None:
    telegram, lock, handler = Telegram(), Lock(grace=0.4), Seen(takes)
    lock.free.set()
    async with polling(telegram, handler, leadership=lock):
        await asyncio.sleep(1)
        telegram.send(message(1))
        await asyncio.sleep(0.01)
        lock.take_away()
        asked = len(telegram.named("getUpdates"))
        await asyncio.sleep(60)
        assert handler == [1]
        assert telegram.queue == ([] if confirmed else [message(1)])
        assert len(telegram.named("getUpdates")) == asked + confirmed


@in_no_time
async def test_after_a_freeze_that_cost_the_leadership_no_handler_goes_on() -> None:
    telegram, lock, handler = Telegram(), Lock(), Seen(2.0)
    lock.free.set()
    telegram.send(message(1), message(2, chat_id=2), message(3, chat_id=2))
    async with polling(telegram, handler, leadership=lock):
        await asyncio.sleep(1)
        lock.free.clear()
        lock.has = False
        asyncio.get_running_loop().stand_still(30)  # type: ignore[attr-defined]
        await asyncio.sleep(30)
        assert handler == []
        lock.free.set()
        lock.lost.set()
        await until(lambda: handler == [1, 2, 3])
        await until(lambda: not telegram.queue)


@in_no_time
async def test_updates_that_come_after_the_leadership_was_lost_are_not_handled() -> None:
    telegram, lock, handler = Telegram(latency=1.0), Lock(), Seen()
    lock.free.set()
    telegram.send(message(1))
    async with polling(telegram, handler, leadership=lock):
        await asyncio.sleep(1.5)
        lock.free.clear()
        lock.has = False
        await asyncio.sleep(5)
    assert handler == []
    assert telegram.queue


@in_no_time
async def test_the_leader_lock_is_told_of_a_conflict() -> None:
    telegram, lock = Telegram(), Lock()
    lock.free.set()
    telegram.answers["getUpdates"] = conflict
    async with polling(telegram, Seen(), leadership=lock):
        await asyncio.sleep(5)
        assert len(telegram.named("getUpdates")) == 1
        assert not lock.has


@in_no_time
async def test_a_stand_by_stops_at_once() -> None:
    telegram = Telegram()
    async with polling(telegram, Seen(), leadership=Lock()):
        await asyncio.sleep(5)
    assert now() == pytest.approx(5, abs=0.1)


def test_only_public_names_of_aiogram_are_used() -> None:
    updates = Path(poller.__file__).parents[1]
    for path in (*updates.rglob("*.py"), *(updates.parent / "client").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.endswith("__"):
                owner = ast.unparse(node.value)
                assert owner in {"self", "cls"}, f"{path.name}:{node.lineno} uses {owner}.{node.attr}"


async def test_a_cancellation_that_comes_beside_progress_ends_the_waiting() -> None:
    progress = asyncio.Event()
    waiting = asyncio.create_task(within(30.0, progress.wait()))
    await asyncio.sleep(0)
    progress.set()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
