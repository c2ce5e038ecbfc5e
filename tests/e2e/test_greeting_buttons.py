"""Link buttons under a greeting, and several texts for it: from the menu to what people see, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from sandbox import Group, Person, Sandbox
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose

SHOP, HELP = "Shop - https://example.org", "Help - https://t.me/help"


async def chosen(bot: RunningBot, chat: Group) -> Mapping[str, Any]:
    """What somebody chose in a chat."""
    return (await bot.configs.read(chat.id)).chosen


async def test_buttons_typed_in_a_text_stand_under_the_greeting(
    bot: RunningBot, telegram: Sandbox, anna: Person, club: Group
) -> None:
    await choose(bot, club, welcome="everyone", rules_text="Be kind.", rules_button=True)
    typed = "Hi {name}!\n[Shop](buttonurl://https://example.org)\n[Help](buttonurl://t.me/help:same)"
    anna.say(f"/settings welcome_text {typed}", club)
    saved = await anna.sees(club, "Saved – Welcome text: “Hi {name}!”")
    assert "Saved – Welcome buttons: Shop · Help" in saved.text
    assert (await bot.configs.read(club.id)).revision == 2
    cem = telegram.person("Cem")
    cem.join(club)
    greeting = await cem.sees(club, "Hi Cem!")
    assert greeting.text == "Hi Cem!"
    assert greeting.buttons == (("Shop", "Help"), ("📜 Rules",))
    assert greeting.button("Shop")["url"] == "https://example.org"


async def test_buttons_are_added_moved_and_removed_in_the_editor(
    bot: RunningBot, telegram: Sandbox, anna: Person, ben: Person, club: Group
) -> None:
    await choose(bot, club, goodbye=True)
    anna.say("/settings goodbye_buttons", club)
    screen = await anna.sees(club, "Accepted")
    await anna.press(screen, "Change it")
    await anna.press(screen.now, "Add buttons")
    asked = await anna.sees(club, "buttons to add")
    anna.reply(asked, "Shop: example.org")
    again = await anna.sees(club, "Write each button as text, a hyphen and a link")
    anna.reply(again, SHOP)
    await anna.sees(club, "Saved – Goodbye buttons: Shop")
    await anna.press(screen.now, "Add buttons")
    anna.reply(await anna.sees(club, "buttons to add"), HELP)
    editor = await anna.sees(club, "Saved – Goodbye buttons: Shop / Help")
    await anna.press(editor, "Help")
    assert "https://t.me/help" in editor.now.text
    await anna.press(editor.now, "Up")
    assert await chosen(bot, club) == {"goodbye": True, "goodbye_buttons": f"{SHOP} && {HELP}"}
    await anna.press(editor.now, "Left")
    await anna.press(editor.now, "Back")
    assert editor.now.buttons[0] == ("Help", "Shop")
    ben.leave(club)
    assert (await anna.sees(club, "Goodbye, Ben.")).buttons == (("Help", "Shop"),)
    await anna.press(editor.now, "Shop")
    await anna.press(editor.now, "Remove")
    assert "Saved – Goodbye buttons: Help" in editor.now.text
    await anna.press(editor.now, "Remove")
    assert await chosen(bot, club) == {"goodbye": True}


async def test_a_double_tap_moves_a_button_once(bot: RunningBot, anna: Person, club: Group) -> None:
    await choose(bot, club, welcome_buttons="A - https://a.org\nB - https://b.org\nC - https://c.org")
    anna.say("/settings welcome_buttons", club)
    screen = await anna.sees(club, "Accepted")
    await anna.press(screen, "Change it")
    await anna.press(screen.now, "C")
    drawn = screen.now
    await anna.press(drawn, "Up")
    await anna.press(drawn, "Up")
    assert (await chosen(bot, club))["welcome_buttons"] == "A - https://a.org\nB - https://b.org && C - https://c.org"


async def test_a_member_cannot_forge_a_move(bot: RunningBot, anna: Person, ben: Person, club: Group) -> None:
    await choose(bot, club, welcome_buttons=f"{SHOP}\n{HELP}", menu_place="group")
    anna.say("/settings", club)
    menu = await ben.sees(club, "Book club")
    data = str(menu.raw["reply_markup"]["inline_keyboard"][0][0]["callback_data"])
    chat = data.rsplit("|", 1)[1]
    for value in ("remove:0:0", "up:9:9", "x"):
        await ben.forge(menu, f"1D|welcome_buttons|{value}|1|{chat}")
        await anna.forge(menu, f"1E|welcome_buttons|{value}|1|{chat}")
    assert (await chosen(bot, club))["welcome_buttons"] == f"{SHOP}\n{HELP}"


async def test_a_link_that_telegram_refuses_does_not_cost_the_greeting(
    bot: RunningBot, telegram: Sandbox, anna: Person, club: Group
) -> None:
    telegram.faults.refuse("sendMessage", 400, "Bad Request: BUTTON_URL_INVALID", times=1)
    await choose(bot, club, welcome="everyone", welcome_buttons=SHOP)
    telegram.person("Cem").join(club)
    assert (await anna.sees(club, "Welcome to Book club, Cem!")).buttons == ()


async def test_several_lines_of_buttons_are_one_value_in_a_block(bot: RunningBot, anna: Person, club: Group) -> None:
    anna.say(f"/settings welcome_buttons {SHOP}\n{HELP}\n/settings goodbye on", club)
    await anna.sees(club, "Saved:")
    assert await chosen(bot, club) == {"welcome_buttons": f"{SHOP}\n{HELP}", "goodbye": True}


async def test_one_of_several_texts_is_chosen_and_people_who_come_together_get_the_same(
    bot: RunningBot, telegram: Sandbox, anna: Person, club: Group
) -> None:
    await choose(bot, club, welcome="everyone", welcome_text="One {name}")
    anna.say("/settings welcome_text", club)
    screen = await anna.sees(club, "Accepted")
    await anna.press(screen, "Change it")
    for number, text in enumerate(("Two {name}", "Three {name}"), 2):
        await anna.press(screen.now, "Another text")
        anna.reply(await anna.sees(club, f"Welcome variant {number}"), text)
        screen = await anna.sees(club, f"Saved – Welcome variant {number}: “{text}”")
        await anna.press(screen, "Back")
    for number in range(3):
        telegram.person(f"P{number}").join(club)
        greeting = await anna.sees(club, re.compile(rf"\bP{number}\b"))
        assert greeting.text.split()[0] in {"One", "Two", "Three"}
        telegram.person(f"Q{number}").join(club)
        both = await anna.sees(club, re.compile(rf"P{number} and Q{number}"))
        assert both.text.split()[0] == greeting.text.split()[0]
        telegram.clock.advance(90)


async def test_a_variant_is_removed_from_its_editor_which_leads_back_to_the_text(
    bot: RunningBot, anna: Person, club: Group
) -> None:
    await choose(bot, club, welcome_variant_2="Two {name}")
    anna.say("/settings welcome_text", club)
    screen = await anna.sees(club, "Accepted")
    await anna.press(screen, "Change it")
    await anna.press(screen.now, "Welcome variant 2")
    await anna.press(screen.now, "Remove")
    assert "Saved – Welcome variant 2: nothing" in screen.now.text
    await anna.press(screen.now, "Back")
    assert "What I say to people who join" in screen.now.text
    assert await chosen(bot, club) == {}


@pytest.mark.parametrize("buttons", ["a - javascript:alert(1)", "a - https://x@y.org"])
async def test_an_import_is_as_strict_as_typing(bot: RunningBot, anna: Person, club: Group, buttons: str) -> None:
    content = b'{"schema": 1, "settings": {"welcome_buttons": "%s"}}' % buttons.encode()
    anna.send_file(club, "settings.json", content, caption="/settings import")
    await anna.sees(club, "is no link that a button can open")
    assert await chosen(bot, club) == {}
