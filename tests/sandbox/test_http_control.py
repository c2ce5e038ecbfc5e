"""The control API that the chat page stands on."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from sandbox import Group, Person, Sandbox
from sandbox.control.actions import ACTIONS
from tests.sandbox.client import Client

HERE = "application/json"


async def act(api: Client, person: Person, do: str, group: Group | None = None, **arguments: Any) -> dict[str, Any]:
    chat = {} if group is None else {"chat": group.id}
    body = {"person": person.id, "do": do, **chat, **arguments}
    async with api.session.post(f"{api.sandbox.url}/sandbox/act", json=body) as response:
        found: dict[str, Any] = await response.json()
    return found


async def view(api: Client, person: Person, group: Group | None = None) -> dict[str, Any]:
    query = {"person": str(person.id), **({} if group is None else {"chat": str(group.id)})}
    async with api.session.get(f"{api.sandbox.url}/sandbox/view", params=query) as response:
        found: dict[str, Any] = (await response.json())["result"]
    return found


async def test_the_control_api_plays_a_whole_scene(telegram: Sandbox, api: Client) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    made = await act(api, anna, "new_group", title="Books", kind="supergroup")
    group = Group(telegram.world, telegram.world.chats[made["result"]["id"]])
    assert (await act(api, ben, "join", group))["ok"]
    assert (await act(api, anna, "add_bot", group, rights=["can_delete_messages"]))["ok"]
    assert (await act(api, anna, "say", group, text="/settings"))["ok"]
    (told,) = [update for update in await api.drain() if update.get("message", {}).get("text") == "/settings"]
    keyboard = {"inline_keyboard": [[{"text": "A", "callback_data": "a"}, {"text": "A", "callback_data": "b"}]]}
    where = {"receiver_user_id": anna.id}
    await api.ok(
        "sendMessage", chat_id=group.id, text="Menu", reply_markup=keyboard, ephemeral_message_parameters=where
    )
    menu = (await view(api, anna, group))["messages"][-1]
    assert menu["ephemeral"]
    assert menu["text"] == "Menu"
    assert all("Menu" not in message.get("text", "") for message in (await view(api, ben, group))["messages"])
    pressed = await act(api, anna, "press", group, message=menu["key"], row=0, column=1)
    (query,) = [update["callback_query"] for update in await api.drain()]
    assert query["data"] == "b"
    assert query["id"] == pressed["result"]["callback_id"]
    assert told["message"]["from"]["id"] == anna.id


async def test_an_impossible_action_is_refused_in_one_sentence(telegram: Sandbox, api: Client) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Books", owner=anna, bot="member")
    assert (await act(api, ben, "say", group, text="hi"))["error"] == "Ben is not in 'Books'"
    assert (await act(api, ben, "fly"))["error"] == "nobody can 'fly'"
    assert (await act(api, anna, "say", group, text=7))["error"] == "'text' must be a text"
    assert (await act(api, anna, "say", None, chat=4, text="x"))["error"] == "no chat has the id 4"
    assert (await act(api, anna, "press", group, message=99))["error"] == "Anna sees no such message"


@pytest.mark.parametrize("name", sorted(ACTIONS))
async def test_no_action_breaks_on_missing_arguments(telegram: Sandbox, api: Client, name: str) -> None:
    found = await act(api, telegram.person("Anna"), name)
    assert found["ok"] or found["error"]


async def test_state_and_calls_are_readable(telegram: Sandbox, api: Client) -> None:
    anna = telegram.person("Anna")
    telegram.supergroup("Books", owner=anna, bot="administrator")
    await api.refused("sendMessage", chat_id=5, text="x")
    async with api.session.get(f"{telegram.url}/sandbox/state") as response:
        state = await response.json()
    assert [chat["title"] for chat in state["chats"]] == ["Books"]
    assert {member["status"] for member in state["chats"][0]["members"]} == {"creator", "administrator"}
    async with api.session.get(f"{telegram.url}/sandbox/calls") as response:
        (call,) = await response.json()
    assert (call["method"], call["status"], call["answer"]) == ("sendMessage", 400, "Bad Request: chat not found")


async def test_the_event_stream_carries_only_what_the_person_sees(telegram: Sandbox, api: Client) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    async with api.session.get(f"{telegram.url}/sandbox/events", params={"person": str(ben.id)}) as stream:
        assert await stream.content.readline() == b": listening\n"
        anna.say("not for Ben")
        ben.say("for Ben")
        lines: list[bytes] = []
        while b"data" not in b"".join(lines):
            lines.append(await stream.content.readline())
    event = json.loads(lines[-1].removeprefix(b"data: "))
    assert event["chat"] == ben.id
    assert lines[-2] == b"event: message\n"


async def test_faults_are_set_by_name(telegram: Sandbox, api: Client) -> None:
    async with api.session.post(f"{telegram.url}/sandbox/faults", json={"set": "flood", "retry_after": 7}) as response:
        assert (await response.json())["ok"]
    assert await api.refused("getMe") == "429 Too Many Requests: retry after 7"
    assert (await api.ok("getMe"))["is_bot"]
    async with api.session.post(f"{telegram.url}/sandbox/faults", json={"set": "no such"}) as response:
        assert response.status == 400


async def test_a_picture_is_sent_and_looked_at(telegram: Sandbox, api: Client) -> None:
    from sandbox.people.messaging import PIXEL

    anna = telegram.person("Anna")
    form = aiohttp.FormData({"person": str(anna.id), "caption": "Look"})
    form.add_field("file", PIXEL, filename="dot.png")
    async with api.session.post(f"{telegram.url}/sandbox/upload", data=form) as response:
        assert (await response.json())["ok"]
    message = (await view(api, anna))["messages"][-1]
    assert message["caption"] == "Look"
    async with api.session.get(
        f"{telegram.url}/sandbox/file", params={"id": message["photo"][0]["file_id"]}
    ) as response:
        assert response.content_type == "image/png"
        assert await response.read() == PIXEL


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Host": "evil.example"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Content-Type": "text/plain"},
        {"Origin": "null"},
    ],
)
async def test_requests_of_other_pages_are_refused(telegram: Sandbox, api: Client, headers: dict[str, str]) -> None:
    anna = telegram.person("Anna")
    body = json.dumps({"person": anna.id, "do": "say", "text": "gotcha"})
    headers = {"Content-Type": HERE, **headers}
    async with api.session.post(f"{telegram.url}/sandbox/act", data=body, headers=headers) as response:
        assert response.status == 403
    assert anna.screen() == []


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Host": "evil.example"},
        {"Host": "evil.example:8081", "Origin": "http://evil.example:8081", "Sec-Fetch-Site": "same-origin"},
        {"Host": "127.0.0.1.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_a_web_page_from_elsewhere_does_not_reach_the_bot_api(
    telegram: Sandbox, api: Client, method: str, headers: dict[str, str]
) -> None:
    for path in (f"/bot{telegram.token}/getMe", f"/file/bot{telegram.token}/documents/file_1.txt"):
        async with api.session.request(method, telegram.url + path, headers=headers) as response:
            answer = await response.json()
        assert (response.status, answer["error_code"]) == (403, 403)
    assert telegram.calls.count() == 0


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
async def test_a_program_of_this_machine_reaches_the_bot_api_by_any_name_of_it(
    telegram: Sandbox, api: Client, name: str
) -> None:
    url = f"{telegram.url}/bot{telegram.token}/getMe"
    for host in (name, f"{name}:{telegram.url.rsplit(':', 1)[1]}"):
        async with api.session.get(url, headers={"Host": host}) as response:
            assert response.status == 200


async def test_the_page_comes_with_its_policy(telegram: Sandbox, api: Client) -> None:
    async with api.session.get(f"{telegram.url}/") as response:
        assert response.status == 200
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]


async def test_formatting_arrives_with_the_text(telegram: Sandbox, api: Client) -> None:
    anna = telegram.person("Anna")
    bold = [{"type": "bold", "offset": 0, "length": 4}]
    said = await act(api, anna, "say", text="bold words", entities=bold)
    await act(api, anna, "edit", message=said["result"]["key"], text="same here", entities=bold)
    first, second = await api.drain()
    assert first["message"]["entities"] == bold
    assert second["edited_message"]["entities"] == bold


@pytest.mark.parametrize(
    "entities",
    [
        "bold",
        [1],
        [{"type": "custom_emoji", "offset": 0, "length": 1}],
        [{"type": "bold", "offset": -1, "length": 1}],
        [{"type": "bold", "offset": 0}],
        [{"type": "text_link", "offset": 0, "length": 1, "url": 7}],
    ],
)
async def test_formatting_that_nobody_can_type_is_refused(telegram: Sandbox, api: Client, entities: Any) -> None:
    answer = await act(api, telegram.person("Anna"), "say", text="x", entities=entities)
    assert "entities" in answer["error"]


async def test_a_file_can_be_a_reply(telegram: Sandbox, api: Client) -> None:
    anna = telegram.person("Anna")
    asked = await act(api, anna, "say", text="the question")
    form = aiohttp.FormData({"person": str(anna.id), "reply_to": str(asked["result"]["key"])})
    form.add_field("file", b"{}", filename="settings.json")
    async with api.session.post(f"{telegram.url}/sandbox/upload", data=form) as response:
        assert (await response.json())["ok"]
    assert (await api.drain())[-1]["message"]["reply_to_message"]["text"] == "the question"


async def test_only_files_of_the_page_are_served_and_with_its_policy(telegram: Sandbox, api: Client) -> None:
    async with api.session.get(f"{telegram.url}/page/app.js") as response:
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "javascript" in response.content_type
    for name in ("nothing.js", "..%2fsandbox.py", "%2e%2e/sandbox.py"):
        async with api.session.get(f"{telegram.url}/page/{name}") as response:
            assert response.status == 404


def test_an_anonymous_admin_stays_anonymous_through_an_upgrade(telegram: Sandbox) -> None:
    anna = telegram.person("Anna")
    group = telegram.group("Books", owner=anna)
    group.chat.member(anna.user).anonymous = True
    anna.upgrade(group)
    assert group.chat.member(anna.user).anonymous
