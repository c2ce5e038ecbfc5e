"""What a modified client, a bad day or a joker sends: refused without harm, each with its sentence."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from sandbox import Group, Person, Sandbox, Seen
from tests.e2e.running import RunningBot
from tests.watching import Lines

BELL, NUL, HALF = "\x07", "\x00", "\ud83d"


@pytest.fixture
def pace() -> float:
    """Presses come faster than any person's share of them; it is not the matter here."""
    return 100_000.0


async def menu_of(person: Person, chat: Group | None) -> Seen:
    person.catch_up(chat)
    person.say("/settings", chat)
    return await person.sees(chat, "⚙️")


FORGED = [
    "", "1", "x", "1v", "1v|", "1v|welcome|everyone|0", "2v|welcome|everyone|0|1", "0v|welcome|everyone|0|1",
    "1v|welcome|everyone|0|zzzzzzzzzzzzz", "1v|welcome|everyone|zzzzzzzzzz|1", "1Z|welcome|everyone|0|1", "1?||||",
    "1v|welcome|every one|0|1", "null", "{}", "🧨" * 16, "' OR 1=1 --", "../../etc/passwd", "x" * 64,
    "toggle:welcome", "1v|welcome|everyone|0|1\n",
]  # fmt: skip


@pytest.mark.parametrize("data", FORGED, ids=lambda data: repr(data)[:24])
async def test_data_that_no_button_of_this_version_carries_is_answered(
    bot: RunningBot, anna: Person, club: Group, data: str
) -> None:
    answer = await anna.forge(await menu_of(anna, club), data)
    assert answer.alert
    assert "/settings" in answer.text


KEYS = ["welcome", "nothing", "", "__class__", "model_fields", "rules_text", "goodbye"]
VALUES = ["everyone", "", "1", "0", "2", "-1", "off", "UTC", "99999999999999999", "__init__", "23:00-07:00"]
ACTIONS = "hsevdtcxluogpwmbiayfkqzjrn"


async def test_any_combination_of_forged_parts_is_answered_and_does_no_harm(
    bot: RunningBot, anna: Person, ben: Person, club: Group, logged: Lines
) -> None:
    chance = random.Random(5)  # noqa: S311
    menu = await menu_of(anna, club)
    for _ in range(60):
        key, value = chance.choice(KEYS), chance.choice(VALUES)
        revision = chance.choice(["0", "1", "zzzzzzzzz"])
        chat = chance.choice(["0", "1", "-1", "zzzzzzzzzzzz", "-zzzzzzzzzzzz", base36(club.id), base36(ben.id)])
        data = f"1{chance.choice(ACTIONS)}|{key}|{value}|{revision}|{chat}"
        await ben.forge(menu, data).answer(within=20)
    assert not logged.errors
    fresh = await menu_of(anna, club)
    assert "All settings are at their defaults" in fresh.text


def base36(number: int) -> str:
    from bot.telegram.callback_data import to_base36

    return to_base36(number)


async def test_a_truncated_button_is_answered_at_every_length(bot: RunningBot, anna: Person, club: Group) -> None:
    menu = await menu_of(anna, club)
    data = menu.button("Greetings")["callback_data"]
    for length in range(0, len(data) - 12, 5):
        answer = await anna.forge(menu, data[:length])
        assert answer.alert, data[:length]


async def test_a_press_on_a_message_the_bot_cannot_read_any_more_is_answered(
    bot: RunningBot, anna: Person, club: Group
) -> None:
    menu = await menu_of(anna, club)
    for label in ("Greetings", "🧹 Tidiness", "🕘 History", "✕ Close"):
        await anna.forge(menu, menu.button(label)["callback_data"], inaccessible=True)


async def test_a_press_in_a_chat_the_bot_was_removed_from_changes_nothing(
    bot: RunningBot, telegram: Sandbox, anna: Person, club: Group, logged: Lines
) -> None:
    menu = await menu_of(anna, club)
    await anna.press(menu, "Greetings")
    anna.remove_bot(club)
    goodbye = menu.now.button("○ Goodbye")["callback_data"]
    mine = await menu_of(anna, None)
    answer = await anna.forge(mine, goodbye)
    assert answer.alert
    await telegram.settled()
    assert not logged.errors


@pytest.mark.parametrize(
    "key", ["welcome_text", "rules_text", "timezone", "quiet_hours", "welcome", "goodbye", "xyzzy"]
)
@pytest.mark.parametrize("rubbish", [f"a{NUL}b", f"a{HALF}b", f"a{BELL}b"], ids=["nul", "surrogate", "bell"])
async def test_broken_characters_are_refused_with_a_sentence(
    bot: RunningBot, telegram: Sandbox, anna: Person, club: Group, key: str, rubbish: str
) -> None:
    telegram.calls.clear()
    await bot.receive(said(anna, club, f"/settings {key} {rubbish}"))
    (sent,) = telegram.calls.all("sendMessage")
    assert sent.status == 200
    assert "Something went wrong" not in sent.parameters["text"]
    assert "All settings are at their defaults" in (await menu_of(anna, club)).text


