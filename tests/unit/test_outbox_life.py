"""Messages beside what happens to their update, their process and the database; on a clock that jumps."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramRetryAfter
from aiogram.types import EphemeralMessageParameters, Message

from bot.client.outbox import Outbox
from bot.client.outgoing import MessageKind, Outgoing
from bot.client.raw_call import RawCall, call
from bot.client.retries import Retries
from bot.client.row_writer import MOST_UNSTORED
from bot.client.silent_hours import SilentHours
from bot.settings import ChatConfig
from bot.storage.configs.cache import CachedConfigs
from bot.storage.configs.revisions import Stored
from tests.unit.clockwork import in_no_time, now
from tests.unit.sending import (
    ANNA,
    BEN,
    GROUP,
    Answering,
    Updates,
    deletion,
    ephemeral,
    flood,
    outbox_on,
    refused,
    text,
)
from tests.unit.telegram_border import ME, bot_on, no_rows, nothing_migrated, refusal
from tests.watching import Lines


def connected(telegram: Answering) -> tuple[Bot, Outbox]:
    """A bot whose own methods go through the outbox, as the wiring has it."""
    bot = bot_on(telegram)
    outbox = Outbox(bot, no_rows(), nothing_migrated)
    for middleware in (outbox, Retries(nothing_migrated)):
        bot.session.middleware(middleware)
    outbox.start()
    return bot, outbox


@in_no_time
async def test_an_update_is_settled_when_it_is_handled_and_all_its_answers_are_sent() -> None:
    telegram, updates = Answering(), Updates()
    outbox = outbox_on(telegram)
    updates.handle(1, lambda: None)
    updates.handle(2, lambda: [outbox.deliver(text(ANNA, str(number))) for number in range(4)])
    assert list(updates.settled) == [1]
    await asyncio.sleep(5)
    assert updates.settled[2] == pytest.approx(telegram.times()[3] + 0.01)


@in_no_time
async def test_an_update_is_settled_when_its_answers_expired_or_were_refused() -> None:
    telegram, updates = Answering(), Updates()
    outbox = outbox_on(telegram)
    telegram.fail("sendMessage", refused("chat not found"), flood(60))
    updates.handle(1, lambda: outbox.deliver(text(ANNA, "refused")))
    await asyncio.sleep(0.5)
    updates.handle(2, lambda: outbox.deliver(text(BEN, "expires", MessageKind.REDRAW)))
    await asyncio.sleep(20)
    assert updates.settled == {1: 0.01, 2: pytest.approx(15.5)}


@in_no_time
async def test_what_cannot_be_stored_holds_its_update_for_a_second_at_most() -> None:
    telegram, updates = Answering(), Updates()
    outbox = outbox_on(telegram)
    telegram.fail("sendMessage", flood(5))
    updates.handle(1, lambda: outbox.deliver(text(ANNA, "a file", MessageKind.FILE)))
    await asyncio.sleep(10)
    assert updates.settled[1] <= 1.3
    assert telegram.texts() == ["a file", "a file"]


@in_no_time
async def test_an_answer_that_an_update_handled_again_gives_again_is_sent_once() -> None:
    telegram, updates = Answering(), Updates()
    outbox = outbox_on(telegram)
    telegram.fail("sendMessage", flood(5))
    outbox.deliver(text(ANNA, "closes the queue"))
    await asyncio.sleep(0.5)
    for _ in range(2):
        updates.handle(1, lambda: [outbox.deliver(text(ANNA, words)) for words in ("one", "two")])
    await asyncio.sleep(10)
    assert telegram.texts() == ["closes the queue"] * 2 + ["one", "two"]


@in_no_time
async def test_nothing_is_sent_before_this_process_leads() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram, leads=False)
    outbox.deliver(text(ANNA, "hello"))
    outbox.deliver(deletion(5))
    await asyncio.sleep(60)
    assert not telegram.calls
    outbox.start()
    await asyncio.sleep(1)
    assert len(telegram.calls) == 2


@in_no_time
async def test_nothing_is_sent_from_the_moment_the_lead_is_lost_wherever_a_message_stood() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    telegram.fail("sendMessage", flood(5))
    outbox.deliver(text(GROUP, "waits for a flood wait"))
    for chat_id in range(1, 60):
        outbox.deliver(text(chat_id, "some of them wait for their turn among all"))
    await asyncio.sleep(0.5)
    made = len(telegram.calls)
    outbox.stop()
    await asyncio.sleep(30)
    assert len(telegram.calls) == made


@in_no_time
async def test_a_message_that_waited_for_telegram_to_be_back_is_not_sent_after_the_lead_was_lost() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)

    telegram.answers["getMe"] = lambda _: refusal(502, "Bad Gateway") if now() < 20 else ME
    for each in range(1, 4):
        telegram.fail("sendMessage", refusal(502, "Bad Gateway"))
        outbox.deliver(text(each, "finds out that Telegram is away"))
    await asyncio.sleep(2)
    outbox.deliver(text(5, "waits until it is back"))
    await asyncio.sleep(1)
    outbox.stop()
    await asyncio.sleep(60)
    assert not telegram.texts(5)


@in_no_time
async def test_what_is_dropped_is_forgotten_and_what_comes_then_is_sent(logged: Lines) -> None:
    telegram, updates = Answering(latency=1.0), Updates()
    outbox = outbox_on(telegram)
    updates.handle(1, lambda: [outbox.deliver(text(ANNA, str(number))) for number in range(3)])
    outbox.deliver(deletion(5, delay_seconds=5))
    await asyncio.sleep(0.5)
    outbox.drop()
    outbox.deliver(text(ANNA, "after it"))
    await asyncio.sleep(10)
    assert telegram.texts() == ["0", "after it"]
    assert not telegram.named("deleteMessage")
    assert not updates.settled
    assert outbox.waiting == 0
    assert not logged.errors


@in_no_time
async def test_stopping_sends_what_is_due_soon_and_waits_for_nothing_else(logged: Lines) -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    telegram.fail("sendMessage", flood(60), flood(3))
    outbox.deliver(text(ANNA, "much later"))
    outbox.deliver(text(BEN, "soon"))
    outbox.deliver(deletion(5, delay_seconds=3600))
    await asyncio.sleep(0.5)
    await outbox.finish(5.0)
    assert telegram.texts() == ["much later", "soon", "soon"]
    assert now() == pytest.approx(3.02, abs=0.1)
    assert any("2 messages that wait are given up" in line for line in logged.lines)
    await outbox.close()
    assert outbox.waiting == 0


@in_no_time
async def test_a_message_that_is_to_be_deleted_is_deleted_in_time() -> None:
    telegram, ids = Answering(), list[Any]()
    outbox = outbox_on(telegram)
    outbox.deliver(text(GROUP, "welcome", MessageKind.GREETING, delete_after_seconds=300, on_sent=ids.append))
    outbox.deliver(text(GROUP, "welcome", MessageKind.GREETING, delete_after_seconds=400))
    await asyncio.sleep(600)
    deleted = telegram.named("deleteMessage")
    assert [call.arguments["message_id"] for call in deleted] == [1, 2]
    assert [call.at for call in deleted] == pytest.approx([300, 400], abs=0.1)
    assert [sent["message_id"] for sent in ids] == [1]


@in_no_time
async def test_an_ephemeral_message_is_deleted_as_its_receivers() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    outbox.deliver(Outgoing(MessageKind.GREETING, (ephemeral("welcome"),), delete_after_seconds=60))
    await asyncio.sleep(100)
    (deleted,) = telegram.named("deleteEphemeralMessage")
    assert deleted.arguments == {"chat_id": GROUP, "receiver_user_id": ANNA, "ephemeral_message_id": 1}


@pytest.mark.parametrize("refusals", [0, 1])
@in_no_time
async def test_of_several_ways_to_say_something_only_the_last_one_is_deleted_later(refusals: int) -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    telegram.fail("sendMessage", *[refused("CHAT_ADMIN_REQUIRED")] * refusals)
    openly = text(GROUP, "for all").calls
    outbox.deliver(Outgoing(MessageKind.ANSWER, (ephemeral("for Anna"), *openly), delete_after_seconds=60))
    await asyncio.sleep(100)
    assert len(telegram.calls) == 1 + 2 * refusals
    assert len(telegram.named("deleteMessage")) == refusals


@in_no_time
async def test_a_message_that_was_not_sent_is_neither_noted_as_sent_nor_deleted() -> None:
    telegram, sent = Answering(), list[Any]()
    outbox = outbox_on(telegram)
    telegram.fail("sendMessage", refused("not enough rights"))
    outbox.deliver(text(GROUP, "welcome", MessageKind.GREETING, delete_after_seconds=60, on_sent=sent.append))
    await asyncio.sleep(100)
    assert sent == []
    assert len(telegram.calls) == 1


@in_no_time
async def test_whether_a_message_makes_a_sound_is_decided_at_each_attempt() -> None:
    """Delivered at 22:59:50; Telegram asks for 20 seconds; the silent hours begin at 23:00."""
    telegram, begin = Answering(), datetime(2026, 1, 1, 22, 59, 50, tzinfo=UTC)

    class Configs:
        def cached(self, _: int) -> Stored:
            return Stored(GROUP, 1, {}, ChatConfig(quiet_hours="23:00-07:00", timezone="UTC"), None, None)

    bot = bot_on(telegram)
    outbox = Outbox(bot, no_rows(), nothing_migrated)
    silent = SilentHours(cast("CachedConfigs", Configs()), now=lambda: begin + timedelta(seconds=now()))
    for middleware in (outbox, silent):
        bot.session.middleware(middleware)
    outbox.start()
    telegram.fail("sendMessage", flood(20))
    message = RawCall("sendMessage", {"chat_id": GROUP, "text": "hello", "disable_notification": None})
    outbox.deliver(Outgoing(MessageKind.ANSWER, (cast("Any", message),)))
    await asyncio.sleep(30)
    assert [call.arguments.get("disable_notification") for call in telegram.calls] == [None, True]


@in_no_time
async def test_while_the_database_is_away_messages_wait_in_memory_and_hold_fifty_updates_at_most(logged: Lines) -> None:
    telegram, updates = Answering(), Updates()
    outbox = outbox_on(telegram)
    outbox._sender.rate.close_for(30)
    for number in range(80):
        updates.handle(number, lambda number=number: outbox.deliver(text(number + 1, "hello")))  # type: ignore[misc]
    await asyncio.sleep(20)
    assert sorted(updates.settled) == list(range(80 - MOST_UNSTORED))
    assert any("30 messages wait in memory only, as the database is away" in line for line in logged.lines)
    await asyncio.sleep(60)
    assert len(telegram.calls) == 80
    assert len(updates.settled) == 80


@in_no_time
async def test_a_greeting_is_said_also_while_the_database_is_away() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    outbox.deliver(text(GROUP, "welcome", MessageKind.GREETING))
    await asyncio.sleep(1)
    assert telegram.texts() == ["welcome"]


@in_no_time
async def test_a_method_of_aiograms_waits_for_its_turn_and_gets_its_answer() -> None:
    telegram = Answering()
    bot, outbox = connected(telegram)
    sent = await asyncio.gather(*(bot.send_message(ANNA, str(number)) for number in range(5)))
    assert all(isinstance(one, Message) for one in sent)
    assert telegram.texts() == ["0", "1", "2", "3", "4"]
    assert telegram.times()[3] >= 1
    assert outbox.waiting == 0


@in_no_time
async def test_what_reads_or_deletes_does_not_wait_behind_messages() -> None:
    telegram = Answering()
    bot, outbox = connected(telegram)
    for chat_id in range(1, 100):
        outbox.deliver(text(chat_id, "hello"))
    await bot.delete_message(1, 1)
    await bot.answer_callback_query("1")
    assert now() < 0.1
    await outbox.close()


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (refused("message to be replied not found"), TelegramBadRequest),
        (refusal(403, "Forbidden: bot was kicked"), TelegramForbiddenError),
    ],
)
@in_no_time
async def test_a_refusal_reaches_the_caller_of_aiograms_method(failure: Any, error: type[Exception]) -> None:
    telegram = Answering()
    bot, _ = connected(telegram)
    telegram.fail("sendMessage", failure)
    with pytest.raises(error):
        await bot.send_message(ANNA, "hello")


@in_no_time
async def test_a_call_whose_turn_does_not_come_in_time_fails_and_is_not_made_later() -> None:
    telegram = Answering()
    bot, outbox = connected(telegram)
    telegram.fail("sendMessage", flood(300))
    with pytest.raises(TelegramRetryAfter):
        await bot.send_message(ANNA, "hello")
    assert now() == pytest.approx(60, abs=0.1)
    await asyncio.sleep(600)
    assert len(telegram.calls) == 1
    assert outbox.waiting == 0


@in_no_time
async def test_of_several_edits_by_aiograms_methods_the_newest_is_sent_and_all_callers_get_its_answer() -> None:
    telegram = Answering()
    bot, _ = connected(telegram)
    for number in range(3):
        await bot.send_message(GROUP, str(number))
    edits = [bot.edit_message_text(f"edit {number}", chat_id=GROUP, message_id=7) for number in range(4)]
    results = await asyncio.gather(*edits)
    assert telegram.texts()[3:] == ["edit 3"]
    assert len({id(result) for result in results}) == 1


@in_no_time
async def test_too_many_calls_that_wait_for_one_chat_are_refused_at_once() -> None:
    telegram = Answering()
    bot, outbox = connected(telegram)
    telegram.fail("sendMessage", flood(20))
    results = await asyncio.gather(*(bot.send_message(ANNA, "x") for _ in range(50)), return_exceptions=True)
    assert sum(isinstance(result, TelegramRetryAfter) for result in results) >= 29
    assert sum(isinstance(result, Message) for result in results) >= 20
    assert outbox.waiting == 0


@pytest.mark.parametrize("shared", [False, True])
@in_no_time
async def test_a_handler_that_is_cancelled_takes_its_waiting_message_along(shared: bool, logged: Lines) -> None:
    """It may wait for its chat's rate, or for its turn among all."""
    telegram = Answering()
    bot, outbox = connected(telegram)
    for number in range(40 if shared else 3):
        outbox.deliver(text(1000 + number if shared else ANNA, "x"))
    handler = asyncio.create_task(bot.send_message(ANNA, "of a cancelled handler"))
    await asyncio.sleep(0.5)
    outbox.deliver(text(ANNA, "after it"))
    handler.cancel()
    await asyncio.sleep(10)
    assert telegram.texts(ANNA)[-1] == "after it"
    assert "of a cancelled handler" not in telegram.texts()
    assert outbox.waiting == 0
    assert not logged.errors


