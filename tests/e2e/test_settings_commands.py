"""The text commands: the same as the menu, for who likes to type."""

from __future__ import annotations

import re

import pytest

from bot.settings import visible_settings
from sandbox import Group, Person, Sandbox
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose

pytestmark = pytest.mark.usefixtures("bot")


async def answered(person: Person, chat: Group | None, text: str) -> str:
    """Say something and return the answer's text."""
    person.catch_up(chat)
    person.say(text, chat)
    return (await person.sees(chat)).text


async def test_a_key_alone_explains_the_setting(anna: Person, club: Group) -> None:
    text = await answered(anna, club, "/settings welcome_text")
    for part in (
        "Welcome text",
        "What I say to people who join.",
        "at most 4,096 characters",
        "{mention}",
        "Example: /settings",
    ):
        assert part in text


async def test_a_key_with_a_value_sets_it(anna: Person, club: Group) -> None:
    assert "Saved – Welcome: to everyone" in await answered(anna, club, "/settings welcome everyone")
    assert "Now: to everyone" in await answered(anna, club, "/settings welcome")
    assert "Saved – Goodbye: on" in await answered(anna, club, "/settings GOODBYE yes")
    assert "Silent hours: 23:00–07:00" in await answered(anna, club, "/settings quiet-hours 23-7")


async def test_a_text_keeps_its_lines_and_its_formatting(anna: Person, ben: Person, club: Group) -> None:
    text = "/settings rules_text First 😀 rule:\n\nbe kind & <calm>"
    at = len(text[: text.index("kind")].encode("utf-16-le")) // 2
    anna.say(text, club, entities=[{"type": "italic", "offset": at, "length": 4}])
    await anna.sees(club, "Saved")
    ben.say("/rules", club)
    rules = await ben.sees(club, "First")
    assert rules.text == "First 😀 rule:\n\nbe kind & <calm>"
    (italic,) = (one for one in rules.entities if one["type"] == "italic")
    shown = rules.text.encode("utf-16-le")[2 * italic["offset"] : 2 * (italic["offset"] + italic["length"])]
    assert shown.decode("utf-16-le") == "kind"


async def test_the_same_value_again_is_confirmed_and_writes_no_history(anna: Person, club: Group) -> None:
    await answered(anna, club, "/settings goodbye on")
    assert "Saved – Goodbye: on" in await answered(anna, club, "/settings goodbye on")
    history = await answered(anna, club, "/settings history")
    assert history.count("Goodbye: off → on") == 1


async def test_reset_takes_one_choice_back_or_all_of_them(anna: Person, club: Group) -> None:
    await answered(anna, club, "/settings goodbye on")
    await answered(anna, club, "/settings welcome everyone")
    assert "Saved – Goodbye: off" in await answered(anna, club, "/settings reset goodbye")
    await reset_all(anna, club)
    assert "All settings are at their defaults" in await answered(anna, club, "/settings")
    assert "All settings are at their defaults" in await answered(anna, club, "/settings reset")


async def reset_all(person: Person, chat: Group) -> None:
    """`/settings reset` changes nothing before the question is answered."""
    person.say("/settings reset", chat)
    question = await person.sees(chat, "These go back to their default")
    assert "• Welcome: to everyone" in question.text
    assert "Now: to everyone" in await answered(person, chat, "/settings welcome")
    await person.press(question, "Reset")
    await person.sees_edit(question, "✅ Reset.")


async def test_everything_that_was_reset_comes_back_by_undo(anna: Person, club: Group) -> None:
    await answered(anna, club, "/settings goodbye on")
    await answered(anna, club, "/settings welcome everyone")
    await reset_all(anna, club)
    undone = await answered(anna, club, "/settings undo")
    assert "Goodbye: off → on" in undone
    assert "Welcome: off → to everyone" in undone
    assert "Now: to everyone" in await answered(anna, club, "/settings welcome")


async def test_the_history_says_who_changed_what_from_what_to_what(
    anna: Person, ben: Person, club: Group, telegram: Sandbox
) -> None:
    anna.promote(club, ben)
    await answered(anna, club, "/settings timezone berlin")
    await answered(ben, club, "/settings welcome everyone")
    history = await answered(anna, club, "/settings history")
    newest, oldest = history.split("\n\n")[1:]
    assert newest.startswith("2. ")
    for part in ("Ben", "by command", "Welcome: off → to everyone"):
        assert part in newest
    for part in ("Anna", "Time zone: UTC → Europe/Berlin"):
        assert part in oldest


