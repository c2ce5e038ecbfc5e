from __future__ import annotations

from bot.storage.chat_configs import ChatConfigs
from bot.storage.revisions import Change


async def test_what_was_changed_is_read(configs: ChatConfigs):
    change = await configs.change(-1, {"welcome": "everyone", "x": 1}, by=7, via="menu")
    assert isinstance(change, Change)
    assert change.revision == 1
    stored = await configs.read(-1)
    assert stored.config.welcome == "everyone"
    change = await configs.change(-1, {"x": 2}, by=7, via="menu", remove=["welcome"])
    assert change.before == {"welcome": "everyone", "x": 1}
    assert change.after == {"x": 2}
    undone = await configs.undo(-1, 2, by=8)
    assert undone.after == change.before
    assert await configs.move(-1, -2)
    assert (await configs.read(-1)).chosen == (await configs.read(-2)).chosen
    assert await configs.reset(-1, None, by=3, via="x")
