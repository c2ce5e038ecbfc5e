"""The database goes away: what is remembered is shown meanwhile, nothing is decided by it, and it heals by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from bot.environment import Environment
from bot.errors import Unavailable
from bot.storage.configs import cache as cache_module
from bot.storage.configs.cache import CachedConfigs
from bot.storage.configs.repository import ChatConfigs
from bot.storage.connection import control as control_module
from bot.storage.connection.control import Control
from bot.storage.connection.leadership import Leadership
from bot.storage.connection.pool import close_pool
from bot.storage.schema.migrate import migrate
from tests.conftest import create_pool
from tests.storage.server import Front, Server

KNOWN, UNKNOWN, ADA = -1, -2, 7


@pytest.fixture
async def configs(
    impatient: Environment, server: Server, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[CachedConfigs]:
    """A memory that hears of changes in a database of its own, and knows one chat."""
    monkeypatch.setattr(control_module, "TIMEOUT_SECONDS", 1.0)
    monkeypatch.setattr(cache_module, "SLOW_AFTER_SECONDS", 0.2)
    await server.execute("DROP DATABASE IF EXISTS shop WITH (FORCE)", "CREATE DATABASE shop")
    where = impatient.model_copy(update={"database_url": SecretStr(server.url(database="shop"))})
    pool = await create_pool(where)
    await migrate(pool)
    # Before anybody listens: told of later, it would be forgotten again.
    await ChatConfigs(pool).change(KNOWN, {"welcome": "everyone"}, by=ADA, via="menu")
    configs = CachedConfigs(pool)
    control = Control(where, Leadership(1), configs)
    await control.open()
    await configs.read(KNOWN)
    yield configs
    await control.close()
    await close_pool(pool, within=1)


async def test_a_stopped_database_leaves_what_was_known_to_be_shown(configs: CachedConfigs, server: Server) -> None:
    server.stop()
    await _notices(configs)
    assert (await configs.read_or_last_known(KNOWN)).config.welcome == "everyone"
    for call in (
        configs.read(KNOWN),
        configs.read_or_last_known(UNKNOWN),
        configs.change(KNOWN, {"a": 1}, by=ADA, via="menu"),
    ):
        with pytest.raises(Unavailable):
            await call
    assert (await configs.read_or_last_known(KNOWN)).config.welcome == "everyone"
    server.start()
    await _heals(configs)


async def test_a_frozen_database_holds_up_nobody_who_asks_for_a_known_chat(
    configs: CachedConfigs, server: Server
) -> None:
    server.freeze()
    await _notices(configs)
    took = [await _seconds_for_recalling(configs) for _ in range(200)]
    assert max(took) < 0.5
    assert sum(took) < 2.0, "one in a while finds out whether the database is back, the others do not wait for it"
    server.thaw()
    await _heals(configs)


async def test_a_frozen_database_is_asked_for_an_unknown_chat_by_one_at_a_time(
    configs: CachedConfigs, server: Server
) -> None:
    server.freeze()
    await _notices(configs)
    with pytest.raises(Unavailable):
        await configs.read_or_last_known(UNKNOWN)
    begun = time.monotonic()
    answers = await asyncio.gather(*(configs.read_or_last_known(-100 - n) for n in range(100)), return_exceptions=True)
    assert {type(one) for one in answers} == {Unavailable}
    assert time.monotonic() - begun < 2.0
    server.thaw()
    await _heals(configs)


async def test_a_write_nobody_can_be_sure_of_is_looked_up_and_not_remembered(
    configs: CachedConfigs, server: Server
) -> None:
    server.freeze()
    with pytest.raises(Unavailable):
        await configs.change(KNOWN, {"welcome": "off"}, by=ADA, via="menu")
    assert configs.cached(KNOWN) is None
    assert (await configs.read_or_last_known(KNOWN)).config.welcome == "everyone"
    server.thaw()
    await _heals(configs)


@pytest.fixture
async def apart(impatient: Environment, server: Server) -> AsyncIterator[tuple[CachedConfigs, Front, Front]]:
    """A memory whose pool and whose control connection reach the database by two ways."""
    await server.execute("DROP DATABASE IF EXISTS shop WITH (FORCE)", "CREATE DATABASE shop")
    async with Front(server) as to_pool, Front(server) as to_control:
        urls = {
            "database_url": SecretStr(to_pool.url("shop")),
            "database_unpooled_url": SecretStr(to_control.url("shop")),
        }
        where = impatient.model_copy(update=urls)
        pool = await create_pool(where)
        await migrate(pool)
        await ChatConfigs(pool).change(KNOWN, {"welcome": "everyone"}, by=ADA, via="menu")
        configs = CachedConfigs(pool)
        control = Control(where, Leadership(1), configs)
        await control.open()
        await configs.read(KNOWN)
        yield configs, to_pool, to_control
        await control.close()
        await close_pool(pool, within=1)


async def test_without_the_pool_the_memory_goes_on_and_changes_are_refused_at_once(
    apart: tuple[CachedConfigs, Front, Front],
) -> None:
    configs, to_pool, _ = apart
    await to_pool.cut()
    for _ in range(5):
        with pytest.raises(Unavailable):
            async with asyncio.timeout(3):
                await configs.change(KNOWN, {"welcome": "off"}, by=ADA, via="menu")
    assert (await configs.read_or_last_known(KNOWN)).config.welcome == "everyone"
    with pytest.raises(Unavailable):
        await configs.read(UNKNOWN)
    await to_pool.mend()
    await _heals(configs)


async def test_without_the_control_connection_everything_is_read_and_nothing_is_refused(
    apart: tuple[CachedConfigs, Front, Front],
) -> None:
    configs, _, to_control = apart
    await to_control.cut()
    await _notices(configs)
    for text in ("Be kind.", "Be brief."):
        await configs.change(KNOWN, {"rules_text": text}, by=ADA, via="menu")
        assert (await configs.read(KNOWN)).config.rules_text == text
        assert configs.cached(KNOWN) is None
    assert (await configs.read(UNKNOWN)).revision == 0
    await to_control.mend()
    await _heals(configs)


async def _notices(configs: CachedConfigs) -> None:
    async with asyncio.timeout(15):
        while configs.cached(KNOWN) is not None:  # noqa: ASYNC110 - a state, not an event
            await asyncio.sleep(0.01)


async def _seconds_for_recalling(configs: CachedConfigs) -> float:
    begun = time.monotonic()
    assert (await configs.read_or_last_known(KNOWN)).config.welcome == "everyone"
    return time.monotonic() - begun


async def _heals(configs: CachedConfigs) -> None:
    """Within two seconds it reads from the database, trusts its memory again, and takes changes."""
    async with asyncio.timeout(2):
        while configs.cached(KNOWN) is None:
            try:
                await configs.read(KNOWN)
            except Unavailable:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0)
    change = await configs.change(KNOWN, {"rules_text": "Be kind."}, by=ADA, via="menu")
    assert change is not None
    assert (await configs.read(KNOWN)).config.rules_text == "Be kind."
