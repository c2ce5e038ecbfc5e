"""A group becomes a supergroup: nothing is lost, whatever order the notices come in."""

from __future__ import annotations

import pytest

from bot.errors import Refused
from bot.storage.configs.repository import ChatConfigs
from bot.storage.connection.availability import Pool
from bot.storage.known_chats import KnownChats
from tests.conftest import NOW

OLD, NEW, NEXT, ADA, BOB = -10, -1000, -2000, 1, 2


async def test_configuration_and_history_follow_and_the_old_id_reads_and_writes_through(configs: ChatConfigs) -> None:
    made = await configs.change(OLD, {"a": 1}, by=ADA, via="menu")
    assert made is not None
    assert await configs.move(OLD, NEW) is True
    old, new = await configs.read(OLD), await configs.read(NEW)
    assert old == new
    assert (new.chat_id, new.chosen) == (NEW, {"a": 1})
    assert new.revision > made.revision
    assert [(one.chat_id, one.revision, one.after) for one in await configs.history(OLD)] == [(NEW, 1, {"a": 1})]
    change = await configs.change(OLD, {"b": 2}, by=BOB, via="menu")
    assert change is not None
    assert change.chat_id == NEW
    assert change.revision > new.revision
    assert (await configs.read(NEW)).chosen == {"a": 1, "b": 2}


async def test_moving_again_and_backwards_changes_nothing(configs: ChatConfigs) -> None:
    await configs.change(OLD, {"a": 1}, by=ADA, via="menu")
    assert await configs.move(OLD, NEW) is True
    stored = await configs.read(NEW)
    assert await configs.move(OLD, NEW) is False
    assert await configs.move(NEW, OLD) is False
    assert await configs.move(NEW, NEW) is False
    assert await configs.read(OLD) == stored


async def test_the_new_ids_own_keys_win_and_both_histories_are_kept(configs: ChatConfigs) -> None:
    await configs.change(OLD, {"a": "old", "b": "old"}, by=ADA, via="menu")
    await configs.change(OLD, {"c": "old"}, by=ADA, via="menu")
    await configs.change(NEW, {"b": "new", "d": "new"}, by=BOB, via="menu")
    await configs.move(OLD, NEW)
    stored = await configs.read(NEW)
    assert stored.chosen == {"a": "old", "b": "new", "c": "old", "d": "new"}
    history = await configs.history(NEW)
    assert [one.after for one in history] == [{"b": "new", "d": "new"}, {"c": "old"}, {"a": "old", "b": "old"}]
    assert [one.revision for one in history] == [5, 4, 3]
    assert stored.revision == 6


async def test_a_button_drawn_before_the_move_never_undoes_another_change(configs: ChatConfigs) -> None:
    await configs.change(OLD, {"a": "old"}, by=ADA, via="menu")
    await configs.change(NEW, {"b": "new"}, by=BOB, via="menu")
    await configs.move(OLD, NEW)
    for chat_id in (OLD, NEW):
        with pytest.raises(Refused):
            await configs.undo(chat_id, 1, by=ADA)


async def test_an_undo_button_of_the_only_history_goes_on_working_after_the_move(configs: ChatConfigs) -> None:
    await configs.change(OLD, {"a": 1}, by=ADA, via="menu")
    await configs.move(OLD, NEW)
    undone = await configs.undo(OLD, 1, by=ADA)
    assert (undone.chat_id, undone.before, undone.after) == (NEW, {"a": 1}, {})


@pytest.mark.parametrize("in_order", [True, False])
async def test_chains_of_moves_end_at_the_last_id_in_any_order(configs: ChatConfigs, in_order: bool) -> None:
    await configs.change(OLD, {"a": 1}, by=ADA, via="menu")
    moves = [(OLD, NEW), (NEW, NEXT)]
    for old, new in moves if in_order else reversed(moves):
        assert await configs.move(old, new) is True
    for chat_id in (OLD, NEW, NEXT):
        stored = await configs.read(chat_id)
        assert (stored.chat_id, stored.chosen) == (NEXT, {"a": 1})


async def test_a_group_that_never_chose_leaves_only_its_alias(configs: ChatConfigs, pool: Pool) -> None:
    assert await configs.move(OLD, NEW) is True
    assert await pool.connections.fetchval("SELECT count(*) FROM chat_configs") == 0
    await configs.change(OLD, {"a": 1}, by=ADA, via="menu")
    assert (await configs.read(NEW)).chosen == {"a": 1}


async def test_a_new_chat_that_was_configured_first_keeps_its_settings_and_numbers(configs: ChatConfigs) -> None:
    change = await configs.change(NEW, {"a": 1}, by=ADA, via="menu")
    await configs.move(OLD, NEW)
    stored = await configs.read(OLD)
    assert (stored.chosen, stored.revision) == ({"a": 1}, 2)
    assert await configs.history(NEW) == [change]


async def test_what_telegram_says_of_the_emptied_group_does_not_mark_the_new_one(configs: ChatConfigs) -> None:
    await configs.change(OLD, {"a": 1}, by=ADA, via="menu")
    await configs.mark_left(OLD, NOW)
    await configs.move(OLD, NEW)
    assert (await configs.read(NEW)).left_at is None
    assert await configs.mark_left(OLD, NOW) is False
    assert (await configs.read(NEW)).left_at is None
    assert await configs.mark_left(NEW, NOW) is True
    assert await configs.unmark_left(OLD, NOW) is True


async def test_an_upgrade_that_is_stored_late_does_not_take_the_mark_of_a_removal_off(
    configs: ChatConfigs, pool: Pool
) -> None:
    for old, new, chosen in ((OLD, NEW, {"a": 1}), (OLD - 1, NEW - 1, {})):
        await configs.change(old, chosen, by=ADA, via="menu")
        await KnownChats(pool).remember(ADA, new, "Book club")
        assert await configs.mark_left(new, NOW) is True
        await configs.move(old, new)
        assert (await configs.read(new)).left_at == NOW


async def test_an_update_delivered_again_after_the_move_is_still_known(configs: ChatConfigs) -> None:
    first = await configs.change(OLD, {"a": 1}, by=ADA, via="menu", update_id=9)
    await configs.change(NEW, {"a": 2}, by=ADA, via="menu", update_id=9)
    assert first is not None
    await configs.move(OLD, NEW)
    again = await configs.change(NEW, {"a": 3}, by=ADA, via="menu", update_id=9)
    assert again is not None
    assert again.after == {"a": 2}
    assert len(await configs.history(NEW)) == 2


async def test_documents_that_are_too_large_together_leave_the_new_one_as_it_is(configs: ChatConfigs) -> None:
    await configs.change(OLD, {"a": "x" * 40_000}, by=ADA, via="menu")
    await configs.change(NEW, {"b": "x" * 40_000}, by=ADA, via="menu")
    assert await configs.move(OLD, NEW) is True
    assert set((await configs.read(OLD)).chosen) == {"b"}


async def test_merged_histories_are_cut_to_the_last_200(configs: ChatConfigs) -> None:
    for n in range(110):
        await configs.change(OLD, {"a": n}, by=ADA, via="menu")
        await configs.change(NEW, {"b": n}, by=ADA, via="menu")
    await configs.move(OLD, NEW)
    history = await configs.history(NEW, limit=1_000)
    revisions = [change.revision for change in history]
    assert len(history) in {199, 200}
    assert revisions == list(range(revisions[0], revisions[0] - len(revisions), -1))
    await configs.change(NEW, {"c": 1}, by=ADA, via="menu")
    assert (await configs.history(NEW))[0].after == {"c": 1}
