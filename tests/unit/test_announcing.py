"""Changes of a minute are told in one message: few calls, nothing lost, nothing said twice, never too long."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.client.rate_limits import Limits
from bot.features.settings.announcing import TOGETHER_SECONDS, Announcer
from bot.kinds import markup
from bot.telegram.callback_data import Press
from tests.unit.clockwork import in_no_time
from tests.unit.sending import GROUP, Answering, flood, lost_answer, refused, text
from tests.unit.telling import CATALOGUES, NUMBER, Chat, change, person, view


@in_no_time
async def test_twenty_quick_changes_are_one_message_and_a_few_edits() -> None:
    chat = Chat(Answering())
    for number in range(1, 21):
        chat.tell([number])
        await asyncio.sleep(1)
    await asyncio.sleep(30)
    assert chat.told() == [list(range(1, 21))]
    assert len(chat.telegram.calls) <= 5
    assert [call.arguments.get("disable_notification") for call in chat.telegram.calls] == [True, *[None] * 3]


@in_no_time
async def test_a_change_after_a_minute_is_told_in_another_message() -> None:
    chat = Chat(Answering())
    for number, pause in ((1, TOGETHER_SECONDS - 1), (2, 2), (3, 10)):
        chat.tell([number])
        await asyncio.sleep(pause)
    assert chat.told() == [[1, 2], [3]]


@in_no_time
async def test_a_flood_wait_loses_no_change_and_takes_no_place_from_others() -> None:
    telegram = Answering()
    chat = Chat(telegram)
    telegram.fail("sendMessage", flood(50))
    for number in range(1, 41):
        chat.tell([number])
        await asyncio.sleep(0.5)
    assert chat.outbox.deliver(text(GROUP, "hello")) is not None
    await asyncio.sleep(120)
    told = [numbers for numbers in chat.told() if numbers][1:]  # the first call was refused
    assert told == [list(range(1, 21)), list(range(21, 41))]
    assert chat.outbox.waiting == 0


@in_no_time
async def test_a_message_that_is_gone_is_followed_by_one_that_tells_what_it_did_not() -> None:
    telegram = Answering()
    chat = Chat(telegram)
    chat.tell([1])
    await asyncio.sleep(10)
    telegram.fail("editMessageText", refused("message to edit not found"))
    chat.tell([2, 3])
    await asyncio.sleep(10)
    chat.tell([4])
    await asyncio.sleep(10)
    sent = [NUMBER.findall(call.arguments["text"]) for call in telegram.calls if call.method == "sendMessage"]
    assert sent == [["1"], ["2", "3"]]
    assert NUMBER.findall(telegram.calls[-1].arguments["text"]) == ["2", "3", "4"]
    assert telegram.calls[-1].method == "editMessageText"


@in_no_time
async def test_where_the_bot_may_not_write_nothing_is_tried_for_ever() -> None:
    telegram = Answering()
    chat = Chat(telegram)
    telegram.fail("sendMessage", refused("not enough rights to send text messages to the chat"))
    chat.tell([1, 2])
    await asyncio.sleep(60)
    assert len(telegram.calls) == 1
    assert chat.outbox.waiting == 0


@in_no_time
async def test_a_change_during_the_first_call_is_edited_into_its_message() -> None:
    telegram = Answering(latency=5)
    chat = Chat(telegram)
    telegram.fail("sendMessage", lost_answer())
    chat.tell([1])
    await asyncio.sleep(1)
    chat.tell([2])
    await asyncio.sleep(60)
    assert chat.told()[-1] == [1, 2]
    assert NUMBER.findall(telegram.calls[0].arguments["text"]) == ["1"]


@in_no_time
async def test_a_change_that_is_told_again_is_said_once() -> None:
    """Its update may be handled again in the same process."""
    chat = Chat(Answering())
    chat.tell([1, 1])
    await asyncio.sleep(10)
    assert chat.told() == [[1]]


@pytest.mark.parametrize("language", CATALOGUES.languages)
@in_no_time
async def test_no_message_is_too_long_or_has_too_many_buttons(language: str) -> None:
    """Names, values and titles as long as they may be; every change another person's, so under another heading."""
    chat = Chat(Answering())
    keys = ("welcome_text", "goodbye_text", "rules_text", "timezone", "quiet_hours", "language", "unknown_key")
    for number in range(1, 41):
        who = person(f"<b>{'x' * 60}", number)
        after = dict.fromkeys(keys, "&lt;" * 100)
        chat.announcer.tell(view(who, language, 10**9), change(number + 10**9, **after))
        await asyncio.sleep(0.5)
    await asyncio.sleep(60)
    for call in chat.telegram.calls:
        assert markup.visible_length(call.arguments["text"]) <= 4_096
        buttons = [one for row in call.arguments["reply_markup"]["inline_keyboard"] for one in row]
        assert 1 <= len(buttons) <= 6
        for one in buttons:
            Press.unpack(one["callback_data"])
    heads = {call.arguments["text"].count("tg://user?id=") for call in chat.telegram.calls}
    assert max(heads) > 1


@in_no_time
async def test_two_languages_never_stand_in_one_message() -> None:
    chat = Chat(Answering())
    chat.tell([1])
    chat.tell([2], language="de")
    chat.tell([3], language="de")
    await asyncio.sleep(30)
    assert chat.told() == [[1], [2, 3]]


@in_no_time
async def test_what_is_forgotten_is_told_in_another_message() -> None:
    """Of so many chats only the newest are remembered."""
    chat = Chat(Answering())
    chat.announcer = Announcer(chat.outbox, Limits(), size=1)
    chat.tell([1])
    elsewhere = replace(view(person()).stored, chat_id=-200)
    chat.announcer.tell(replace(view(person()), stored=elsewhere), change(1))
    chat.tell([2])
    await asyncio.sleep(60)
    here = [call for call in chat.telegram.calls if call.arguments["chat_id"] == GROUP]
    assert [NUMBER.findall(call.arguments["text"]) for call in here] == [["1"], ["2"]]
