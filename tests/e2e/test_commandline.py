"""`python -m bot` as an operator uses it: whole processes, at the sandbox and a real PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiohttp import web

from bot.commandline.check_telegram import telegram_findings
from bot.environment import Environment
from bot.storage.configs.repository import ChatConfigs
from sandbox import Group, Person, Sandbox
from tests.e2e.running import PROJECT, BotProcess, RunningBot

Processes = Callable[..., BotProcess]


async def output_of(process: BotProcess, *arguments: str, code: int = 0) -> list[str]:
    await process.launch(*arguments)
    assert await process.ended() == code, process.output
    return process.output


async def wrong(environment: Environment) -> str:
    (sentence,) = [one.text async for one in telegram_findings(environment) if one.kind == "wrong"]
    assert environment.bot_token.get_secret_value() not in sentence
    return sentence


async def test_check_says_that_nothing_is_wrong_and_asks_for_no_update(
    new_process: Processes, telegram: Sandbox
) -> None:
    said = await output_of(new_process(), "check")
    assert said[0].startswith("ok    Telegram: the token is that of @")
    assert "ok    Clock: like that of Telegram." in said
    assert said[-1] == "Nothing is wrong."
    assert telegram.calls.count("getUpdates") == 0


async def test_check_goes_on_after_the_first_mistake_and_ends_with_1(new_process: Processes) -> None:
    token = "7000000009:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"
    url = "postgres://u:secret-word@no-such-host.invalid/name"
    said = await output_of(new_process(BOT_TOKEN=token, DATABASE_URL=url), "check", code=1)
    assert said[0].startswith("wrong Telegram refuses BOT_TOKEN")
    assert said[-2].startswith("wrong The database did not answer (no-such-host.invalid")
    assert said[-1] == "To be mended: 2."


async def test_check_is_run_beside_the_bot_and_disturbs_nobody(
    bot: RunningBot, environment: Environment, new_process: Processes, anna: Person, club: Group
) -> None:
    assert (await output_of(new_process(), "check"))[-1] == "Nothing is wrong."
    anna.say("/settings", club)
    await anna.sees(club, "Book club")


async def test_a_webhook_is_worth_knowing(telegram: Sandbox, environment: Environment) -> None:
    async with Bot(telegram.token, session=AiohttpSession(api=TelegramAPIServer.from_base(telegram.url))) as client:
        await client.set_webhook("http://127.0.0.1:9/hook")
    notes = [one.text async for one in telegram_findings(environment) if one.kind == "note"]
    assert notes == ["A webhook is set for this token; the bot removes it when it starts, as it polls."]


async def test_check_says_whether_telegram_can_deliver(telegram: Sandbox, environment: Environment) -> None:
    async def said(url: str) -> list[str]:
        with_webhook = environment.model_copy(update={"webhook_url": url})
        found = [f"{one.kind}: {one.text}" async for one in telegram_findings(with_webhook)]
        return [line for line in found if "ebhook" in line or "WEBHOOK" in line]

    url = "http://127.0.0.1:9/hook"
    assert await said(url) == ["note: No webhook is set yet; the bot sets WEBHOOK_URL when it starts."]
    async with Bot(telegram.token, session=AiohttpSession(api=TelegramAPIServer.from_base(telegram.url))) as client:
        await client.set_webhook(url)
    assert await said(url) == ["ok: Webhook: Telegram delivers to WEBHOOK_URL."]
    (other,) = await said("http://127.0.0.1:9/other")
    assert other.startswith("note: Telegram delivers to another URL than WEBHOOK_URL")
    telegram.person("Anna").say("unheard")
    async with asyncio.timeout(30):
        while not telegram.api.delivery.webhook.error:  # noqa: ASYNC110 - a state, not an event
            await asyncio.sleep(0.01)
    (wrong,) = await said(url)
    assert wrong.startswith("wrong: Telegram could not deliver to WEBHOOK_URL (Connection refused): look whether")


async def test_a_telegram_that_is_not_there(environment: Environment) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        sentence = await wrong(environment.model_copy(update={"bot_api_url": nobody}))
    assert sentence.startswith(f"Telegram cannot be reached at {nobody} (Connection refused): look at BOT_API_URL")


async def test_a_server_without_tls_that_is_asked_for_it(telegram: Sandbox, environment: Environment) -> None:
    url = telegram.url.replace("http:", "https:")
    sentence = await wrong(environment.model_copy(update={"bot_api_url": url}))
    assert sentence.startswith(f"{url} does not speak TLS: correct BOT_API_URL")


@pytest.mark.parametrize(
    ("status", "body", "date", "expected"),
    [
        (502, "<html>Bad gateway</html>", None, "answers with HTTP 502 and not as a Bot API server"),
        (404, "<html>No such page</html>", None, "answers with HTTP 404 and not as a Bot API server"),
        (200, "[]", None, "answers with HTTP 200 and not as a Bot API server"),
        (401, '{"ok": false}', None, "Telegram refuses BOT_TOKEN"),
        (
            200,
            '{"ok": true, "result": {"username": "a_bot"}}',
            "Sat, 01 Jan 2000 00:00:00 GMT",
            "s ahead of that of Telegram",
        ),
    ],
    ids=["gateway", "another site", "list", "token", "clock"],
)
async def test_what_else_may_answer_in_telegram_s_place(
    environment: Environment, status: int, body: str, date: str | None, expected: str
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body, headers={"Date": date} if date else {})

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    assert expected in await wrong(environment.model_copy(update={"bot_api_url": url}))
    await runner.cleanup()


async def test_stats_counts_settings_and_shows_no_name_and_no_text(
    new_process: Processes, configs: ChatConfigs
) -> None:
    for chat in (-1001, -1002):
        await configs.change(chat, {"welcome_text": "Welcome to the club", "goodbye": True}, by=5, via="menu")
    await configs.change(-1001, {"goodbye": False}, by=5, via="menu")
    said = await output_of(new_process(BOT_TOKEN=""), "stats")
    assert {"  2  groups", "  3  within a day", "  2  welcome_text", "  2  -1001"} <= set(said)
    assert not any("club" in line for line in said)


async def test_export_and_import_through_pipes_move_the_chats_to_another_database(
    database: str, configs: ChatConfigs, tmp_path: Path
) -> None:
    await configs.change(-1001, {"welcome_text": "Grüße 👋"}, by=5, via="menu")
    exported = await piped(tmp_path, database, "export")
    assert exported.count(b"\n") == 3
    await configs.change(-1001, {"welcome_text": "later"}, by=5, via="menu")
    await piped(tmp_path, database, "import", "--replace", given=exported)
    assert await piped(tmp_path, database, "export") == exported


async def piped(folder: Path, database: str, *arguments: str, given: bytes = b"") -> bytes:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-m", "bot", *arguments),
        cwd=folder,
        env={"DATABASE_URL": database, "PYTHONPATH": str(PROJECT)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate(given)
    assert process.returncode == 0, errors.decode()
    assert b"\x1b" not in errors, "no progress bar where nobody looks"
    return out


async def in_shell(arguments: str, folder: Path, **variables: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        *("bash", "-o", "pipefail", "-c", f"{sys.executable} {arguments}"),
        cwd=folder,
        env={**variables, "PYTHONPATH": str(PROJECT), "PATH": "/bin:/usr/bin"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    return process.returncode, out.decode(), errors.decode()


async def test_an_export_whose_reader_goes_away_is_told_to_be_incomplete(
    database: str, configs: ChatConfigs, tmp_path: Path
) -> None:
    for chat in range(40):
        await configs.change(-1 - chat, {"welcome_text": "x" * 60_000}, by=5, via="menu")
    code, out, errors = await in_shell("-m bot export | head -c 100", tmp_path, DATABASE_URL=database)
    assert (code, len(out)) == (1, 100)
    assert errors.splitlines() == ["The export was not read to its end: it is incomplete."]


@pytest.mark.parametrize("command", ["check", "stats", "export"])
async def test_a_full_disk_behind_standard_output_is_one_sentence(
    command: str, environment: Environment, database: str, configs: ChatConfigs, tmp_path: Path
) -> None:
    telegram = {"BOT_TOKEN": environment.bot_token.get_secret_value(), "BOT_API_URL": environment.bot_api_url}
    code, _, errors = await in_shell(f"-m bot {command} >/dev/full", tmp_path, DATABASE_URL=database, **telegram)
    assert code == 1
    (sentence,) = errors.splitlines()
    assert sentence.endswith("could not be written: No space left on device.")


@pytest.mark.parametrize("lines", [1, 4])
async def test_whoever_reads_the_first_findings_of_a_check_only_is_told_nothing_else(
    lines: int, environment: Environment, database: str, tmp_path: Path
) -> None:
    telegram = {"BOT_TOKEN": environment.bot_token.get_secret_value(), "BOT_API_URL": environment.bot_api_url}
    _, out, errors = await in_shell(f"-m bot check | head -n {lines}", tmp_path, DATABASE_URL=database, **telegram)
    assert (len(out.splitlines()), errors) == (lines, "")


async def test_an_import_that_waits_for_somebody_to_type_says_so(database: str, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "import"),
        cwd=tmp_path,
        env={"DATABASE_URL": database, "PYTHONPATH": str(PROJECT)},
        stdin=theirs,
        stderr=asyncio.subprocess.PIPE,
    )
    os.write(ours, b"hello\n")
    _, errors = await process.communicate()
    os.close(ours)
    os.close(theirs)
    waits, refused = errors.decode().splitlines()
    assert waits.startswith("Reading an export from standard input; python -m bot import FILE")
    assert refused.startswith("This is no export")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_an_export_that_is_interrupted_leaves_nothing_behind(
    number: signal.Signals, database: str, tmp_path: Path
) -> None:
    held = await asyncpg.connect(database)
    transaction = held.transaction()
    await transaction.start()
    await held.execute("LOCK TABLE chat_configs")  # the export waits for it
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "export", "chats.jsonl"),
        cwd=tmp_path,
        env={"DATABASE_URL": database, "PYTHONPATH": str(PROJECT)},
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        while not os.listdir(tmp_path):  # noqa: ASYNC110, PTH208 - a file, not an event
            await asyncio.sleep(0.01)
        process.send_signal(number)
        _, errors = await process.communicate()
    assert (process.returncode, errors) == (128 + number, b"")
    assert not os.listdir(tmp_path)  # noqa: PTH208
    await transaction.rollback()
    await held.close()


INTERRUPTED_AT_ONCE = """
import os, runpy, signal, sys

