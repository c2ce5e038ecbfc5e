"""What keeps the bot from connecting and does not heal by waiting, in one sentence that says what to do."""

from __future__ import annotations

import ssl

import asyncpg

from bot.errors import StartupError
from bot.storage.connection.availability import is_away, message
from bot.storage.connection.dsn import Target


def refusal(error: Exception, where: Target) -> StartupError | None:
    """Return the sentence for an error that waiting does not change, None for one that may go away."""
    sentence = _of_login(error, where) or _of_tls(error, where) or _of_the_rest(error, where)
    return StartupError(f"The database cannot be used ({where.place}): {sentence}.") if sentence else None


def _of_login(error: Exception, where: Target) -> str | None:
    if not isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        return None
    if "client certificate" in message(error):
        return f"the server asks for a client certificate; add ?sslcert=FILE&sslkey=FILE to {where.variable}"
    if "pg_hba.conf" in message(error):
        return (
            "the server's pg_hba.conf does not let this user in from here; if only without encryption, add "
            f"?sslmode=require to {where.variable}"
        )
    if message(error).startswith("Peer"):
        return (
            "by a socket the server lets in only the system's user of the same name; run this as that one, or correct "
            f"the user in {where.variable}"
        )
    return f"the server does not accept the user or the password of {where.variable}; copy it anew"


def _of_tls(error: Exception, where: Target) -> str | None:
    match error:
        case ssl.SSLCertVerificationError():
            return f"the server's certificate could not be verified: {_mistrust(error, where)}"
        case ssl.SSLError():
            return f"TLS does not work with the given certificates ({error.reason or 'unreadable file'})"
        case PermissionError(filename=str(file)) if ".postgresql" in file:
            return f"{file} may not be read: set HOME to a folder of the user that runs the bot"
        case ConnectionError() if "rejected SSL upgrade" in str(error):
            if where.demands_tls:
                return (
                    f"the server does not speak TLS, but {where.variable} or DATABASE_CA_FILE asks for it; leave that "
                    "out"
                )
            return f"what answers there is no PostgreSQL; correct host and port of {where.variable}"
        case ValueError() if "sslmode=verify-" in where.dsn and "sslrootcert=" not in where.dsn:
            return "to verify the server's certificate, set DATABASE_CA_FILE to the certificate of who signed it"
    return None


def _mistrust(error: ssl.SSLCertVerificationError, where: Target) -> str:
    """Return why a certificate is not accepted, and what to do; the numbers are OpenSSL's X509_V_ERR_…."""
    match error.verify_code:
        case 9 | 10:
            remedy = "have the server's renewed, or this machine's clock set"
        case 62 | 64:
            remedy = (
                f"name the server in {where.variable} as its certificate does, or add ?sslmode=verify-ca, which leaves "
                "the name out"
            )
        case _:
            remedy = "set DATABASE_CA_FILE to the certificate of who signed it"
    return f"{error.verify_message.rstrip('.')}; {remedy}"


def _of_the_rest(error: Exception, where: Target) -> str | None:
    match error:
        case asyncpg.InvalidCatalogNameError():
            return f"the server has no database of that name; create it, or correct the end of {where.variable}"
        case asyncpg.UndefinedObjectError() | asyncpg.CantChangeRuntimeParamError():
            return f"{message(error)}; take that out of {where.variable}, where it stands behind the ?"
        case ValueError():
            return f"{where.variable} has a part that cannot be understood"
        case asyncpg.PostgresError() if not is_away(error):
            return message(error)
    return None