@in_no_time
async def test_a_call_that_is_json_already_is_treated_as_aiograms_own() -> None:
    telegram = Answering()
    bot, _ = connected(telegram)
    upgraded = refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1005)
    telegram.fail("sendMessage", flood(1), refused("query is too old"), upgraded)
    only = {"receiver_user_id": 7, "callback_query_id": "1", "replace_callback_query_message": True}
    await call(bot, "sendMessage", chat_id=GROUP, text="hello", ephemeral_message_parameters=only, topic=None)
    first, last = telegram.calls[0].arguments, telegram.calls[-1].arguments
    assert first == {"chat_id": GROUP, "text": "hello", "ephemeral_message_parameters": only}
    assert last == {"chat_id": -1005, "text": "hello", "ephemeral_message_parameters": {"receiver_user_id": 7}}
    assert len(telegram.calls) == 4
    with pytest.raises(AttributeError):
        _ = RawCall("getMe", {}).chat_id


@in_no_time
async def test_aiograms_types_are_followed_like_plain_json() -> None:
    telegram = Answering()
    bot, _ = connected(telegram)
    telegram.fail("sendMessage", refused("query is too old"))
    only = EphemeralMessageParameters(receiver_user_id=7, callback_query_id="1")
    await bot.send_message(GROUP, "hello", ephemeral_message_parameters=only)
    assert telegram.calls[-1].arguments["ephemeral_message_parameters"] == {"receiver_user_id": 7}
