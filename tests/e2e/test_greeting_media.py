"""A photo, a GIF or a video with a greeting: from what an admin sends to what everybody sees, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from bot.kinds.media import File
from sandbox import Group, Person, Sandbox, Seen
from sandbox.people.messaging import PIXEL
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose
from tests.watching import Lines

KINDS = {"photo": "a photo", "animation": "a GIF", "video": "a video"}
REFUSED = "wrong file_id"


async def chosen(bot: RunningBot, chat: Group) -> Mapping[str, Any]:
    """What somebody chose in a chat."""
    return (await bot.configs.read(chat.id)).chosen


async def question(person: Person, chat: Group | None, key: str, label: str) -> Seen:
    """Open the editor of a setting and ask for its value."""
    person.say(f"/settings {key}", chat)
    explanation = await person.sees(chat, f"/settings {key}")
    await person.press(explanation, "Change it")
    await person.press(explanation.now, label)
    return await person.sees(chat, "Reply to this message")


async def known_file(bot: RunningBot, telegram: Sandbox, person: Person, chat: Group, kind: str = "photo") -> str:
    """A file that Telegram keeps, as a setting stores it."""
    del bot
    raw = person.send_file(chat, "file.mp4", PIXEL, kind=kind).raw[kind]
    found = raw[-1] if isinstance(raw, list) else raw
    return File(kind, telegram.world.bot.id, found["file_id"]).stored()


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_sent_with_its_caption_is_the_greeting_and_one_change(
    bot: RunningBot, telegram: Sandbox, anna: Person, club: Group, kind: str
) -> None:
    await choose(bot, club, welcome="everyone")
    asked = await question(anna, club, "welcome_text", "Type it")
    bold = [{"type": "bold", "offset": 0, "length": 2}]
    anna.send_file(club, "file.mp4", PIXEL, kind=kind, caption="Hi {name}!", entities=bold, reply_to=asked)
    saved = await anna.sees(club, "Saved")
    assert "Welcome text: “Hi {name}!”" in saved.text
    assert f"Welcome photo or video: {KINDS[kind]}" in saved.text
    assert (await bot.configs.read(club.id)).revision == 2
    ben = telegram.person("Newcomer")
    ben.join(club)
    greeting = await ben.sees(club, "Hi Newcomer!")
    assert greeting.media == kind
    assert [one["type"] for one in greeting.entities] == ["bold"]
    anna.say("/settings undo", club)
    await anna.sees(club, re.compile("Welcome photo or video: .* → nothing|undone|Undone", re.DOTALL))
    assert await chosen(bot, club) == {"welcome": "everyone"}


async def test_a_file_by_itself_goes_to_its_own_setting_and_a_button_removes_it(
    bot: RunningBot, telegram: Sandbox, anna: Person, ben: Person, club: Group
) -> None:
    await choose(bot, club, goodbye=True)
    asked = await question(anna, club, "goodbye_media", "Send a photo or video")
    anna.reply(asked, "here it is")
    again = await anna.sees(club, "Send a photo, a GIF or a video.")
    anna.send_animation(club, reply_to=again)
    saved = await anna.sees(club, "Saved – Goodbye photo or video: a GIF")
    ben.leave(club)
    assert (await anna.sees(club, "Goodbye, Ben.")).media == "animation"
    await anna.press(saved, "Remove")
    assert "Saved – Goodbye photo or video: nothing" in saved.now.text
    cem = telegram.person("Cem")
    cem.join(club)
    cem.leave(club)
    assert (await anna.sees(club, "Goodbye, Cem.")).media == ""


async def test_a_command_under_a_photo_or_in_reply_to_one_sets_it(
    bot: RunningBot, anna: Person, ben: Person, club: Group
) -> None:
    anna.send_photo(club, caption="/settings welcome_media")
    await anna.sees(club, "Saved – Welcome photo or video: a photo")
    video = anna.send_video(club)
    anna.say("/settings welcome_media", club, reply_to=video)
    await anna.sees(club, "Saved – Welcome photo or video: a video")
    anna.say("/settings welcome_media off", club)
    await anna.sees(club, "Saved – Welcome photo or video: nothing")
    anna.send_photo(club, caption="/settings welcome_text Hi {name}")
    await anna.sees(club, "Saved – Welcome text: “Hi {name}”")
    assert (await chosen(bot, club))["welcome_media"].startswith("photo:")
    ben.send_photo(club, caption="/settings welcome_media")
    await ben.sees(club, "Only admins")


async def test_an_album_is_no_greeting(bot: RunningBot, anna: Person, club: Group) -> None:
    asked = await question(anna, club, "welcome_media", "Send a photo or video")
    anna.send_photo(club, album="1", reply_to=asked)
    await anna.sees(club, "Send one photo, GIF or video")
    assert await chosen(bot, club) == {}


@pytest.mark.parametrize("text_first", [True, False])
async def test_a_text_too_long_for_a_caption_is_refused_in_either_order(
    bot: RunningBot, telegram: Sandbox, anna: Person, club: Group, text_first: bool
) -> None:
    media = await known_file(bot, telegram, anna, club)
    if text_first:
        await choose(bot, club, welcome_text="x" * 1_025)
        anna.send_photo(club, caption="/settings welcome_media")
    else:
        await choose(bot, club, welcome_media=media)
        anna.say(f"/settings welcome_text {'x' * 1_025}", club)
    refused = await anna.sees(club, "at most 1024 characters fit")
    assert "“Welcome text” has 1025" in refused.text
    assert len(await chosen(bot, club)) == 1
    await choose(bot, club, welcome_text="x" * 1_024)
    anna.send_photo(club, caption="/settings welcome_media")
    await anna.sees(club, "Saved")


async def test_the_longest_caption_is_still_one_when_it_is_filled_in(
    bot: RunningBot, telegram: Sandbox, anna: Person, club: Group
) -> None:
    media = await known_file(bot, telegram, anna, club)
    await choose(bot, club, welcome="everyone", welcome_media=media, welcome_text="{mention}" + "x" * 1_015)
    ben = telegram.person("Benedikt " * 6)
    ben.join(club)
    greeting = await ben.sees(club, "xxx")
    assert greeting.media == "photo"
    assert len(greeting.text) <= 1_024


async def test_people_who_come_together_are_added_to_the_caption(
    bot: RunningBot, telegram: Sandbox, anna: Person, club: Group
) -> None:
    media = await known_file(bot, telegram, anna, club)
    await choose(bot, club, welcome="everyone", welcome_media=media)
    for name in ("Cem", "Dana"):
        telegram.person(name).join(club)
    greeting = await anna.sees(club, "Welcome to Book club, Cem and Dana!")
    assert greeting.media == "photo"
    await telegram.settled()
    assert telegram.calls.count("sendPhoto") == 1


async def test_a_file_that_telegram_refuses_is_left_out_once_logged_and_named_by_the_check(
    bot: RunningBot, telegram: Sandbox, anna: Person, club: Group, logged: Lines
) -> None:
    lost = File("photo", telegram.world.bot.id, "AgACAgIAAxkBAAI99999999")
    await choose(bot, club, welcome="everyone", welcome_media=lost.stored(), welcome_delete_after=3_600)
    for name in ("Cem", "Dana"):
        telegram.person(name).join(club)
        await anna.sees(club, name)
        telegram.clock.advance(20)
    assert all(seen.media == "" for seen in anna.screen(club))
    lines = [line for line in logged.lines if "cannot be shown" in line]
    assert len(lines) == 2, "once, as text and as JSON"
    assert lost.file_id not in "".join(logged.lines)
    anna.say("/settings check", club)
    await anna.sees(club, "Welcome photo or video: I cannot use this file any more")


async def test_a_file_of_another_bot_is_neither_sent_nor_imported(
    bot: RunningBot, telegram: Sandbox, anna: Person, club: Group
) -> None:
    foreign = File("photo", 4_242, "AgACAgIAAxkBAAI00000001").stored()
    await choose(bot, club, welcome="everyone", welcome_media=foreign)
    telegram.person("Cem").join(club)
    await anna.sees(club, "Welcome to Book club, Cem!")
    assert telegram.calls.count("sendPhoto") == 0
    document = {"schema": 1, "settings": {"goodbye_media": foreign, "goodbye": True}}
    anna.send_file(club, "settings.json", json.dumps(document).encode(), caption="/settings import")
    preview = await anna.sees(club, "It was sent to another bot")
    await anna.press(preview, "Apply")
    assert "goodbye_media" not in await chosen(bot, club)


async def test_an_export_carries_the_file_and_says_who_can_use_it(
    bot: RunningBot, telegram: Sandbox, anna: Person, club: Group
) -> None:
    media = await known_file(bot, telegram, anna, club, "video")
    await choose(bot, club, welcome_media=media)
    anna.say("/settings export", None)
    anna.say("/settings export", club)
    exported = await anna.sees(club, "Another bot cannot use the photos, GIFs and videos in this file.")
    assert exported.document is not None
    content = json.loads(telegram.world.files.get(exported.document["file_id"]).content)
    assert content["settings"] == {"welcome_media": media}


async def test_a_greeting_with_a_photo_for_the_newcomer_alone_is_deleted_in_time(
    bot: RunningBot, telegram: Sandbox, anna: Person, club: Group
) -> None:
    media = await known_file(bot, telegram, anna, club)
    await choose(bot, club, welcome="newcomer", welcome_media=media, welcome_delete_after=10)
    cem = telegram.person("Cem")
    cem.join(club)
    greeting = await cem.sees(club, "Welcome to Book club, Cem!")
    assert (greeting.media, greeting.ephemeral) == ("photo", True)
    assert greeting not in anna.screen(club)


async def test_all_texts_together_have_their_limit(bot: RunningBot, anna: Person, club: Group) -> None:
    await choose(bot, club, **{f"old_{number}": "x" * 1_000 for number in range(60)})
    anna.say(f"/settings goodbye_text {'x' * 4_000}", club)
    await anna.sees(club, "Saved")
    anna.say(f"/settings rules_text {'x' * 4_000}", club)
    await anna.sees(club, "That is 4 KB too much: all settings of a chat together may have 64 KB.")
    assert "rules_text" not in await chosen(bot, club)
