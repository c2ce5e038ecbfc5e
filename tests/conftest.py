"""Fixtures shared by all tests: a PostgreSQL of one's own, and in it a fresh, migrated database for each test.

`TEST_DATABASE_SERVER` may name another server (a superuser's URL of its maintenance database). With `FAST_PATH=off` the
bot under test uses aiogram and aiohttp in their ordinary way, with `TEST_POOLER=pgbouncer` it works through PgBouncer,
with `TEST_TABLES=distributed` on tables that are distributed by chat.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import hypothesis
import pytest
from pydantic import SecretStr

from bot.environment import Environment
from bot.storage.configs.repository import ChatConfigs
from bot.storage.connection.availability import Pool
from bot.storage.connection.pool import close_pool, open_pool
from bot.storage.schema.embedded import start_embedded
from bot.storage.schema.migrate import migrate
from tests.distributing import distribute
from tests.pooler import WANTED, pgbouncer
from tests.storage.server import server_folder

# How long an example takes says more about the machine than about the code. `make proofs` takes the last profile,
# CI the first where the same stories were tried before, on another Python.
hypothesis.settings.register_profile("few", max_examples=20, deadline=None)
hypothesis.settings.register_profile("test", max_examples=200, deadline=None)
hypothesis.settings.register_profile("proofs", max_examples=2_000, deadline=None)
hypothesis.settings.load_profile("test")

FAST_PATH = os.environ.get("FAST_PATH", "on")
TOKEN = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"
NOW = datetime.now(UTC)
WAITING = {"faults", "hosts"}
_NUMBERS = itertools.count(1)
_POOLERS: list[str] = []
"""The URL of PgBouncer while one runs."""


def pytest_xdist_auto_num_workers() -> int:
    """Some processes more than there are processors: many tests wait for a time to pass."""
    return (os.cpu_count() or 1) + 3


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the tests that wait for long evenly, and leave none for the end, where the processes would wait for it."""
    waiting = [one for one in items if WAITING.intersection(one.path.parts)]
    others = [one for one in items if not WAITING.intersection(one.path.parts)]
    every = max(1, len(others) * 2 // 3 // (len(waiting) or 1))
    items.clear()
    while waiting or others:
        items += [*waiting[:1], *others[:every]]
        del waiting[:1], others[:every]


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a server of this test process; stopped and deleted at the end."""
    given = os.environ.get("TEST_DATABASE_SERVER")
    if given:
        yield given
        return
    with server_folder() as folder:
        server = asyncio.run(start_embedded(folder))
        asyncio.run(_make_fast(server.dsn))
        yield server.dsn
        asyncio.run(server.stop())


@pytest.fixture(scope="session", autouse=True)
def pooler(request: pytest.FixtureRequest) -> Iterator[None]:
    """With `TEST_POOLER=pgbouncer` the bot reaches the server through PgBouncer, as `pooled` says."""
    if not WANTED:
        yield
        return
    with pgbouncer(request.getfixturevalue("postgres")) as url:
        _POOLERS.append(url)
        yield
        _POOLERS.clear()


@pytest.fixture(scope="session")
def template(postgres: str) -> str:
    """The name of a migrated database, to be copied."""
    return asyncio.run(_make_template(postgres))


@pytest.fixture
async def database(postgres: str, template: str) -> AsyncIterator[str]:
    """The URL of a migrated, empty database of this test alone."""
    name = f"test_{os.getpid()}_{next(_NUMBERS)}"
    connection = await asyncpg.connect(postgres)
    try:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        yield database_url(postgres, name)
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for "localhost" that signs itself; its key lies beside it."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl program to make a certificate")
    made = tmp_path_factory.mktemp("tls") / "server.crt"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    command = [openssl, "req", *kind, *names, "-keyout", str(made.with_suffix(".key")), "-out", str(made)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - nothing in it comes from outside
    return made


@pytest.fixture
def environment(database: str) -> Environment:
    """A deployment's configuration with the test's database and limits of time that a test can wait for."""
    return pooled(environment_for(database))


@pytest.fixture
async def new_pool(environment: Environment) -> AsyncIterator[Callable[[], Awaitable[Pool]]]:
    """Make another pool, as another process of the bot would."""
    pools: list[Pool] = []

    async def make() -> Pool:
        pools.append(await create_pool(environment))
        return pools[-1]

    yield make
    await asyncio.gather(*(close_pool(pool) for pool in pools))


@pytest.fixture
async def pool(new_pool: Callable[[], Awaitable[Pool]]) -> Pool:
    return await new_pool()


@pytest.fixture
def configs(pool: Pool) -> ChatConfigs:
    return ChatConfigs(pool)


async def create_pool(environment: Environment) -> Pool:
    """Return a pool that is open."""
    pool = Pool()
    await open_pool(pool, environment)
    return pool


def environment_for(dsn: str, **values: object) -> Environment:
    """Return an environment with this database; of the real environment only `FAST_PATH` is read."""
    usual = {"bot_token": SecretStr(TOKEN), "database_url": SecretStr(dsn), "fast_path": FAST_PATH}
    return Environment.model_validate({**usual, **values})


def pooled(environment: Environment) -> Environment:
    """Return the environment with PgBouncer before its database, where the tests are run so."""
    if not _POOLERS or environment.database_url is None:
        return environment
    direct = environment.database_url.get_secret_value()
    url = database_url(_POOLERS[0], urlsplit(direct).path.lstrip("/"))
    return environment.model_copy(update={"database_url": SecretStr(url), "database_unpooled_url": SecretStr(direct)})


def database_url(server: str, name: str) -> str:
    """Return the URL of another database of the same server."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


async def _make_fast(dsn: str) -> None:
    """Nothing of a test has to survive a power cut."""
    connection = await asyncpg.connect(dsn)
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        await connection.execute(f"ALTER SYSTEM SET {setting} = off")
    # Its log may lie in memory.
    await connection.execute("ALTER SYSTEM SET max_wal_size = '64MB'")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


async def _make_template(postgres: str) -> str:
    name = f"template_{os.getpid()}"
    connection = await asyncpg.connect(postgres)
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()
    pool = await create_pool(environment_for(database_url(postgres, name)))
    await migrate(pool)
    if os.environ.get("TEST_TABLES") == "distributed":
        await distribute(pool)
    await close_pool(pool)
    return name
