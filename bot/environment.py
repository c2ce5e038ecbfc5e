"""The deployment's configuration: read once from the environment and a `.env` file, then frozen."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import SplitResult, unquote, urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_core import PydanticCustomError

from bot.errors import StartupError

TELEGRAM = "https://api.telegram.org"

SHORTEST_SECRET = 8
"""Signs. To take each shorter word out of every line of the log would leave nothing to read."""

HEALTH_PATHS = ("/livez", "/readyz", "/health", "/metrics")
"""What is answered on PORT beside the webhook."""


def _must(condition: object, rule: str) -> None:
    """Refuse a value by a rule in words; pydantic would print the value, which may be a secret."""
    if not condition:
        raise PydanticCustomError("rule", "{rule}", {"rule": rule})


def _token(value: SecretStr) -> SecretStr:
    number, _, secret = value.get_secret_value().partition(":")
    rule = "must look like 123456789:AbC… as @BotFather gave it"
    _must(number.isascii() and number.isdigit() and len(secret) >= 30 and secret.isascii(), rule)
    _must(all(sign.isalnum() or sign in "_-" for sign in secret), rule)
    return value


def _dsn(value: SecretStr) -> SecretStr:
    dsn = value.get_secret_value()
    _must(dsn.startswith(("postgres://", "postgresql://")), "must start with postgres:// or postgresql://")
    return value


def _web_url(value: str) -> str:
    _must(value.startswith(("http://", "https://")), "must start with http:// or https://")
    parts = _parts(value)
    _must(parts is not None, "must be a URL as https://api.telegram.org")
    _must(
        parts is None or not (parts.query or parts.fragment or parts.username), "must hold neither a name nor ? nor #"
    )
    return value.rstrip("/")


def _webhook_secret(value: SecretStr) -> SecretStr:
    rule = "must be 1 to 256 of the signs A-Z, a-z, 0-9, _ and -"
    _must(re.fullmatch(r"[A-Za-z0-9_-]{1,256}", value.get_secret_value()), rule)
    return value


def _webhook_url(value: str) -> str:
    parts = _parts(value)
    wanted = parts is not None and value.startswith(("http://", "https://"))
    _must(wanted, "must be a URL as https://bot.example.org/telegram")
    _must(
        parts is None or not (parts.query or parts.fragment or parts.username), "must hold neither a name nor ? nor #"
    )
    return value


def _parts(url: str) -> SplitResult | None:
    """Take a URL apart; None where it names no host, or a port that there is not."""
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if named else None


def _file(value: Path) -> Path:
    _must(value.is_file(), "must name a readable file")
    return value


def _blank_is_unset(value: Any) -> Any:
    return None if value == "" else value


Dsn = Annotated[SecretStr, AfterValidator(_dsn)]
Seconds = Annotated[float, Field(gt=0, le=3600)]


class DatabaseEnvironment(BaseModel):
    """What a command needs that works on the database alone.

    Field `database_url` is read from `DATABASE_URL`, and so on. Times are in seconds.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    database_url: Annotated[Dsn | None, BeforeValidator(_blank_is_unset)] = None
    database_unpooled_url: Annotated[Dsn | None, BeforeValidator(_blank_is_unset)] = None
    database_replica_url: Annotated[Dsn | None, BeforeValidator(_blank_is_unset)] = None
    database_ca_file: Annotated[Annotated[Path, AfterValidator(_file)] | None, BeforeValidator(_blank_is_unset)] = None
    database_pool_min: Annotated[int, Field(ge=0, le=100)] = 1
    database_pool_max: Annotated[int, Field(ge=1, le=100)] = 5
    database_connect_timeout: Seconds = 10.0
    database_command_timeout: Seconds = 5.0
    database_wait: Annotated[float, Field(ge=0, le=3600)] = 30.0
    database_statement_cache: Annotated[int | None, Field(ge=0, le=10_000)] = None
    data_dir: Path = Path(".data")

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    slow_query_seconds: Seconds = 0.5

    @classmethod
    def read(cls, variables: Mapping[str, str] | None = None, dotenv: Path | None = Path(".env")) -> Self:
        """Read the process environment, and below it the `.env` file where there is one.

        Raises `StartupError` that names every variable in question and its rule, never its value.
        """
        own = os.environ if variables is None else variables
        names = {field.upper(): field for field in cls.model_fields}
        # An empty variable counts as unset: hosts and .env.example leave such lines behind. Blanks around a value come
        # along when it is copied.
        given = {
            names[name]: stripped
            for source in (_filed(dotenv), own)
            for name, value in source.items()
            if name in names and value and (stripped := value.strip())
        }
        try:
            environment = cls.model_validate(given)
        except ValidationError as error:
            raise StartupError(" ".join(sorted(_sentence(line) for line in error.errors()))) from None
        if environment.database_pool_min > environment.database_pool_max:
            raise StartupError("DATABASE_POOL_MIN must not be greater than DATABASE_POOL_MAX.")
        return environment

    @property
    def statement_cache(self) -> int:
        """How many prepared statements a connection keeps; a pooler in transaction mode keeps none."""
        if self.database_statement_cache is not None:
            return self.database_statement_cache
        return 0 if self.database_unpooled_url is not None else 100

    def secrets(self) -> list[str]:
        """Return what must never be printed: the database URLs and the passwords in them."""
        set_ones = (self.database_url, self.database_unpooled_url, self.database_replica_url)
        urls = [url.get_secret_value() for url in set_ones if url is not None]
        passwords = [one for url in urls for one in _passwords(url)]
        return [*urls, *passwords, *(unquote(one) for one in passwords)]


