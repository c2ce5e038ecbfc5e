"""The history: who changed what, by which way; its pages; taking back from it; the changes of one setting."""

from __future__ import annotations

import re

import pytest

from bot.storage.configs.repository import ChatConfigs
from bot.telegram.callback_data import to_base36
from sandbox import Group, Person, Sandbox, Seen
from tests.e2e.running import RunningBot


async def history_of(person: Person, chat: Group | None, typed: str = "") -> Seen:
    person.say(f"/settings history {typed}".strip(), chat)
    return await person.sees(chat, "History")


def numbers(seen: Seen) -> list[int]:
    """The numbers of the changes on a page."""
    return [int(number) for number in re.findall(r"^(\d+)\. ", seen.now.text, re.MULTILINE)]


def undoable(seen: Seen) -> list[int]:
    """The numbers on the buttons that take a change back."""
    return [int(label.split()[-1]) for row in seen.now.buttons for label in row if "Undo" in label]


async def test_numbers_run_on_over_the_pages_and_buttons_lead_there_and_back(
    bot: RunningBot, anna: Person, club: Group
) -> None:
    for number in range(12):
        await bot.configs.change(club.id, {"rules_text": str(number)}, by=anna.id, via="menu")
    page = await history_of(anna, club)
    assert numbers(page) == [12, 11, 10, 9, 8]
    assert ("Older ›",) in page.buttons
    await anna.press(page, "Older")
    await anna.sees_edit(page)
    assert numbers(page) == [7, 6, 5, 4, 3]
    assert ("‹ Newer", "Older ›") in page.now.buttons
    await anna.press(page.now, "Older")
    assert numbers(page) == [2, 1]
    assert ("‹ Newer",) in page.now.buttons
    await anna.press(page.now, "Newer")
    assert numbers(page) == [7, 6, 5, 4, 3]
    await anna.press(page.now, "Newer")
    assert numbers(page) == [12, 11, 10, 9, 8]
    assert ("Older ›",) in page.now.buttons


async def test_what_is_taken_back_from_a_page_leaves_that_page_in_place(
    bot: RunningBot, anna: Person, club: Group, configs: ChatConfigs
) -> None:
    await bot.configs.change(club.id, {"goodbye": True}, by=anna.id, via="menu")
    for number in range(7):
        await bot.configs.change(club.id, {"rules_text": str(number)}, by=anna.id, via="menu")
    page = await history_of(anna, club)
    await anna.press(page, "Older")
    await anna.sees_edit(page)
    assert (numbers(page), undoable(page)) == ([3, 2, 1], [1])
    assert "Goodbye: on → off" in (await anna.press(page.now, "Undo 1")).text
    await anna.sees_edit(page)
    assert (numbers(page), undoable(page)) == ([3, 2, 1], [])
    assert not (await configs.read(club.id)).config.goodbye
    await anna.press(page.now, "Newer")
    assert numbers(page) == [8, 7, 6, 5, 4]
    await anna.press(page.now, "Newer")
    assert numbers(page) == [9, 8, 7, 6, 5]


async def test_only_what_still_holds_can_be_taken_back(bot: RunningBot, anna: Person, club: Group) -> None:
    await bot.configs.change(club.id, {"goodbye": True, "welcome": "everyone"}, by=anna.id, via="menu")
    await bot.configs.change(club.id, {"clean_joins": True}, by=anna.id, via="menu")
    await bot.configs.change(club.id, {}, remove=["welcome"], by=anna.id, via="menu")
    assert undoable(await history_of(anna, club)) == [3, 2]