async def test_undo_twice_is_redo(anna: Person, club: Group) -> None:
    await answered(anna, club, "/settings goodbye on")
    assert "Goodbye: on → off" in await answered(anna, club, "/settings undo")
    assert "Goodbye: off → on" in await answered(anna, club, "/settings undo")
    assert "Now: on" in await answered(anna, club, "/settings goodbye")


async def test_undo_and_redo_are_buttons_too(anna: Person, club: Group) -> None:
    await answered(anna, club, "/settings goodbye on")
    anna.say("/settings undo", club)
    undone = await anna.sees(club, "Undone")
    answer = await anna.press(undone, "↪️ Redo")
    assert "Goodbye: off → on" in answer.text
    anna.say("/settings history", club)
    history = await anna.sees(club, "History")
    answer = await anna.press(history, "↩️ Undo 3")
    assert "Goodbye: on → off" in answer.text
    assert "with “Undo”" in history.now.text


async def test_the_answer_to_a_press_fits_however_long_the_texts_are(anna: Person, club: Group) -> None:
    await answered(anna, club, f"/settings goodbye_text {'😀' * 100}")
    await answered(anna, club, f"/settings goodbye_text {'🎉' * 100}")
    anna.say("/settings history", club)
    history = await anna.sees(club, "History")
    answer = await anna.press(history, "↩️ Undo 2")
    assert answer.text.startswith("✅ Undone: Goodbye text: 🎉")


async def test_an_undo_that_would_lose_a_later_change_is_refused_with_its_reason(anna: Person, club: Group) -> None:
    await answered(anna, club, "/settings welcome everyone")
    anna.say("/settings history", club)
    history = await anna.sees(club, "History")
    await answered(anna, club, "/settings welcome newcomer")
    answer = await anna.press(history, "↩️ Undo 1")
    assert answer.alert
    assert answer.text == "Nothing was undone, because you changed this meanwhile: Welcome."
    assert "Now: only to the newcomer" in await answered(anna, club, "/settings welcome")


async def test_undo_where_nothing_was_changed_says_so(anna: Person, club: Group) -> None:
    assert "nothing to undo" in await answered(anna, club, "/settings undo")
    assert "Nothing was changed here yet." in await answered(anna, club, "/settings history")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/settings wellcome", "There is no setting “wellcome”.\nDid you mean:"),
        ("/settings timezome berlin", "Did you mean:"),
        ("/settings xyzzy", "There is no setting “xyzzy”.\n/settings keys"),
        ("/settings <b>bold</b>", "There is no setting “<b>bold</b>”."),
        ("/settings *bold* _x_", "There is no setting “*bold* _x_”."),
        ("/settings welcome maybe", "one of: off, everyone (to everyone), newcomer (only to the newcomer)."),
        ("/settings goodbye maybe", "either on or off"),
        ("/settings timezone atlantis", "such as berlin"),
        ("/settings quiet_hours 25-7", "23:00-07:00"),
        ("/settings welcome_text Hi {nmae}", "There is no placeholder {nmae}."),
        ("/settings reset xyzzy", "There is no setting “xyzzy”."),
    ],
    ids=lambda one: one[:30],
)
async def test_what_is_refused_is_answered_with_what_would_be_accepted(
    anna: Person, club: Group, text: str, said: str
) -> None:
    assert said in await answered(anna, club, text)
    assert "All settings are at their defaults" in await answered(anna, club, "/settings")


async def test_a_word_shared_by_several_keys_lists_them(anna: Person, club: Group) -> None:
    anna.say("/settings clean", club)
    found = await anna.sees(club, "Settings like “clean”")
    await anna.press(found, "○ Delete “pinned”")
    assert "Saved" in found.now.text


@pytest.mark.parametrize(
    "text", ["/settings@sandbox_bot goodbye on", "/settings  goodbye  on", "/settings\ngoodbye\non"]
)
async def test_a_command_is_understood_however_it_is_written(anna: Person, club: Group, text: str) -> None:
    assert "Saved – Goodbye: on" in await answered(anna, club, text)


