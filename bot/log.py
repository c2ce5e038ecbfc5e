"""Log lines: one a record on stdout, JSON when nobody watches a terminal; never a secret, never what people wrote."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

from bot.failures import described, described_with_places

logger = logging.getLogger(__name__)

# A bot token wherever it stands (aiogram's network errors print the request's URL), and a password in a DSN.
_TOKEN = re.compile(r"(?<!\d)\d{6,}:[A-Za-z0-9_-]{30,}")
_PASSWORD = re.compile(r"(?<=://)([^\s:/@]*):[^\s@]*@")
_PASSWORD_PARAMETER = re.compile(r"(password['\"]?\s*[=:]\s*['\"]?)[^\s&'\",)}]+", re.IGNORECASE)


class RedactingFormatter(logging.Formatter):
    """Renders a record, traceback included, and takes every secret out of the result.

    A formatter and not a filter: a filter never sees a rendered traceback. `secrets` are replaced literally, beside
    what looks like a token or a password in a URL. Of an exception only class and place are told (`bot.failures`).
    """

    def __init__(self, secrets: Iterable[str] = (), *, as_json: bool = False) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        # As they are, and as a `%r` or a traceback spells them.
        spelled = {spelling for secret in secrets for spelling in (secret, repr(secret)[1:-1]) if spelling}
        self._secrets = sorted(spelled, key=len, reverse=True)
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """Return one line without a secret; a traceback becomes part of the JSON line, or follows indented."""
        record = _with_message(record)
        if self._as_json:
            return json.dumps(self._fields(record), ensure_ascii=False)
        return self.redact(super().format(record)).replace("\n", "\n    ")

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        """Return where an exception arose, without its words."""
        return "" if ei[1] is None else described_with_places(ei[1])

    def redact(self, text: str) -> str:
        """Return the text with every secret replaced by `***`."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = _TOKEN.sub("***", text)
        return _PASSWORD_PARAMETER.sub(r"\1***", _PASSWORD.sub(r"\1:***@", text))

    def _fields(self, record: logging.LogRecord) -> dict[str, str]:
        # Redacted before JSON escapes quotes and backslashes, which would hide a secret.
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self.redact(record.getMessage()),
        }
        if record.exc_info:
            line["traceback"] = self.redact(self.formatException(record.exc_info))
        return line


def _with_message(record: logging.LogRecord) -> logging.LogRecord:
    """Return a copy that can be rendered, exceptions among its values described.

    For values that do not fit logging itself would print them unredacted.
    """
    message, values = _safe(record.msg), record.args
    if isinstance(values, Mapping):
        values = {name: _safe(value) for name, value in values.items()}
    elif values:
        values = tuple(map(_safe, values))
    # Without a text that another handler's formatter may have rendered and left in the record.
    record = logging.makeLogRecord({**vars(record), "msg": message, "args": values, "exc_text": None})
    try:
        record.getMessage()
    except (TypeError, ValueError, KeyError):
        record.msg, record.args = f"{record.msg} {record.args}", None
    return record


def _safe(value: object) -> object:
    return described(value) if isinstance(value, BaseException) else value


def log_loop_error(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what the event loop could tell nobody else; its own handler would quote the exception."""
    # What follows a bracket are the values of a callback.
    logger.error("%s.", context["message"].partition("(")[0], exc_info=context.get("exception"))


def log_end(_kind: type[BaseException], error: BaseException, _place: TracebackType | None) -> None:
    """Log the error that ends the process; for `sys.excepthook`."""
    logger.critical("The bot ends by an error.", exc_info=error)


def configure(level: str, secrets: Iterable[str], stream: TextIO | None = None) -> None:
    """Send every record to stdout (hosts show stderr as errors), without the given secrets."""
    out = stream or sys.stdout
    handler = logging.StreamHandler(out)
    handler.setFormatter(RedactingFormatter(secrets, as_json=not out.isatty()))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    sys.excepthook = log_end
    # In an outage the pool says every few seconds that it lacks a connection; the circuit breaker says it once.
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)
    # aiogram logs every handled update at INFO; in thousands of groups that is noise.
    logging.getLogger("aiogram.event").setLevel(max(logging.WARNING, logging.getLevelName(level)))
