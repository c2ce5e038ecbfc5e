"""Who the bot is for its database: passwords that change while it runs, and client certificates."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.environment import Environment
from bot.errors import StartupError, Unavailable
from bot.storage.connection.availability import Pool, connection
from bot.storage.connection.pool import close_pool
from tests.conftest import create_pool
from tests.storage.server import Server, TlsFront


def at(environment: Environment, url: str, **values: object) -> Environment:
    return environment.model_copy(update={"database_url": SecretStr(url), "database_unpooled_url": None, **values})


async def asked(pool: Pool) -> str:
    async with connection(pool) as conn:
        user: str = await conn.fetchval("SELECT current_user")
        return user


async def until_answered(pool: Pool) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                await asked(pool)
            except Unavailable:
                await asyncio.sleep(0.05)
            else:
                return


SetPassword = Callable[[str], Awaitable[None]]


@pytest.fixture
async def set_password(server: Server) -> AsyncIterator[SetPassword]:
    """Give the user another password and end its sessions, as whoever rotates credentials does."""

    async def rotate(password: str) -> None:
        await server.execute(
            f"ALTER ROLE locked PASSWORD '{password}'",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'locked'",
        )

    yield rotate
    await rotate("open sesame")


async def test_a_password_in_a_file_may_change_while_the_bot_runs(
    impatient: Environment, server: Server, set_password: SetPassword, tmp_path: Path
) -> None:
    file = tmp_path / "password"

    def write(password: str) -> None:
        file.write_text(f"localhost:{server.port}:postgres:locked:{password}\n")
        file.chmod(0o600)

    write("open sesame")
    pool = await create_pool(at(impatient, server.url("locked") + f"?passfile={file}"))
    write("open barley")
    await set_password("open barley")
    await until_answered(pool)
    await close_pool(pool)


async def test_a_password_that_is_no_longer_accepted_is_an_outage_that_heals(
    impatient: Environment, server: Server, set_password: SetPassword, caplog: pytest.LogCaptureFixture
) -> None:
    pool = await create_pool(at(impatient, server.url("locked:open%20sesame")))
    await set_password("open barley")
    async with asyncio.timeout(30):
        while not pool.breaker.open:
            with pytest.raises(Unavailable):
                await asked(pool)
    assert "does not answer (it no longer accepts the user or the password of DATABASE_URL)" in caplog.text
    assert "barley" not in caplog.text
    assert "sesame" not in caplog.text
    await set_password("open sesame")
    await until_answered(pool)
    await close_pool(pool)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority's `ca.crt`, and `client.crt` and `client.key` that it signed."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl program to make a certificate")
    folder = tmp_path_factory.mktemp("authority")
    new = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    as_authority = ["-x509", "-days", "2", "-nodes", "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.crt"]
    request = ["-passout", "pass:barley", "-subj", "/CN=bot", "-keyout", "client.key", "-out", "client.csr"]
    sign = ["-req", "-in", "client.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-days", "2", "-out", "client.crt"]
    for arguments in ([*new, *as_authority], [*new, *request], ["x509", *sign]):
        subprocess.run([openssl, *arguments], cwd=folder, check=True, capture_output=True)  # noqa: S603 - ours
    return folder


@pytest.fixture
async def demanding(server: Server, certificate: Path, authority: Path) -> AsyncIterator[TlsFront]:
    """A way to the server on which clients have to show a certificate."""
    front = TlsFront(server, certificate, certificate.with_suffix(".key"), clients=authority / "ca.crt")
    async with front:
        yield front


async def test_a_client_certificate_is_shown_where_the_url_names_it(
    impatient: Environment, demanding: TlsFront, authority: Path
) -> None:
    url = f"postgres://postgres@localhost:{demanding.port}/postgres?sslmode=require"
    own = f"&sslcert={authority}/client.crt&sslkey={authority}/client.key&sslpassword=barley"
    pool = await create_pool(at(impatient, url + own))
    async with connection(pool) as conn:
        assert await conn.fetchval("SELECT 1") == 1
    await close_pool(pool)


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ("", "asks for a client certificate"),
        ("&sslcert={0}/client.crt&sslkey={0}/client.key&sslpassword=sesame", "TLS does not work with the given"),
        (
            "&sslcert={0}/nothing.crt&sslkey={0}/client.key",
            "names a file by sslcert=… that cannot be read",
        ),
        ("&sslcert={0}/ca.crt&sslkey={0}/client.key&sslpassword=barley", "TLS does not work with the given"),
    ],
    ids=["none", "another password", "no such file", "another key"],
)
async def test_a_client_certificate_that_does_not_fit_is_said_at_once(
    impatient: Environment, demanding: TlsFront, authority: Path, own: str, says: str
) -> None:
    url = f"postgres://postgres@localhost:{demanding.port}/postgres?sslmode=require"
    with pytest.raises(StartupError) as refused:
        async with asyncio.timeout(20):
            await create_pool(at(impatient, url + own.format(authority), database_wait=60.0))
    assert says in str(refused.value)
    assert "sesame" not in str(refused.value)
