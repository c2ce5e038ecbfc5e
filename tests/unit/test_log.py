from __future__ import annotations

import asyncio
import errno
import gc
import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TextIO

import asyncpg
import pytest
from aiogram.exceptions import TelegramBadRequest
from aiogram.methods import DeleteMessage

from bot.failures import described
from bot.log import MOST_BYTES, RedactingFormatter, configure, log_end, log_loop_error
from bot.settling import CURRENT_UPDATE, Settling
from tests.watching import Lines

TOKEN = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def record(message: str, *values: object, exc_info: ExcInfo | None = None) -> logging.LogRecord:
    return logging.LogRecord("bot.test", logging.ERROR, __file__, 1, message, values, exc_info)


def failure(text: str) -> ExcInfo:
    try:
        try:
            raise OSError(text)
        except OSError as first:
            raise RuntimeError("second " + text) from first
    except RuntimeError:
        kind, error, trace = sys.exc_info()
        assert kind is not None
        assert error is not None
        return kind, error, trace


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        f"https://api.telegram.org/bot{TOKEN}/getMe",
        f"(b'/bot{TOKEN}/sendMessage', 400)",
        TOKEN,
        "postgres://shop:opensesame@db.example.com/shop",
        "postgresql://shop:open:sesame@db/shop?sslmode=require",
        "connect(password=opensesame)",
        "host=db password='opensesame' user=shop",
        "{'password': 'opensesame'}",
        "postgres://shop@db/shop?password=opensesame&x=1",
    ],
)
def test_what_looks_like_a_secret_is_taken_out_of_lines_and_values(text: str, as_json: bool) -> None:
    formatter = RedactingFormatter(as_json=as_json)
    for line in (
        formatter.format(record(text.replace("%", "%%"))),
        formatter.format(record("failed: %s", text)),
        formatter.format(record("failed: %r", (text,))),
    ):
        assert "sesame" not in line
        assert "AAbbCC" not in line
        assert "***" in line


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("secret", ['quo"te', "back\\slash", "ümläut", "tab\there", "plain-password"])
def test_given_secrets_are_taken_out_however_the_line_spells_them(secret: str, as_json: bool) -> None:
    formatter = RedactingFormatter([secret], as_json=as_json)
    for line in (
        formatter.format(record("it is %s", secret)),
        formatter.format(record("it is %r", secret)),
    ):
        said = json.loads(line) if as_json else {"line": line}
        assert all(secret not in str(value) and repr(secret)[1:-1] not in str(value) for value in said.values())


def test_a_secret_that_is_part_of_another_leaves_no_rest_of_the_longer_one() -> None:
    formatter = RedactingFormatter(["abc", "abcdef"])
    assert "def" not in formatter.format(record("abcdef"))


def test_an_empty_secret_changes_nothing() -> None:
    assert "hello" in RedactingFormatter([""]).format(record("hello"))


def test_a_json_line_is_one_line_with_time_level_logger_message_and_traceback() -> None:
    line = RedactingFormatter(as_json=True).format(record("two\nlines “quoted”", exc_info=failure("x")))
    assert "\n" not in line
    said = json.loads(line)
    assert said["level"] == "ERROR"
    assert said["logger"] == "bot.test"
    assert said["message"] == "two\nlines “quoted”"
    assert said["time"].endswith("+00:00")
    assert said["traceback"].endswith("RuntimeError (OSError)")
    assert "raise RuntimeError" in said["traceback"]


def test_on_a_terminal_a_traceback_follows_indented_so_that_no_line_of_it_looks_like_a_record() -> None:
    lines = RedactingFormatter().format(record("failed", exc_info=failure("x"))).splitlines()
    assert lines[0].endswith("ERROR   bot.test: failed")
    assert all(line.startswith("    ") for line in lines[1:] if line)


def test_a_record_with_wrong_values_is_still_a_line() -> None:
    line = RedactingFormatter(as_json=True).format(record("%d things", "no number"))
    assert json.loads(line)["message"]


def test_what_is_no_secret_stays() -> None:
    text = "https://example.com:8080/path at 12:30, user@example.com, chat -1001234567890: 3 changes"
    assert text in RedactingFormatter().format(record(text))


