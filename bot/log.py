"""Log lines: one a record on stdout, JSON when nobody watches a terminal, and never a secret."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TextIO

# A bot token wherever it stands (aiogram's network errors print the request's URL), and a password in a DSN.
_TOKEN = re.compile(r"(?<!\d)\d{6,}:[A-Za-z0-9_-]{30,}")
_PASSWORD = re.compile(r"(?<=://)([^\s:/@]*):[^\s@]*@")
_PASSWORD_PARAMETER = re.compile(r"(password['\"]?\s*[=:]\s*['\"]?)[^\s&'\",)}]+", re.IGNORECASE)


class RedactingFormatter(logging.Formatter):
    """Renders a record, traceback included, and takes every secret out of the result.

    A formatter and not a filter: a filter never sees a rendered traceback. `secrets` are replaced literally, beside
    what looks like a token or a password in a URL.
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
    """Return a record that can be rendered: for values that do not fit, logging itself would print them unredacted."""
    try:
        record.getMessage()
    except (TypeError, ValueError, KeyError):
        record = logging.makeLogRecord({**vars(record), "msg": f"{record.msg} {record.args}", "args": None})
    return record


def configure(level: str, secrets: Iterable[str], stream: TextIO | None = None) -> None:
    """Send every record to stdout (hosts show stderr as errors), without the given secrets."""
    out = stream or sys.stdout
    handler = logging.StreamHandler(out)
    handler.setFormatter(RedactingFormatter(secrets, as_json=not out.isatty()))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # In an outage the pool says every few seconds that it lacks a connection; the circuit breaker says it once.
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)
    # aiogram logs every handled update at INFO; in thousands of groups that is noise.
    logging.getLogger("aiogram.event").setLevel(max(logging.WARNING, logging.getLevelName(level)))
