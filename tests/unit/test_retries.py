"""Calls that write nothing, such as a question for somebody's rights, on a clock that jumps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aiogram import Bot
from aiogram.client.session.base import BaseSession
from aiogram.exceptions import TelegramMigrateToChat, TelegramNetworkError, TelegramRetryAfter, TelegramServerError
from aiogram.methods import SendMessage

from bot.client.retries import Retries
from tests.unit.clockwork import in_no_time, now
from tests.unit.sending import (
    GROUP,
    Answering,
    flood,
    html_page,
    lost_answer,
    refused,
    refused_connection,
)
from tests.unit.telegram_border import Call, bot_on, nothing_migrated, refusal


def asking(telegram: Answering, migrated: Any = nothing_migrated) -> Bot:
    bot = bot_on(telegram)
    bot.session.middleware(Retries(migrated))
    for name in ("getChatMemberCount", "leaveChat", "sendChatAction"):
        telegram.answers[name] = lambda call: 5 if call.method == "getChatMemberCount" else True
    return bot


@pytest.mark.parametrize("failure", [lost_answer, refused_connection, lambda: refusal(502, "Bad Gateway"), html_page])
@in_no_time
async def test_what_does_no_harm_twice_is_repeated(failure: Callable[[], Any]) -> None:
    telegram = Answering()
    bot = asking(telegram)
    telegram.fail("deleteMessage", failure(), failure())
    telegram.fail("answerCallbackQuery", failure(), failure())
    assert await bot.delete_message(1, 1) is True
    assert await bot.answer_callback_query("1") is True
    assert len(telegram.calls) == 6
    assert now() < 3


@in_no_time
async def test_what_fails_for_good_fails_in_the_end() -> None:
    telegram = Answering()
    bot = asking(telegram)
    telegram.fail("deleteMessage", *[refusal(500, "Internal Server Error")] * 9)
    with pytest.raises(TelegramServerError):
        await bot.delete_message(1, 1)
    assert len(telegram.calls) == 3


@in_no_time
async def test_what_may_have_been_done_is_not_done_twice_and_what_never_left_is() -> None:
    telegram = Answering()
    bot = asking(telegram)
    telegram.answers["createChatInviteLink"] = telegram.reply
    telegram.fail("createChatInviteLink", lost_answer())
    with pytest.raises(TelegramNetworkError):
        await bot.create_chat_invite_link(GROUP)
    assert len(telegram.calls) == 1
    telegram.fail("sendMessage", refused_connection())
    await bot(SendMessage(chat_id=1, text="hello"))
    assert len(telegram.named("sendMessage")) == 2


@in_no_time
async def test_a_question_that_gets_no_answer_is_repeated_before_the_handler_runs_out_of_time() -> None:
    telegram = Answering()
    bot = asking(telegram)

    async def never(call: Call) -> Any:
        if len(telegram.calls) < 3:
            await telegram.arrived.wait()
        return 5

    telegram.answers["getChatMemberCount"] = never
    assert await bot.get_chat_member_count(GROUP) == 5
    assert now() < 7


@in_no_time
async def test_a_question_that_never_gets_an_answer_is_a_network_error() -> None:
    telegram = Answering()
    bot = asking(telegram)
    telegram.answers["getChatMemberCount"] = lambda _: telegram.arrived.wait()
    with pytest.raises(TelegramNetworkError):
        await bot.get_chat_member_count(GROUP)
    assert now() < 10


@in_no_time
async def test_a_short_flood_wait_is_waited_for_and_a_longer_one_fails() -> None:
    telegram = Answering()
    bot = asking(telegram)
    telegram.fail("deleteMessage", flood(2), flood(2), flood(2))
    with pytest.raises(TelegramRetryAfter):
        await bot.delete_message(1, 1)
    assert 4 <= now() < 5
    telegram.fail("deleteMessage", flood(2))
    assert await bot.delete_message(1, 1) is True
    begun = now()
    telegram.fail("deleteMessage", flood(20))
    with pytest.raises(TelegramRetryAfter):
        await bot.delete_message(1, 1)
    assert now() - begun < 1


@pytest.mark.parametrize(
    ("call", "words", "value"),
    [
        (lambda bot: bot.edit_message_text("x", chat_id=1, message_id=1), "message is not modified: specified", True),
        (lambda bot: bot.edit_message_text("x", chat_id=1, message_id=1), "message to edit not found", False),
        (lambda bot: bot.delete_message(1, 1), "message to delete not found", True),
        (lambda bot: bot.answer_callback_query("1"), "query is too old and response timeout expired", False),
    ],
)
@in_no_time
async def test_a_refusal_that_means_nothing_is_no_error(call: Callable[[Bot], Any], words: str, value: bool) -> None:
    telegram = Answering()
    bot = asking(telegram)
    for name in ("editMessageText", "deleteMessage", "answerCallbackQuery"):
        telegram.fail(name, refused(words))
    assert await call(bot) is value


@in_no_time
async def test_a_group_that_was_upgraded_is_asked_about_under_its_new_id() -> None:
    telegram, moves = Answering(), list[tuple[int, int]]()

    async def migrated(old: int, new: int) -> None:
        moves.append((old, new))

    bot = asking(telegram, migrated)
    refusals = [refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1005)]
    telegram.answers["getChatMemberCount"] = lambda _: refusals.pop() if refusals else 5
    assert await bot.get_chat_member_count(GROUP) == 5
    assert moves == [(GROUP, -1005)]
    assert telegram.calls[-1].arguments["chat_id"] == -1005


@in_no_time
async def test_a_group_that_is_said_to_have_become_itself_is_not_asked_about_for_ever() -> None:
    telegram = Answering()
    bot = asking(telegram)
    upgraded = refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=GROUP)
    telegram.answers["getChatMemberCount"] = lambda _: upgraded
    with pytest.raises(TelegramMigrateToChat):
        await bot.get_chat_member_count(GROUP)
    assert len(telegram.calls) == 1


@in_no_time
async def test_questions_for_updates_pass_untouched() -> None:
    telegram = Answering()
    bot = asking(telegram)
    assert isinstance(bot.session, BaseSession)
    telegram.answers["getUpdates"] = lambda _: refusal(502, "Bad Gateway")
    with pytest.raises(TelegramServerError):
        await bot.get_updates()
    assert len(telegram.calls) == 1
