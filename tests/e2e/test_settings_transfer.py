"""Taking settings along: from the private chat, as a file, from another group; checking rights; deleting all of it."""

from __future__ import annotations

import json

import pytest

from bot.storage.configs.cache import CachedConfigs
from bot.storage.configs.repository import ChatConfigs
from bot.storage.known_chats import KnownChats
from bot.telegram.callback_data import Press
from sandbox import Group, Person, Sandbox, Seen
from tests.e2e.running import RunningBot


async def open_more(person: Person, chat: Group) -> Seen:
    """Open the menu and its page "More"."""
    person.say("/settings", chat)
    menu = await person.sees(chat, chat.title)
    await person.press(menu, "More")
    return await person.sees_edit(menu, "Take the settings along")


@pytest.fixture
def anna(telegram: Sandbox) -> Person:
    return telegram.person("Anna")


@pytest.fixture
def club(telegram: Sandbox, anna: Person) -> Group:
    return telegram.supergroup("Book club", owner=anna, bot="administrator")


async def test_a_group_is_set_from_the_private_chat(
    anna: Person, club: Group, bot: RunningBot, configs: ChatConfigs
) -> None:
    anna.say("/settings", club)
    await anna.sees(club, "Book club")
    anna.say("/settings")
    own = await anna.sees(text="Your settings")
    await anna.press(own, "Your groups")
    chats = await anna.sees_edit(own, "Your groups")
    await anna.press(chats, "Book club")
    menu = await anna.sees_edit(chats, "Book club")
    await anna.press(menu, "Greetings")
    greetings = await anna.sees_edit(menu, "Says goodbye")
    await anna.press(greetings, "○ Goodbye")
    await anna.sees_edit(greetings, "Saved")
    assert (await configs.read(club.id)).config.goodbye


async def test_who_lost_their_rights_is_told_so_in_the_private_chat(
    telegram: Sandbox, anna: Person, club: Group, bot: RunningBot, configs: ChatConfigs
) -> None:
    ben = telegram.person("Ben")
    ben.join(club)
    anna.promote(club, ben)
    ben.say("/settings", club)
    await ben.sees(club, "Book club")
    ben.say("/settings chats")
    chats = await ben.sees(text="Your groups")
    await ben.press(chats, "Book club")
    menu = await ben.sees_edit(chats, "Book club")
    await ben.press(menu, "Greetings")
    greetings = await ben.sees_edit(menu, "Says goodbye")
    anna.demote(club, ben)
    answer = await ben.press(greetings, "○ Goodbye")
    assert "Only admins" in answer.text
    assert not (await configs.read(club.id)).config.goodbye


async def test_many_groups_of_a_similar_name_are_paged(telegram: Sandbox, anna: Person, bot: RunningBot) -> None:
    assert bot.dispatcher is not None
    known: KnownChats = bot.dispatcher["known"]
    for number in range(20):
        title = f"Überlange Lesegruppe {number:02}" if number % 2 else f"Choir {number:02}"
        await known.remember(anna.id, -1_000_000_009_000 - number, title)
    anna.say("/settings chats überlange lesegruppe")
    page = await anna.sees(text="Your groups")
    assert page.buttons[:8] == tuple((f"👥 Überlange Lesegruppe {number:02}",) for number in range(1, 17, 2))
    await anna.press(page, "Next ›")
    page = await anna.sees_edit(page)
    assert page.buttons[:2] == (("👥 Überlange Lesegruppe 17",), ("👥 Überlange Lesegruppe 19",))
    await anna.press(page, "‹ Previous")
    assert page.now.buttons[0] == ("👥 Überlange Lesegruppe 01",)
    await anna.press(page, "‹ Back")
    assert page.now.buttons[0] == ("👥 Choir 00",), "back to the whole list"
    for value in ("0:A", "0:_w", "x", "0:AAAA/"):
        await anna.forge(page, Press("g", anna.id, value=value).pack())


async def test_a_group_is_chosen_in_telegrams_own_picker(anna: Person, club: Group, bot: RunningBot) -> None:
    anna.say("/settings chats")
    chats = await anna.sees(text="Your groups")
    await anna.press(chats, "Choose another group")
    await anna.sees(text="Choose the group")
    anna.share_chat("👥 Choose a group", club)
    await anna.sees(text="Book club")


