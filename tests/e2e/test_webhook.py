"""The bot behind a webhook: a person notices nothing, a stranger gets nowhere, and nothing is handled twice."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import asyncpg
import pytest

from bot.storage.configs.repository import ChatConfigs
from sandbox import Group, Person, Sandbox
from tests.balancing import Balancer
from tests.e2e.published import ask, health, port_of, says
from tests.e2e.running import STARTS_WITHIN, BotProcess

SECRET = "a-word_of-our-own"
HEADER = "X-Telegram-Bot-Api-Secret-Token"

Join = Callable[[], Awaitable[BotProcess]]


@pytest.fixture
async def balancer() -> AsyncIterator[Balancer]:
    async with Balancer() as proxy:
        yield proxy


@pytest.fixture
async def join(new_process: Callable[..., BotProcess], balancer: Balancer, telegram: Sandbox) -> Join:
    """Start one more process behind the balancer, and wait until it takes updates."""

    async def join() -> BotProcess:
        process = new_process(WEBHOOK_URL=balancer.url, WEBHOOK_SECRET=SECRET, PORT="0")
        await process.launch()
        port = await port_of(process)
        await says(port, "/readyz", 200)
        balancer.ports.append(port)
        async with asyncio.timeout(STARTS_WITHIN):
            while not telegram.api.delivery.webhook.url:  # noqa: ASYNC110 - a state, not an event
                await asyncio.sleep(0.01)
        return process

    return join


async def post(port: int, body: object, **headers: str) -> int:
    """Deliver something as Telegram would; return the status. An answer to a stranger is empty."""
    given = {"Content-Type": "application/json", HEADER: SECRET, **headers}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    found = await ask(
        port, "/telegram", "POST", data=io.BytesIO(data), headers={key: one for key, one in given.items() if one}
    )
    assert not found.text
    return found.status


async def refused_for_its_size(port: int, size: int) -> bool:
    """Announce a body of this size, and say whether that is enough to be refused."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST /telegram HTTP/1.1\r\nHost: bot\r\n{HEADER}: {SECRET}\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {size}\r\n\r\n".encode())
    line = await asyncio.wait_for(reader.readline(), STARTS_WITHIN)
    writer.close()
    return b" 413 " in line


def said(person: Person, text: str, update_id: int = 1) -> dict[str, Any]:
    who = {"id": person.id, "is_bot": False, "first_name": "Anna"}
    message = {
        "message_id": 1, "date": 1_790_000_000, "chat": {"id": person.id, "type": "private", "first_name": "Anna"},
        "from": who, "text": text, "entities": [{"offset": 0, "length": len(text), "type": "bot_command"}],
    }  # fmt: skip
    return {"update_id": update_id, "message": message}


@pytest.mark.parametrize("processes", [1, 2])
async def test_a_person_notices_nothing_of_it(
    telegram: Sandbox, join: Join, anna: Person, club: Group, processes: int
) -> None:
    for _ in range(processes):
        await join()
    anna.say("/settings", club)
    menu = await anna.sees(club, "Book club")
    await anna.press(menu, "🧹 Tidiness")
    await anna.press(menu.now, "○ Delete “joined”")
    assert "Saved – Delete “joined”: on" in menu.now.text
    anna.say("/settings rules_text Be kind.", club)
    await anna.sees(club, "Be kind.")
    await telegram.settled()
    info = telegram.api.delivery.webhook.info()
    assert (info["max_connections"], "chat_member" in info["allowed_updates"]) == (100, True)
    assert not telegram.calls.count("getUpdates")


