"""What passes between a handler and Telegram, on a clock that jumps and a Telegram in memory."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiogram import Bot
from aiogram.client.session.base import BaseSession
from aiogram.exceptions import TelegramBadRequest, TelegramNetworkError, TelegramRetryAfter, TelegramServerError
from aiogram.types import (
    EphemeralMessageParameters,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    ReplyParameters,
)
from aiohttp import ClientConnectorError

from bot.client.message_queue import Later
from bot.client.raw_call import RawCall, call
from bot.client.requests import Requests
from bot.errors import Unavailable
from tests.unit.clockwork import in_no_time, now
from tests.unit.telegram_border import Call, Telegram, bot_on, message, refusal

GROUP = -100


class Border(Telegram):
    """Answers like Telegram; `failures[method]` come first, one a call. Keeps flood control when asked to."""

    def __init__(self) -> None:
        super().__init__()
        self.failures: dict[str, list[Any]] = {}
        for name in ("sendMessage", "editMessageText", "editMessageReplyMarkup", "deleteMessage", "getChat"):
            self.answers[name] = self.reply
        self.answers["answerCallbackQuery"] = self.reply

    def reply(self, call: Call) -> Any:
        if waiting := self.failures.get(call.method):
            return waiting.pop(0)
        if call.method in {"sendMessage", "editMessageText", "editMessageReplyMarkup"}:
            return message(len(self.calls), chat_id=call.arguments.get("chat_id", 1))["message"]
        return True

    def texts(self) -> list[str]:
        return [call.arguments["text"] for call in self.calls if "text" in call.arguments]


def connected(telegram: Telegram, **options: Any) -> tuple[Bot, Requests]:
    bot, requests = bot_on(telegram), Requests(**options)
    bot.session.middleware(requests)
    return bot, requests


def keyboard(label: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text=label, callback_data="x")]])


def refused_connection() -> Exception:
    error = TelegramNetworkError(None, "Cannot connect")  # type: ignore[arg-type]
    error.__cause__ = ClientConnectorError(None, OSError())  # type: ignore[arg-type]
    return error


def lost_answer() -> Exception:
    return TelegramNetworkError(None, "Request timeout error")  # type: ignore[arg-type]


@in_no_time
async def test_a_lone_answer_goes_at_once() -> None:
    telegram = Border()
    bot, _ = connected(telegram)
    sent = await bot.send_message(1, "hello")
    assert isinstance(sent, Message)
    assert telegram.calls[0].at == 0


@in_no_time
async def test_a_chat_gets_a_short_burst_and_then_one_message_a_second() -> None:
    telegram = Border()
    bot, _ = connected(telegram)
    await asyncio.gather(*(bot.send_message(1, str(number)) for number in range(6)))
    assert telegram.texts() == [str(number) for number in range(6)]
    times = [call.at for call in telegram.calls]
    assert times[2] < 0.1
    assert all(later - earlier >= 3 for earlier, later in zip(times, times[3:], strict=False))


@in_no_time
async def test_a_group_gets_twenty_messages_a_minute_edits_counted_alike() -> None:
    telegram = Border()
    bot, requests = connected(telegram)
    for number in range(15):
        await bot.send_message(GROUP, str(number))
        await bot.edit_message_text("edited", chat_id=GROUP, message_id=number)
        if number == 9:
            break
    assert now() < 35
    with pytest.raises(Later) as later:
        await bot.send_message(GROUP, "too much")
    assert now() < 36
    assert (await later.value.outcome).message_id
    assert now() >= 60
    assert requests.waiting == 0


@in_no_time
async def test_a_menu_that_one_person_sees_takes_nothing_of_its_groups_twenty() -> None:
    telegram = Border()
    bot, _ = connected(telegram)
    for number in range(30):
        await bot.edit_ephemeral_message_text(GROUP, 7, 1, text=str(number))
    assert now() < 35
    await bot.send_message(GROUP, "for all")
    assert telegram.calls[-1].at < 35


@in_no_time
async def test_thirty_messages_a_second_go_out_in_all() -> None:
    telegram = Border()
    bot, _ = connected(telegram)
    await asyncio.gather(*(bot.send_message(chat_id, "hello") for chat_id in range(1, 91)))
    times = sorted(call.at for call in telegram.calls)
    assert all(later - earlier >= 1 for earlier, later in zip(times, times[30:], strict=False))
    assert now() < 3


@in_no_time
async def test_a_flood_wait_in_one_group_does_not_concern_others_and_the_message_arrives_after_it() -> None:
    telegram = Border()
    bot, _ = connected(telegram)
    telegram.failures["sendMessage"] = [refusal(429, "Too Many Requests", retry_after=30)]
    with pytest.raises(Later) as later:
        await bot.send_message(GROUP, "first")
    assert now() < 1
    with pytest.raises(Later):
        await bot.send_message(GROUP, "second")
    await bot.send_message(-200, "other")
    assert now() < 1
    await later.value.outcome
    assert 30 <= now() < 31
    await asyncio.sleep(10)
    assert telegram.texts() == ["first", "other", "first", "second"]


@in_no_time
async def test_a_short_flood_wait_is_simply_waited() -> None:
    telegram = Border()
    bot, _ = connected(telegram)
    telegram.failures["sendMessage"] = [refusal(429, "Too Many Requests", retry_after=2)]
    assert (await bot.send_message(1, "hello")).text == "hello"
    assert 2 <= now() < 3


@in_no_time
async def test_a_message_that_would_come_too_late_is_given_up_at_once() -> None:
    telegram = Border()
    bot, _ = connected(telegram)
    telegram.failures["sendMessage"] = [refusal(429, "Too Many Requests", retry_after=3600)]
    with pytest.raises(TelegramRetryAfter):
        await bot.send_message(1, "hello")
    assert now() < 1


@in_no_time
async def test_of_several_edits_that_wait_only_the_newest_is_sent() -> None:
    telegram = Border()
    bot, _ = connected(telegram)
    for number in range(3):
        await bot.send_message(GROUP, str(number))
    edits = [bot.edit_message_text(f"edit {number}", chat_id=GROUP, message_id=7) for number in range(5)]
    other = bot.edit_message_text("other", chat_id=GROUP, message_id=8)
    results = await asyncio.gather(bot.edit_message_reply_markup(chat_id=GROUP, message_id=7), *edits, other)
    assert telegram.texts()[3:] == ["edit 4", "other"]
    assert len({id(result) for result in results[:6]}) == 1


@in_no_time
async def test_a_new_keyboard_does_not_swallow_the_text_before_it() -> None:
    telegram = Border()
    bot, _ = connected(telegram)
    for number in range(3):
        await bot.send_message(GROUP, str(number))
    await asyncio.gather(
        bot.edit_message_text("text", chat_id=GROUP, message_id=7),
        bot.edit_message_reply_markup(chat_id=GROUP, message_id=7, reply_markup=keyboard("Back")),
    )
    assert [call.method for call in telegram.calls[3:]] == ["editMessageText", "editMessageReplyMarkup"]


@in_no_time
async def test_an_edit_that_has_to_wait_long_returns_true_and_follows() -> None:
    telegram = Border()
    bot, _ = connected(telegram)
    telegram.failures["editMessageText"] = [refusal(429, "Too Many Requests", retry_after=20)]
    assert await bot.edit_message_text("one", chat_id=GROUP, message_id=7) is True
    assert await bot.edit_message_text("two", chat_id=GROUP, message_id=7) is True
    assert now() < 1
    await asyncio.sleep(30)
    assert telegram.texts() == ["one", "two"]


@in_no_time
async def test_the_answer_to_a_press_never_waits_behind_messages() -> None:
    telegram = Border()
    bot, _ = connected(telegram)
    crowd = [asyncio.create_task(bot.send_message(chat_id, "hello")) for chat_id in range(1, 200)]
    await asyncio.sleep(0)
    assert await bot.answer_callback_query("1") is True
    assert now() < 0.1
    await asyncio.gather(*crowd, return_exceptions=True)


@pytest.mark.parametrize("failure", [lost_answer, lambda: refusal(502, "Bad Gateway"), lambda: (502, "<html>")])
@in_no_time
async def test_what_does_no_harm_twice_is_repeated(failure: Callable[[], Any]) -> None:
    telegram = Border()
    bot, _ = connected(telegram)
    for name in ("editMessageText", "deleteMessage", "answerCallbackQuery"):
        telegram.failures[name] = [failure(), failure()]
    await bot.edit_message_text("text", chat_id=1, message_id=1)
    assert await bot.delete_message(1, 1) is True
    assert await bot.answer_callback_query("1") is True
    assert len(telegram.calls) == 9


@in_no_time
async def test_what_fails_for_good_fails_in_the_end() -> None:
    telegram = Border()
    bot, _ = connected(telegram)
    telegram.failures["deleteMessage"] = [refusal(500, "Internal Server Error")] * 9
    with pytest.raises(TelegramServerError):
        await bot.delete_message(1, 1)
    assert len(telegram.calls) == 3


@in_no_time
async def test_a_call_that_gets_no_answer_is_repeated_before_the_handler_runs_out_of_time() -> None:
    telegram = Border()
    bot, _ = connected(telegram)

    async def never(call: Call) -> Any:
        await asyncio.sleep(3600 if len(telegram.calls) == 1 else 0)
        return True

    telegram.answers["answerCallbackQuery"] = never
    assert await bot.answer_callback_query("1") is True
    assert now() < 5


@in_no_time
async def test_a_message_that_may_have_arrived_is_not_sent_again() -> None:
    telegram = Border()
    bot, _ = connected(telegram)
    telegram.failures["sendMessage"] = [lost_answer()]
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(1, "hello")
    assert len(telegram.calls) == 1


@in_no_time
async def test_a_message_that_never_left_is_sent_again_also_after_a_long_outage() -> None:
    telegram = Border()
    bot, _ = connected(telegram)
    telegram.failures["sendMessage"] = [refused_connection() for _ in range(8)]
    with pytest.raises(Later) as later:
        await bot.send_message(1, "hello")
    assert now() <= 6
    assert (await later.value.outcome).text == "hello"


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
    telegram = Border()
    bot, _ = connected(telegram)
    for name in ("editMessageText", "deleteMessage", "answerCallbackQuery"):
        telegram.failures[name] = [refusal(400, f"Bad Request: {words}")]
    assert await call(bot) is value


@in_no_time
async def test_a_refusal_that_means_something_reaches_the_handler() -> None:
    telegram = Border()
    bot, _ = connected(telegram)
    telegram.failures["sendMessage"] = [refusal(400, "Bad Request: message to be replied not found")]
    with pytest.raises(TelegramBadRequest):
        await bot.send_message(1, "hello")


@in_no_time
async def test_a_group_that_was_upgraded_is_followed_and_told() -> None:
    telegram, moves = Border(), list[tuple[int, int]]()

    async def migrated(old: int, new: int) -> None:
        moves.append((old, new))
        raise Unavailable("I could not save that.")

    bot, _ = connected(telegram, migrated=migrated)
    refused = refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-100123)
    telegram.failures["sendMessage"] = [refused]
    await bot.send_message(-5, "hello", reply_parameters=ReplyParameters(message_id=3))
    assert moves == [(-5, -100123)]
    assert telegram.calls[-1].arguments["chat_id"] == -100123
    assert "reply_parameters" not in telegram.calls[-1].arguments


@pytest.mark.parametrize("words", ["message to be replied not found", "query is too old and response timeout expired"])
@in_no_time
async def test_an_ephemeral_answer_that_comes_too_late_is_sent_as_administrators_may(words: str) -> None:
    telegram = Border()
    bot, _ = connected(telegram)
    telegram.failures["sendMessage"] = [refusal(400, f"Bad Request: {words}")]
    only = EphemeralMessageParameters(receiver_user_id=7, callback_query_id="1", replace_callback_query_message=True)
    reply = ReplyParameters(ephemeral_message_id=3)
    await bot.send_message(GROUP, "hello", ephemeral_message_parameters=only, reply_parameters=reply)
    last = telegram.calls[-1].arguments
    assert last["ephemeral_message_parameters"] == {"receiver_user_id": 7}
    assert "reply_parameters" not in last
    telegram.failures["sendMessage"] = [refusal(400, f"Bad Request: {words}")] * 2
    with pytest.raises(TelegramBadRequest):
        await bot.send_message(GROUP, "hello", ephemeral_message_parameters=only)


@in_no_time
async def test_a_call_that_is_json_already_is_treated_as_aiograms_own() -> None:
    telegram = Border()
    bot, _ = connected(telegram)
    telegram.failures["sendMessage"] = [
        refusal(429, "Too Many Requests", retry_after=1),
        refusal(400, "Bad Request: query is too old"),
        refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1005),
    ]
    only = {"receiver_user_id": 7, "callback_query_id": "1", "replace_callback_query_message": True}
    await call(
        bot, "sendMessage", chat_id=GROUP, text="hello", ephemeral_message_parameters=only, message_thread_id=None
    )
    first, last = telegram.calls[0].arguments, telegram.calls[-1].arguments
    assert first == {"chat_id": GROUP, "text": "hello", "ephemeral_message_parameters": only}
    assert last == {"chat_id": -1005, "text": "hello", "ephemeral_message_parameters": {"receiver_user_id": 7}}
    assert len(telegram.calls) == 4
    telegram.failures["editMessageText"] = [refusal(400, "Bad Request: message is not modified")]
    assert await call(bot, "editMessageText", chat_id=GROUP, message_id=3, text="hello") is True
    with pytest.raises(AttributeError):
        _ = RawCall("getMe", {}).chat_id


@in_no_time
async def test_deletions_wait_out_a_flood_in_the_background_and_questions_fail() -> None:
    telegram = Border()
    bot, _ = connected(telegram)
    telegram.failures["deleteMessage"] = [refusal(429, "Too Many Requests", retry_after=20)]
    telegram.failures["getChat"] = [refusal(429, "Too Many Requests", retry_after=20)]
    assert await bot.delete_message(GROUP, 1) is True
    with pytest.raises(TelegramRetryAfter):
        await bot.get_chat(GROUP)
    assert now() < 1
    await asyncio.sleep(21)
    assert [call.method for call in telegram.calls] == ["deleteMessage", "getChat", "deleteMessage"]


@in_no_time
async def test_no_more_waits_than_fits_in_memory() -> None:
    telegram = Border()
    bot, requests = connected(telegram)
    telegram.failures["sendMessage"] = [refusal(429, "Too Many Requests", retry_after=60)]
    results = await asyncio.gather(*(bot.send_message(1, "x") for _ in range(50)), return_exceptions=True)
    assert sum(isinstance(result, Later) for result in results) <= 21
    assert all(isinstance(result, Later | TelegramRetryAfter) for result in results)
    assert requests.waiting <= 20


@in_no_time
async def test_chats_that_are_quiet_are_forgotten() -> None:
    telegram = Border()
    bot, requests = connected(telegram)
    for chat_id in range(1, 3000):
        await bot.send_message(chat_id, "x")
    assert len(requests._lines) <= 2000


@in_no_time
async def test_a_handler_that_is_cancelled_takes_its_waiting_message_along() -> None:
    telegram = Border()
    bot, _ = connected(telegram)
    for number in range(3):
        await bot.send_message(1, str(number))
    handler = asyncio.create_task(bot.send_message(1, "of a cancelled handler"))
    await asyncio.sleep(0.5)
    handler.cancel()
    await asyncio.sleep(10)
    assert telegram.texts() == ["0", "1", "2"]


@in_no_time
async def test_closing_sends_what_is_due_soon_and_gives_up_the_rest() -> None:
    telegram = Border()
    bot, requests = connected(telegram)
    telegram.failures["sendMessage"] = [
        refusal(429, "Too Many Requests", retry_after=60),
        refusal(429, "Too Many Requests", retry_after=8),
    ]
    for chat_id in (1, 2):
        with pytest.raises(Later):
            await bot.send_message(chat_id, str(chat_id))
    await asyncio.sleep(5)
    await requests.close(within=5.0)
    assert 8 <= now() <= 11
    assert telegram.texts() == ["1", "2", "2"]


@in_no_time
async def test_questions_for_updates_pass_untouched() -> None:
    telegram = Border()
    bot, _ = connected(telegram)
    assert isinstance(bot.session, BaseSession)
    telegram.answers["getUpdates"] = lambda call: refusal(502, "Bad Gateway")
    with pytest.raises(TelegramServerError):
        await bot.get_updates()
    assert len(telegram.calls) == 1
