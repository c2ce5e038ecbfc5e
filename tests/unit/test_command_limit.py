"""Nobody talks the bot out of its breath for all others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aiogram.types import Chat, Message, TelegramObject, User

from bot.telegram.command_limit import AT_ONCE, EVERY, TOLD_EVERY, CommandLimit
from bot.words import Catalogues
from tests.unit.telegram_border import Telegram, bot_on, refusal


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def message(text: str, person: int = 1, chat_type: str = "supergroup") -> Message:
    author = User(id=person, is_bot=False, first_name="Anna")
    return Message(
        message_id=1, date=datetime.now(UTC), chat=Chat(id=-1001, type=chat_type), from_user=author, text=text
    )


async def answered(budget: CommandLimit, asked: Message, times: int, telegram: Telegram | None = None) -> int:
    """Return how many of so many messages reach the handlers."""
    heard: list[TelegramObject] = []
    telegram = telegram or Telegram()
    telegram.answers["sendMessage"] = lambda _: refusal(400, "CHAT_ADMIN_REQUIRED")

    async def hear(event: TelegramObject, _: dict[str, Any]) -> None:
        heard.append(event)

    for _ in range(times):
        await budget(hear, asked, {"bot": bot_on(telegram), "words": Catalogues().words("en")})
    return len(heard)


async def test_one_person_s_commands_are_answered_up_to_a_budget_that_fills_again() -> None:
    clock = Clock()
    budget = CommandLimit(clock)
    assert await answered(budget, message("/help"), 100) == AT_ONCE
    clock.now += EVERY
    assert await answered(budget, message("/help"), 5) == 1
    clock.now += EVERY * 1_000
    assert await answered(budget, message("/help"), 100) == AT_ONCE


async def test_another_person_has_a_budget_of_their_own() -> None:
    budget = CommandLimit(Clock())
    await answered(budget, message("/help"), 100)
    assert await answered(budget, message("/settings", person=2), 3) == 3


async def test_words_and_private_chats_cost_nothing() -> None:
    budget = CommandLimit(Clock())
    assert await answered(budget, message("hello"), 100) == 100
    assert await answered(budget, message("/help", chat_type="private"), 100) == 100


async def test_who_is_too_fast_is_told_so_alone_and_once_a_minute() -> None:
    clock, telegram = Clock(), Telegram()
    budget = CommandLimit(clock)
    for told in (1, 2):
        await answered(budget, message("/help"), 100, telegram)
        clock.now += TOLD_EVERY - 1
        await answered(budget, message("/help"), 100, telegram)
        assert len(telegram.named("sendMessage")) == told
        clock.now += EVERY
    (said, _) = telegram.named("sendMessage")
    assert said.arguments["ephemeral_message_parameters"]["receiver_user_id"] == 1
