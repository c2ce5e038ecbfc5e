"""Start-up: what the operator is told, at once or after waiting, and never with a secret in it."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr

from bot.environment import Environment
from bot.errors import StartupError
from bot.storage.connection import pool as pools
from bot.storage.connection.availability import Pool
from bot.storage.connection.dsn import target
from bot.storage.connection.pool import close_pool
from bot.storage.connection.refusals import refusal as refusal_of
from tests.conftest import create_pool
from tests.storage.server import Server, TlsFront


def at(environment: Environment, url: str, **values: object) -> Environment:
    return environment.model_copy(update={"database_url": SecretStr(url), "database_unpooled_url": None, **values})


async def refusal(environment: Environment) -> str:
    with pytest.raises(StartupError) as refused:
        await create_pool(environment)
    return str(refused.value)


async def test_the_pool_speaks_json_names_itself_and_keeps_to_its_sizes(environment: Environment) -> None:
    pool = await create_pool(environment.model_copy(update={"database_pool_min": 2, "database_pool_max": 3}))
    assert (pool.connections.get_size(), pool.connections.get_min_size(), pool.connections.get_max_size()) == (2, 2, 3)
    assert await pool.connections.fetchval("SELECT $1::jsonb", {"a": [1, "ü", None, True]}) == {
        "a": [1, "ü", None, True]
    }
    assert await pool.connections.fetchval("SELECT current_setting('application_name')") == pools.APPLICATION_NAME
    await close_pool(pool)


async def test_a_pool_without_connections_to_keep_still_notices_a_wrong_url(
    impatient: Environment, server: Server
) -> None:
    sentence = await refusal(at(impatient, server.url(database="missing"), database_pool_min=0))
    assert "has no database of that name" in sentence


async def test_an_open_transaction_is_rolled_back_when_the_connection_is_given_back(pool: Pool) -> None:
    async with pool.connections.acquire() as connection:
        await connection.execute("BEGIN")
        await connection.execute("CREATE TABLE left_open ()")
    assert await pool.connections.fetchval("SELECT to_regclass('left_open')") is None


@pytest.mark.parametrize(
    ("user", "name", "says"),
    [
        ("locked:open%20barley", "postgres", "does not accept the user or the password"),
        ("stranger:open%20barley", "postgres", "does not accept the user or the password"),
        ("postgres:open%20barley", "missing", "has no database of that name"),
        ("nobody:open%20barley", "private", "permission denied for database"),
    ],
)
async def test_what_waiting_cannot_heal_is_said_at_once(
    impatient: Environment, server: Server, user: str, name: str, says: str
) -> None:
    async with asyncio.timeout(5):
        sentence = await refusal(at(impatient, server.url(user, name), database_wait=60.0))
    assert says in sentence
    assert f"localhost:{server.port}, database {name}" in sentence
    assert "barley" not in sentence


async def test_the_right_password_is_accepted(impatient: Environment, server: Server) -> None:
    pool = await create_pool(at(impatient, server.url("locked:open%20sesame")))
    assert await pool.connections.fetchval("SELECT current_user") == "locked"
    await close_pool(pool)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgres://someone:barley@no-such-host.invalid/shop", "no-such-host.invalid, database shop"),
        ("postgres://someone:barley@127.0.0.1:{free}/shop", "connection refused"),
        ("postgres://someone:barley@/shop?host=/nowhere/at/all", "No such file or directory"),
    ],
)
async def test_a_database_that_is_not_there_is_waited_for_with_a_line_a_try(
    impatient: Environment, caplog: pytest.LogCaptureFixture, url: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "FIRST_RETRY_SECONDS", 0.02)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        free = found.getsockname()[1]
    sentence = await refusal(at(impatient, url.format(free=free), database_wait=0.2))
    assert says in sentence
    tries = [record.getMessage() for record in caplog.records if "not there yet" in record.getMessage()]
    assert len(tries) >= 2
    assert "barley" not in caplog.text + sentence


async def test_a_frozen_database_is_given_up_in_time(impatient: Environment, server: Server) -> None:
    server.freeze()
    async with asyncio.timeout(5):
        sentence = await refusal(at(impatient, server.url()))
    assert "no answer in time" in sentence


async def test_a_database_that_comes_late_is_used(impatient: Environment, server: Server) -> None:
    server.stop()
    waiting = asyncio.create_task(create_pool(at(impatient, server.url(), database_wait=60.0)))
    await asyncio.to_thread(server.start)
    pool = await waiting
    assert await pool.connections.fetchval("SELECT 1") == 1
    await close_pool(pool)


async def test_too_many_connections_are_waited_for(impatient: Environment, server: Server) -> None:
    limited = at(impatient, server.url("limited"))
    first = await create_pool(limited)
    assert "too many connections for role" in await refusal(limited)
    waiting = asyncio.create_task(create_pool(limited.model_copy(update={"database_wait": 60.0})))
    await close_pool(first)
    await close_pool(await waiting)


async def test_closing_is_bounded_when_a_connection_is_never_given_back(
    environment: Environment, caplog: pytest.LogCaptureFixture
) -> None:
    pool = await create_pool(environment)
    await pool.connections.acquire()
    async with asyncio.timeout(5):
        await close_pool(pool, within=0.05)
    assert "cut off" in caplog.text
    assert pool.connections.get_size() == 0


@pytest.mark.parametrize(
    "url",
    [
        "postgres://u:bar@ley@host/db",
        "postgres://u:bar#ley@host/db",
        "postgres://u:bar/ley@host/db",
        "postgres://u:bar?ley@host/db",
        "postgres://u:12?barley=1@host/db",
        "postgres://u:[barley@host/db",
        "postgres://u:p@host:barley/db",
        "postgres://u:p@host/db?barley",
    ],
)
def test_a_malformed_url_is_explained_without_repeating_it(url: str) -> None:
    with pytest.raises(StartupError, match="DATABASE_URL is malformed") as refused:
        target(url)
    assert "ley" not in str(refused.value)


async def test_parts_of_a_url_that_only_asyncpg_refuses_are_not_repeated_either(impatient: Environment) -> None:
    for url in ("postgres://u:p@a:1,b:barley/db", "postgres://u:p@/db?host=h&port=barley"):
        assert "barley" not in await refusal(at(impatient, url))


@pytest.mark.parametrize(
    ("query", "advice"),
    [
        ("ssl=true", "write sslmode=require"),
        ("sslmode=no-verify", "write sslmode=require"),
        ("sslmode=verify-full&sslrootcert=system", "set DATABASE_CA_FILE to the system's certificates"),
    ],
)
def test_parameters_of_other_clients_are_explained(query: str, advice: str) -> None:
    with pytest.raises(StartupError, match=advice):
        target(f"postgres://u:p@host/db?{query}", variable="DATABASE_UNPOOLED_URL")


async def test_an_unknown_parameter_is_named_by_the_server(impatient: Environment, server: Server) -> None:
    sentence = await refusal(at(impatient, server.url() + "?schema=shop"))
    assert 'unrecognized configuration parameter "schema"; take that out of DATABASE_URL' in sentence


async def test_what_hosts_add_for_other_clients_does_no_harm(impatient: Environment, server: Server) -> None:
    query = "?sslmode=prefer&channel_binding=prefer&connect_timeout=10&application_name=shop"
    pool = await create_pool(at(impatient, server.url() + query))
    assert await pool.connections.fetchval("SELECT current_setting('application_name')") == "shop"
    await close_pool(pool)


def test_of_several_servers_the_one_that_takes_writes_is_wanted_unless_the_url_says_otherwise() -> None:
    assert target("postgres://u@host,other/db").dsn.endswith("/db?target_session_attrs=read-write")
    assert target("postgres://u@/db?host=host,other").dsn.endswith("target_session_attrs=read-write&host=host%2Cother")
    assert target("postgres://u@host,other/db?target_session_attrs=any").dsn.endswith("/db?target_session_attrs=any")
    assert target("postgres://u@host/db").dsn == "postgres://u@host/db"


def test_a_target_never_shows_its_url() -> None:
    where = target("postgresql://u:barley@host:5433,other/db?sslmode=require")
    assert repr(where) == "Target(host:5433,other, database db)"


@pytest.fixture
async def tls(server: Server, certificate: Path) -> AsyncIterator[TlsFront]:
    async with TlsFront(server, certificate, certificate.with_suffix(".key")) as front:
        yield front


@pytest.mark.parametrize(("query", "encrypted"), [("", True), ("?sslmode=require", True), ("?sslmode=disable", False)])
async def test_a_self_signed_server_is_used_encrypted_unless_the_url_says_otherwise(
    impatient: Environment, tls: TlsFront, query: str, encrypted: bool
) -> None:
    pool = await create_pool(at(impatient, f"postgres://postgres@localhost:{tls.port}/postgres{query}"))
    assert await pool.connections.fetchval("SELECT 1") == 1
    assert tls.encrypted == [encrypted]
    await close_pool(pool)


async def test_with_a_ca_file_certificate_and_name_are_verified(
    impatient: Environment, tls: TlsFront, certificate: Path
) -> None:
    verified = impatient.model_copy(update={"database_ca_file": certificate, "database_wait": 60.0})
    pool = await create_pool(at(verified, f"postgres://postgres@localhost:{tls.port}/postgres"))
    assert tls.encrypted == [True]
    await close_pool(pool)
    async with asyncio.timeout(5):
        sentence = await refusal(at(verified, f"postgres://postgres@127.0.0.1:{tls.port}/postgres"))
    assert "certificate could not be verified" in sentence
    assert "name the server in DATABASE_URL as its certificate does" in sentence


async def test_to_verify_somebody_must_be_trusted(impatient: Environment, tls: TlsFront) -> None:
    url = f"postgres://postgres@localhost:{tls.port}/postgres?sslmode=verify-full"
    assert "set DATABASE_CA_FILE to the certificate of who signed it" in await refusal(at(impatient, url))


def test_a_certificate_that_is_not_accepted_says_why_and_what_to_do() -> None:
    error = ssl.SSLCertVerificationError()
    for code, why, remedy in (
        (10, "certificate has expired", "have the server's renewed"),
        (18, "self-signed certificate", "set DATABASE_CA_FILE"),
    ):
        error.verify_code, error.verify_message = code, why
        assert f"{why}; {remedy}" in str(refusal_of(error, target("postgres://u@host/db")))


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ('no pg_hba.conf entry for host "10.0.0.1", user "u", database "d", no encryption', "?sslmode=require"),
        ('Peer authentication failed for user "u"', "the system's user of the same name"),
        ("connection requires a valid client certificate", "sslcert=FILE"),
        ('password authentication failed for user "u"', "copy it anew"),
    ],
)
def test_a_server_that_lets_nobody_in_is_not_blamed_on_the_password_alone(words: str, advice: str) -> None:
    error = asyncpg.InvalidAuthorizationSpecificationError(words)
    assert advice in str(refusal_of(error, target("postgres://u@host/db")))


async def test_a_ca_file_that_is_none_is_said_at_once(impatient: Environment, server: Server, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    environment = at(impatient, server.url(), database_ca_file=tmp_path / "ca.pem", database_wait=60.0)
    async with asyncio.timeout(5):
        assert "TLS does not work" in await refusal(environment)


async def test_encryption_that_the_server_does_not_have_is_said_at_once(impatient: Environment, server: Server) -> None:
    environment = at(impatient, server.url() + "?sslmode=require", database_wait=60.0)
    async with asyncio.timeout(10):
        sentence = await refusal(environment)
    assert "does not speak TLS" in sentence


async def test_no_secret_is_logged_on_the_way(
    impatient: Environment, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await refusal(at(impatient, server.url("locked:barley")))
    assert "barley" not in caplog.text
