"""`check` of the database: each misconfiguration is one sentence that says what to do."""

from __future__ import annotations

import asyncio
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.commandline.check_database import database_findings, findings
from bot.commandline.stats import stats
from bot.environment import Environment
from bot.errors import StartupError
from bot.storage.connection.availability import Pool
from bot.storage.database import migrate_only
from bot.storage.diagnosis import Diagnosis
from tests.conftest import environment_for
from tests.storage.server import Front, Server, TlsFront

HEALTHY = Diagnosis(
    version="17.5 (Debian 17.5-1)",
    read_only=False,
    connections=97,
    seconds_ahead=0.5,
    foreign_tables=[],
    refusal=None,
    pending=[],
    taken_names=[],
    own_session=True,
)


async def found(environment: Environment, kind: str = "wrong") -> list[str]:
    return [one.text async for one in database_findings(environment) if one.kind == kind]


async def wrong(environment: Environment) -> str:
    """The one thing that is wrong, said in one or two sentences."""
    (sentence,) = await found(environment)
    assert re.fullmatch(r"[A-Z].*\.", sentence)
    assert "\n" not in sentence
    return sentence


async def test_nothing_is_wrong_with_a_healthy_database_and_nothing_is_changed(pool: Pool, database: str) -> None:
    environment = environment_for(database)
    tables = "SELECT count(*) FROM pg_class"
    before = await pool.connections.fetchval(tables)
    said = await found(environment, "ok")
    assert await found(environment) == []
    assert await pool.connections.fetchval(tables) == before
    assert [one.partition(":")[0] for one in said] == ["Database", "Rights", "Clock", "Pooler"]


async def test_a_database_without_tables_is_no_mistake(environment: Environment, pool: Pool) -> None:
    await pool.connections.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    assert await found(environment) == []
    assert any("0001_chat_configs.sql" in one for one in await found(environment, "note"))


async def test_a_server_that_is_not_there(environment: Environment) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"postgres://u:secret-word@127.0.0.1:{reserved.getsockname()[1]}/name"
        sentence = await wrong(environment_for(url))
    assert "connection refused; look whether it runs" in sentence
    assert "secret-word" not in sentence


async def test_a_wrong_password_and_a_wrong_name(server: Server) -> None:
    locked = server.url("locked").replace("locked", "locked:secret-word")
    assert "copy it anew" in await wrong(environment_for(locked))
    assert "create it, or correct" in await wrong(environment_for(server.url(database="nowhere")))


async def test_encryption_that_the_server_does_not_speak(server: Server) -> None:
    assert "leave that out" in await wrong(environment_for(server.url() + "?sslmode=require"))


async def test_a_user_who_may_create_nothing(server: Server) -> None:
    await server.execute("DROP DATABASE IF EXISTS bare", "CREATE DATABASE bare")
    sentence = await wrong(environment_for(server.url("nobody", "bare")))
    assert "GRANT USAGE, CREATE ON SCHEMA public" in sentence


async def test_tables_of_another_program(database: str, pool: Pool) -> None:
    await pool.connections.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE outbox (id integer)")
    assert "tables of the names that the bot's have (outbox): give the bot a database of its own" in await wrong(
        environment_for(database)
    )
    await pool.connections.execute("DROP TABLE outbox; CREATE TABLE schema_migrations (version text)")
    assert "schema_migrations in this database is another program's" in await wrong(environment_for(database))


async def test_a_program_that_is_no_postgresql(environment: Environment) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as other:
        url = f"postgres://u@127.0.0.1:{other.sockets[0].getsockname()[1]}/name"
        assert "what answers there is no PostgreSQL; correct host and port" in await wrong(environment_for(url))


async def test_an_unpooled_url_that_leads_to_another_database(server: Server) -> None:
    await server.execute("DROP DATABASE IF EXISTS another", "CREATE DATABASE another")
    apart = environment_for(server.url(), database_unpooled_url=server.url(database="another"))
    assert "DATABASE_UNPOOLED_URL leads to another database than DATABASE_URL" in await wrong(apart)
    assert await found(environment_for(server.url(), database_unpooled_url=server.url())) == []


async def test_tables_of_another_user(pool: Pool, database: str) -> None:
    await pool.connections.execute(
        """
        DO $$ BEGIN CREATE ROLE other_bot LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
        GRANT CREATE ON SCHEMA public TO other_bot;
        """
    )
    other = database.replace("//postgres@", "//other_bot@")
    sentence = await wrong(environment_for(other))
    assert "REASSIGN OWNED" in sentence
    assert "chat_configs" in sentence
    with pytest.raises(StartupError, match="connect as their owner"):
        await stats(environment_for(other))
    with pytest.raises(StartupError, match="connect as their owner"):
        await migrate_only(environment_for(other))


