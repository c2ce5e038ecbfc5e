"""For each setting: an admin sets it in the menu, another person sees the effect, the default takes it back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from bot.kinds import Value
from bot.settings import visible_settings
from bot.storage.connection.availability import Pool
from sandbox import Group, Person, Sandbox, Seen
from sandbox.people.messaging import PIXEL
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def pace() -> float:
    """Commands come faster than any person's share of them; it is not the matter here."""
    return 100_000.0


class Club:
    """A group with its owner Anna, its member Ben, and whoever joins."""

    def __init__(self, telegram: Sandbox, pool: Pool, anna: Person, ben: Person, group: Group) -> None:
        self.telegram, self.pool, self.group = telegram, pool, group
        self.anna, self.ben = anna, ben
        self.topic: int | None = None
        self.log = telegram.channel("Club log", owner=self.anna, bot="administrator")
        self.numbers = count(1)

    async def joins(self) -> Seen:
        """Somebody joins; return the last message they see once the bot is done."""
        self.telegram.clock.advance(20)  # else they are added to the greeting of who came before
        newcomer = self.telegram.person(f"Newcomer{next(self.numbers)}")
        newcomer.join(self.group)
        await self.telegram.settled()
        return newcomer.screen(self.group)[-1]

    async def leaves(self) -> Seen:
        """Somebody leaves; return the last message that Ben sees then."""
        self.telegram.clock.advance(20)
        gone = self.telegram.person(f"Leaver{next(self.numbers)}")
        gone.join(self.group)
        gone.leave(self.group)
        await self.telegram.settled()
        return self.ben.screen(self.group)[-1]

    async def sends(self, person: Person, text: str, **options: Any) -> Seen:
        """Somebody writes; return the last message they see once the bot is done."""
        person.say(text, self.group, **options)
        await self.telegram.settled()
        return person.screen(self.group)[-1]

    async def stays(self, field: str, act: Callable[[], object]) -> bool:
        """Do something of which Telegram tells; return whether Ben still sees its message afterwards."""
        before = len([seen for seen in self.ben.screen(self.group) if field in seen.raw])
        act()
        await self.telegram.settled()
        return len([seen for seen in self.ben.screen(self.group) if field in seen.raw]) > before


Effect = Callable[[Club], Awaitable[object]]


@dataclass(frozen=True)
class Story:
    """How a value is chosen in the editor, by a button or by what is typed or sent, and the effect to look at.

    `given` is what is set before; a story in a `topic` is one of a forum, whose admin opens the editor there.
    """

    chosen: str
    effect: Effect
    given: Mapping[str, Value] = field(default_factory=dict)
    topic: str = ""


def without_names(text: str) -> str:
    return re.sub(r"(Newcomer|Leaver)\d+", "somebody", text)


async def greeting(club: Club) -> object:
    seen = await club.joins()
    return without_names(seen.text), seen.media, seen.buttons


async def topics_of_greetings(club: Club) -> object:
    """Where people are welcomed and where they are said goodbye to."""
    return [seen.raw.get("message_thread_id") for seen in (await club.joins(), await club.leaves())]


async def farewell(club: Club) -> object:
    seen = await club.leaves()
    return without_names(seen.text), seen.media, seen.buttons


async def any_of_many(club: Club) -> object:
    """Of several texts, each comes at some time."""
    return {without_names((await club.joins()).text) for _ in range(12)}


async def any_farewell_of_many(club: Club) -> object:
    return {without_names((await club.leaves()).text) for _ in range(12)}


async def hours_from_utc(club: Club) -> object:
    """What the clock of the greetings says beyond UTC, in quarters of an hour."""
    shown = re.search(r"(\d\d):(\d\d)", (await club.joins()).text)
    assert shown is not None
    now = datetime.fromtimestamp(club.telegram.clock.now(), UTC)
    minutes = int(shown[1]) * 60 + int(shown[2]) - now.hour * 60 - now.minute
    return round(minutes / 15) % 96


async def menu_for_everybody(club: Club) -> object:
    before = club.ben.screen(club.group)
    await club.sends(club.anna, "/settings")
    return any(seen.text.startswith("⚙️ Book club") for seen in club.ben.screen(club.group) if seen not in before)


