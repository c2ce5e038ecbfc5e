"""What refers to a person or a chat can be seen and deleted."""

from __future__ import annotations

import pytest

from bot.errors import Refused
from bot.storage.configs.repository import ChatConfigs
from bot.storage.connection.availability import Pool
from bot.storage.known_chats import KnownChats
from bot.storage.privacy import FORMER_ADMIN, Privacy, Traces

ANNA, BEN, GROUP = 11, 12, -1001


@pytest.fixture
def privacy(pool: Pool) -> Privacy:
    return Privacy(pool)


async def test_a_person_sees_what_refers_to_them(privacy: Privacy, configs: ChatConfigs, pool: Pool) -> None:
    await configs.change(GROUP, {"goodbye": True}, by=ANNA, via="menu")
    await configs.change(ANNA, {"timezone": "Europe/Berlin"}, by=ANNA, via="menu")
    await KnownChats(pool).remember(ANNA, GROUP, "Book club")
    assert await privacy.traces(ANNA) == Traces(changes=2, chats=1, settings=1)
    assert not await privacy.traces(BEN)


async def test_a_deleted_person_is_a_former_admin_and_their_changes_stay(
    privacy: Privacy, configs: ChatConfigs, pool: Pool
) -> None:
    await configs.change(GROUP, {"goodbye": True}, by=ANNA, via="menu")
    await configs.change(GROUP, {"clean_joins": True}, by=BEN, via="menu")
    await configs.change(ANNA, {"timezone": "Europe/Berlin"}, by=ANNA, via="menu")
    await KnownChats(pool).remember(ANNA, GROUP, "Book club")
    await privacy.erase_person(ANNA)
    assert not await privacy.traces(ANNA)
    stored = await configs.read(GROUP)
    assert (stored.config.goodbye, stored.revision) == (True, 2)
    assert [one.changed_by for one in await configs.history(GROUP)] == [BEN, FORMER_ADMIN]
    assert (await configs.undo(GROUP, 1, by=BEN)).before == {"goodbye": True}
    assert (await configs.read(ANNA)).revision == 0


async def test_a_deleted_chat_leaves_nothing_but_the_number_of_its_revision(
    privacy: Privacy, configs: ChatConfigs, pool: Pool
) -> None:
    await configs.change(-1, {"goodbye": True}, by=ANNA, via="menu")
    await configs.move(-1, GROUP)
    await KnownChats(pool).remember(ANNA, -1, "Book club")
    await KnownChats(pool).remember(ANNA, GROUP, "Book club")
    revision = (await configs.read(GROUP)).revision
    await privacy.erase_chat(GROUP)
    for table in ("config_changes", "due_deletions", "known_chats"):
        assert await pool.connections.fetchval(f"SELECT count(*) FROM {table}") == 0, table  # noqa: S608 - our own names
    row = dict(await pool.connections.fetchrow("SELECT * FROM chat_configs") or {})
    assert row.pop("chat_id") == GROUP
    assert row.pop("revision") > revision
    row.pop("updated_at")
    assert not any(row.pop(name) for name in ("config", "before", "after"))
    assert row == {"changed_by": None, "update_id": None, "left_at": None, "via": "move"}


async def test_an_undo_button_from_before_a_deletion_means_no_later_change(
    privacy: Privacy, configs: ChatConfigs
) -> None:
    for value in (True, False):
        await configs.change(GROUP, {"goodbye": value}, by=ANNA, via="menu")
    await privacy.erase_chat(GROUP)
    await configs.change(GROUP, {"rules_text": "Be kind."}, by=ANNA, via="menu")
    for revision in (1, 2):
        with pytest.raises(Refused):
            await configs.undo(GROUP, revision, by=ANNA)
