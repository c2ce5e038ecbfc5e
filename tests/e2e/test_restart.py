"""Nothing is lost when the bot is restarted or killed between any two steps of a conversation about settings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from bot.storage.configs.repository import ChatConfigs
from sandbox import Group, Person, Sandbox
from tests.e2e.running import BotProcess, RunningBot

Pause = Callable[[], Awaitable[None]]


async def conversation(anna: Person, club: Group, pause: Pause) -> None:
    """A whole conversation; `pause` happens between any two steps of it."""
    anna.say("/settings", club)
    menu = await anna.sees(club, "All settings are at their defaults")
    await pause()
    await anna.press(menu, "Greetings").answer(within=30)
    assert "Greetings" in menu.now.text, anna.recent_calls()
    await pause()
    await anna.press(menu.now, "○ Goodbye").answer(within=30)
    assert "Saved" in menu.now.text
    await pause()
    await anna.press(menu.now, "Goodbye text").answer(within=30)
    await pause()
    await anna.press(menu.now, "✏️ Type it").answer(within=30)
    question = await anna.sees(club, "Reply to this message")
    await pause()
    anna.reply(question, "Bye {nmae}")
    again = await anna.sees(club, "There is no placeholder {nmae}", within=30)
    await pause()
    anna.reply(again, "Bye {name}")
    saved = await anna.sees(club, "Saved – Goodbye text: “Bye {name}”", within=30)
    await pause()
    await anna.press(saved, "↩️ Default").answer(within=30)
    await pause()
    anna.say("/settings undo", club)
    undone = await anna.sees(club, "Undone", within=30)
    await pause()
    await anna.press(undone, "↪️ Redo").answer(within=30)
    await pause()
    anna.say("/settings undo", club)
    await anna.sees(club, "Undone", within=30)


async def require_kept(configs: ChatConfigs, club: Group) -> None:
    stored = await configs.read(club.id)
    assert stored.chosen == {"goodbye": True, "goodbye_text": "Bye {name}"}
    history = await configs.history(club.id, limit=100)
    assert [one.revision for one in history] == list(range(stored.revision, 0, -1))


async def test_a_conversation_goes_on_across_restarts_between_any_two_steps(
    bot: RunningBot, anna: Person, club: Group, configs: ChatConfigs
) -> None:
    await conversation(anna, club, bot.restart)
    await require_kept(configs, club)


@pytest.mark.timeout(300)
async def test_a_conversation_goes_on_when_the_bot_is_killed_between_any_two_steps(
    telegram: Sandbox, anna: Person, club: Group, configs: ChatConfigs, new_process: Callable[..., BotProcess]
) -> None:
    running = new_process()
    await running.start()

    async def kill() -> None:
        nonlocal running
        await running.kill()
        running = new_process()
        await running.start()

    await conversation(anna, club, kill)
    # An answer may have been seen twice, so the last one seen need not be the last one.
    await telegram.settled(within=30)
    await require_kept(configs, club)
    assert await running.terminate() == 0


async def test_what_was_pressed_while_the_bot_was_dead_is_done_when_it_is_back(
    telegram: Sandbox, anna: Person, club: Group, configs: ChatConfigs, new_process: Callable[..., BotProcess]
) -> None:
    first = new_process()
    await first.start()
    anna.say("/settings", club)
    menu = await anna.sees(club, "All settings are at their defaults")
    await anna.press(menu, "Tidiness").answer(within=30)
    await first.kill()
    # On a busy machine a process may take longer to start than Telegram waits for the answer to a press.
    telegram.world.rules.callback_seconds = 60.0
    presses = [anna.press(menu.now, f"○ Delete “{label}”") for label in ("joined", "left", "pinned")]
    anna.say("/settings goodbye on", club)
    second = new_process()
    await second.start()
    for press in presses:
        await press.answer(within=60)
    await telegram.settled(within=60)
    chosen = (await configs.read(club.id)).chosen
    assert chosen == {"clean_joins": True, "clean_leaves": True, "clean_pins": True, "goodbye": True}
    assert await second.terminate() == 0