async def promised_deletions(club: Club) -> object:
    await club.pool.connections.execute("DELETE FROM outbox")
    await club.joins()
    chosen = "SELECT config ? 'welcome_delete_after' FROM chat_configs WHERE chat_id = $1"
    count = "SELECT count(*) FROM outbox WHERE kind = 'deletion'"
    if await club.pool.connections.fetchval(chosen, club.group.id):
        async with asyncio.timeout(30):
            # The row is written beside what people see.
            while not await club.pool.connections.fetchval(count):  # noqa: ASYNC110 - a state, not an event
                await asyncio.sleep(0.02)
    return await club.pool.connections.fetchval(count)


async def rules_told(club: Club) -> object:
    return (await club.sends(club.ben, "/rules")).text


async def rules_for_anna(club: Club) -> object:
    spam = club.anna.say("Buy my coins!", club.group)
    before = club.anna.screen(club.group)
    await club.sends(club.ben, "/rules", reply_to=spam)
    return any("please read" in seen.text for seen in club.anna.screen(club.group) if seen not in before)


async def joined_stays(club: Club) -> object:
    return await club.stays("new_chat_members", lambda: club.telegram.person("Cleo").join(club.group))


async def left_stays(club: Club) -> object:
    gone = club.telegram.person("Cleo")
    gone.join(club.group)
    return await club.stays("left_chat_member", lambda: gone.leave(club.group))


async def pinned_stays(club: Club) -> object:
    important = club.anna.say("important", club.group)
    return await club.stays("pinned_message", lambda: club.anna.pin(important))


async def renamed_stays(club: Club) -> object:
    return await club.stays("new_chat_title", lambda: club.anna.rename(club.group, "Book club"))


async def command_stays(club: Club) -> object:
    said = club.ben.say("/ban@other_bot", club.group)
    await club.telegram.settled()
    return said in club.anna.screen(club.group)


async def is_silent(club: Club) -> object:
    club.telegram.calls.clear()
    await club.joins()
    return [call.parameters.get("disable_notification") for call in club.telegram.calls.all("sendMessage")]


async def ben_may_change(club: Club) -> object:
    club.anna.promote(club.group, club.ben, "can_delete_messages")
    return "Saved" in (await club.sends(club.ben, "/settings members_may_view on")).text


async def ben_may_look(club: Club) -> object:
    return "Now:" in (await club.sends(club.ben, "/settings welcome")).text


async def told_in(club: Club, where: Group) -> object:
    club.telegram.calls.clear()
    await club.sends(club.anna, f"/settings rules_text Rules {next(club.numbers)}")
    calls = [*club.telegram.calls.all("sendMessage"), *club.telegram.calls.all("editMessageText")]
    return any(call.parameters["chat_id"] == where.id and "→ Rules" in call.parameters["text"] for call in calls)


async def told_in_the_group(club: Club) -> object:
    return await told_in(club, club.group)


async def told_in_the_log(club: Club) -> object:
    return await told_in(club, club.log)


