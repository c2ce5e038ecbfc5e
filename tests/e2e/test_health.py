"""What an operator's tools read on PORT, from the start of a process to its end."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from sandbox import Group, Person, Sandbox
from tests.e2e.published import ask, counted, health, port_of, samples, says, value
from tests.e2e.running import STARTS_WITHIN, BotProcess

Processes = Callable[..., BotProcess]

PATHS = ("/livez", "/readyz", "/health", "/metrics")
MARKER = "Violet-4711"


@pytest.fixture
async def leader(new_process: Processes) -> BotProcess:
    process = new_process(PORT="0", SLOW_QUERY_SECONDS="3600", SLOW_HANDLER_SECONDS="3600")
    await process.start()
    return process


async def test_a_process_that_leads_is_ready_and_says_how_it_is(leader: BotProcess, telegram: Sandbox) -> None:
    port = await port_of(leader)
    assert await ask(port, "/livez") == (200, "The process is alive.\n")
    await says(port, "/readyz", 200, "This process leads.")
    telegram.person("Anna").say("/settings")
    await telegram.settled()
    async with asyncio.timeout(STARTS_WITHIN):
        while (found := await health(port))["bot"]["last_update"] is None:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
    assert found["status"] == "ok"
    assert found["problems"] == []
    assert found["version"].startswith("0.")
    assert found["uptime"] > 0
    database = found["database"]
    assert database["healthy"] is True
    assert 0 < database["latency"] < 60
    assert int(database["version"].split(".")[0]) >= 14
    pool = database["pool"]
    assert (pool["min"], pool["max"]) == (1, 5)
    assert pool["size"] == pool["idle"] + pool["in_use"] > 0
    bot = found["bot"]
    assert bot["role"] == "leader"
    assert bot["last_poll"] is not None
    assert bot["last_update"] is not None
    assert {"in_hand", "outbox_waiting", "outbox_oldest"} <= bot.keys()


async def test_a_second_process_stands_by_and_is_healthy_and_leads_when_the_first_ends(
    leader: BotProcess, new_process: Processes
) -> None:
    second = new_process(PORT="0")
    await second.launch()
    port = await port_of(second)
    await says(port, "/readyz", 200, "This process stands by.")
    assert (await health(port))["bot"]["role"] == "stand-by"
    assert value(await samples(port), "bot_leader") == 0
    await leader.kill()
    await says(port, "/readyz", 200, "This process leads.")
    assert value(await samples(port), "bot_leader") == 1
    assert value(await samples(port), "bot_leadership_taken_total") == 1


async def test_a_process_that_could_not_take_over_is_not_ready(new_process: Processes) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        nowhere = f"postgres://user@127.0.0.1:{reserved.getsockname()[1]}/name"
        process = new_process(PORT="0", DATABASE_UNPOOLED_URL=nowhere, DATABASE_STATEMENT_CACHE="100")
        await process.launch()
        port = await port_of(process)
        async with asyncio.timeout(STARTS_WITHIN):
            while "cannot lead" not in (answer := await ask(port, "/readyz")).text:  # noqa: ASYNC110 - asked by HTTP
                await asyncio.sleep(0.05)
    assert answer.status == 503
    assert answer.text.endswith("as the control connection is lost.\n")
    await process.terminate()


async def test_what_people_do_is_counted(leader: BotProcess, telegram: Sandbox, anna: Person, club: Group) -> None:
    port = await port_of(leader)
    anna.say("/settings")
    anna.say("/settings language german")
    await telegram.settled()
    for _ in range(3):  # the first one shows that nobody wants the others
        anna.say("good morning", club)
        await telegram.settled()
    assert await counted(port, "bot_updates_total", 2, type="message", result="handled") >= 2
    await says(port, "/health", 200, '"in_hand": 0')
    found = await samples(port)
    assert value(found, "bot_updates_total", type="message", result="ignored") >= 1
    handled = value(found, "bot_handling_seconds_count", type="message")
    assert handled >= 2
    assert value(found, "bot_handling_seconds_bucket", type="message", le="+Inf") == handled
    assert value(found, "bot_api_calls_total", method="sendMessage", result="ok") >= 2
    assert value(found, "bot_api_calls_total", method="getUpdates", result="ok") >= 1
    assert value(found, "bot_api_call_seconds_sum", method="sendMessage") > 0
    assert value(found, "bot_config_reads_total", source="database") >= 1
    assert value(found, "bot_config_reads_total", source="memory") >= 1
    assert value(found, "bot_revisions_total", via="command") == 1
    assert value(found, "bot_database_query_seconds_count", query="configs.change") == 1
    assert value(found, "bot_database_up") == 1
    assert value(found, "bot_database_pool_max_connections") == 5
    assert value(found, "process_resident_memory_bytes") > 10_000_000


async def test_refusals_of_telegram_are_counted_by_kind(leader: BotProcess, telegram: Sandbox) -> None:
    port, anna = await port_of(leader), telegram.person("Anna")
    telegram.faults.flood(None, "sendMessage", retry_after=1, times=1)
    telegram.faults.bad_gateway("sendMessage", times=1)
    anna.say("/settings")
    await telegram.settled()
    assert await counted(port, "bot_api_calls_total", method="sendMessage", result="flood_wait") == 1
    assert await counted(port, "bot_api_calls_total", method="sendMessage", result="unreadable") == 1
    found = await samples(port)
    assert value(found, "bot_api_flood_waits_total", method="sendMessage") == 1
    assert value(found, "bot_api_flood_wait_seconds_total") == 1


async def test_while_it_starts_a_process_is_alive_and_not_ready(new_process: Processes) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"postgres://user:opensesame@127.0.0.1:{reserved.getsockname()[1]}/name"
        process = new_process(PORT="0", DATABASE_URL=url, DATABASE_WAIT="600")
        await process.launch()
        port = await port_of(process)
        assert (await ask(port, "/livez")).status == 200
        answer = await ask(port, "/readyz")
        assert answer.status == 503
        assert answer.text == "The process is starting. The database does not answer.\n"
        assert (await ask(port, "/health")).status == 503
        assert (await ask(port, "/metrics")).status == 200
        assert await process.terminate() in {0, 143}


async def test_while_telegram_is_away_at_the_start_a_process_says_so(new_process: Processes, telegram: Sandbox) -> None:
    telegram.faults.outage()
    process = new_process(PORT="0")
    await process.launch()
    port = await port_of(process)
    await says(port, "/readyz", 503, "The process is starting. Telegram does not answer getMe.")
    telegram.faults.clear()
    await says(port, "/readyz", 200, "This process leads.")


async def test_while_it_finishes_what_it_has_in_hand_a_process_is_not_ready(
    leader: BotProcess, telegram: Sandbox, anna: Person, club: Group
) -> None:
    port = await port_of(leader)
    telegram.faults.hang("getChatMember", times=1)
    anna.say("/settings", club)
    await says(port, "/health", 200, '"in_hand": 1')
    ending = asyncio.create_task(leader.terminate())
    await says(port, "/readyz", 503, "The process is stopping.")
    assert (await ask(port, "/livez")).status == 200
    assert await ending == 0


async def test_nothing_else_is_answered(leader: BotProcess) -> None:
    port = await port_of(leader)
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
        assert {(await ask(port, path, method)).status for path in PATHS} == {405}
    for path in ("/", "/health/", "/Health", "/livez/../x", "/.env", "/metrics%00", "//metrics"):
        assert (await ask(port, path)).status == 404, path
    assert (await ask(port, "/livez", data=b"x")).status == 413
    assert b" 413 " in await send(
        port, b"GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n", ends=False
    )
    assert (await ask(port, "/livez?" + "x" * 2_000)).status == 400
    assert (await ask(port, "/livez", headers={"X": "x" * 5_000})).status == 400
    assert (await ask(port, "/livez", headers={f"X{number}": "x" for number in range(200)})).status == 400
    assert await ask(port, "/livez", "HEAD") == (200, "")
    assert (await ask(port, "/livez?full")).status == 200


async def send(port: int, data: bytes, *, ends: bool = True) -> bytes:
    """Send raw bytes and return all that is answered. Python 3.11 answers nobody who has ended their side already."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    if ends:
        writer.write_eof()
    answer = b""
    with suppress(ConnectionResetError):  # the server may be done before it has read all of it
        answer = await reader.read()
    writer.close()
    return answer


