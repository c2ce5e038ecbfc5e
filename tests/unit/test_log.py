from __future__ import annotations

import io
import json
import logging
import sys
from types import TracebackType

import pytest

from bot.log import RedactingFormatter, configure

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
def test_what_looks_like_a_secret_is_taken_out_of_lines_values_and_tracebacks(text: str, as_json: bool) -> None:
    formatter = RedactingFormatter(as_json=as_json)
    for line in (
        formatter.format(record(text.replace("%", "%%"))),
        formatter.format(record("failed: %s", text)),
        formatter.format(record("failed: %r", (text,))),
        formatter.format(record("failed", exc_info=failure(text))),
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
        formatter.format(record("failed", exc_info=failure(secret))),
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
    assert "RuntimeError: second x" in said["traceback"]


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


def test_everything_goes_to_the_given_stream_as_json_when_nobody_watches() -> None:
    root, aiogram, pool = logging.getLogger(), logging.getLogger("aiogram.event"), logging.getLogger("asyncpg.pool")
    before = (list(root.handlers), root.level, aiogram.level, pool.level)
    stream = io.StringIO()
    try:
        configure("INFO", ["hidden"], stream)
        logging.getLogger("bot.x").info("this is hidden")
        logging.getLogger("bot.x").debug("not said")
        aiogram.info("Update id=1 is handled.")
        pool.warning("Failed to restore the pool connection floor; retrying")
    finally:
        root.handlers[:], aiogram.level, pool.level = before[0], before[2], before[3]
        root.setLevel(before[1])
    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["this is ***"]