NEWCOMER_SEES: Mapping[str, Value] = {"welcome": "everyone"}
NIGHT = f"{datetime.now(UTC) - timedelta(hours=2):%H:%M}-{datetime.now(UTC) + timedelta(hours=4):%H:%M}"
STORIES: Mapping[str, Story] = {
    "language": Story("Deutsch", greeting, NEWCOMER_SEES),
    "timezone": Story("Asia/Kolkata", hours_from_utc, {**NEWCOMER_SEES, "welcome_text": "It is {time}."}),
    "menu_place": Story("in the group", menu_for_everybody),
    "welcome": Story("to everyone", greeting),
    "welcome_text": Story("Hello {name}!", greeting, NEWCOMER_SEES),
    "welcome_delete_after": Story("1 h", promised_deletions, NEWCOMER_SEES),
    "goodbye": Story("on", farewell),
    "goodbye_text": Story("Bye {name}!", farewell, {"goodbye": True}),
    "rules_text": Story("Be kind.", rules_told),
    "rules_shown_by": Story("everyone", rules_for_anna, {"rules_text": "Be kind."}),
    "rules_button": Story("on", greeting, {**NEWCOMER_SEES, "rules_text": "Be kind."}),
    "welcome_media": Story("photo", greeting, NEWCOMER_SEES),
    "welcome_buttons": Story("Shop - https://example.org", greeting, NEWCOMER_SEES),
    **{f"welcome_variant_{n}": Story(f"Text {n}", any_of_many, NEWCOMER_SEES) for n in range(2, 6)},
    **{f"goodbye_variant_{n}": Story(f"Bye {n}", any_farewell_of_many, {"goodbye": True}) for n in range(2, 6)},
    "goodbye_media": Story("photo", farewell, {"goodbye": True}),
    "goodbye_buttons": Story("Shop - https://example.org", farewell, {"goodbye": True}),
    "greeting_topic": Story(
        "📍 In this topic: Hall", topics_of_greetings, {**NEWCOMER_SEES, "goodbye": True}, topic="Hall"
    ),
    "announce_changes": Story("in the chat", told_in_the_group),
    "log_chat": Story("Club log", told_in_the_log),
    "clean_joins": Story("on", joined_stays),
    "clean_leaves": Story("on", left_stays),
    "clean_pins": Story("on", pinned_stays),
    "clean_changes": Story("on", renamed_stays),
    "clean_commands": Story("for other bots", command_stays),
    "quiet_hours": Story(NIGHT, is_silent, NEWCOMER_SEES),
    "editors": Story("every admin", ben_may_change),
    "members_may_view": Story("on", ben_may_look),
}


async def editor(club: Club, key: str) -> Seen:
    """Open the editor of a setting."""
    club.anna.catch_up(club.group)
    club.anna.say(f"/settings {key}", club.group, topic=club.topic)
    explained = await club.anna.sees(club.group, f"({key})")
    await club.anna.press(explained, "⚙️ Change it")
    return explained.now


async def set_in_menu(club: Club, key: str, chosen: str) -> None:
    """Choose a value with the buttons of the editor, or by an answer to its question."""
    anna, screen = club.anna, await editor(club, key)
    labels = [label for row in screen.buttons for label in row]
    if chosen in labels:
        await anna.press(screen, chosen)
    elif "🔎 Choose a channel or group" in labels:
        way = await anna.press(screen, "🔎 Choose a channel or group")
        anna.start(str(way.url).partition("start=")[2])
        await anna.sees(None, "Where shall changes")
        anna.share_chat("📣 Choose a channel", club.log)
    else:
        opening = next(
            label for label in labels if label in {"✏️ Type it", "📎 Send a photo or video", "➕ Add buttons"}
        )
        await anna.press(screen, opening)
        asked = await anna.sees(club.group, "Reply to this message")
        if key.endswith("_media"):
            anna.send_file(club.group, "photo.png", PIXEL, kind=chosen, reply_to=asked)
        else:
            anna.reply(asked, chosen)
    await club.telegram.settled()


def test_every_setting_has_a_story() -> None:
    assert set(STORIES) == set(visible_settings(private=False))


@pytest.mark.parametrize("key", STORIES)
async def test_a_setting_does_what_it_says_until_it_is_taken_back(
    telegram: Sandbox,
    bot: RunningBot,
    pool: Pool,
    anna: Person,
    ben: Person,
    club: Group,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.features.greetings.handlers.MOST_IN_CHAT", (1_000, 60.0))
    story, place = STORIES[key], Club(telegram, pool, anna, ben, club)
    if story.topic:
        club.chat.forum = True
        place.topic = anna.create_topic(club, story.topic)
    await choose(bot, club, **story.given)
    before = await story.effect(place)
    await set_in_menu(place, key, story.chosen)
    assert key in (await bot.configs.read(club.id)).chosen
    assert await story.effect(place) != before
    again = await editor(place, key)
    await anna.press(again, next(one for row in again.buttons for one in row if one in {"↩️ Default", "🗑 Remove"}))
    assert key not in (await bot.configs.read(club.id)).chosen
    assert await story.effect(place) == before