class Environment(DatabaseEnvironment):
    """Everything a deployment can set."""

    bot_token: Annotated[SecretStr, AfterValidator(_token)]
    bot_api_url: Annotated[str, AfterValidator(_web_url)] = TELEGRAM

    fast_path: bool = True
    slow_handler_seconds: Seconds = 2.0
    port: Annotated[Annotated[int, Field(ge=0, le=65_535)] | None, BeforeValidator(_blank_is_unset)] = None
    webhook_url: Annotated[Annotated[str, AfterValidator(_webhook_url)] | None, BeforeValidator(_blank_is_unset)] = None
    webhook_secret: Annotated[
        Annotated[SecretStr, AfterValidator(_webhook_secret)] | None, BeforeValidator(_blank_is_unset)
    ] = None

    @classmethod
    def read(cls, variables: Mapping[str, str] | None = None, dotenv: Path | None = Path(".env")) -> Self:
        """Read everything, as `DatabaseEnvironment.read` does."""
        environment = super().read(variables, dotenv)
        environment.check_webhook()
        return environment

    def check_webhook(self) -> None:
        """Raise `StartupError` where what belongs to the webhook does not fit together."""
        if self.webhook_url is None:
            return
        if self.webhook_secret is None:
            raise StartupError(
                "WEBHOOK_URL needs WEBHOOK_SECRET, by which Telegram is known: a random word of your own."
            )
        if self.port is None:
            raise StartupError("WEBHOOK_URL needs PORT, at which this process takes what Telegram delivers.")
        url = urlsplit(self.webhook_url)
        if self.webhook_path in HEALTH_PATHS:
            raise StartupError(f"WEBHOOK_URL must not lead to {self.webhook_path}, which is a page about health.")
        if self.bot_api_url != TELEGRAM:
            return  # a server of your own takes any
        if url.scheme != "https" or (url.port or 443) not in {443, 80, 88, 8443}:
            raise StartupError("WEBHOOK_URL must start with https:// and have the port 443, 80, 88 or 8443.")

    @property
    def webhook_path(self) -> str:
        """The path at which updates are taken."""
        return unquote(urlsplit(self.webhook_url or "").path) or "/"

    @property
    def bot_id(self) -> int:
        """The bot's user id, which is the first part of its token."""
        return int(self.bot_token.get_secret_value().partition(":")[0])

    def secrets(self) -> list[str]:
        """Return what must never be printed: the token and the webhook's secret, too."""
        own = [self.bot_token.get_secret_value(), *super().secrets()]
        word = self.webhook_secret.get_secret_value() if self.webhook_secret is not None else ""
        return [*own, word] if len(word) >= SHORTEST_SECRET else own


def _filed(dotenv: Path | None) -> Mapping[str, str | None]:
    try:
        # Some editors put a mark before the first line.
        return dotenv_values(dotenv, encoding="utf-8-sig") if dotenv is not None and dotenv.is_file() else {}
    except (OSError, UnicodeDecodeError):
        raise StartupError(f"{dotenv} cannot be read as text in UTF-8.") from None


def _passwords(url: str) -> list[str]:
    """Return the password of a database URL, and those among its parameters, as they are written."""
    try:
        parts = urlsplit(url)
        given = [parts.password or ""]
    except ValueError:
        # Connecting refuses it with a sentence of its own.
        return [url.rpartition("@")[0].rpartition(":")[2]]
    named = (one.partition("=") for one in parts.query.split("&"))
    return [one for one in (*given, *(value for name, _, value in named if "password" in name)) if one]


def _sentence(line: Any) -> str:
    name = str(line["loc"][0]).upper()
    if line["type"] == "missing":
        return f"{name} is not set: put it into the environment or into .env (see .env.example)."
    rule = str(line["msg"]).removeprefix("Input ").partition(", unable to parse")[0]
    return f"{name} {rule}."
