"""When messages go: at once, or at Telegram's rate; on a clock that jumps and a Telegram in memory."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.client.outgoing import MessageKind, Outgoing
from bot.client.raw_call import raw_call
from tests.unit.clockwork import in_no_time
from tests.unit.sending import (
    ANNA,
    GROUP,
    Answering,
    CountedRows,
    Updates,
    deletion,
    flood,
    outbox_on,
    popup,
    redraw,
    text,
)


@in_no_time
async def test_a_lone_answer_goes_at_once_and_asks_the_database_nothing() -> None:
    telegram, rows, updates = Answering(), CountedRows(), Updates()
    outbox = outbox_on(telegram, rows=rows)
    updates.handle(1, lambda: outbox.deliver(text(ANNA, "hello")))
    await asyncio.sleep(5)
    assert [(call.arguments["text"], call.at) for call in telegram.calls] == [("hello", 0)]
    assert updates.settled == {1: 0.01}
    assert rows.asked == 0
    assert outbox.waiting == 0


@in_no_time
async def test_a_menu_with_its_press_asks_the_database_nothing() -> None:
    telegram, rows = Answering(), CountedRows()
    outbox = outbox_on(telegram, rows=rows)
    for number in range(20):
        outbox.deliver(redraw(f"screen {number}", chat_id=ANNA))
        outbox.deliver(popup("", str(number)))
        await asyncio.sleep(3.2)
    assert len(telegram.calls) == 40
    assert rows.asked == 0


@in_no_time
async def test_a_chat_gets_a_short_burst_and_then_one_message_a_second_in_order() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    for number in range(9):
        outbox.deliver(text(ANNA, str(number)))
    await asyncio.sleep(15)
    assert telegram.texts() == [str(number) for number in range(9)]
    times = telegram.times()
    assert times[2] < 0.1
    assert all(later - earlier >= 1 for earlier, later in pairwise(times[2:]))
    assert times[-1] < 7


@in_no_time
async def test_a_group_gets_twenty_messages_a_minute_edits_counted_alike_of_which_members_cause_twelve() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    for number in range(10):
        outbox.deliver(text(GROUP, f"for a member {number}"))
        outbox.deliver(redraw(f"for a member too {number}", number))
        outbox.deliver(text(GROUP, f"for an admin {number}", by_admin=True))
        await asyncio.sleep(5)
    await asyncio.sleep(8)
    within_a_minute = [words for words, at in zip(telegram.texts(), telegram.times(), strict=True) if at < 60]
    assert len(within_a_minute) == 20
    assert sum("member" in words for words in within_a_minute) == 12


@in_no_time
async def test_an_admins_answer_does_not_wait_behind_those_of_members() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    for number in range(18):
        outbox.deliver(text(GROUP, f"for a member {number}"))
    await asyncio.sleep(20)
    assert len(telegram.texts()) == 12
    outbox.deliver(text(GROUP, "for an admin", by_admin=True))
    await asyncio.sleep(2)
    assert telegram.texts()[-1] == "for an admin"


@in_no_time
async def test_whatever_answers_an_admins_update_has_the_admins_part_of_the_rate() -> None:
    telegram, updates = Answering(), Updates()
    outbox = outbox_on(telegram)
    updates.handle(1, lambda: [outbox.deliver(text(GROUP, f"for a member {number}")) for number in range(18)])
    await asyncio.sleep(20)
    updates.handle(2, lambda: outbox.deliver(text(GROUP, "for an admin")), by_admin=True)
    await asyncio.sleep(2)
    assert telegram.texts()[12:] == ["for an admin"]


@in_no_time
async def test_a_menu_that_one_person_sees_takes_nothing_of_its_groups_twenty() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    for number in range(30):
        call = raw_call(
            "editEphemeralMessageText", chat_id=GROUP, receiver_user_id=7, ephemeral_message_id=1, text=str(number)
        )
        outbox.deliver(Outgoing(MessageKind.REDRAW, (call,)))
        await asyncio.sleep(1.1)
    outbox.deliver(text(GROUP, "for all"))
    await asyncio.sleep(0.1)
    assert telegram.texts() == [*map(str, range(30)), "for all"]


@in_no_time
async def test_thirty_messages_a_second_go_out_in_all() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    for chat_id in range(1, 91):
        outbox.deliver(text(chat_id, "hello"))
    await asyncio.sleep(4)
    times = telegram.times()
    assert len(times) == 90
    assert all(later - earlier >= 1 for earlier, later in zip(times, times[30:], strict=False))
    assert times[-1] < 3


@in_no_time
async def test_a_fresh_recipient_is_not_held_up_by_three_hundred_messages_that_queue() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    for number in range(15):
        for chat_id in range(1, 21):
            outbox.deliver(text(chat_id, str(number)))
    waits = []
    for chat_id in range(1001, 1021):
        await asyncio.sleep(0.25)
        asked = asyncio.get_running_loop().time()
        outbox.deliver(text(chat_id, "fresh"))
        await asyncio.sleep(1)
        (at,) = telegram.times(chat_id)
        waits.append(at - asked)
    assert max(waits) < 0.2
    times = [call.at for call in telegram.writes() if call.arguments["chat_id"] < 1000]
    assert max(sum(at <= each < at + 1 for each in times) for at in times if at > 1) <= 20


@in_no_time
async def test_the_answer_to_a_press_never_waits_behind_messages() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    for chat_id in range(1, 200):
        outbox.deliver(text(chat_id, "hello"))
    outbox.deliver(popup("done"))
    await asyncio.sleep(0.1)
    assert telegram.named("answerCallbackQuery")


@in_no_time
async def test_a_press_is_answered_after_its_screen_and_at_once_where_that_has_to_wait() -> None:
    telegram, updates = Answering(latency=0.1), Updates()
    outbox = outbox_on(telegram)

    def press(number: int) -> None:
        outbox.deliver(popup("done", str(number)))
        outbox.deliver(redraw("screen", number, chat_id=number))

    updates.handle(1, lambda: press(1))
    await asyncio.sleep(1)
    assert [(call.method, call.at) for call in telegram.calls] == [("editMessageText", 0), ("answerCallbackQuery", 0.1)]
    telegram.fail("editMessageText", flood(5))
    outbox.deliver(redraw("closes the queue", 9, chat_id=2))
    await asyncio.sleep(1)
    begun = asyncio.get_running_loop().time()
    updates.handle(2, lambda: press(2))
    await asyncio.sleep(1)
    assert abs(telegram.named("answerCallbackQuery")[-1].at - begun) < 0.01


@in_no_time
async def test_a_press_is_answered_half_a_second_later_at_most_where_telegram_is_slow() -> None:
    telegram, updates = Answering(latency=2.0), Updates()
    outbox = outbox_on(telegram)
    updates.handle(1, lambda: [outbox.deliver(redraw("screen", chat_id=ANNA)), outbox.deliver(popup("done"))])
    await asyncio.sleep(5)
    assert [(call.method, call.at) for call in telegram.calls] == [("editMessageText", 0), ("answerCallbackQuery", 0.5)]


@in_no_time
async def test_of_twelve_quick_presses_each_is_answered_at_once_and_the_newest_screen_drawn_within_a_second() -> None:
    telegram, updates = Answering(latency=0.05), Updates()
    outbox = outbox_on(telegram)
    for number in range(12):
        updates.handle(
            number,
            lambda number=number: [  # type: ignore[misc]
                outbox.deliver(redraw(f"screen {number}", chat_id=ANNA)),
                outbox.deliver(popup("", str(number))),
            ],
        )
        await asyncio.sleep(0.3)
    await asyncio.sleep(2)
    answers = {int(call.arguments["callback_query_id"]): call.at for call in telegram.named("answerCallbackQuery")}
    assert max(at - 0.3 * number for number, at in answers.items()) < 0.3
    assert len(answers) == 12
    assert telegram.named("editMessageText")[-1].arguments["text"] == "screen 11"
    times = [call.at for call in telegram.named("editMessageText")]
    assert times[-1] - 0.3 * 11 < 1.1
    assert max(later - earlier for earlier, later in pairwise(times)) < 1.1, "the menu stood still meanwhile"
    assert all(later - earlier >= 3 for earlier, later in zip(times, times[5:], strict=False)), "too fast for Telegram"
    assert sorted(updates.settled) == list(range(12))


@in_no_time
async def test_of_several_edits_that_wait_only_the_newest_is_sent_and_all_their_updates_are_settled() -> None:
    telegram, updates = Answering(), Updates()
    outbox = outbox_on(telegram)
    for number in range(3):
        outbox.deliver(text(GROUP, str(number)))
    for number in range(5):
        updates.handle(number, lambda number=number: outbox.deliver(redraw(f"edit {number}")))  # type: ignore[misc]
    outbox.deliver(redraw("other", message_id=8))
    await asyncio.sleep(10)
    assert telegram.texts()[3:] == ["edit 4", "other"]
    assert sorted(updates.settled) == [0, 1, 2, 3, 4]


@in_no_time
async def test_an_edit_that_comes_while_the_older_one_is_on_its_way_follows_it() -> None:
    telegram = Answering(latency=0.5)
    outbox = outbox_on(telegram)
    outbox.deliver(redraw("older"))
    await asyncio.sleep(0.2)
    outbox.deliver(redraw("newer"))
    outbox.deliver(redraw("newest"))
    await asyncio.sleep(3)
    assert telegram.texts() == ["older", "newest"]


@in_no_time
async def test_an_older_edit_that_fails_on_its_way_does_not_come_after_the_newer_one() -> None:
    telegram = Answering(latency=0.5)
    outbox = outbox_on(telegram)
    telegram.fail("editMessageText", flood(3))
    outbox.deliver(redraw("older"))
    await asyncio.sleep(0.2)
    outbox.deliver(redraw("newer"))
    await asyncio.sleep(10)
    assert telegram.texts() == ["older", "newer"]


@in_no_time
async def test_a_new_keyboard_does_not_swallow_the_text_before_it() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    for number in range(3):
        outbox.deliver(text(GROUP, str(number)))
    outbox.deliver(redraw("text"))
    markup = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="Back", callback_data="x")]])
    call = raw_call("editMessageReplyMarkup", chat_id=GROUP, message_id=7, reply_markup=markup.model_dump())
    outbox.deliver(Outgoing(MessageKind.REDRAW, (call,)))
    await asyncio.sleep(10)
    assert [call.method for call in telegram.calls[3:]] == ["editMessageText", "editMessageReplyMarkup"]


@in_no_time
async def test_deletions_neither_wait_behind_messages_nor_before_them() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    outbox.deliver(deletion(5, delay_seconds=900))
    for number in range(5):
        outbox.deliver(text(GROUP, str(number)))
    outbox.deliver(deletion(6))
    await asyncio.sleep(0.1)
    assert [call.arguments["message_id"] for call in telegram.named("deleteMessage")] == [6]
    assert telegram.texts() == ["0", "1", "2"]
    await asyncio.sleep(900)
    assert [call.arguments["message_id"] for call in telegram.named("deleteMessage")] == [6, 5]


@in_no_time
async def test_another_time_for_a_deletion_replaces_the_first() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    outbox.deliver(deletion(5, delay_seconds=600))
    outbox.deliver(deletion(5, delay_seconds=60))
    await asyncio.sleep(3600)
    assert [call.at for call in telegram.named("deleteMessage")] == [60]


@in_no_time
async def test_recipients_that_are_quiet_are_forgotten() -> None:
    telegram = Answering()
    outbox = outbox_on(telegram)
    for chat_id in range(1, 3000):
        outbox.deliver(text(chat_id, "x"))
        await asyncio.sleep(0.05)
    assert len(outbox._sender._queues) <= 2000
