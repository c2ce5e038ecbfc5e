"""Undo is conditional: nobody's later change is taken back unseen."""

from __future__ import annotations

import pytest

from bot.errors import Overtaken, Refused
from bot.storage.configs.repository import ChatConfigs
from bot.storage.connection.availability import Pool

CHAT, ADA, BOB, EVE = -1001, 1, 2, 3


async def test_undo_restores_what_the_change_replaced_and_removes_what_it_added(configs: ChatConfigs) -> None:
    await configs.change(CHAT, {"a": 1, "b": 1, "d": 1}, by=ADA, via="menu")
    await configs.change(CHAT, {"a": 2, "c": 2}, by=ADA, via="menu", remove=["b"])
    undone = await configs.undo(CHAT, 2, by=BOB)
    assert (undone.revision, undone.changed_by, undone.via) == (3, BOB, "undo")
    assert (undone.before, undone.after) == ({"a": 2, "c": 2}, {"a": 1, "b": 1})
    assert (await configs.read(CHAT)).chosen == {"a": 1, "b": 1, "d": 1}


async def test_undo_of_undo_is_redo(configs: ChatConfigs) -> None:
    await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
    await configs.undo(CHAT, 1, by=BOB)
    assert (await configs.read(CHAT)).chosen == {}
    redone = await configs.undo(CHAT, 2, by=ADA)
    assert redone.after == {"a": 1}
    assert (await configs.read(CHAT)).chosen == {"a": 1}


async def test_an_old_change_is_undone_where_only_other_keys_changed_since(configs: ChatConfigs) -> None:
    await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
    await configs.change(CHAT, {"b": 1}, by=BOB, via="menu")
    await configs.undo(CHAT, 1, by=ADA)
    assert (await configs.read(CHAT)).chosen == {"b": 1}


async def test_undo_tells_which_keys_were_changed_since_and_by_whom(configs: ChatConfigs) -> None:
    await configs.change(CHAT, {"a": 1, "b": 1, "c": 1}, by=ADA, via="menu")
    await configs.change(CHAT, {"b": 2}, by=BOB, via="menu")
    await configs.change(CHAT, {"c": 2}, by=EVE, via="menu")
    await configs.change(CHAT, {"x": 2}, by=ADA, via="menu")
    with pytest.raises(Overtaken) as overtaken:
        await configs.undo(CHAT, 1, by=ADA)
    assert (overtaken.value.keys, overtaken.value.revision, overtaken.value.changed_by) == (("b", "c"), 3, EVE)
    assert (await configs.read(CHAT)).revision == 4


async def test_a_key_that_was_set_since_is_not_removed_by_undoing_its_reset(configs: ChatConfigs) -> None:
    await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
    await configs.reset(CHAT, ["a"], by=ADA, via="menu")
    await configs.change(CHAT, {"a": 5}, by=BOB, via="menu")
    with pytest.raises(Overtaken) as overtaken:
        await configs.undo(CHAT, 2, by=ADA)
    assert (overtaken.value.keys, overtaken.value.revision, overtaken.value.changed_by) == (("a",), 3, BOB)


async def test_a_change_that_was_partly_taken_back_is_overtaken_not_done(configs: ChatConfigs) -> None:
    await configs.change(CHAT, {"a": 1, "b": 1}, by=ADA, via="menu")
    await configs.reset(CHAT, ["b"], by=BOB, via="menu")
    with pytest.raises(Overtaken) as overtaken:
        await configs.undo(CHAT, 1, by=ADA)
    assert (overtaken.value.keys, overtaken.value.changed_by) == (("b",), BOB)


async def test_a_value_that_came_back_in_between_can_be_undone(configs: ChatConfigs) -> None:
    for value in (1, 2, 1):
        await configs.change(CHAT, {"a": value}, by=ADA, via="menu")
    await configs.undo(CHAT, 1, by=BOB)
    assert (await configs.read(CHAT)).chosen == {}


async def test_what_is_undone_already_is_refused(configs: ChatConfigs) -> None:
    await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
    await configs.undo(CHAT, 1, by=ADA)
    with pytest.raises(Refused, match="nothing to undo"):
        await configs.undo(CHAT, 1, by=ADA)
    assert (await configs.read(CHAT)).revision == 2


@pytest.mark.parametrize("revision", [0, 2, -1, 2**62])
async def test_a_revision_that_does_not_exist_is_refused(configs: ChatConfigs, revision: int) -> None:
    await configs.change(CHAT, {"a": 1}, by=ADA, via="menu")
    with pytest.raises(Refused, match="no longer in the history"):
        await configs.undo(CHAT, revision, by=ADA)
    with pytest.raises(Refused):
        await configs.undo(-5, 1, by=ADA)


async def test_a_change_in_the_name_of_the_group_is_known_as_one(configs: ChatConfigs) -> None:
    first = await configs.change(CHAT, {"a": 1}, by=ADA, via="menu", anonymous=True, update_id=1)
    assert first is not None
    assert first.anonymous
    assert (await configs.change(CHAT, {"a": 1}, by=ADA, via="menu", anonymous=True, update_id=1)) == first
    second = await configs.change(CHAT, {"a": 2}, by=BOB, via="menu")
    assert second is not None
    assert not second.anonymous
    assert (await configs.undo(CHAT, 2, by=ADA, anonymous=True)).anonymous
    assert [one.anonymous for one in await configs.history(CHAT)] == [True, False, True]
    await configs.change(CHAT, {"a": 3}, by=ADA, via="menu", anonymous=True)
    with pytest.raises(Overtaken) as overtaken:
        await configs.undo(CHAT, 1, by=BOB)
    assert (overtaken.value.changed_by, overtaken.value.anonymous) == (ADA, True)


async def test_a_release_that_does_not_know_of_anonymous_changes_makes_none(configs: ChatConfigs, pool: Pool) -> None:
    await configs.change(CHAT, {"a": 1}, by=ADA, via="menu", anonymous=True)
    await pool.connections.execute(
        "UPDATE chat_configs SET config = '{\"a\": 2}', revision = revision + 1, changed_by = $1, via = 'menu'", BOB
    )
    assert [one.anonymous for one in await configs.history(CHAT)] == [False, True]