async def test_an_export_comes_back_as_it_was(
    anna: Person, club: Group, bot: RunningBot, configs: ChatConfigs, telegram: Sandbox
) -> None:
    before = {"goodbye": True, "welcome": "everyone", "welcome_text": "<b>Hi</b> {name}", "timezone": "Asia/Tokyo"}
    await bot.configs.change(club.id, before, by=anna.id, via="menu")
    more = await open_more(anna, club)
    await anna.press(more, "Export")
    sent = await anna.sees(club, where=lambda seen: seen.document is not None)
    assert sent.ephemeral
    content = telegram.world.files.get(str((sent.document or {})["file_id"])).content
    assert json.loads(content)["settings"] == before
    await bot.configs.reset(club.id, None, by=anna.id, via="menu")
    anna.send_file(club, "settings.json", content, caption="/settings import")
    preview = await anna.sees(club, "4 changes.")
    assert preview.ephemeral
    await anna.press(preview, "Apply")
    await anna.sees_edit(preview, "Applied")
    stored = await configs.read(club.id)
    assert dict(stored.chosen) == before
    await bot.configs.undo(club.id, stored.revision, by=anna.id)
    assert dict((await configs.read(club.id)).chosen) == {}


async def test_what_a_file_says_wrong_is_named_with_its_line(anna: Person, club: Group, bot: RunningBot) -> None:
    file = b'{"schema": 1,\n "settings": {\n  "goodbye": "perhaps",\n  "colour": 1,\n  "welcome": "off"}}'
    anna.send_file(club, "settings.json", file, caption="/settings import")
    preview = await anna.sees(club, "1 change. Skipped: 1 unknown, 1 invalid.")
    assert "Line 3, goodbye" in preview.text
    anna.send_file(club, "settings.json", b'{"schema": 1,\n oops', caption="/settings import")
    await anna.sees(club, "line 2 is wrong")


async def test_a_file_with_settings_of_groups_says_in_private_which_are_not_for_it(
    anna: Person, bot: RunningBot
) -> None:
    file = b'{"schema": 1,\n "settings": {\n  "goodbye": true,\n  "timezone": "Asia/Tokyo"}}'
    anna.send_file(None, "settings.json", file, caption="/settings import")
    preview = await anna.sees(text="1 change. Skipped: 1 invalid.")
    assert "Line 3, goodbye: Only groups have this setting." in preview.text


