"""How often a channel is told that it has no settings."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from aiogram.types import Chat, Message

from bot.features.channels import MOST_IN_ALL, STAYS_SECONDS, Channels
from bot.words import Catalogues
from tests.unit.clockwork import in_no_time
from tests.unit.sending import Answering, outbox_on

WORDS = Catalogues().words("en")


def post(channel_id: int) -> Message:
    chat = Chat(id=channel_id, type="channel", title="News")
    return Message(message_id=1, date=datetime.now(UTC), chat=chat, sender_chat=chat, text="/settings")


@in_no_time
async def test_a_channel_is_told_again_when_the_answer_before_was_deleted() -> None:
    telegram, channels = Answering(), Channels()
    outbox = outbox_on(telegram)
    for pause in (0.0, STAYS_SECONDS / 2, STAYS_SECONDS / 2 + 1):
        await asyncio.sleep(pause)
        await channels.settings_asked_for(post(-1001), outbox, WORDS)
    await asyncio.sleep(1)
    assert len(telegram.texts()) == 2
    assert len(telegram.named("deleteMessage")) == 1


@in_no_time
async def test_however_many_channels_ask_at_once_a_few_are_told() -> None:
    telegram, channels = Answering(), Channels()
    outbox = outbox_on(telegram)
    for number in range(300):
        await channels.settings_asked_for(post(-1001 - number), outbox, WORDS)
    await asyncio.sleep(1)
    assert len(telegram.texts()) == MOST_IN_ALL[0]