@pytest.mark.parametrize(
    "rubbish", [NUL, HALF, f"/settings {HALF}", f"/settings reset {NUL}", f"/settings copy {HALF}"]
)
async def test_broken_characters_anywhere_else_are_answered_too(
    bot: RunningBot, telegram: Sandbox, anna: Person, rubbish: str, logged: Lines
) -> None:
    anna.start()
    await anna.sees()
    telegram.calls.clear()
    await bot.receive(said(anna, None, rubbish))
    assert all(call.status == 200 for call in telegram.calls.all("sendMessage"))
    assert not logged.errors


async def test_a_name_and_a_title_with_broken_characters_spoil_nothing(
    bot: RunningBot, telegram: Sandbox, anna: Person, club: Group, logged: Lines
) -> None:
    for text in ("/settings", "/settings welcome everyone", "/settings history", "/settings announce_changes chat"):
        update = said(anna, club, text)
        update["message"]["chat"]["title"] = f"Cl{HALF}ub{NUL}"
        update["message"]["from"]["first_name"] = f"An{HALF}na"
        telegram.calls.clear()
        await bot.receive(update)
        assert telegram.calls.count("sendMessage") >= 1
        assert all(call.status == 200 for call in telegram.calls.all("sendMessage"))
    assert not logged.errors


async def test_names_and_titles_with_markup_are_shown_as_they_are(
    bot: RunningBot, telegram: Sandbox, logged: Lines
) -> None:
    eve = telegram.person("<b>Eve</b> & *co* _x_ [y](z) {name}")
    club = telegram.supergroup("<i>Club</i> {chat} & <script>", owner=eve, bot="administrator")
    menu = await menu_of(eve, club)
    assert "<i>Club</i> {chat} & <script>" in menu.text
    eve.say("/settings welcome everyone", club)
    await eve.sees(club, "Saved")
    eve.say("/settings history", club)
    assert "<b>Eve</b> & *co* _x_ [y](z) {name}" in (await eve.sees(club, "History")).text


@pytest.mark.parametrize(
    "text",
    ["x" * 3_900, "😀" * 1_950, "<" * 3_900, "&" * 3_900, "{" * 3_900, "\n" * 3_900, "{name}" * 650],
    ids=lambda t: t[:6],
)
async def test_a_text_of_the_longest_message_is_saved_or_refused_with_a_sentence(
    bot: RunningBot, telegram: Sandbox, anna: Person, club: Group, text: str, logged: Lines
) -> None:
    anna.catch_up(club)
    anna.say(f"/settings welcome_text {text}", club)
    answer = await anna.sees(club)
    assert re.search("Saved|characters|What I say to people who join", answer.text)
    anna.say(f"/settings {text}", club)
    await telegram.settled()
    assert not logged.errors
    assert "Book club" in (await menu_of(anna, club)).text


async def test_the_longest_text_that_fits_can_be_set_shown_and_left(
    bot: RunningBot, telegram: Sandbox, anna: Person, club: Group
) -> None:
    for key in ("welcome_text", "rules_text"):
        anna.say(f"/settings {key} " + "<&>" * 1_350, club)
        saved = await anna.sees(club, "Saved")
        await anna.press(saved, "⚙️")
        assert "<&><&>" in saved.now.text
        await anna.press(saved.now, "✏️ Type it")
        question = await anna.sees(club, "Reply to this message")
        anna.reply(question, "x" * 4_096)
        await anna.sees(club, "Saved")


@pytest.mark.parametrize("content", ["photo", "file", "sticker-like nothing"])
async def test_a_reply_without_a_text_is_asked_for_again(
    bot: RunningBot, anna: Person, club: Group, content: str
) -> None:
    menu = await menu_of(anna, club)
    await anna.press(menu, "General")
    await anna.press(menu.now, "Time zone")
    await anna.press(menu.now, "✏️ Type it")
    question = await anna.sees(club, "Reply to this message")
    if content == "file":
        anna.send_file(club, "x.json", b"{}", reply_to=question)
    elif content == "photo":
        await_photo = said(anna, club, "")
        del await_photo["message"]["text"]
        await_photo["message"]["reply_to_message"] = question.raw
        await bot.receive(await_photo)
    else:
        anna.reply(question, ".")
    assert "Reply to this message" in (await anna.sees(club)).text


def said(person: Person, chat: Group | None, text: str) -> dict[str, Any]:
    """An update with a text that the sandbox would not let anybody write."""
    user = {"id": person.id, "is_bot": False, "first_name": person.name, "language_code": "en"}
    place = {"id": person.id, "type": "private", "first_name": person.name}
    if chat is not None:
        place = {"id": chat.id, "type": "supergroup", "title": chat.title}
    entities = [{"type": "bot_command", "offset": 0, "length": 9}]
    message = {"message_id": 900_000, "date": 1_790_000_000, "chat": place, "from": user, "text": text}
    return {"update_id": 900_000_000, "message": {**message, "entities": entities if text.startswith("/") else []}}
