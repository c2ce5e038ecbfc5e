"""Database URLs as hosts hand them out, made into what asyncpg understands, or refused with one sentence."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from bot.errors import StartupError

logger = logging.getLogger(__name__)

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")

# What hosts put into their URLs for libpq (Neon, Supabase, Azure) and asyncpg would hand to the server as a setting.
LIBPQ_ONLY = frozenset(
    {
        "channel_binding", "connect_timeout", "gssencmode", "keepalives", "keepalives_count", "keepalives_idle",
        "keepalives_interval", "pgbouncer", "sslsni", "tcp_user_timeout",
    }
)  # fmt: skip


REPLICA = "DATABASE_REPLICA_URL"
"""Names a server from which is only read."""

FILES = frozenset({"passfile", "sslcert", "sslcrl", "sslkey", "sslrootcert"})
"""Parameters that name a file."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect: `dsn` for asyncpg (a secret); `place` for people, such as "db.example.com, database shop".

    `variable` is the one of the environment that says so.
    """

    dsn: str
    place: str
    names_application: bool
    variable: str

    @property
    def demands_tls(self) -> bool:
        """Whether there is no connection without encryption."""
        return any(f"sslmode={mode}" in self.dsn for mode in SSL_MODES[3:])

    def __repr__(self) -> str:
        return f"Target({self.place})"


def target(dsn: str, ca_file: Path | None = None, variable: str = "DATABASE_URL") -> Target:
    """Return where the URL leads. With a CA file the server's certificate is verified, and its name too.

    Raises `StartupError` for what cannot work; the sentence names the variable, never a part of the URL that could
    come from a password.
    """
    try:
        parts = urlsplit(dsn)
        query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        raise _malformed(variable) from None
    # With an unescaped @ : / # ? in a password, a piece of the password would pass for host, port, path or query.
    hosts = parts.netloc.rpartition("@")[2]
    if dsn.count("@") > parts.netloc.count("@") or parts.netloc.count("@") > 1 or parts.fragment:
        raise _malformed(variable)
    if not all(
        _is_port(port) for port in [*_ports(hosts), *_ports(query.get("host", "")), *_listed(query.get("port"))]
    ):
        raise _malformed(variable)
    query = _understood(query, variable)
    for name in FILES & query.keys():
        if not os.access(query[name], os.R_OK):
            raise StartupError(f"{variable} names a file by {name}=… that cannot be read.")
    if ca_file is not None:
        query = {"sslmode": "verify-full", "sslrootcert": str(ca_file), **query}
    if "," in hosts or "," in query.get("host", ""):
        # After a failover the former primary may be a stand-by, which takes no writes.
        wanted = "prefer-standby" if variable == REPLICA else "read-write"
        query = {"target_session_attrs": wanted, **query}
    host = query.get("host") or unquote(hosts) or "this machine"
    database = query.get("dbname") or query.get("database") or unquote(parts.path.lstrip("/"))
    place = f"{host}, database {database}" if database else host
    return Target(urlunsplit(parts._replace(query=urlencode(query))), place, "application_name" in query, variable)


def _listed(ports: str | None) -> list[str]:
    return ports.split(",") if ports else []


def _ports(hosts: str) -> list[str]:
    """Return the ports of "host:5432,[::1]:5433,/run/postgresql"; a host without one has none."""
    # What follows a bracket is the port of an IPv6 address.
    ends = (host.rpartition("]")[2] for host in hosts.split(",") if not host.startswith("/"))
    return [end.partition(":")[2] for end in ends if ":" in end]


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text) < 65_536


def _understood(query: dict[str, str], variable: str) -> dict[str, str]:
    if "ssl" in query:
        raise StartupError(f"{variable} says ssl=…, which PostgreSQL does not know: write sslmode=require instead.")
    if "sslmode" in query and query["sslmode"] not in SSL_MODES:
        modes = ", ".join(SSL_MODES)
        raise StartupError(
            f"{variable} has an sslmode that PostgreSQL does not know (it knows {modes}); "
            "for encryption without verification write sslmode=require."
        )
    if query.get("sslrootcert") == "system":
        raise StartupError(
            f"{variable} says sslrootcert=system, which this client does not know: leave that out and set "
            "DATABASE_CA_FILE to the system's certificates, often /etc/ssl/certs/ca-certificates.crt."
        )
    ignored = sorted(LIBPQ_ONLY & query.keys())
    if ignored:
        logger.info("%s: %s means nothing to this client and is left out.", variable, ", ".join(ignored))
    return {name: value for name, value in query.items() if name not in ignored}


def _malformed(variable: str) -> StartupError:
    return StartupError(
        f"{variable} is malformed: it must look like postgres://user:password@host:5432/database, with the characters "
        "@ : / # ? % in user and password written as %40 %3A %2F %23 %3F %25."
    )