async def test_reset_is_understood_on_a_line_of_its_own(anna: Person, club: Group) -> None:
    await answered(anna, club, "/settings goodbye on")
    assert "Saved – Goodbye: off" in await answered(anna, club, "/settings reset\ngoodbye")


async def test_a_command_under_a_picture_is_one_too(anna: Person, club: Group) -> None:
    anna.send_photo(club, caption="/settings goodbye on")
    assert "Saved – Goodbye: on" in (await anna.sees(club)).text


async def test_a_command_for_another_bot_is_none_of_ours(anna: Person, club: Group, telegram: Sandbox) -> None:
    telegram.calls.clear()
    anna.say("/settings@other_bot goodbye on", club)
    await telegram.settled()
    assert telegram.calls.count("sendMessage") == 0


async def test_commands_work_in_private_for_ones_own_settings(anna: Person, bot: RunningBot) -> None:
    assert "Saved – Time zone: Asia/Tokyo" in await answered(anna, None, "/settings timezone tokyo")
    assert "There is no setting “xyzzy everyone”." in await answered(anna, None, "/settings xyzzy everyone")
    assert "UTC → Asia/Tokyo" in await answered(anna, None, "/settings history")


@pytest.mark.parametrize(
    ("text", "titles"),
    [("clean_c", "Delete “changed”, Delete commands"), ("goodbye on", "Goodbye")],
)
async def test_a_setting_of_groups_asked_for_in_private_leads_to_the_groups(
    anna: Person, club: Group, text: str, titles: str
) -> None:
    await answered(anna, club, "/settings")
    anna.say(f"/settings {text}")
    found = await anna.sees(text="Only groups have that")
    assert f"that: {titles}. Choose" in found.text
    await anna.press(found, "Your groups")
    assert (await anna.sees_edit(found)).button("Book club")


async def test_who_may_look_but_not_change_is_told_who_may_change(anna: Person, ben: Person, club: Group) -> None:
    for text in ("/settings goodbye on", "/settings reset", "/settings undo", "/settings import", "/settings copy"):
        assert "Only admins with “Change group info” can change these settings." in await answered(ben, club, text)
    assert "can see its settings" in await answered(ben, club, "/settings goodbye")


async def test_a_saved_text_is_quoted_and_ends_as_it_was_typed(anna: Person, club: Group) -> None:
    saved = await answered(anna, club, "/settings rules_text Be kind.")
    assert saved == "✅ Saved – Rules: “Be kind.”"


@pytest.mark.parametrize(("text", "hinted"), [("Be <b>kind</b>", True), ("1 < 2 & a <3 b", False)])
async def test_who_types_tags_is_told_how_to_format(anna: Person, club: Group, text: str, hinted: bool) -> None:
    saved = await answered(anna, club, f"/settings rules_text {text}")
    assert f"“{text}”" in saved
    assert ("Telegram's formatting" in saved) is hinted


async def test_what_may_mean_several_values_offers_a_button_for_each(anna: Person, club: Group) -> None:
    anna.say("/settings timezone springfield", club)
    asked = await anna.sees(club, "Did you mean:")
    label = next(one for row in asked.buttons for one in row if one.startswith("America/Chicago"))
    assert re.fullmatch(r"America/Chicago · \d\d:\d\d", label)
    assert "Now: UTC" in await answered(anna, club, "/settings timezone")
    await anna.press(asked, label)
    saved = asked.now
    assert "Saved – Time zone: America/Chicago" in saved.text
    assert re.search(r"Time there: \d\d:\d\d", saved.text)


@pytest.mark.parametrize("value", ["", " on", " off"])
async def test_a_mistyped_key_is_answered_with_a_button_that_opens_the_nearest(
    anna: Person, club: Group, value: str
) -> None:
    """It sets nothing by itself: who typed “off” does not mean “on”."""
    anna.say(f"/settings delet joined{value}", club)
    answer = await anna.sees(club, f"There is no setting “delet joined{value}”.")
    assert answer.buttons[0] == ("Delete “joined”: off ›",)
    await anna.press(answer, "Delete “joined”: off ›")
    await anna.press(answer.now, "on")
    assert "Saved – Delete “joined”: on" in answer.now.text