@pytest.mark.parametrize("told", [True, False], ids=["told", "not told yet"])
async def test_an_import_is_not_applied_to_settings_that_changed_since_its_preview(
    anna: Person, club: Group, bot: RunningBot, configs: ChatConfigs, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    if not told:
        monkeypatch.setattr(CachedConfigs, "on_notification", lambda *_: None)
    anna.send_file(club, "s.json", b'{"schema": 1, "settings": {"goodbye": true}}', caption="/settings import")
    preview = await anna.sees(club, "1 change")
    await configs.change(club.id, {"clean_joins": True}, by=12, via="menu")
    answer = await anna.press(preview, "Apply")
    assert "changed meanwhile" in answer.text
    assert not (await configs.read(club.id)).config.goodbye
    await anna.press(preview.now, "Apply")
    await anna.sees_edit(preview, "Applied")
    assert (await configs.read(club.id)).config.goodbye


async def test_settings_are_copied_from_another_group_of_the_same_person(
    telegram: Sandbox, anna: Person, club: Group, bot: RunningBot, configs: ChatConfigs
) -> None:
    chess = telegram.supergroup("Chess", owner=anna, bot="administrator")
    await bot.configs.change(chess.id, {"goodbye": True, "editors": "owner"}, by=anna.id, via="menu")
    await bot.configs.change(club.id, {"clean_joins": True}, by=anna.id, via="menu")
    anna.say("/settings", chess)
    await anna.sees(chess, "Chess")
    more = await open_more(anna, club)
    await anna.press(more, "Copy from")
    sources = await anna.sees_edit(more, "Copy from another group")
    await anna.press(sources, "Chess")
    preview = await anna.sees_edit(sources, "2 change")
    assert "Copy from Chess" in preview.text
    await bot.configs.change(chess.id, {"rules_text": "Be kind."}, by=anna.id, via="menu")
    answer = await anna.press(preview, "Apply")
    assert "changed meanwhile" in answer.text
    preview = await anna.sees_edit(preview, "3 change")
    await bot.configs.undo(chess.id, 2, by=anna.id)
    assert "changed meanwhile" in (await anna.press(preview, "Apply")).text
    preview = await anna.sees_edit(preview, "2 change")
    await anna.press(preview, "Apply")
    await anna.sees_edit(preview, "Applied")
    assert dict((await configs.read(club.id)).chosen) == {"goodbye": True}


async def test_check_names_the_missing_right_and_the_link_that_asks_for_it(
    telegram: Sandbox, anna: Person, bot: RunningBot
) -> None:
    group = telegram.supergroup("Chess", owner=anna, bot="member")
    anna.say("/settings clean_joins on", group)
    await anna.sees(group, "It has no effect yet")
    anna.say("/settings check", group)
    seen = await anna.sees(group, "Check")
    assert "Delete messages" in seen.text
    assert seen.button("Grant")["url"].endswith("&admin=delete_messages")


async def test_a_change_is_announced_with_a_button_that_takes_it_back(
    telegram: Sandbox, anna: Person, club: Group, bot: RunningBot, configs: ChatConfigs
) -> None:
    ben = telegram.person("Ben")
    ben.join(club)
    await bot.configs.change(club.id, {"announce_changes": "chat"}, by=anna.id, via="menu")
    anna.say("/settings goodbye on", club)
    told = await ben.sees(club, "Anna changed the settings")
    assert "off → on" in told.text
    assert "Only admins" in (await ben.press(told, "Undo")).text
    await anna.press(told, "Undo")
    await ben.sees_edit(told, "took back their own change")
    assert not (await configs.read(club.id)).config.goodbye


async def test_only_the_owner_deletes_everything_about_a_chat(
    telegram: Sandbox, anna: Person, club: Group, bot: RunningBot, configs: ChatConfigs
) -> None:
    ben = telegram.person("Ben")
    ben.join(club)
    anna.promote(club, ben)
    await bot.configs.change(club.id, {"goodbye": True}, by=anna.id, via="menu")
    of_ben = await open_more(ben, club)
    assert not any("Delete all" in label for row in of_ben.buttons for label in row)
    more = await open_more(anna, club)
    forged = more.button("Delete all data")["callback_data"]
    assert "Only the owner" in (await ben.forge(of_ben, forged)).text
    await anna.press(more, "Delete all data")
    asked = await anna.sees_edit(more, "for good")
    await anna.press(asked, "Delete for good")
    await anna.sees_edit(asked, "is deleted")
    assert not (await configs.read(club.id)).chosen
    assert not await configs.history(club.id)


async def test_what_was_applied_has_an_undo_right_there(
    anna: Person, club: Group, bot: RunningBot, configs: ChatConfigs
) -> None:
    anna.send_file(club, "s.json", b'{"schema": 1, "settings": {"goodbye": true}}', caption="/settings import")
    preview = await anna.sees(club, "1 change")
    await anna.press(preview, "Apply")
    await anna.press(await anna.sees_edit(preview, "✅ Applied."), "↩️ Undo")
    assert "Goodbye: on → off" in preview.now.text
    assert not (await configs.read(club.id)).chosen


async def test_a_preview_in_which_nothing_would_change_is_closed_and_not_cancelled(
    anna: Person, club: Group, bot: RunningBot
) -> None:
    anna.send_file(club, "s.json", b'{"schema": 1, "settings": {}}', caption="/settings import")
    preview = await anna.sees(club, "Nothing would change")
    assert preview.buttons == (("✕ Close",),)
    await anna.press(preview, "Close")
    await anna.sees_gone(preview)


async def test_a_section_is_reset_after_a_question_and_one_undo_brings_it_back(
    anna: Person, club: Group, bot: RunningBot, configs: ChatConfigs
) -> None:
    before = {"goodbye": True, "welcome": "everyone", "clean_joins": True}
    await bot.configs.change(club.id, before, by=anna.id, via="menu")
    anna.say("/settings", club)
    menu = await anna.sees(club, "Book club")
    await anna.press(menu, "Greetings")
    greetings = await anna.sees_edit(menu, "Says goodbye")
    await anna.press(greetings, "Reset this section")
    asked = await anna.sees_edit(greetings, "go back to their default")
    await anna.press(asked, "🗑 Reset")
    await anna.sees_edit(asked, "✅ Reset.")
    assert dict((await configs.read(club.id)).chosen) == {"clean_joins": True}
    anna.say("/settings undo", club)
    await anna.sees(club, "Undone")
    assert dict((await configs.read(club.id)).chosen) == before


async def test_a_word_finds_the_settings_that_begin_so(anna: Person, club: Group, bot: RunningBot) -> None:
    anna.say("/settings wel", club)
    found = await anna.sees(club, "Settings like")
    assert "Welcome text" in found.text
    await anna.press(found, "Welcome text")
    await anna.sees_edit(found, "What I say to people who join")