async def test_nobody_but_telegram_gets_an_update_in(join: Join, telegram: Sandbox, anna: Person) -> None:
    port = await port_of(await join())
    anna.say("/start")
    await anna.sees()
    update = said(anna, "/help")
    assert await post(port, update, **{HEADER: ""}) == 401
    assert await post(port, update, **{HEADER: "another-word"}) == 403
    assert await post(port, update, **{HEADER: SECRET[:-1] + "ä"}) == 403
    assert await post(port, update, **{"Content-Type": "text/plain"}) == 415
    assert await refused_for_its_size(port, 2**20 + 1)
    assert (await ask(port, "/telegram", headers={HEADER: SECRET})).status == 405
    assert (await ask(port, "/telegram")).status == 401
    assert (await ask(port, "/nothing", "POST", data=b"{}")).status == 404
    await telegram.settled()
    assert telegram.calls.count("sendMessage") == 1
    found = (await health(port))["bot"]
    assert (found["updates_by"], found["role"], found["last_poll"]) == ("webhook", "leader", None)
    assert found["last_update"] is not None


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", {"update_id": "7"}, {"update_id": True}, b"\xff", b"[" * 100_000])
async def test_what_is_no_update_is_not_asked_for_again(join: Join, body: object) -> None:
    process = await join()
    assert await post(await port_of(process), body) == 200
    assert sum("is no update" in line for line in process.output) == 1


async def test_an_update_that_is_repeated_is_handled_once_whoever_gets_it(
    telegram: Sandbox, join: Join, anna: Person
) -> None:
    ports = [await port_of(await join()) for _ in range(2)]
    anna.say("/start")
    await anna.sees()
    update = said(anna, "/help", 77)
    statuses = await asyncio.gather(*(post(port, update) for port in ports * 3))
    assert statuses == [200] * 6
    assert await post(ports[0], update) == await post(ports[1], update) == 200
    anna.say("/privacy")
    await telegram.settled()
    await anna.sees(text="delete")
    assert telegram.calls.count("sendMessage") == 3


async def test_what_comes_for_a_chat_in_other_hands_is_stored_and_handled_by_them(
    telegram: Sandbox, join: Join, anna: Person, club: Group, database: str
) -> None:
    await join()
    other = await asyncpg.connect(database)
    await other.execute(
        "SELECT pg_advisory_lock(hashtextextended($1::text || ':' || $2::bigint, 0))",
        str(telegram.bot.id),
        club.id,
    )
    for number in range(5):
        anna.say(f"/settings rules_text Rules {number}", club)
    await telegram.settled()
    assert await other.fetchval("SELECT count(*) FROM stored_updates") == 5, "confirmed, and not handled"
    await other.close()
    await anna.sees(club, "Rules 4")
    await telegram.settled()
    texts = [call.parameters["text"] for call in telegram.calls.all("sendMessage")]
    assert [text.partition("“Rules ")[2][0] for text in texts if "“Rules " in text] == ["0", "1", "2", "3", "4"]


async def test_telegram_keeps_what_comes_while_the_locks_are_out_of_reach(
    telegram: Sandbox, join: Join, anna: Person, database: str
) -> None:
    telegram.api.delivery.webhook.pauses = (0.1,)
    process = await join()
    connection = await asyncpg.connect(database)
    for number in range(3):
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2"
        )
        anna.say("/help")
        await anna.sees(text="/settings")
        assert (await says(await port_of(process), "/readyz", 200)).startswith("This process"), number
    await connection.close()
    await telegram.settled()


async def test_the_secret_is_neither_logged_nor_shown(
    join: Join, anna: Person, new_process: Callable[..., BotProcess], balancer: Balancer
) -> None:
    process = await join()
    await post(await port_of(process), said(anna, "/help"))
    pages = [await ask(await port_of(process), page) for page in ("/health", "/metrics", "/readyz")]
    assert SECRET not in "\n".join([*process.output, *(page.text for page in pages)])
    refused = new_process(WEBHOOK_URL=balancer.url, WEBHOOK_SECRET=f"{SECRET}!", PORT="0")
    await refused.launch()
    assert await refused.ended() == 1
    assert refused.output == ["WEBHOOK_SECRET must be 1 to 256 of the signs A-Z, a-z, 0-9, _ and -."]


async def test_connections_of_strangers_lock_telegram_out_of_nothing(join: Join, anna: Person) -> None:
    port = await port_of(await join())
    async with aiohttp.ClientSession() as session:
        url, headers = f"http://127.0.0.1:{port}/telegram", {HEADER: SECRET, "Content-Type": "application/json"}
        async with session.post(url, json=said(anna, "/help", 1), headers=headers) as response:
            assert response.status == 200
        strangers = [await asyncio.open_connection("127.0.0.1", port) for _ in range(300)]
        connections = len(session.connector._conns) if session.connector is not None else 0
        async with session.post(url, json=said(anna, "/help", 2), headers=headers) as response:
            assert response.status == 200
        assert connections == 1
        for _, writer in strangers:
            writer.close()


@pytest.mark.parametrize("joins", [50, pytest.param(500, marks=pytest.mark.slow)])
async def test_a_raid_is_greeted_in_one_message_by_each_process_and_nobody_by_both(
    telegram: Sandbox, join: Join, anna: Person, club: Group, configs: ChatConfigs, joins: int
) -> None:
    for _ in range(2):
        await join()
    await configs.change(club.id, {"welcome": "everyone"}, by=None, via="test")
    for number in range(joins):
        telegram.person(f"P{number}-").join(club)
    await telegram.settled(within=600)
    said = [call.parameters["text"] for call in telegram.calls.all("sendMessage") if call.status == 200]
    assert 1 <= len(said) <= 2
    shown = [seen.text for seen in anna.screen(club) if "Welcome to" in seen.text]
    named = [name for text in shown for name in re.findall(r"P\d+-", text)]
    assert len(set(named)) == len(named)


async def test_who_begins_to_lead_sets_the_webhook_and_gets_what_waits(
    join: Join, telegram: Sandbox, balancer: Balancer, anna: Person
) -> None:
    await (await join()).kill()
    balancer.ports.clear()
    await telegram.api.delivery.webhook.set({})
    anna.say("/help")
    await join()
    await anna.sees(text="/settings")