async def test_all_keys_are_listed(anna: Person, club: Group) -> None:
    text = await answered(anna, club, "/settings keys")
    for key, one in visible_settings(private=False).items():
        assert f"{key} – {one.title}" in text
    assert "What can be set in a group" in await answered(anna, club, "/settings help")


async def test_several_lines_are_one_change_with_one_undo(anna: Person, club: Group) -> None:
    bold = [{"type": "bold", "offset": len("/settings goodbye on\nrules text: Be "), "length": 4}]
    anna.say("/settings goodbye on\nrules text: Be kind.\n/settings welcome everyone", club, entities=bold)
    saved = await anna.sees(club, "✅ Saved:")
    for line in ("Goodbye: off → on", "Rules: nothing → Be kind.", "Welcome: off → to everyone"):
        assert line in saved.text
    answer = await anna.press(saved, "↩️ Undo")
    assert "Goodbye: on → off" in answer.text
    assert "All settings are at their defaults" in await answered(anna, club, "/settings")


async def test_several_lines_of_which_one_is_refused_are_shown_before_they_are_applied(
    anna: Person, club: Group
) -> None:
    anna.say("/settings goodbye on\nwelcome maybe\nxyzzy 1", club)
    preview = await anna.sees(club, "1 change. Skipped: 1 unknown, 1 invalid.")
    assert "Line 2, welcome: It has to be one of" in preview.text
    assert "All settings are at their defaults" in await answered(anna, club, "/settings")
    await anna.press(preview, "✅ Apply")
    assert "Goodbye: on" in preview.now.text
    assert "by command" in await answered(anna, club, "/settings history")


async def test_lines_that_change_nothing_are_counted(anna: Person, club: Group) -> None:
    await answered(anna, club, "/settings goodbye on")
    saved = await answered(anna, club, "/settings goodbye on\nwelcome everyone")
    assert "Welcome: off → to everyone" in saved
    assert saved.endswith("Already so: 1 setting.")
    previewed = await answered(anna, club, "/settings goodbye on\nwelcome everyone\nclean_joins maybe")
    assert "Nothing would change." in previewed
    assert "Already so: 2 settings." in previewed


async def test_a_line_with_a_setting_of_groups_says_so_in_private(anna: Person, club: Group) -> None:
    anna.say("/settings timezone tokyo\nwelcome on")
    preview = await anna.sees(text="1 change. Skipped: 1 invalid.")
    assert "Line 2, welcome: Only groups have this setting." in preview.text


async def test_a_text_that_a_block_could_not_carry_is_left_out_by_name(
    anna: Person, club: Group, bot: RunningBot
) -> None:
    await choose(bot, club, goodbye=True, clean_commands="all", rules_text="Try this:\n/settings welcome on")
    anna.say("/settings card", club)
    await anna.press(await anna.sees(club, "Goodbye"), "📋 As lines to copy")
    block = await anna.sees(club, "Left out, as a line in it begins with /settings: Rules.")
    assert "/settings goodbye on\n/settings clean_commands" in block.text
    assert "welcome" not in block.text


async def test_a_text_that_was_taken_away_is_not_quoted(anna: Person, club: Group) -> None:
    anna.say("/settings rules_text Be kind.", club)
    await anna.sees(club, "Saved – Rules: “Be kind.”")
    assert await answered(anna, club, "/settings reset rules_text") == "✅ Saved – Rules: nothing"


async def test_the_lines_of_a_card_set_another_group_up(anna: Person, club: Group, telegram: Sandbox) -> None:
    await answered(anna, club, "/settings goodbye on\ntimezone tokyo\nrules_text Be kind.\nAlways.")
    await answered(anna, club, "/settings welcome_delete_after 1h 30m")
    anna.say("/settings card", club)
    await anna.press(await anna.sees(club, "Goodbye"), "📋 As lines to copy")
    lines = (await anna.sees(club, "Copy this")).text.partition("\n\n")[2]
    other = telegram.supergroup("Chess club", owner=anna, bot="administrator")
    assert "✅ Saved:" in await answered(anna, other, lines)
    anna.say("/settings card", other)
    await anna.press(await anna.sees(other, "Goodbye"), "📋 As lines to copy")
    assert (await anna.sees(other, "Copy this")).text.partition("\n\n")[2] == lines
