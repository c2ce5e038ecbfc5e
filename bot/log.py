"""Log lines: one a record on stdout, JSON when nobody watches a terminal; never a secret, never what people wrote."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import re
import sys
import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

from bot.failures import described, described_with_places
from bot.settling import CURRENT_UPDATE

logger = logging.getLogger(__name__)

MOST_BYTES = 10_000
"""A line is shorter: hosts cut longer ones in two (Heroku's Logplex at 10,000 bytes)."""

# A bot token wherever it stands (aiogram's network errors print the request's URL), and a password in a DSN.
_TOKEN = re.compile(r"(?<!\d)\d{6,}:[A-Za-z0-9_-]{30,}")
_PASSWORD = re.compile(r"(?<=://)([^\s:/@]*):[^\s@]*@")
_PASSWORD_PARAMETER = re.compile(r"(password['\"]?\s*[=:]\s*['\"]?)[^\s&'\",)}]+", re.IGNORECASE)

# What would move the cursor of a terminal, or begin another line.
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")

_COLOURS = {"DEBUG": "2", "INFO": "32", "WARNING": "33", "ERROR": "31", "CRITICAL": "1;31"}

Fields = dict[str, Any]


class RedactingFormatter(logging.Formatter):
    """Renders a record, traceback included, and takes every secret out of the result.

    A formatter and not a filter: a filter never sees a rendered traceback. `secrets` are replaced literally, beside
    what looks like a token or a password in a URL. Of an exception only class and place are told (`bot.failures`).

    A line also names the update that is in hand, its chat, and `seconds` where a record has them (`extra=`).
    """

    def __init__(self, secrets: Iterable[str] = (), *, as_json: bool = False, colours: bool = False) -> None:
        super().__init__()
        # As they are, and as a `%r` or a traceback spells them.
        spelled = {spelling for secret in secrets for spelling in (secret, repr(secret)[1:-1]) if spelling}
        self._secrets = sorted(spelled, key=len, reverse=True)
        self._as_json = as_json
        self._colours = colours

    def format(self, record: logging.LogRecord) -> str:
        """Return one line without a secret; a traceback becomes part of the JSON line, or follows indented."""
        fields = self._fields(_with_message(record))
        render = _as_json if self._as_json else self._as_text
        while len(line := render(fields).encode(errors="backslashreplace")) >= MOST_BYTES:
            longest = max(("message", "traceback"), key=lambda name: len(fields.get(name, "")))
            fields[longest] = _shortened(fields[longest])
        return line.decode()

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        """Return where an exception arose, without its words."""
        return "" if ei[1] is None else described_with_places(ei[1])

    def redact(self, text: str) -> str:
        """Return the text with every secret replaced by `***`."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = _TOKEN.sub("***", text)
        return _PASSWORD_PARAMETER.sub(r"\1***", _PASSWORD.sub(r"\1:***@", text))

    def _fields(self, record: logging.LogRecord) -> Fields:
        # Redacted before JSON escapes quotes and backslashes, and before it is cut, which would hide a secret.
        line: Fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self.redact(record.getMessage()),
            **_about(record),
        }
        if record.exc_info:
            line["traceback"] = self.redact(self.formatException(record.exc_info))
        return line

    def _as_text(self, fields: Fields) -> str:
        time = datetime.fromisoformat(fields["time"]).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        level = f"{fields['level']:<7}"
        if self._colours:
            level = f"\x1b[{_COLOURS.get(fields['level'], '0')}m{level}\x1b[0m"
        names = {"update": "update {}", "chat": "chat {}", "seconds": "{:.3f} s"}
        about = ", ".join(words.format(fields[name]) for name, words in names.items() if name in fields)
        text = f"{fields['logger']}: {fields['message']}" + (f" ({about})" if about else "")
        if "traceback" in fields:
            text += f"\n{fields['traceback']}"
        shown = _CONTROL.sub(lambda found: repr(found[0])[1:-1], text).replace("\n", "\n    ")
        return f"{time} {level} {shown}"


def _as_json(fields: Fields) -> str:
    return json.dumps(fields, ensure_ascii=False)


def _shortened(text: str) -> str:
    """Return a fifth less of a text, its middle left out."""
    kept = len(text) * 2 // 5
    return f"{text[:kept]} … {text[len(text) - kept + 3 :]}"


def _about(record: logging.LogRecord) -> Fields:
    """Return what is known of the update that a record is about: said with it, or the one in hand."""
    update = CURRENT_UPDATE.get()
    in_hand = {} if update is None or update.done else {"update": update.update_id, "chat": update.chat_id}
    said = {name: getattr(record, name, None) for name in ("update", "chat", "seconds")}
    return {name: value for name in said if (value := said[name] or in_hand.get(name)) is not None}


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


def log_unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    """Log an error that could not be raised anywhere, in a `__del__` for example; for `sys.unraisablehook`."""
    logger.error("An error was ignored.", exc_info=unraisable.exc_value)


def log_thread_error(failed: threading.ExceptHookArgs) -> None:
    """Log the error that ended a thread; for `threading.excepthook`."""
    logger.error("A thread ended by an error.", exc_info=failed.exc_value)


def configure(level: str, secrets: Iterable[str], stream: TextIO | None = None) -> None:
    """Send every record to stdout (hosts show stderr as errors), without the given secrets."""
    out = stream or sys.stdout
    if isinstance(out, io.TextIOWrapper):
        out.reconfigure(encoding="utf-8", errors="backslashreplace")
    logging.raiseExceptions = False  # what cannot be written would go to stderr with all its values
    terminal = out.isatty()
    colours = terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    handler = logging.StreamHandler(out)
    handler.setFormatter(RedactingFormatter(secrets, as_json=not terminal, colours=colours))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Python itself would print these to stderr, with their words.
    sys.excepthook, sys.unraisablehook, threading.excepthook = log_end, log_unraisable, log_thread_error
    # In an outage the pool says every few seconds that it lacks a connection; the circuit breaker says it once.
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)
    # aiogram logs every handled update at INFO; in thousands of groups that is noise.
    logging.getLogger("aiogram.event").setLevel(max(logging.WARNING, logging.getLevelName(level)))
