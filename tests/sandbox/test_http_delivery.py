"""How updates reach the bot, and what goes wrong on the way."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox import Clock, Sandbox
from tests.sandbox.client import Client

ROWS = "can't parse reply_markup: InlineKeyboardMarkup.inline_keyboard: "


class Receiver:
    """A bot's webhook: what it got, and what it answers next."""

    def __init__(self) -> None:
        self.got: asyncio.Queue[tuple[dict[str, Any], str | None]] = asyncio.Queue()
        self.answers: list[web.Response] = []

    async def handle(self, request: web.Request) -> web.Response:
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token")
        self.got.put_nowait((json.loads(await request.read()), secret))
        return self.answers.pop(0) if self.answers else web.Response()

    async def next(self) -> tuple[dict[str, Any], str | None]:
        return await asyncio.wait_for(self.got.get(), 5)


@pytest.fixture
async def receiver(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Receiver, str]]:
    found: Receiver = getattr(request, "param", Receiver)()
    application = web.Application()
    application.router.add_post("/hook", found.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield found, f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    await runner.cleanup()


async def test_updates_stay_until_confirmed_and_come_at_most_100_at_a_time(telegram: Sandbox, api: Client) -> None:
    anna = telegram.person("Anna")
    for number in range(130):
        anna.say(f"message {number}")
    first = await api.updates()
    assert len(first) == 100
    assert await api.updates() == first, "a bot that died in between gets them again"
    assert len(await api.updates(limit=7)) == 7
    assert len(await api.updates(limit=0)) == 100
    rest = await api.updates(offset=first[-1]["update_id"] + 1)
    assert [update["message"]["text"] for update in rest] == [f"message {number}" for number in range(100, 130)]
    (last,) = await api.updates(offset=-1)
    assert last["message"]["text"] == "message 129"
    assert await api.updates() == [last], "the others are forgotten"


async def test_updates_are_kept_for_a_day(api: Client, telegram: Sandbox) -> None:
    telegram.person("Anna").say("hi")
    telegram.clock.advance(24 * 3600 - 10)
    assert len(await api.updates()) == 1
    telegram.clock.advance(20)
    assert await api.updates() == []


async def test_allowed_updates_are_remembered(telegram: Sandbox, api: Client) -> None:
    anna = telegram.person("Anna")
    await api.updates(allowed_updates=["callback_query"])
    anna.say("unheard")
    assert await api.updates() == []
    assert (await api.ok("getWebhookInfo"))["allowed_updates"] == ["callback_query"]
    await api.updates(allowed_updates=[])
    anna.say("heard")
    assert len(await api.updates()) == 1


async def test_a_long_poll_without_updates_ends_empty(api: Client) -> None:
    assert await api.updates(timeout=1) == []


async def test_a_webhook_gets_updates_with_its_secret(
    telegram: Sandbox, api: Client, receiver: tuple[Receiver, str]
) -> None:
    hook, url = receiver
    telegram.person("Anna").say("before")
    await api.ok("setWebhook", url=url, secret_token="s3cret", allowed_updates=["message"])
    update, secret = await hook.next()
    assert (update["message"]["text"], secret) == ("before", "s3cret")
    assert (await api.refused("getUpdates")).startswith(
        "409 Conflict: can't use getUpdates method while webhook is active"
    )
    await telegram.settled()
    assert (await api.ok("getWebhookInfo"))["pending_update_count"] == 0
    await api.ok("deleteWebhook")
    assert await api.updates() == []


async def test_a_webhook_that_fails_is_tried_again(
    telegram: Sandbox, api: Client, receiver: tuple[Receiver, str]
) -> None:
    hook, url = receiver
    telegram.api.delivery.webhook.pauses = (0.0,)
    hook.answers = [web.Response(status=500), web.Response(status=503)]
    await api.ok("setWebhook", url=url)
    telegram.person("Anna").say("again")
    tries = [(await hook.next())[0]["update_id"] for _ in range(3)]
    assert len(set(tries)) == 1
    await telegram.settled()
    assert "503" in (await api.ok("getWebhookInfo"))["last_error_message"]


class Slow(Receiver):
    """A webhook that answers when it is told to, by the text of the update."""

    def __init__(self) -> None:
        super().__init__()
        self.may_end: dict[str, asyncio.Event] = {}

    async def handle(self, request: web.Request) -> web.Response:
        response = await super().handle(request)
        text = json.loads(await request.read())["message"]["text"]
        await self.may_end.setdefault(text, asyncio.Event()).wait()
        return response

    def end(self, text: str) -> None:
        self.may_end.setdefault(text, asyncio.Event()).set()

    async def text(self) -> str:
        return str((await self.next())[0]["message"]["text"])


@pytest.mark.parametrize("receiver", [Slow], indirect=True)
async def test_messages_of_a_chat_come_one_after_the_other_and_chats_at_the_same_time(
    telegram: Sandbox, api: Client, receiver: tuple[Slow, str]
) -> None:
    hook, url = receiver
    anna, ben, carl = (telegram.person(name) for name in ("Anna", "Ben", "Carl"))
    await api.ok("setWebhook", url=url, max_connections=2)
    for person, text in ((anna, "first"), (anna, "second"), (ben, "other"), (carl, "beyond")):
        person.say(text)
    assert {await hook.text(), await hook.text()} == {"first", "other"}
    hook.end("other")
    assert await hook.text() == "beyond", "no more than two at a time"
    hook.end("first")
    assert await hook.text() == "second"
    for text in ("second", "beyond"):
        hook.end(text)
    await telegram.settled()


async def test_a_chat_whose_update_fails_holds_up_no_other(
    telegram: Sandbox, api: Client, receiver: tuple[Receiver, str]
) -> None:
    hook, url = receiver
    hook.answers = [web.Response(status=503, headers={"Retry-After": "3600"})]
    await api.ok("setWebhook", url=url, max_connections=1)
    telegram.person("Anna").say("fails")
    assert (await hook.next())[0]["message"]["text"] == "fails"
    telegram.person("Ben").say("works")
    assert (await hook.next())[0]["message"]["text"] == "works"
    await api.ok("deleteWebhook")
    assert [update["message"]["text"] for update in await api.updates()] == ["fails"], "it is not lost"


async def test_an_answer_to_a_webhook_may_be_a_method(
    telegram: Sandbox, api: Client, receiver: tuple[Receiver, str]
) -> None:
    hook, url = receiver
    anna = telegram.person("Anna")
    hook.answers = [web.json_response({"method": "sendMessage", "chat_id": anna.id, "text": "Hello"})]
    await api.ok("setWebhook", url=url)
    anna.say("hi")
    assert (await anna.sees()).text == "Hello"
    assert telegram.calls.count("sendMessage") == 1


@pytest.mark.parametrize("parameters", [{"url": "nonsense"}, {"url": "http://a.bc", "secret_token": "ä"}])
async def test_bad_webhooks_are_refused(api: Client, parameters: dict[str, str]) -> None:
    assert (await api.refused("setWebhook", **parameters)).startswith("400 Bad Request: ")


async def test_setting_a_webhook_ends_the_poll(telegram: Sandbox, api: Client, receiver: tuple[Receiver, str]) -> None:
    poll = asyncio.create_task(api.call("getUpdates", timeout=30))
    await telegram.polled()
    await api.ok("setWebhook", url=receiver[1])
    assert (await poll)["error_code"] == 409


async def test_wrong_tokens_and_methods(telegram: Sandbox, api: Client) -> None:
    async def ask(path: str) -> tuple[int, str]:
        async with api.session.get(telegram.url + path) as response:
            return response.status, (await response.json())["description"]

    wrong = f"{telegram.token[:-1]}x"
    assert await ask(f"/bot{wrong}/getMe") == (401, "Unauthorized")
    assert await ask("/botnonsense/getMe") == (404, "Not Found")
    assert await ask(f"/bot{telegram.token}/flyAway") == (404, "Not Found: method not found")
    assert (await ask(f"/bot{telegram.token}/sendDice"))[0] == 501
    assert "does not model the method sendDice" in (await ask(f"/bot{telegram.token}/sendDice"))[1]
    async with api.session.get(f"{telegram.url}/bot{telegram.token}/GETME") as response:
        assert response.status == 200, "method names know no case"


@pytest.mark.parametrize(
    ("method", "parameters", "problem"),
    [
        ("sendMessage", {"chat_id": 1, "text": "x", "colour": "red"}, 'unknown parameter "colour" of sendMessage'),
        ("sendMessage", {"text": "x"}, "chat_id is empty"),
        ("sendMessage", {"chat_id": 1}, "message text is empty"),
        ("sendMessage", {"chat_id": {}, "text": "x"}, "can't parse chat_id: Integer expected"),
        ("deleteMessage", {"chat_id": 1}, "message identifier is not specified"),
        ("getChatMember", {"chat_id": 1}, "invalid user_id specified"),
        ("getUpdates", {"timeout": "soon"}, "can't parse timeout: Integer expected"),
        ("getUpdates", {"allowed_updates": "message"}, "can't parse allowed_updates: can't parse JSON object"),
        ("sendMessage", {"chat_id": 1, "text": "x", "reply_markup": "{"}, "object expected as reply markup"),
        (
            "sendMessage",
            {"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [[{"callback_data": "x"}]]}},
            ROWS + 'Can\'t find field "text" of InlineKeyboardButton',
        ),
        (
            "sendMessage",
            {"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [[{"text": "x", "kolor": 1}]]}},
            ROWS + 'unknown field "kolor" of InlineKeyboardButton',
        ),
    ],
)
async def test_parameters_that_are_refused(api: Client, method: str, parameters: dict[str, Any], problem: str) -> None:
    assert await api.refused(method, **parameters) == f"400 Bad Request: {problem}"


async def test_the_same_call_by_query_form_json_and_multipart(telegram: Sandbox, api: Client) -> None:
    anna = telegram.person("Anna")
    anna.start()
    url = f"{telegram.url}/bot{telegram.token}/sendMessage"
    keyboard = json.dumps({"inline_keyboard": [[{"text": "Go", "callback_data": "x"}]]})
    fields = {"chat_id": str(anna.id), "text": "hi", "reply_markup": keyboard, "disable_notification": "True"}
    form = aiohttp.FormData(fields)
    form._is_multipart = True
    json_fields = {**fields, "chat_id": anna.id, "reply_markup": json.loads(keyboard), "disable_notification": True}
    requests = [
        api.session.get(url, params=fields),
        api.session.post(url, data=fields),
        api.session.post(url, json=json_fields),
        api.session.post(url, data=form),
    ]
    for request in requests:
        async with request as response:
            assert (await response.json())["ok"], await response.text()
    assert [seen.buttons for seen in anna.screen()[1:]] == [(("Go",),)] * 4


async def test_files_are_uploaded_and_downloaded(telegram: Sandbox, api: Client) -> None:
    anna = telegram.person("Anna")
    anna.start()
    form = aiohttp.FormData({"chat_id": str(anna.id), "document": "attach://doc", "caption": "Yours"})
    form.add_field("doc", b"content", filename="a.txt")
    async with api.session.post(f"{telegram.url}/bot{telegram.token}/sendDocument", data=form) as response:
        sent = (await response.json())["result"]
    assert sent["document"]["file_name"] == "a.txt"
    file = await api.ok("getFile", file_id=sent["document"]["file_id"])
    async with api.session.get(f"{telegram.url}/file/bot{telegram.token}/{file['file_path']}") as response:
        assert await response.read() == b"content"
    again = await api.ok("sendDocument", chat_id=anna.id, document=sent["document"]["file_id"])
    assert again["document"]["file_unique_id"] == sent["document"]["file_unique_id"]
    assert (
        await api.refused("getFile", file_id="x")
        == "400 Bad Request: wrong file_id or the file is temporarily unavailable"
    )
    assert await api.refused("sendDocument", chat_id=anna.id) == "400 Bad Request: there is no document in the request"
    assert "IMAGE_PROCESS_FAILED" in await _photo(telegram, api, anna.id, b"no picture")


async def _photo(telegram: Sandbox, api: Client, chat: int, content: bytes) -> str:
    form = aiohttp.FormData({"chat_id": str(chat)})
    form.add_field("photo", content, filename="a.png")
    async with api.session.post(f"{telegram.url}/bot{telegram.token}/sendPhoto", data=form) as response:
        return str((await response.json()).get("description"))


async def test_an_older_server_knows_no_ephemeral_messages() -> None:
    async with Sandbox(ephemeral=False) as telegram, aiohttp.ClientSession() as session:
        api = Client(telegram, session)
        anna = telegram.person("Anna")
        group = telegram.supergroup("Books", owner=anna, bot="administrator")
        private = {"receiver_user_id": anna.id}
        where = {"chat_id": group.id, "text": "x"}
        refused = await api.refused("sendMessage", ephemeral_message_parameters=private, **where)
        assert refused == '400 Bad Request: unknown parameter "ephemeral_message_parameters" of sendMessage'
        assert (await api.refused("deleteEphemeralMessage")).startswith("404")
        telegram.world.rules.ephemeral_ignored = True
        sent = await api.ok("sendMessage", ephemeral_message_parameters=private, **where)
        assert sent["message_id"], "a real old server ignores what it does not know: everybody sees the message"


async def test_faults_apply_one_after_another(telegram: Sandbox, api: Client) -> None:
    faults = telegram.faults
    faults.bad_gateway()
    async with api.session.get(f"{telegram.url}/bot{telegram.token}/getMe") as response:
        assert (response.status, response.content_type) == (502, "text/html")
    faults.garbage()
    with pytest.raises(json.JSONDecodeError):
        await api.ok("getMe")
    faults.foreign_poller()
    assert (await api.refused("getUpdates")).startswith("409 Conflict: terminated by other getUpdates request")
    faults.refuse("getMe", 500, "Internal Server Error")
    assert await api.refused("getMe") == "500 Internal Server Error"
    for fault in (faults.reset, faults.outage):
        fault()
        with pytest.raises(aiohttp.ClientError):
            await api.ok("getMe", nocache=1)
    faults.clear()
    assert await api.ok("getMe")


async def test_an_answer_can_be_lost_after_the_call_was_executed(telegram: Sandbox, api: Client) -> None:
    anna = telegram.person("Anna")
    anna.start()
    telegram.faults.drop_after("sendMessage")
    with pytest.raises(aiohttp.ClientError):
        await api.ok("sendMessage", chat_id=anna.id, text="delivered")
    assert anna.last().text == "delivered"


@pytest.mark.parametrize("name", ["reset", "bad_gateway", "garbage"])
@pytest.mark.parametrize("executed", [False, True])
async def test_a_call_fails_before_or_after_it_was_executed(
    telegram: Sandbox, api: Client, name: str, executed: bool
) -> None:
    anna = telegram.person("Anna")
    anna.start()
    getattr(telegram.faults, name)("sendMessage", executed=executed)
    with pytest.raises((aiohttp.ClientError, json.JSONDecodeError)):
        await api.ok("sendMessage", chat_id=anna.id, text="lost")
    assert (anna.last().text == "lost") == executed


async def test_a_call_that_hangs_after_it_was_executed(telegram: Sandbox, api: Client) -> None:
    anna = telegram.person("Anna")
    anna.start()
    telegram.faults.hang("sendMessage", executed=True)
    call = asyncio.create_task(api.ok("sendMessage", chat_id=anna.id, text="delivered"))
    await anna.sees(text="delivered")
    call.cancel()


async def test_a_rule_holds_for_one_method_and_one_chat_and_for_its_time() -> None:
    async with Sandbox(clock=Clock(1_800_000_000, frozen=True)) as telegram, aiohttp.ClientSession() as session:
        api = Client(telegram, session)
        anna, ben = telegram.person("Anna"), telegram.person("Ben")
        for person in (anna, ben):
            person.start()
        telegram.faults.flood(anna.id, "sendMessage", retry_after=7, seconds=60)
        for _ in range(3):
            refused = await api.call("sendMessage", chat_id=anna.id, text="x")
            assert (refused["error_code"], refused["parameters"]) == (429, {"retry_after": 7})
        await api.ok("sendMessage", chat_id=ben.id, text="x")
        await api.ok("sendChatAction", chat_id=anna.id, action="typing")
        assert telegram.faults.state()["waiting"][0]["seconds"] == 60
        telegram.clock.advance(60)
        await api.ok("sendMessage", chat_id=anna.id, text="x")
        assert telegram.faults.waiting == []


def test_a_rule_for_a_method_that_does_not_exist_is_a_mistake(telegram: Sandbox) -> None:
    with pytest.raises(ValueError, match="no method 'sendMesage'"):
        telegram.faults.flood(method="sendMesage")


async def test_latency_delays_answers_but_neither_calls_nor_one_another(telegram: Sandbox, api: Client) -> None:
    anna = telegram.person("Anna")
    anna.start()
    telegram.latency = 0.3
    began = time.perf_counter()
    calls = [asyncio.create_task(api.ok("sendMessage", chat_id=anna.id, text=str(number))) for number in range(10)]
    await anna.sees(text="9")
    assert time.perf_counter() - began < 0.25, "executed at once"
    await asyncio.gather(*calls)
    assert 0.3 <= time.perf_counter() - began < 1


async def test_latency_adds_nothing_to_what_a_long_poll_waits(telegram: Sandbox, api: Client) -> None:
    telegram.latency = 0.2
    poll = asyncio.create_task(api.updates(timeout=30))
    await telegram.polled()
    began = time.perf_counter()
    telegram.person("Anna").say("hi")
    assert len(await poll) == 1
    assert 0.2 <= time.perf_counter() - began < 1


async def test_a_hanging_call_is_never_executed(telegram: Sandbox, api: Client) -> None:
    telegram.faults.hang("getMe")
    with pytest.raises(TimeoutError):
        async with api.session.get(
            f"{telegram.url}/bot{telegram.token}/getMe", timeout=aiohttp.ClientTimeout(total=0.05)
        ):
            pass
    assert telegram.calls.count("getMe") == 0


async def test_an_outage_ends_by_itself_in_its_time() -> None:
    async with Sandbox(clock=Clock(1_800_000_000, frozen=True)) as telegram, aiohttp.ClientSession() as session:
        api = Client(telegram, session)
        telegram.faults.outage(10)
        with pytest.raises(aiohttp.ClientError):
            await api.ok("getMe")
        telegram.clock.advance(11)
        assert await api.ok("getMe")


async def test_an_outage_ends_the_poll_that_is_open(telegram: Sandbox, api: Client) -> None:
    poll = asyncio.create_task(api.updates(timeout=30))
    await telegram.polled()
    telegram.faults.drop_connections()
    with pytest.raises(aiohttp.ClientError):
        await poll


async def test_the_log_of_calls_can_be_counted_and_waited_for(telegram: Sandbox, api: Client) -> None:
    anna = telegram.person("Anna")
    anna.start()
    waiting = asyncio.create_task(telegram.calls.next("sendMessage", lambda call: call.parameters["text"] == "two"))
    await api.ok("sendMessage", chat_id=anna.id, text="one")
    await api.ok("sendMessage", chat_id=anna.id, text="two")
    call = await waiting
    assert (call.status, call.answer["text"]) == (200, "two")
    assert telegram.calls.count("sendMessage") == 2
    assert [found.parameters["text"] for found in telegram.calls.all("sendMessage")] == ["one", "two"]
    with pytest.raises(TimeoutError, match=r"no sendPhoto within"):
        await telegram.calls.next("sendPhoto", within=0.001)


async def test_settled_means_everything_was_confirmed(telegram: Sandbox, api: Client) -> None:
    telegram.person("Anna").say("hi")
    with pytest.raises(TimeoutError, match="1 updates unconfirmed"):
        await telegram.settled(within=0.001)
    settled = asyncio.create_task(telegram.settled())
    await api.drain()
    await settled
