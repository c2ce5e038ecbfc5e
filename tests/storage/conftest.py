"""Fixtures of the storage tests: beside the shared ones, a server that may be ill-treated."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest

from bot.environment import Environment
from bot.storage.schema.embedded import start_embedded
from tests.storage.server import Server, server_folder
from tests.watching import logged

__all__ = ["logged"]


@pytest.fixture(scope="session")
def lasting_server() -> Iterator[Server]:
    with server_folder() as folder:
        embedded = asyncio.run(start_embedded(folder))
        server = Server(folder, embedded._server.bin_path)
        asyncio.run(embedded.stop())
        rules = server.data / "pg_hba.conf"
        server.own(rules, f"host all locked 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
        server.start()
        asyncio.run(
            server.execute(
                "CREATE ROLE locked LOGIN PASSWORD 'open sesame'",
                "CREATE ROLE limited LOGIN CONNECTION LIMIT 1",
                "CREATE ROLE nobody LOGIN",
                "CREATE DATABASE private",
                "REVOKE CONNECT ON DATABASE private FROM public",
            )
        )
        yield server
        server.stop("immediate")


@pytest.fixture
def server(lasting_server: Server) -> Iterator[Server]:
    """The server, running again afterwards whatever the test did to it."""
    yield lasting_server
    if (lasting_server.data / "postmaster.pid").exists():
        lasting_server.thaw()
    else:
        lasting_server.start()
    # A connection that broke in the middle of a query leaves a future with an error that nobody asked for. That is
    # logged when the future is collected: here, and not in the middle of a later test that forbids errors in the log.
    gc.collect()


@pytest.fixture
def impatient(environment: Environment) -> Environment:
    """Limits of time short enough to wait for in a test; no database yet."""
    update = {"database_connect_timeout": 1.5, "database_command_timeout": 1.5, "database_wait": 0.0}
    return environment.model_copy(update={**update, "database_unpooled_url": None})