@contextmanager
def configured(stream: TextIO) -> Iterator[None]:
    """Log to this stream as a process of the bot does."""
    loggers = [logging.getLogger(name) for name in (None, "aiogram.event", "asyncpg.pool")]
    handlers, levels = list(loggers[0].handlers), [each.level for each in loggers]
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook
    try:
        configure("INFO", ["hidden"], stream)
        yield
    finally:
        loggers[0].handlers[:] = handlers
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)
        sys.excepthook, sys.unraisablehook, threading.excepthook = hooks
        logging.raiseExceptions = True


def test_everything_goes_to_the_given_stream_as_json_when_nobody_watches() -> None:
    stream = io.StringIO()
    with configured(stream):
        logging.getLogger("bot.x").info("this is hidden")
        logging.getLogger("bot.x").debug("not said")
        logging.getLogger("aiogram.event").info("Update id=1 is handled.")
        logging.getLogger("asyncpg.pool").warning("Failed to restore the pool connection floor; retrying")
    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["this is ***"]


def grouped(text: str) -> ExcInfo:
    group = ExceptionGroup(text, [ValueError(text), ExceptionGroup(text, [KeyError(text)])])
    group.add_note(text)
    return ExceptionGroup, group, None


@pytest.mark.parametrize("as_json", [False, True])
def test_of_an_exception_only_class_and_place_are_told_and_never_its_words(as_json: bool) -> None:
    formatter = RedactingFormatter(as_json=as_json)
    for line in (
        formatter.format(record("failed", exc_info=failure("Anna"))),
        formatter.format(record("failed", exc_info=grouped("Anna"))),
        formatter.format(record("failed: %s, %r", ValueError("Anna"), OSError("Anna"))),
        formatter.format(record("failed: %(error)s", {"error": KeyError("Anna")})),
        formatter.format(record("failed: %d", ValueError("Anna"))),
        formatter.format(logging.LogRecord("bot", logging.ERROR, "", 1, ValueError("Anna"), (), None)),
    ):
        assert "Anna" not in line
        assert "Error" in line


def test_what_another_formatter_left_in_a_record_is_not_repeated() -> None:
    failed = record("failed", exc_info=failure("Anna"))
    logging.Formatter().format(failed)
    assert "Anna" not in RedactingFormatter().format(failed)


def test_what_is_safe_to_know_of_an_error_is_told() -> None:
    refused = TelegramBadRequest(DeleteMessage(chat_id=1, message_id=1), "Bad Request: message can't be deleted")
    quoting = TelegramBadRequest(DeleteMessage(chat_id=1, message_id=1), "Bad Request: unknown tag Anna")
    assert described(refused) == "TelegramBadRequest (deleteMessage, message can't be deleted)"
    assert described(quoting) == "TelegramBadRequest (deleteMessage)"
    assert described(asyncpg.UniqueViolationError("Key (name)=(Anna)")) == "UniqueViolationError (23505)"
    assert described(ConnectionRefusedError(errno.ECONNREFUSED, "Anna")) == "ConnectionRefusedError (ECONNREFUSED)"
    assert described(ValueError("Anna")) == "ValueError"


async def test_what_the_event_loop_logs_quotes_nothing(logged: Lines) -> None:
    asyncio.get_running_loop().set_exception_handler(log_loop_error)

    name = "Anna"

    def fail(what: str) -> None:
        raise ValueError(what)

    async def fail_unseen() -> None:
        raise ValueError(name)

    asyncio.get_running_loop().call_soon(fail, name)
    task = asyncio.create_task(fail_unseen())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()
    assert len(logged.errors) == 2
    assert "Anna" not in "".join(logged.lines)
    assert "Exception in callback" in logged.errors[0]
    assert "never retrieved" in logged.errors[1]
    logged.errors.clear()


def test_an_error_that_ends_the_process_is_logged_without_its_words(logged: Lines) -> None:
    log_end(*failure("Anna"))
    assert "The bot ends by an error." in logged.errors[0]
    assert "Anna" not in "".join(logged.lines)
    logged.errors.clear()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb"), ("TERM", "xterm")])
