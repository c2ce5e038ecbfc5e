"""`python -m sandbox` as a newcomer starts it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from sandbox import Sandbox, launcher, scenarios
from sandbox.command_output import CommandOutput
from sandbox.world import snapshot
from sandbox.world.clock import Clock

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {key: value for key, value in os.environ.items() if key not in {"DISPLAY", "WAYLAND_DISPLAY"}}
ASK = """
import os, urllib.request
address = f"{os.environ['BOT_API_URL']}/bot{os.environ['BOT_TOKEN']}/getMe"
print(urllib.request.urlopen(address).status)
raise SystemExit(3)
"""
POLL = """
import os, urllib.request
address = f"{os.environ['BOT_API_URL']}/bot{os.environ['BOT_TOKEN']}/getUpdates?timeout=20"
print("asking", flush=True)
urllib.request.urlopen(address)
"""
LOG = """
import json, os, signal, urllib.request
def log(level, message, **more):
    print(json.dumps({"time": "2026-11-21T12:00:00+00:00", "level": level, "message": message, **more}))
log("INFO", "starting")
poll = f"{os.environ['BOT_API_URL']}/bot{os.environ['BOT_TOKEN']}/getUpdates?timeout=1"
urllib.request.urlopen(poll)
log("INFO", "listening")
log("WARNING", "careful", traceback="Traceback: none")
signal.pause()
"""
LOG_AND_FAIL = """
import json, sys
for level, message in (("INFO", "starting"), ("ERROR", "no database")):
    print(json.dumps({"time": "2026-11-21T12:00:00+00:00", "level": level, "message": message}))
sys.exit(1)
"""
WAIT = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))
print("ready", flush=True)
signal.pause()
"""


async def launch(*arguments: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox", *arguments, cwd=ROOT, env=ENVIRONMENT, stdin=pipe, stdout=pipe, stderr=pipe
    )


async def finish(process: asyncio.subprocess.Process) -> tuple[int, str, str]:
    async with asyncio.timeout(30):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(30):
        return (await process.stdout.readline()).decode()


async def test_the_command_gets_token_and_address_and_its_exit_code_is_returned() -> None:
    code, out, err = await finish(await launch("--", sys.executable, "-c", ASK))
    assert (code, out.splitlines()[-1]) == (3, "200")
    assert out.startswith("Sandbox: http://127.0.0.1:")
    assert err == "The command ended by itself with exit code 3.\n"


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_command_first(name: signal.Signals) -> None:
    process = await launch("--", sys.executable, "-c", WAIT)
    assert (await line(process)).startswith("Sandbox:")
    assert await line(process) == "ready\n"
    process.send_signal(name)
    assert (await finish(process))[0] == 5


async def test_ready_is_printed_when_the_bot_asks_for_updates() -> None:
    process = await launch("--", sys.executable, "-c", POLL)
    assert (await line(process)).startswith("Sandbox: ")
    assert await line(process) == "asking\n"
    assert (await line(process)).startswith("Ready: ")
    process.send_signal(signal.SIGTERM)
    await finish(process)


async def test_log_lines_of_a_good_start_are_left_out_and_later_ones_are_readable() -> None:
    process = await launch("--", sys.executable, "-c", LOG)
    assert (await line(process)).startswith("Sandbox: ")
    assert (await line(process)).startswith("Ready: ")
    said = [await line(process) for _ in range(3)]
    assert [said[0][9:], said[1][9:], said[2]] == ["listening\n", "WARNING careful\n", "    Traceback: none\n"]
    process.send_signal(signal.SIGTERM)
    await finish(process)


async def test_log_lines_of_a_start_that_fails_are_shown() -> None:
    _, out, err = await finish(await launch("--", sys.executable, "-c", LOG_AND_FAIL))
    assert [text[9:] for text in out.splitlines()[1:]] == ["starting", "ERROR no database"]
    assert "exit code 1" in err


def test_lines_that_are_no_log_records_pass_unchanged() -> None:
    said: list[str] = []
    output = CommandOutput(said.append)
    lines = ["{", '{"a": 1}', "[1]", "plain", '{"level": "INFO", "message": "held"}', '{"level": 3, "message": null}']
    for text in lines:
        output.add(text)
    assert said == [*lines[:4], "held", "3 None"]


async def test_without_a_command_it_just_serves() -> None:
    process = await launch("--scenario", "club")
    assert (await line(process)).startswith("Sandbox:")
    process.send_signal(signal.SIGTERM)
    assert await finish(process) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--scenario", "nothing"], "no scenario 'nothing': neither a file nor one of club, start"),
        (["--", "/no/such/command"], "The command cannot start"),
    ],
)
async def test_a_start_that_fails_is_explained_in_one_sentence(arguments: list[str], sentence: str) -> None:
    code, _, err = await finish(await launch(*arguments))
    assert code != 0
    assert sentence in err
    assert "Traceback" not in err


def test_update_ids_of_a_later_world_are_higher() -> None:
    first, later = Sandbox(), Sandbox(clock=Clock(time.time() + 60))
    for sandbox in (first, later):
        launcher._load_world(sandbox, launcher._arguments(["--scenario", "club"]))
    assert later.world.updates.next_id >= first.world.updates.next_id + 59


async def test_the_world_is_saved_and_loaded(tmp_path: Path) -> None:
    kept = tmp_path / "world.json"
    process = await launch("--keep", str(kept), "--terminal")
    assert (await line(process)).startswith("Sandbox:")
    assert process.stdin is not None
    process.stdin.write(b"/in Book\nremember me\n/quit\n")
    code, out, _ = await finish(process)
    assert code == 0
    assert "Anna: remember me" in out
    assert "remember me" in kept.read_text()
    process = await launch("--keep", str(kept), "--terminal")
    code, out, _ = await finish_with(process, b"/in Book\n/quit\n")
    assert "Anna: remember me" in out


async def finish_with(process: asyncio.subprocess.Process, typed: bytes) -> tuple[int, str, str]:
    assert process.stdin is not None
    process.stdin.write(typed)
    return await finish(process)


async def test_a_saved_world_is_restored_unchanged() -> None:
    first, second = Sandbox(), Sandbox()
    scenarios.load(first, "club")
    anna = first.person_of(next(user for user in first.world.users.values() if user.first_name == "Anna"))
    group = next(chat for chat in first.world.chats.values() if chat.title == "Small group")
    anna.start()
    sent = anna.send_file(None, "a.txt", b"abc")
    anna.react(anna.reply(sent, "mine"), "👍")
    owner = next(user for user in first.world.users.values() if user.first_name == "Ben")
    from sandbox import Group

    first.person_of(owner).upgrade(Group(first.world, group))
    first.world.commands.set(("chat", group.id, 0), "de", [{"command": "a", "description": "b"}])
    kept = json.loads(json.dumps(snapshot.dump(first.world)))
    snapshot.restore(second.world, kept)
    assert snapshot.dump(second.world) == snapshot.dump(first.world)
    assert [seen.raw for seen in second.person_of(second.world.users[anna.id]).screen()] == [
        seen.raw for seen in anna.screen()
    ]


@pytest.mark.parametrize("name", scenarios.names())
def test_every_scenario_can_be_built(name: str) -> None:
    sandbox = Sandbox()
    scenarios.load(sandbox, name)
    assert len(sandbox.world.chats) >= 2
    assert len(sandbox.world.updates) == 0
