from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.environment import Environment
from bot.errors import StartupError

TOKEN = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"
DSN = "postgres://shop:pass%40word-secret@db.example.com:5432/shop"


def read(**variables: str) -> Environment:
    return Environment.read({"BOT_TOKEN": TOKEN, **variables}, dotenv=None)


def test_the_token_is_all_that_is_needed() -> None:
    environment = read()
    assert environment.bot_token.get_secret_value() == TOKEN
    assert environment.database_url is None
    assert environment.bot_api_url == "https://api.telegram.org"


def test_every_variable_is_read_by_its_field_s_name_in_capitals() -> None:
    environment = read(DATABASE_URL=DSN, DATABASE_POOL_MAX="7", LOG_LEVEL="DEBUG", BOT_API_URL="http://127.0.0.1:81/")
    assert environment.database_url is not None
    assert environment.database_url.get_secret_value() == DSN
    assert environment.database_pool_max == 7
    assert environment.log_level == "DEBUG"
    assert environment.bot_api_url == "http://127.0.0.1:81"


def test_an_empty_variable_counts_as_unset() -> None:
    assert read(DATABASE_URL="", DATABASE_POOL_MAX="", DATABASE_CA_FILE="") == read()


def test_blanks_around_a_value_are_left_out() -> None:
    assert read(BOT_TOKEN=f" {TOKEN}\n", DATABASE_URL="postgres://u@h/n \n", PORT=" ") == read(
        DATABASE_URL="postgres://u@h/n"
    )


def test_variables_of_other_programs_are_ignored() -> None:
    assert read(PATH="/bin", BOT_COLOUR="red") == read()


WRONG = [
    ("BOT_TOKEN", "98765"),
    ("BOT_TOKEN", "hunter2:hunter2-hunter2-hunter2-hunter2"),
    ("BOT_TOKEN", f"{TOKEN}/../"),
    ("BOT_TOKEN", f"{TOKEN}é"),
    ("BOT_TOKEN", "٣٤٥٣٤٥٣٤٥:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"),
    ("BOT_API_URL", "ftp://hunter2.example.com"),
    ("BOT_API_URL", "http://hunter2:99999"),
    ("BOT_API_URL", "http://"),
    ("BOT_API_URL", "https://hunter2:hunter2@example.com"),
    ("DATABASE_URL", "mysql://hunter2:hunter2@host/name"),
    ("DATABASE_URL", "hunter2"),
    ("DATABASE_UNPOOLED_URL", "postgresql+asyncpg://hunter2@host/name"),
    ("DATABASE_CA_FILE", "/nowhere/hunter2.pem"),
    ("DATABASE_POOL_MIN", "-1"),
    ("DATABASE_POOL_MIN", "hunter2"),
    ("DATABASE_POOL_MAX", "0"),
    ("DATABASE_POOL_MAX", "1.5"),
    ("DATABASE_POOL_MAX", "1000"),
    ("DATABASE_CONNECT_TIMEOUT", "0"),
    ("DATABASE_CONNECT_TIMEOUT", "nan"),
    ("DATABASE_COMMAND_TIMEOUT", "inf"),
    ("DATABASE_WAIT", "-5"),
    ("DATABASE_STATEMENT_CACHE", "many"),
    ("FAST_PATH", "hunter2"),
    ("LOG_LEVEL", "hunter2"),
    ("PORT", "hunter2"),
    ("PORT", "-1"),
    ("PORT", "65536"),
    ("SLOW_QUERY_SECONDS", "0"),
    ("WEBHOOK_URL", "ftp://hunter2.example.com"),
    ("WEBHOOK_URL", "https://hunter2:hunter2@example.com/"),
    ("WEBHOOK_URL", "https://example.com:hunter2/"),
    ("WEBHOOK_URL", "https:///hunter2"),
    ("WEBHOOK_URL", "https://example.com/?hunter2"),
    ("WEBHOOK_SECRET", "hunter2 hunter2"),
    ("WEBHOOK_SECRET", "hunter2ä"),
    ("WEBHOOK_SECRET", "hunter2" * 40),
    ("SLOW_HANDLER_SECONDS", "nan"),
]