def test_a_terminal_gets_coloured_text_unless_it_cannot_or_somebody_does_not_want_it(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(variable, value)
    stream = Terminal()
    with configured(stream):
        logging.getLogger("bot.x").warning("Look out.")
    line = stream.getvalue()
    assert ("\x1b[33mWARNING\x1b[0m" in line) == (value == "xterm")
    assert line.endswith("bot.x: Look out.\n")
    assert "{" not in line


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(
    "text", ["a" * 50_000, "😀" * 20_000, '"' * 30_000, "\x1b\\" * 20_000, "\ud800" * 20_000, f"{TOKEN} " * 2_000]
)
def test_a_line_is_shorter_than_ten_thousand_bytes_and_keeps_its_beginning_and_end(text: str, as_json: bool) -> None:
    formatter = RedactingFormatter(as_json=as_json)
    deep = failure("x")
    for line in (
        formatter.format(record("begin %s end", text)),
        formatter.format(record(f"{text} %d", "no number")),
        formatter.format(record("begin %s end", text, exc_info=deep)),
    ):
        assert len(line.encode()) < MOST_BYTES
        assert "AAbbCC" not in line
    assert "begin" in line
    assert "end" in line
    assert "RuntimeError (OSError)" in line, "the end of the traceback is kept"
    if as_json:
        assert json.loads(line)["level"] == "ERROR"


def test_a_terminal_is_not_steered_by_what_is_logged() -> None:
    line = RedactingFormatter().format(record("a\x1b[2Jb\rc\x9bd\u2028e\nf"))
    assert line.endswith("a\\x1b[2Jb\\rc\\x9bd\\u2028e\n    f")


def test_a_line_names_the_update_in_hand_and_its_chat_until_that_is_settled() -> None:
    update = Settling(17, lambda _: None, chat_id=-100)
    token = CURRENT_UPDATE.set(update)
    try:
        said = json.loads(RedactingFormatter(as_json=True).format(record("x")))
        assert (said["update"], said["chat"]) == (17, -100)
        assert RedactingFormatter().format(record("x")).endswith("x (update 17, chat -100)")
        update.handled()
        assert RedactingFormatter().format(record("x")).endswith("bot.test: x")
    finally:
        CURRENT_UPDATE.reset(token)


def test_what_is_said_with_a_record_goes_before_the_update_in_hand() -> None:
    about = record("x")
    about.update, about.seconds = 18, 1.25
    token = CURRENT_UPDATE.set(Settling(17, lambda _: None, chat_id=-100))
    try:
        assert RedactingFormatter().format(about).endswith("x (update 18, chat -100, 1.250 s)")
        assert json.loads(RedactingFormatter(as_json=True).format(about))["seconds"] == 1.25
    finally:
        CURRENT_UPDATE.reset(token)


def test_what_python_itself_would_print_becomes_a_line_without_words(capfd: pytest.CaptureFixture[str]) -> None:
    name = "Anna"

    class Bad:
        def __del__(self) -> None:
            raise ValueError(name)

    def fail() -> None:
        raise ValueError(name)

    stream = io.StringIO()
    with configured(stream):
        bad = Bad()
        del bad
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
    said = [json.loads(line)["message"] for line in stream.getvalue().splitlines()]
    assert said == ["An error was ignored.", "A thread ended by an error."]
    assert "Anna" not in stream.getvalue()
    assert "Anna" not in "".join(capfd.readouterr())


def test_a_line_that_cannot_be_written_shows_its_values_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    with configured(stream):
        stream.close()
        logging.getLogger("bot.x").error("It was %s.", "Anna")
    assert "Anna" not in "".join(capfd.readouterr())


def test_what_the_output_has_no_letters_for_is_written_all_the_same() -> None:
    raw = io.BytesIO()
    with configured(io.TextIOWrapper(raw, encoding="ascii", write_through=True)):
        logging.getLogger("bot.x").error("“Übung” \ud800")
        assert "“Übung” \\ud800" in raw.getvalue().decode()