def interrupt(*_):
    if os.path.exists("chats.jsonl.part"):
        sys.setprofile(None)
        os.kill(os.getpid(), signal.SIGTERM)

sys.argv = ["bot", "export", "chats.jsonl"]
sys.setprofile(interrupt)
runpy.run_module("bot", run_name="__main__")
"""


async def test_an_export_that_is_interrupted_as_soon_as_its_part_is_there_leaves_nothing_behind(
    database: str, tmp_path: Path
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", INTERRUPTED_AT_ONCE),
        cwd=tmp_path,
        env={"DATABASE_URL": database, "PYTHONPATH": str(PROJECT)},
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    assert (process.returncode, errors) == (128 + signal.SIGTERM, b"")
    assert not os.listdir(tmp_path)  # noqa: PTH208


async def test_a_running_bot_takes_over_what_is_imported(
    bot: RunningBot, environment: Environment, database: str, anna: Person, club: Group, tmp_path: Path
) -> None:
    await bot.configs.change(club.id, {"goodbye_text": "Farewell"}, by=anna.id, via="menu")
    exported = await piped(tmp_path, database, "export")
    await bot.configs.change(club.id, {"goodbye_text": "So long"}, by=anna.id, via="menu")
    anna.say("/settings goodbye_text", club)
    await anna.sees(club, "So long")
    await piped(tmp_path, database, "import", "--replace", given=exported)
    anna.say("/settings goodbye_text", club)
    await anna.sees(club, "Farewell")


async def test_a_command_says_when_the_database_is_not_there(new_process: Processes) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"postgres://u:secret-word@127.0.0.1:{reserved.getsockname()[1]}/name"
        said = await output_of(new_process(DATABASE_URL=url, DATABASE_WAIT="0"), "stats", code=1)
    assert not any("secret-word" in line for line in said)
    assert "connection refused" in said[-1]
