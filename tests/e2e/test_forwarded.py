"""Forwarded messages and messages by inline bots are nobody's own words: no commands, and no answers to questions."""

from __future__ import annotations

import json

from bot.storage.configs.repository import ChatConfigs
from sandbox import Group, Person, Sandbox, Seen
from tests.e2e.running import RunningBot


async def nothing_is_chosen(telegram: Sandbox, configs: ChatConfigs, club: Group) -> bool:
    """Wait until the bot has handled everything, and say whether it changed nothing."""
    await telegram.settled()
    return not (await configs.read(club.id)).chosen


async def test_a_refused_command_does_not_succeed_when_an_admin_forwards_it(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person, club: Group, configs: ChatConfigs
) -> None:
    garden = telegram.supergroup("Garden", owner=anna, members=[ben])
    command = ben.say("/settings welcome everyone", garden)
    anna.forward(command, club)
    assert await nothing_is_chosen(telegram, configs, club)
    anna.forward(command)
    assert "Please write it yourself" in (await anna.sees()).text
    assert await nothing_is_chosen(telegram, configs, club)


async def test_a_command_by_an_inline_bot_is_none(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group, configs: ChatConfigs
) -> None:
    anna.say("/settings welcome everyone", club, via_bot="gif")
    assert await nothing_is_chosen(telegram, configs, club)


async def test_a_text_by_an_inline_bot_is_no_answer_to_a_question(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group, configs: ChatConfigs
) -> None:
    question = await asked(anna, club)
    anna.say("berlin", club, reply_to=question, via_bot="gif")
    assert await nothing_is_chosen(telegram, configs, club)
    anna.reply(question, "berlin")
    await anna.sees(club, "Saved")


async def test_a_forwarded_text_is_no_answer_to_a_question(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group, configs: ChatConfigs
) -> None:
    question = await asked(anna, club)
    reply = json.loads(await raw_reply(telegram, anna, question))
    reply["message"]["forward_origin"] = {"type": "hidden_user", "sender_user_name": "Ben", "date": 1}
    await bot.receive(reply)
    assert await nothing_is_chosen(telegram, configs, club)


async def asked(anna: Person, club: Group) -> Seen:
    """Let the bot ask for a text."""
    anna.say("/settings timezone", club)
    screen = await anna.sees(club, "Time zone")
    await anna.press(screen, "⚙️ Change it")
    await anna.press(screen.now, "✏️ Type it")
    return await anna.sees(club, "Reply to this message")


async def raw_reply(telegram: Sandbox, anna: Person, question: Seen) -> str:
    """Return the update that a reply makes, which Telegram does not deliver."""
    anna.reply(question, "berlin")
    update = telegram.world.updates._queue.pop().encoded
    await telegram.settled()
    return update