async def test_what_strangers_send_leaves_no_line_in_the_log(leader: BotProcess) -> None:
    port = await port_of(leader)
    await says(port, "/readyz", 200)
    before = list(leader.output)
    for data in (
        b"",
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"GET\r\n\r\n",
        b"BREW /x HTTP/9.9\r\n\r\n",
        b"A" * 100_000,
    ):
        await send(port, data)
    assert b"400" in await send(port, b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", ends=False)
    assert (await ask(port, "/livez")).status == 200
    assert leader.output == before


async def test_who_keeps_connections_open_locks_nobody_out_and_takes_no_more_than_a_few(leader: BotProcess) -> None:
    port = await port_of(leader)
    kept = []
    for _ in range(300):
        kept.append(await asyncio.open_connection("127.0.0.1", port))
        kept[-1][1].write(b"GET /livez HTTP/1.1\r\nX: ")
    assert (await ask(port, "/livez")).status == 200
    assert value(await samples(port), "process_open_fds") < 150
    for _, writer in kept:
        writer.close()


async def test_however_many_ask_the_database_is_asked_once_a_second(leader: BotProcess) -> None:
    port = await port_of(leader)
    await says(port, "/readyz", 200)
    began = time.monotonic()
    before = await samples(port)
    await asyncio.gather(*(ask(port, path) for _ in range(20) for path in PATHS))
    after = await samples(port)
    passed = time.monotonic() - began
    name = "bot_database_query_seconds_count"
    asked = value(after, name, query="connection.check") - value(before, name, query="connection.check")
    assert asked <= passed + 2  # one more may have been on its way, and one is asked at the beginning


async def test_no_page_shows_a_secret_or_what_people_wrote(
    leader: BotProcess, telegram: Sandbox, database: str
) -> None:
    port, anna = await port_of(leader), telegram.person(MARKER)
    club = telegram.supergroup(f"{MARKER} club", owner=anna, bot="administrator")
    for text in (MARKER, "/settings", f"/settings rules_text {MARKER}", f"/{MARKER}"):
        anna.say(text, club)
        anna.say(text)
    await telegram.settled()
    for path in PATHS:
        text = (await ask(port, path)).text
        assert MARKER not in text
        assert telegram.token not in text
        assert telegram.token.partition(":")[2] not in text
        assert database not in text
        for known in (anna.id, club.id):
            assert not re.search(rf"(?<![\d.]){known}(?![\d.])", text)


async def test_a_port_that_is_taken_is_one_sentence(new_process: Processes) -> None:
    with socket.create_server(("", 0)) as taken:
        process = new_process(PORT=str(taken.getsockname()[1]))
        await process.launch()
        assert await process.ended() == 1
    assert [line for line in process.output if not line.startswith("{")] == [
        f"PORT {process.variables['PORT']} cannot be used: Address already in use."
    ]


async def test_without_a_port_nothing_listens(new_process: Processes) -> None:
    process = new_process()
    await process.start()
    assert await process.terminate() == 0
    assert not [line for line in process.output if "port" in line]
