"""How a text will look, and a copy of it to change: seen by who asks and by nobody else."""

from __future__ import annotations

import re

import pytest

from bot.kinds.media import File
from sandbox import Group, Person, Sandbox, Seen
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose


async def editor(person: Person, chat: Group | None, key: str) -> Seen:
    """Open the editor of a setting of the group."""
    person.say(f"/settings {key}", chat)
    screen = await person.sees(chat, "Accepted")
    await person.press(screen, "Change it")
    return screen.now


def photo(telegram: Sandbox, person: Person, chat: Group) -> str:
    """A photo that Telegram keeps, as a setting stores it."""
    return File("photo", telegram.world.bot.id, person.send_photo(chat).raw["photo"][-1]["file_id"]).stored()


async def test_a_text_is_shown_as_it_will_look_when_it_is_set_and_only_to_who_set_it(
    bot: RunningBot, telegram: Sandbox, anna: Person, ben: Person, club: Group
) -> None:
    await choose(bot, club, welcome_media=photo(telegram, anna, club), welcome_buttons="Shop - https://example.org")
    anna.say("/settings welcome_text Hi {name}, one of {members}!", club)
    shown = await anna.sees(club, "Hi Anna, one of 3!")
    assert (shown.media, shown.ephemeral, shown.buttons) == ("photo", True, (("Shop",),))
    assert shown not in ben.screen(club)


async def test_what_the_answer_shows_in_full_is_not_shown_twice(
    bot: RunningBot, telegram: Sandbox, anna: Person, club: Group
) -> None:
    def shown(text: str) -> int:
        return sum(seen.text == text and seen.raw["from"]["is_bot"] for seen in anna.screen(club))

    anna.say("/settings rules_text Be kind.", club)
    await anna.sees(club, "Saved – Rules: “Be kind.”")
    await telegram.settled()
    assert shown("Be kind.") == 0
    asked = await editor(anna, club, "goodbye_text")
    await anna.press(asked, "Type")
    anna.reply(await anna.sees(club, "Reply to this message"), "Bye <3")
    await anna.sees(club, "Saved – Goodbye text: “Bye <3”")
    await telegram.settled()
    assert shown("Bye <3") == 0
    bold = [{"type": "bold", "offset": 21, "length": 2}]
    anna.say("/settings rules_text Be kind.", club, entities=bold)
    await anna.sees(club, re.compile(r"^Be kind\.$"))


@pytest.mark.parametrize("key", ["welcome_text", "welcome_media", "welcome_buttons"])
async def test_a_button_shows_it_from_the_editor_of_each_part(
    bot: RunningBot, telegram: Sandbox, anna: Person, ben: Person, club: Group, key: str
) -> None:
    media = photo(telegram, anna, club)
    await choose(bot, club, welcome_media=media, rules_text="Be kind.", rules_button=True)
    await anna.press(await editor(anna, club, key), "Preview")
    shown = await anna.sees(club, "Welcome to Book club, Anna!")
    assert (shown.media, shown.ephemeral, shown.buttons) == ("photo", True, (("📜 Rules",),))
    assert shown not in ben.screen(club)


async def test_in_private_the_rules_button_of_a_preview_opens_the_rules_of_the_group(
    bot: RunningBot, anna: Person, club: Group
) -> None:
    await choose(bot, club, rules_text="Be {kind}.", rules_button=True, menu_place="private")
    anna.say("/settings", club)
    anna.start(str((await anna.sees(club, "open in private")).button("Open")["url"]).partition("start=")[2])
    menu = await anna.sees(None, "Book club")
    for label in ("Greetings", "Welcome text", "Preview"):
        await anna.press(menu.now, label)
    shown = await anna.sees(None, "Welcome to Book club, Anna!")
    anna.start(str(shown.button("Rules")["url"]).partition("start=")[2])
    await anna.sees(None, "Be {kind}.")


async def test_a_text_is_changed_from_a_copy_that_keeps_its_formatting(
    bot: RunningBot, anna: Person, club: Group
) -> None:
    text = "<b>Hi</b> {name}, <i>read <u>this</u></i> &lt;3"
    await choose(bot, club, welcome_text=text)
    screen = await editor(anna, club, "welcome_text")
    answer = await anna.press(screen, "Edit a copy")
    assert "Copy the whole message" in answer.text
    copy = await anna.sees(club, re.compile(r"^Hi \{name\}, read"))
    assert (copy.text, copy.ephemeral) == ("Hi {name}, read this <3", True)
    changed = anna.say(f"{copy.text}!", club, reply_to=copy, entities=copy.entities)
    await anna.sees(club, "Saved – Welcome text")
    assert changed.entities == copy.entities
    assert (await bot.configs.read(club.id)).config.welcome_text == f"{text}!"


async def test_the_longest_text_is_copied_and_shown_in_full(bot: RunningBot, anna: Person, club: Group) -> None:
    await choose(bot, club, rules_text="&lt;" * 4_096)
    screen = await editor(anna, club, "rules_text")
    await anna.press(screen, "Edit a copy")
    copy = await anna.sees(club, re.compile("^<+$"))
    await anna.press(screen, "Preview")
    preview = await anna.sees(club, re.compile("^<+$"))
    assert [len(copy.text), len(preview.text)] == [4_096, 4_096]
    assert preview != copy


async def test_a_member_gets_neither_a_copy_nor_a_preview(
    bot: RunningBot, anna: Person, ben: Person, club: Group
) -> None:
    await choose(bot, club, menu_place="group", welcome_text="Secret {name}")
    anna.say("/settings", club)
    menu = await ben.sees(club, "Book club")
    chat = str(menu.raw["reply_markup"]["inline_keyboard"][0][0]["callback_data"]).rsplit("|", 1)[1]
    for action in "VK":
        await ben.forge(menu, f"1{action}|welcome_text||1|{chat}")
    assert not any("Secret" in seen.text and seen.ephemeral for seen in ben.screen(club))