@pytest.mark.parametrize(("name", "value"), WRONG, ids=[f"{name}={value[:12]}" for name, value in WRONG])
def test_a_bad_value_is_one_sentence_that_names_the_variable_and_its_rule_and_not_the_value(
    name: str, value: str
) -> None:
    with pytest.raises(StartupError) as refused:
        read(**{name: value})
    sentence = str(refused.value)
    assert sentence.startswith(f"{name} ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert value not in sentence.removeprefix(name) or len(value) < 4
    assert "hunter2" not in sentence
    assert refused.value.__cause__ is None, "a chained error would print the value in a traceback"
    assert refused.value.__suppress_context__


def test_a_missing_token_says_where_to_put_one() -> None:
    with pytest.raises(StartupError, match=r"^BOT_TOKEN is not set: .*\.env"):
        Environment.read({}, dotenv=None)


def test_all_bad_values_are_said_at_once() -> None:
    with pytest.raises(StartupError, match=r"BOT_TOKEN.*DATABASE_URL.*LOG_LEVEL"):
        read(BOT_TOKEN="x", DATABASE_URL="y", LOG_LEVEL="z")


def test_pool_sizes_that_contradict_name_both_variables() -> None:
    with pytest.raises(StartupError, match=r"^DATABASE_POOL_MIN .* DATABASE_POOL_MAX"):
        read(DATABASE_POOL_MIN="6", DATABASE_POOL_MAX="3")
    with pytest.raises(StartupError, match="DATABASE_POOL_MAX"):
        read(DATABASE_POOL_MIN="6")


def test_the_dotenv_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(f"BOT_TOKEN={TOKEN}\nDATABASE_POOL_MAX=3\nLOG_LEVEL=DEBUG\nSOMETHING\n")
    environment = Environment.read({"DATABASE_POOL_MAX": "9"}, dotenv)
    assert (environment.database_pool_max, environment.log_level) == (9, "DEBUG")
    assert environment.bot_token.get_secret_value() == TOKEN


def test_a_mark_that_an_editor_put_before_the_first_line_hides_no_variable(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(f"BOT_TOKEN={TOKEN}\r\n", encoding="utf-8-sig")
    assert Environment.read({}, dotenv).bot_token.get_secret_value() == TOKEN


def test_a_dotenv_file_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    assert Environment.read({"BOT_TOKEN": TOKEN}, tmp_path / ".env") == read()


def test_a_dotenv_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_bytes(b"BOT_TOKEN=\xff\xfe\x00caf\xe9\n")
    with pytest.raises(StartupError, match=r"\.env"):
        Environment.read({}, dotenv)


def test_an_empty_variable_does_not_hide_the_line_in_the_dotenv_file(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(f"BOT_TOKEN={TOKEN}\n")
    assert Environment.read({"BOT_TOKEN": ""}, dotenv) == read()


def test_the_environment_is_frozen() -> None:
    with pytest.raises(ValidationError):
        read().log_level = "DEBUG"  # type: ignore[misc]


def test_secrets_are_never_printed() -> None:
    environment = read(DATABASE_URL=DSN, DATABASE_UNPOOLED_URL=f"{DSN}?x=1")
    for printed in (repr(environment), str(environment), f"{environment}", environment.model_dump_json()):
        assert "secret" not in printed.replace("secret_", "").replace("webhook_secret", "")
        assert TOKEN not in printed


def test_what_must_be_redacted_holds_the_token_the_urls_and_the_password_in_both_spellings() -> None:
    secrets = read(DATABASE_URL=DSN, DATABASE_UNPOOLED_URL=f"{DSN}?x=1").secrets()
    assert {TOKEN, DSN, f"{DSN}?x=1", "pass%40word-secret", "pass@word-secret"} <= set(secrets)


@pytest.mark.parametrize("dsn", ["postgres://a:b[c@host/name", "postgres://[::1/name", "postgres://u:p@host:port/x"])
def test_a_url_that_cannot_be_taken_apart_does_not_break_the_list_of_secrets(dsn: str) -> None:
    environment = read(DATABASE_URL=dsn)
    assert dsn in environment.secrets()


def test_with_a_pooler_before_the_database_no_prepared_statements_are_kept() -> None:
    assert read().statement_cache == 100
    assert read(DATABASE_UNPOOLED_URL=DSN).statement_cache == 0
    assert read(DATABASE_UNPOOLED_URL=DSN, DATABASE_STATEMENT_CACHE="50").statement_cache == 50


HOOK = {"WEBHOOK_URL": "https://bot.example.com/telegram", "WEBHOOK_SECRET": "hunter2-hunter2", "PORT": "8080"}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"PORT": ""}, "WEBHOOK_URL needs PORT, "),
        ({"WEBHOOK_SECRET": ""}, "WEBHOOK_URL needs WEBHOOK_SECRET, "),
        ({"WEBHOOK_URL": "https://bot.example.com/health"}, "WEBHOOK_URL must not lead to /health, "),
        ({"WEBHOOK_URL": "http://bot.example.com/telegram"}, "WEBHOOK_URL must start with https:// and have the port "),
        ({"WEBHOOK_URL": "https://bot.example.com:8080/telegram"}, "WEBHOOK_URL must start with https:// and have "),
    ],
)
def test_a_webhook_that_cannot_work_is_refused_at_the_start(changed: dict[str, str], sentence: str) -> None:
    with pytest.raises(StartupError) as refused:
        read(**HOOK | changed)
    assert str(refused.value).startswith(sentence)
    assert "hunter2" not in str(refused.value)


def test_a_server_of_one_s_own_delivers_to_any_port_without_tls() -> None:
    environment = read(**HOOK | {"WEBHOOK_URL": "http://127.0.0.1:81", "BOT_API_URL": "http://127.0.0.1:82"})
    assert (environment.webhook_url, environment.webhook_path) == ("http://127.0.0.1:81", "/")


def test_the_webhook_s_secret_is_redacted_unless_it_is_so_short_that_nothing_would_be_left_to_read() -> None:
    assert "hunter2-hunter2" in read(**HOOK).secrets()
    assert "e" not in read(**HOOK | {"WEBHOOK_SECRET": "e"}).secrets()