async def test_each_change_says_who_made_it_and_by_which_way(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group
) -> None:
    chess = telegram.supergroup("Chess", owner=anna, bot="administrator")
    await bot.configs.change(chess.id, {"clean_pins": True}, by=anna.id, via="menu")
    anna.say("/settings", chess)
    await anna.sees(chess, "Chess")
    anna.say("/settings goodbye on", club)
    await anna.sees(club, "Saved")
    anna.send_file(club, "s.json", b'{"schema": 1, "settings": {"welcome": "everyone"}}', caption="/settings import")
    await anna.press(await anna.sees(club, "1 change"), "Apply")
    anna.say("/settings copy", club)
    copy = await anna.sees(club, "Copy from")
    await anna.press(copy, "Chess")
    await anna.press(copy.now, "Apply")
    anna.say("/settings undo", club)
    await anna.sees(club, "Undone")
    await bot.configs.change(club.id, {"rules_text": "1"}, by=None, via="database")
    await bot.configs.change(club.id, {"rules_text": "2"}, by=anna.id, via="menu")
    page = await history_of(anna, club)
    await anna.press(page, "Older")
    await anna.sees_edit(page)
    ways = re.findall(r"^\d+\. .*\n(.*)", page.now.text, re.MULTILINE)
    await anna.press(page.now, "Newer")
    assert re.findall(r"^\d+\. .*\n(.*)", page.now.text, re.MULTILINE) + ways == [
        "Anna, in the menu",
        "somebody, directly in the database",
        "Anna, with “Undo”",
        "Anna, copied from another group",
        "Anna, imported from a file",
        "Anna, by command",
    ]


@pytest.mark.parametrize("typed", ["goodbye", "Goodbye", "“goodbye”"])
async def test_the_history_of_one_setting_lists_its_changes_only(
    bot: RunningBot, anna: Person, club: Group, typed: str
) -> None:
    for number in range(8):
        await bot.configs.change(club.id, {"goodbye": number % 2 == 0}, by=anna.id, via="menu")
        await bot.configs.change(club.id, {"rules_text": str(number)}, by=anna.id, via="menu")
    page = await history_of(anna, club, typed)
    assert "History › Goodbye" in page.text
    assert "Rules" not in page.text
    assert numbers(page) == [15, 13, 11, 9, 7]
    await anna.press(page, "Older")
    await anna.sees_edit(page)
    assert numbers(page) == [5, 3, 1]
    await anna.press(page.now, "Newer")
    assert numbers(page) == [15, 13, 11, 9, 7]
    await anna.press(page.now, "Undo 15")
    assert numbers(page) == [17, 15, 13, 11, 9]
    await anna.press(page.now, "Back")
    await anna.sees_edit(page, "Now:")


async def test_an_editor_leads_to_the_history_of_its_setting(bot: RunningBot, anna: Person, club: Group) -> None:
    many = {"clean_joins": True, "clean_leaves": True, "clean_pins": True, "clean_changes": True, "goodbye": True}
    await bot.configs.change(club.id, {**many, "rules_button": True, "welcome": "newcomer"}, by=anna.id, via="import")
    anna.say("/settings welcome", club)
    shown = await anna.sees(club, "Accepted")
    await anna.press(shown, "Change it")
    await anna.press(shown.now, "History of this setting")
    page = await anna.sees_edit(shown, "Welcome")
    lines = page.now.text.splitlines()
    assert lines[4] == "Welcome: off → only to the newcomer", "what was asked for comes first"
    assert lines[-1] == "… and 1 more"


async def test_a_setting_that_nobody_changed_has_no_history(bot: RunningBot, anna: Person, club: Group) -> None:
    page = await history_of(anna, club, "goodbye")
    assert "This setting was never changed here." in page.text


async def test_the_history_of_no_setting_offers_the_nearest(bot: RunningBot, anna: Person, club: Group) -> None:
    anna.say("/settings history godbye", club)
    seen = await anna.sees(club, "There is no setting “godbye”.")
    assert seen.button("Goodbye: off")


async def test_values_that_look_alike_are_told_apart(bot: RunningBot, anna: Person, club: Group) -> None:
    long = "Be kind to everybody here, also to those who are not kind to you"
    await bot.configs.change(club.id, {"goodbye": False, "rules_text": f"{long} today."}, by=anna.id, via="menu")
    await bot.configs.change(club.id, {"rules_text": f"{long} tomorrow."}, by=anna.id, via="menu")
    await bot.configs.change(club.id, {"rules_text": f"<b>{long}</b> tomorrow."}, by=anna.id, via="menu")
    text = (await history_of(anna, club)).text
    assert "Goodbye: off (default) → off" in text
    assert "… kind to you today. → … kind to you tomorrow." in text
    assert "(with other formatting)" in text


