"""What a modified client, a flood or a file of malice tries, and what it gets."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.storage.configs.repository import ChatConfigs
from bot.telegram.callback_data import Press
from sandbox import Sandbox
from tests.e2e.running import RunningBot


async def test_who_may_only_look_takes_no_public_message_of_the_bot_away(telegram: Sandbox, bot: RunningBot) -> None:
    anna, dora = telegram.person("Anna"), telegram.person("Dora")
    club = telegram.supergroup("Book club", owner=anna, members=[dora], bot="administrator")
    await bot.configs.change(club.id, {"announce_changes": "chat", "members_may_view": True}, by=anna.id, via="menu")
    anna.say("/settings goodbye on", club)
    told = await dora.sees(club, "changed the settings")
    for action in "xchsemlg":
        answer = await dora.forge(told, Press(action, club.id, key="general" if action == "s" else "").pack())
        assert answer.text
    assert told.now.text == told.text
    assert not told.gone


async def test_an_anonymous_admin_is_not_named_to_the_group(telegram: Sandbox, bot: RunningBot) -> None:
    anna, clara, dora = (telegram.person(name) for name in ("Anna", "Clara", "Dora"))
    club = telegram.supergroup("Book club", owner=anna, members=[clara, dora], bot="administrator")
    anna.promote(club, clara, anonymous=True)
    clara.go_anonymous(club)
    await bot.configs.change(club.id, {"announce_changes": "chat", "members_may_view": True}, by=anna.id, via="menu")
    clara.say("/settings", club)
    await clara.press(await clara.sees(club, "Press to open"), "Settings")
    menu = await clara.sees(club, "Book club")
    await clara.press(menu, "Greetings")
    await clara.press(await clara.sees_edit(menu, "Says goodbye"), "○ Goodbye")
    told = await dora.sees(club, "changed the settings")
    assert "An anonymous admin" in told.text
    dora.say("/settings history", club)
    history = await dora.sees(club, "History")
    assert "an admin" in history.text
    for seen in (told, history):
        assert "Clara" not in json.dumps(seen.raw)


async def test_a_link_to_a_menu_is_followed_in_private_only(telegram: Sandbox, bot: RunningBot) -> None:
    anna = telegram.person("Anna")
    club = telegram.supergroup("Book club", owner=anna, bot="administrator")
    chess = telegram.supergroup("Chess", owner=anna, bot="administrator")
    link = Press("h", chess.id).pack().rpartition("|")[2]
    anna.say(f"/start s_{link}", club)
    answer = await anna.sees(club)
    assert "Chess" not in answer.text
    anna.start(f"s_{link}")
    await anna.sees(text="Chess")


@pytest.mark.parametrize("pace", [1.0])
async def test_one_member_s_flood_leaves_the_bot_to_the_others(telegram: Sandbox, bot: RunningBot) -> None:
    anna, dora = telegram.person("Anna"), telegram.person("Dora")
    club = telegram.supergroup("Book club", owner=anna, members=[dora], bot="administrator")
    for _ in range(60):
        dora.say("/help", club)
    anna.say("/settings", club)
    await anna.sees(club, "Book club", within=15)
    await telegram.settled()
    slow = [one for one in dora.screen(club) if "Too many messages" in one.text]
    assert [one.ephemeral for one in slow] == [True]
    assert not [one for one in anna.screen(club) if "Too many messages" in one.text]


async def test_another_file_in_the_place_of_the_previewed_one_is_shown_first(
    telegram: Sandbox, bot: RunningBot, configs: ChatConfigs
) -> None:
    anna = telegram.person("Anna")
    club = telegram.supergroup("Book club", owner=anna, bot="administrator")
    anna.send_file(club, "s.json", b'{"schema": 1, "settings": {"goodbye": true}}', caption="/settings import")
    preview = await anna.sees(club, "1 change")
    files = telegram.world.files
    source = preview.reply_to
    assert source is not None
    files.get(str((source.document or {})["file_id"])).content = b'{"schema": 1, "settings": {"welcome": "everyone"}}'
    answer = await anna.press(preview, "Apply")
    assert "Look again" in answer.text
    assert not (await configs.read(club.id)).chosen


async def test_neither_blanks_nor_keys_hold_everybody_up(telegram: Sandbox, bot: RunningBot) -> None:
    eve, ben = telegram.person("Eve"), telegram.person("Ben")
    double = json.dumps({"schema": 1, "settings": {str(number): 1 for number in range(20_000)}})
    double = double.replace('"19999": 1', '"19998": 1')
    eve.say(f"/settings quiet_hours 1{' ' * 4_000}x")
    eve.send_file(None, "s.json", double.encode(), caption="/settings import")
    ben.say("/help")
    async with asyncio.timeout(5):
        await ben.sees(text="/settings")
    await eve.sees(text="twice")
