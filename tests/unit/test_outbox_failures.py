"""What becomes of a message when Telegram does not simply take it; on a clock that jumps and a Telegram in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from bot.client.attempts import Verdict
from bot.client.outbox import Outbox
from bot.client.outgoing import POLICIES, MessageKind, Outgoing
from bot.client.raw_call import raw_call
from bot.errors import Unavailable
from tests.unit.clockwork import in_no_time, now
from tests.unit.sending import (
    ANNA,
    BEN,
    GROUP,
    UNLIMITED,
    Answering,
    Updates,
    deletion,
    ephemeral,
    flood,
    html_page,
    lost_answer,
    outbox_on,
    popup,
    redraw,
    refused,
    refused_connection,
    text,
)
from tests.unit.telegram_border import ME, Call, bot_on, no_rows, refusal
from tests.watching import Lines

PUBLIC = raw_call("sendMessage", chat_id=GROUP, text="for all")


@in_no_time
async def test_a_flood_wait_closes_its_recipient_and_the_messages_arrive_after_it_in_order() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    telegram.fail("sendMessage", flood(30))
    outbox.deliver(text(GROUP, "first"))
    await asyncio.sleep(1)
    outbox.deliver(text(GROUP, "second"))
    outbox.deliver(text(-200, "other"))
    await asyncio.sleep(40)
    assert telegram.texts(-200) == ["other"]
    assert telegram.times(-200) == [1]
    assert telegram.texts(GROUP) == ["first", "first", "second"]
    assert telegram.times(GROUP)[1] == pytest.approx(30.01)


@in_no_time
async def test_flood_waits_of_three_chats_within_a_second_hold_for_all() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    telegram.fail("sendMessage", flood(20), flood(20), flood(20))
    for chat_id in (1, 2, 3):
        outbox.deliver(text(chat_id, "hello"))
    await asyncio.sleep(1)
    outbox.deliver(text(4, "hello"))
    await asyncio.sleep(30)
    assert telegram.times(4)[0] >= 20


@in_no_time
async def test_flood_waits_of_one_chat_whoever_reads_there_hold_for_nobody_else() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    telegram.fail("sendMessage", *[flood(20)] * 5)
    for person in range(5):
        only = {"receiver_user_id": person + 1}
        call = raw_call("sendMessage", chat_id=GROUP, text="seen by one", ephemeral_message_parameters=only)
        outbox.deliver(Outgoing(MessageKind.EPHEMERAL, (call,)))
    await asyncio.sleep(0.1)
    outbox.deliver(text(ANNA, "hello"))
    await asyncio.sleep(0.1)
    assert telegram.times(ANNA) == [0.1]


@pytest.mark.parametrize("failure", [refused_connection, lambda: refusal(502, "Bad Gateway"), html_page])
@in_no_time
async def test_what_telegram_did_not_take_is_tried_again_with_growing_pauses(failure: Callable[[], Any]) -> None:
    telegram = Answering(latency=0)
    outbox = outbox_on(telegram, limits=UNLIMITED)
    telegram.fail("sendMessage", *(failure() for _ in range(8)))
    outbox.deliver(text(ANNA, "hello"))
    await asyncio.sleep(120)
    times = telegram.times()
    assert len(times) == 9
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert pauses[:4] == pytest.approx([0.3, 0.6, 1.2, 2.4])
    assert pauses[-1] == pytest.approx(30)
    assert outbox.waiting == 0


def take_away(telegram: Answering, until: float) -> None:
    """Have no connection to Telegram be made before this time."""

    def reply(call: Call) -> Any:
        return refused_connection() if now() < until else telegram.reply(call)

    telegram.answers["sendMessage"] = reply
    telegram.answers["getMe"] = lambda _: refused_connection() if now() < until else ME


@in_no_time
async def test_while_telegram_is_away_one_question_a_second_asks_for_it_and_all_are_sent_when_it_is_back(
    logged: Lines,
) -> None:
    telegram = Answering(latency=0)
    outbox = outbox_on(telegram)
    take_away(telegram, until=60)
    for chat_id in range(1, 26):
        outbox.deliver(text(chat_id, "hello"))
    await asyncio.sleep(64)
    assert outbox.waiting == 0
    assert len([call for call in telegram.named("sendMessage") if call.at < 60]) <= 25, "none was tried twice"
    asked = [call.at for call in telegram.named("getMe")]
    assert all(later - earlier == pytest.approx(1) for earlier, later in pairwise(asked))
    arrived = [call.at for call in telegram.named("sendMessage") if call.at >= 60]
    assert len(arrived) == 25
    assert max(arrived) < 62.5
    assert sum("Telegram cannot be reached" in line for line in logged.lines) == 2  # once in each form
    assert any("Telegram is back" in line for line in logged.lines)


@in_no_time
async def test_a_greeting_is_not_risked_to_find_out_whether_telegram_is_back() -> None:
    telegram = Answering(latency=0)
    outbox = outbox_on(telegram)
    take_away(telegram, until=10)
    for chat_id in range(1, 4):
        outbox.deliver(text(chat_id, "hello"))
    await asyncio.sleep(5)
    outbox.deliver(text(GROUP, "welcome", MessageKind.GREETING))
    await asyncio.sleep(10)
    assert [call.at >= 10 for call in telegram.writes(GROUP)] == [True]


@in_no_time
async def test_a_message_that_alone_fails_does_not_hold_up_the_others() -> None:
    telegram = Answering(latency=0)
    outbox = outbox_on(telegram)
    telegram.answers["sendMessage"] = lambda call: (
        refusal(502, "Bad Gateway") if call.arguments["chat_id"] == GROUP else telegram.reply(call)
    )
    outbox.deliver(text(GROUP, "fails", MessageKind.ANNOUNCEMENT))
    await asyncio.sleep(300)
    assert len(telegram.writes(GROUP)) < 25
    began = now()
    outbox.deliver(text(ANNA, "hello"))
    await asyncio.sleep(5)
    assert telegram.times(ANNA)[0] - began < 0.1


@pytest.mark.parametrize("kind", list(MessageKind))
@in_no_time
async def test_where_nobody_knows_whether_it_arrived_the_kind_decides(kind: MessageKind) -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    telegram.fail("sendMessage", lost_answer())
    outbox.deliver(text(ANNA, "hello", kind))
    await asyncio.sleep(5)
    again = kind in {
        MessageKind.ANSWER,
        MessageKind.CONFIRMATION,
        MessageKind.EPHEMERAL,
        MessageKind.REDRAW,
        MessageKind.POPUP,
        MessageKind.ANNOUNCEMENT,
    }
    assert len(telegram.calls) == 1 + (again or kind is MessageKind.DELETION)
    assert outbox.waiting == 0


@in_no_time
async def test_a_call_that_gets_no_answer_is_given_up_after_ten_seconds_and_made_again() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)

    async def never(call: Call) -> Any:
        await asyncio.sleep(3600 if len(telegram.calls) == 1 else 0)
        return True

    telegram.answers["answerCallbackQuery"] = telegram.answers["editMessageText"] = never
    outbox.deliver(redraw("screen"))
    await asyncio.sleep(14)
    assert [round(call.at) for call in telegram.calls] == [0, 10]


@in_no_time
async def test_a_bot_that_may_not_write_to_somebody_gives_all_up_that_waits_for_them(logged: Lines) -> None:
    telegram, updates = Answering(), Updates()
    outbox = outbox_on(telegram)
    telegram.fail("sendMessage", refusal(403, "Forbidden: bot was blocked by the user"))
    updates.handle(1, lambda: [outbox.deliver(text(ANNA, f"secret {number}")) for number in range(3)])
    updates.handle(2, lambda: outbox.deliver(text(BEN, "hello")))
    await asyncio.sleep(5)
    assert telegram.texts() == ["secret 0", "hello"]
    assert sorted(updates.settled) == [1, 2]
    assert sum("is given up: TelegramForbiddenError" in line for line in logged.lines) == 2  # once in each form
    assert not any("secret" in line for line in logged.lines)


@in_no_time
async def test_alternatives_are_tried_in_their_order_and_none_after_one_was_taken() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    taken = {"the next answer", "for all"}
    telegram.answers["sendMessage"] = lambda call: (
        telegram.reply(call) if call.arguments["text"] in taken else refused("PEER_ID_INVALID")
    )
    calls = (ephemeral("seen by Anna"), raw_call("sendMessage", chat_id=ANNA, text="privately"), PUBLIC, PUBLIC)
    entry = outbox.deliver(Outgoing(MessageKind.ANSWER, calls))
    outbox.deliver(text(GROUP, "the next answer"))
    assert entry is not None
    outcome = await outbox.outcome(entry, 5)
    assert outcome is not None
    assert outcome.verdict is Verdict.SENT
    await asyncio.sleep(5)
    assert telegram.texts() == ["seen by Anna", "the next answer", "privately", "for all"]


@in_no_time
async def test_a_message_with_no_alternative_left_is_settled_and_its_refusal_known() -> None:
    telegram, updates = Answering(), Updates()
    outbox = outbox_on(telegram)
    telegram.fail("sendMessage", refused("chat not found"))
    entries = list[Any]()
    updates.handle(1, lambda: entries.append(outbox.deliver(text(ANNA, "hello"))))
    outcome = await outbox.outcome(entries[0], 5)
    assert outcome is not None
    assert (outcome.verdict, type(outcome.error).__name__) == (Verdict.REFUSED, "TelegramBadRequest")
    assert list(updates.settled) == [1]


@in_no_time
async def test_an_ephemeral_answer_that_is_late_never_becomes_public() -> None:
    """The bot is no administrator there, and Telegram asks for 20 seconds."""
    telegram = Answering()
    outbox = outbox_on(telegram)
    telegram.fail("sendMessage", flood(20), refused("message to be replied not found"), refused("CHAT_ADMIN_REQUIRED"))
    entry = outbox.deliver(Outgoing(MessageKind.ANSWER, (ephemeral("seen by Anna", reply=True), PUBLIC)))
    assert entry is not None
    outcome = await outbox.outcome(entry, 60)
    assert outcome is not None
    assert outcome.verdict is Verdict.REFUSED
    assert telegram.texts() == ["seen by Anna"] * 3
    assert not any("ephemeral_message_parameters" not in call.arguments for call in telegram.calls)


@in_no_time
async def test_an_ephemeral_answer_that_is_late_may_still_go_to_the_private_chat() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    telegram.fail("sendMessage", flood(20), refused("CHAT_ADMIN_REQUIRED"))
    private = raw_call("sendMessage", chat_id=ANNA, text="privately")
    outbox.deliver(Outgoing(MessageKind.ANSWER, (ephemeral("seen by Anna"), PUBLIC, private)))
    await asyncio.sleep(30)
    assert telegram.texts() == ["seen by Anna", "seen by Anna", "privately"]


@in_no_time
async def test_an_ephemeral_answer_that_is_refused_at_once_goes_to_everybody_as_its_sender_meant() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    telegram.fail("sendMessage", refused("CHAT_ADMIN_REQUIRED"))
    outbox.deliver(Outgoing(MessageKind.ANSWER, (ephemeral("seen by Anna"), PUBLIC)))
    await asyncio.sleep(1)
    assert telegram.texts() == ["seen by Anna", "for all"]


@pytest.mark.parametrize("words", ["message to be replied not found", "query is too old and response timeout expired"])
@in_no_time
async def test_an_ephemeral_answer_that_comes_too_late_is_sent_as_administrators_may(words: str) -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    telegram.fail("sendMessage", refused(words))
    only = {"receiver_user_id": ANNA, "callback_query_id": "1", "replace_callback_query_message": True}
    call = ephemeral("hello", reply=True).model_copy(update={"ephemeral_message_parameters": only})
    outbox.deliver(Outgoing(MessageKind.EPHEMERAL, (call,)))
    await asyncio.sleep(1)
    first, second = telegram.calls
    assert first.arguments["ephemeral_message_parameters"] == only
    assert second.arguments["ephemeral_message_parameters"] == {"receiver_user_id": ANNA}
    assert "reply_parameters" not in second.arguments


@in_no_time
async def test_a_group_that_was_upgraded_is_followed_and_told_also_while_that_cannot_be_stored() -> None:
    telegram, moves = Answering(), list[tuple[int, int]]()

    async def migrated(old: int, new: int) -> None:
        moves.append((old, new))
        raise Unavailable("I could not save that.")

    outbox = Outbox(bot_on(telegram), no_rows(), migrated)
    outbox.start()
    upgraded = refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-100123)
    telegram.fail("sendMessage", upgraded)
    outbox.deliver(Outgoing(MessageKind.ANSWER, (ephemeral("hello", reply=True),)))
    await asyncio.sleep(1)
    assert moves == [(GROUP, -100123)]
    assert telegram.calls[-1].arguments["chat_id"] == -100123
    assert "reply_parameters" not in telegram.calls[-1].arguments


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (redraw("screen"), "message is not modified: specified"),
        (deletion(1), "message to delete not found"),
        (popup("done"), "query is too old and response timeout expired"),
    ],
)
@in_no_time
async def test_a_refusal_that_means_nothing_is_no_error(message: Outgoing, words: str, logged: Lines) -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    telegram.fail(message.calls[0].__api_method__, refused(words))
    entry = outbox.deliver(message)
    assert entry is not None
    outcome = await outbox.outcome(entry, 5)
    assert outcome is not None
    assert outcome.verdict is Verdict.SENT
    assert not any("given up" in line for line in logged.lines)


@in_no_time
async def test_a_screen_that_is_gone_is_shown_anew() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    telegram.fail("editMessageText", refused("message to edit not found"))
    outbox.deliver(Outgoing(MessageKind.REDRAW, (*redraw("screen").calls, ephemeral("screen"))))
    await asyncio.sleep(1)
    assert [call.method for call in telegram.calls] == ["editMessageText", "sendMessage"]


@pytest.mark.parametrize("kind", [kind for kind, policy in POLICIES.items() if policy.expires_seconds <= 600])
@in_no_time
async def test_a_message_is_worth_sending_until_its_kind_expires(kind: MessageKind) -> None:
    telegram, updates = Answering(), Updates()
    outbox = outbox_on(telegram)
    expires = POLICIES[kind].expires_seconds
    telegram.fail("sendMessage", flood(expires + 5))
    outbox.deliver(text(ANNA, "closes the queue", MessageKind.ANNOUNCEMENT))
    await asyncio.sleep(1)
    call = raw_call("sendMessage", chat_id=ANNA, text="late")
    updates.handle(1, lambda: outbox.deliver(Outgoing(kind, (call,))))
    await asyncio.sleep(expires - 0.1)
    popup_or_deletion = kind in {MessageKind.POPUP, MessageKind.DELETION}
    assert ("late" in telegram.texts()) is popup_or_deletion
    await asyncio.sleep(0.2)
    assert list(updates.settled) == [1]
    await asyncio.sleep(10)
    assert ("late" in telegram.texts()) is popup_or_deletion
    assert outbox.waiting == 0


@in_no_time
async def test_what_expires_while_it_waits_for_its_turn_among_all_is_not_sent() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    outbox._sender.rate.close_for(11)
    entry = outbox.deliver(text(ANNA, "too fast", MessageKind.HINT))
    assert entry is not None
    await asyncio.sleep(20)
    assert entry.done
    assert telegram.texts() == []


@in_no_time
async def test_an_admins_message_that_expired_behind_others_is_not_sent() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    telegram.fail("sendMessage", flood(130))
    outbox.deliver(text(GROUP, "announced", MessageKind.ANNOUNCEMENT))
    await asyncio.sleep(1)
    outbox.deliver(text(GROUP, "old", by_admin=True))
    await asyncio.sleep(140)
    assert telegram.texts() == ["announced", "announced"]


@in_no_time
async def test_twenty_messages_may_wait_for_a_recipient_and_five_thousand_in_all(logged: Lines) -> None:
    outbox = outbox_on(Answering(), leads=False)
    taken = [outbox.deliver(text(ANNA, str(number))) is not None for number in range(25)]
    assert taken == [True] * 20 + [False] * 5
    assert any("too much waits" in line for line in logged.lines)
    for number in range(300):
        for chat_id in range(1000, 1017):
            outbox.deliver(text(chat_id + number * 100, "x"))
    assert outbox.waiting == 5_000
    assert outbox.deliver(text(BEN, "one too many")) is None
    await outbox.close()


@in_no_time
async def test_no_more_than_sixteen_megabytes_wait() -> None:
    outbox = outbox_on(Answering(), leads=False)
    taken = sum(outbox.deliver(text(number + 1, "x" * 1_000_000)) is not None for number in range(30))
    assert taken == 17
    await outbox.close()


@in_no_time
async def test_a_mistake_with_one_message_ends_neither_its_queue_nor_the_wait_for_its_update(logged: Lines) -> None:
    telegram, updates = Answering(), Updates()
    outbox = outbox_on(telegram)

    def mistaken(_: object) -> None:
        raise KeyError(ANNA)

    updates.handle(1, lambda: outbox.deliver(text(ANNA, "hello", on_sent=mistaken)))
    updates.handle(2, lambda: outbox.deliver(text(ANNA, "after it")))
    await asyncio.sleep(5)
    assert telegram.texts() == ["hello", "after it"]
    assert sorted(updates.settled) == [1, 2]
    assert outbox.waiting == 0
    (error,) = logged.errors
    assert "What follows a message (answer) failed." in error
    assert "KeyError" in error
    logged.errors.clear()