async def test_a_database_that_takes_no_writes(pool: Pool, database: str) -> None:
    name = urlsplit(database).path.removeprefix("/")
    await pool.connections.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    assert "takes no writes: set DATABASE_URL to the server that does" in await wrong(environment_for(database))


async def test_fewer_connections_than_a_deploy_needs(server: Server) -> None:
    await server.execute("GRANT CREATE ON SCHEMA public TO limited")
    sentence = await wrong(environment_for(server.url("limited")))
    assert "allows 1 connections" in sentence
    assert "set DATABASE_POOL_MAX=1" in sentence


class Pooler(Front):
    """What a connection pooler in transaction mode does to LISTEN: it is accepted, and nothing is ever heard."""

    def changed(self, data: bytes) -> bytes:
        return data.replace(b'LISTEN "control_check"', b'LISTEN "somebody_else"')


async def test_a_pooler_in_transaction_mode(server: Server) -> None:
    async with Pooler(server) as pooler:
        assert "set DATABASE_UNPOOLED_URL" in await wrong(environment_for(pooler.url()))
        assert await found(environment_for(pooler.url(), database_unpooled_url=server.url())) == []
        kept = {"database_statement_cache": 50, "database_unpooled_url": server.url()}
        assert "set DATABASE_STATEMENT_CACHE=0" in await wrong(environment_for(pooler.url(), **kept))
        through = {"database_unpooled_url": pooler.url()}
        assert "the server's own URL" in await wrong(environment_for(pooler.url(), **through))


async def test_an_unpooled_url_that_leads_nowhere(environment: Environment) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"postgres://u:secret-word@127.0.0.1:{reserved.getsockname()[1]}/name"
        sentence = await wrong(
            environment.model_copy(update={"database_unpooled_url": environment_for(url).database_url})
        )
    assert "DATABASE_UNPOOLED_URL does not work" in sentence
    assert "connection refused; look whether the server runs" in sentence
    assert "secret-word" not in sentence


def said(environment: Environment, *, encrypted: bool = True, **facts: object) -> list[str]:
    """What a healthy server with these facts is told."""
    values = {name: getattr(HEALTHY, name) for name in Diagnosis.__slots__}
    found = Diagnosis(**{**values, **facts})
    return [f"{one.kind}: {one.text}" for one in findings(environment, found, "here", encrypted=encrypted)]


def test_what_is_worth_knowing_about_tls(tmp_path: Path) -> None:
    plain, own_ca = environment_for("postgres://u@h/n"), tmp_path / "ca.pem"
    own_ca.touch()
    assert any("note: The connection to the database is not encrypted" in one for one in said(plain, encrypted=False))
    assert any("note: TLS: encrypted; the server's certificate is not verified" in one for one in said(plain))
    for verified in (
        environment_for("postgres://u@h/n", database_ca_file=own_ca),
        environment_for("postgres://u@h/n?sslmode=verify-full"),
    ):
        assert any(one == "ok: TLS: encrypted, and the server's certificate is verified." for one in said(verified))


def test_a_clock_that_is_wrong() -> None:
    environment = environment_for("postgres://u@h/n")
    (behind,) = [one for one in said(environment, seconds_ahead=7_200.0) if one.startswith("wrong")]
    assert "clock is 7,200 s behind that of the database" in behind
    (ahead,) = [one for one in said(environment, seconds_ahead=-31.0) if one.startswith("wrong")]
    assert "clock is 31 s ahead of that of the database" in ahead
    assert "NTP" in ahead


async def test_encryption_is_seen_from_our_end_of_the_connection(server: Server, certificate: Path) -> None:
    async def notes(query: str) -> str:
        environment = environment_for(f"postgres://postgres@localhost:{front.port}/postgres{query}")
        return " ".join(await found(environment, "note"))

    async with TlsFront(server, certificate, certificate.with_suffix(".key")) as front:
        assert "TLS: encrypted; the server's certificate is not verified" in await notes("")
        assert "TLS: encrypted; the server's certificate is not verified" in await notes("?sslmode=require")
        assert "not encrypted" in await notes("?sslmode=disable")
    assert "not encrypted" in " ".join(await found(environment_for(server.url()), "note"))
