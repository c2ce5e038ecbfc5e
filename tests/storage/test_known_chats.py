"""The list of the chats somebody looks after."""

from __future__ import annotations

import pytest

from bot.storage.configs.repository import ChatConfigs
from bot.storage.connection.availability import Pool
from bot.storage.known_chats import KnownChat, KnownChats

ANNA, BEN = 1, 2


@pytest.fixture
def known(pool: Pool) -> KnownChats:
    return KnownChats(pool)


async def test_a_list_is_sorted_by_title_and_paged(known: KnownChats) -> None:
    for number, title in enumerate(("beta", "Gamma", "alpha")):
        await known.remember(ANNA, -number - 1, title)
    first = await known.of(ANNA, limit=2)
    assert [chat.title for chat in first] == ["alpha", "beta"]
    assert [chat.title for chat in await known.of(ANNA, limit=2, offset=2)] == ["Gamma"]


async def test_a_list_shows_nobody_elses_chats(known: KnownChats) -> None:
    await known.remember(ANNA, -1, "Anna's")
    assert await known.of(BEN) == []


async def test_the_newest_title_counts(known: KnownChats) -> None:
    await known.remember(ANNA, -1, "before")
    await known.remember(ANNA, -1, "after")
    assert await known.of(ANNA) == [KnownChat(-1, "after")]


@pytest.mark.parametrize("search", ["BOOK", "ook c", "%", "'"])
async def test_a_search_finds_parts_of_titles_literally(known: KnownChats, search: str) -> None:
    await known.remember(ANNA, -1, "Book club 100% 'n' more")
    await known.remember(ANNA, -2, "Chess")
    assert [chat.chat_id for chat in await known.of(ANNA, search=search)] == [-1]


async def test_an_upgraded_group_is_listed_once_under_its_new_id(known: KnownChats, configs: ChatConfigs) -> None:
    await known.remember(ANNA, -1, "old")
    await configs.move(-1, -1001)
    await known.remember(ANNA, -1001, "new")
    assert await known.of(ANNA) == [KnownChat(-1001, "new")]
    await known.remember(ANNA, -2, "another")
    await known.remember(BEN, -1001, "new")
    await known.drop(ANNA, -1001)
    assert await known.of(ANNA) == [KnownChat(-2, "another")]
    assert await known.of(BEN) == [KnownChat(-1001, "new")]


async def test_what_postgresql_cannot_store_is_left_out_of_a_title(known: KnownChats) -> None:
    await known.remember(ANNA, -1, "a\0b\ud800c" + "x" * 400)
    (chat,) = await known.of(ANNA)
    assert chat.title.startswith("abc")