async def test_what_was_saved_is_taken_back_and_made_again_under_the_word_that_says_so(
    bot: RunningBot, anna: Person, club: Group, configs: ChatConfigs
) -> None:
    anna.say("/settings rules Be kind.", club)
    seen = await anna.sees(club, "Saved")
    for label, note, rules in (
        ("Undo", "✅ Undone:", ""),
        ("Redo", "✅ Redone:", "Be kind."),
        ("Undo", "✅ Undone:", ""),
    ):
        said = await anna.press(seen.now, label)
        assert said.text.startswith(note)
        assert note in seen.now.text
        assert (await configs.read(club.id)).config.rules_text == rules


@pytest.mark.parametrize("way", ["a press", "a reply", "a block", "a reset", "resetting all"])
async def test_every_saved_change_has_an_undo(
    bot: RunningBot, anna: Person, club: Group, configs: ChatConfigs, way: str
) -> None:
    await bot.configs.change(club.id, {"goodbye": True, "rules_text": "Be kind."}, by=anna.id, via="menu")
    before = (await configs.read(club.id)).chosen
    if way in {"a press", "a reply"}:
        anna.say("/settings welcome" if way == "a press" else "/settings rules_text", club)
        menu = await anna.sees(club, "Accepted")
        await anna.press(menu, "Change it")
        if way == "a press":
            await anna.press(await anna.sees_edit(menu), "to everyone")
            saved = await anna.sees_edit(menu, "Saved")
        else:
            await anna.press(await anna.sees_edit(menu), "Type it")
            anna.reply(await anna.sees(club, "Reply to this message"), "Be good.")
            saved = await anna.sees(club, "Saved")
    elif way == "resetting all":
        anna.say("/settings reset", club)
        menu = await anna.sees(club, "One undo")
        await anna.press(menu, "Reset")
        saved = await anna.sees_edit(menu, "Reset")
    else:
        anna.say("/settings goodbye off\nrules hi" if way == "a block" else "/settings reset goodbye", club)
        saved = await anna.sees(club, "Saved")
    assert (await configs.read(club.id)).chosen != before
    assert (await anna.press(saved, "↩️ Undo")).text.startswith("✅ Undone: ")
    assert (await configs.read(club.id)).chosen == before


async def test_an_undo_that_comes_too_late_says_who_was_in_the_way(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person, club: Group
) -> None:
    anna.promote(club, ben)
    anna.say("/settings goodbye on", club)
    saved = await anna.sees(club, "Saved")
    anna.say("/settings rules hi", club)
    also_saved = await anna.sees(club, "Saved – Rules")
    ben.say("/settings goodbye off", club)
    await ben.sees(club, "Saved")
    anna.say("/settings rules ho", club)
    await anna.sees(club, "Saved – Rules: “ho”")
    late = await anna.press(saved, "Undo")
    assert (late.text, late.alert) == ("Nothing was undone, because Ben changed this meanwhile: Goodbye.", True)
    late = await anna.press(also_saved, "Undo")
    assert late.text == "Nothing was undone, because you changed this meanwhile: Rules."


@pytest.mark.parametrize("data", ["1l||12|0|{}", "1u||12|0|{}", "1u|goodbye|12:7|0|{}"])
async def test_a_button_of_an_older_release_says_so_instead_of_meaning_another_revision(
    bot: RunningBot, anna: Person, club: Group, configs: ChatConfigs, data: str
) -> None:
    for number in range(40):
        await bot.configs.change(club.id, {"goodbye": number % 2 == 0}, by=anna.id, via="menu")
    page = await history_of(anna, club)
    said = await anna.forge(page, data.format(to_base36(club.id)))
    assert "not from this version" in said.text
    assert page.now.text == page.text
    assert (await configs.read(club.id)).revision == 40
