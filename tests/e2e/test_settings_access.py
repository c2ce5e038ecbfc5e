"""Who may see and change the settings: asked of Telegram anew at every press and every command."""

from __future__ import annotations

import pytest

from sandbox import Answer, Group, Person, Sandbox, Seen
from tests.e2e.running import RunningBot

pytestmark = pytest.mark.usefixtures("bot")


async def said(person: Person, chat: Group | None, text: str) -> str:
    person.catch_up(chat)
    person.say(text, chat)
    return (await person.sees(chat)).text


async def menu_of(person: Person, chat: Group, *path: str) -> Seen:
    person.catch_up(chat)
    person.say("/settings", chat)
    screen = await person.sees(chat, "Book club")
    for label in path:
        await person.press(screen, label)
        screen = screen.now
    return screen


async def holds(admin: Person, chat: Group, key: str) -> str:
    """The present value of a setting, as the explanation says it."""
    text = await said(admin, chat, f"/settings {key}")
    return text.partition("Now: ")[2].partition("\n")[0]


@pytest.mark.parametrize(
    "command",
    ["", " welcome", " welcome everyone", " reset", " reset welcome", " undo", " history", " export", " import",
     " copy", " check"],
)  # fmt: skip
async def test_a_member_is_refused_in_a_sentence_that_only_they_see(
    anna: Person, ben: Person, club: Group, command: str
) -> None:
    assert "Only admins" in await said(ben, club, f"/settings{command}")
    assert ben.last(club).ephemeral
    assert ben.last(club) not in anna.screen(club)
    assert await holds(anna, club, "welcome") == "off"


async def test_a_former_admin_s_menu_changes_nothing_any_more(anna: Person, ben: Person, club: Group) -> None:
    anna.promote(club, ben)
    screen = await menu_of(ben, club, "Greetings", "Welcome: off")
    anna.demote(club, ben)
    answer = await ben.press(screen, "to everyone")
    assert answer.alert
    assert "Only admins" in answer.text
    assert await holds(anna, club, "welcome") == "off"


async def test_a_former_admin_s_reply_to_a_question_changes_nothing_any_more(
    anna: Person, ben: Person, club: Group
) -> None:
    anna.promote(club, ben)
    screen = await menu_of(ben, club, "General", "Time zone")
    await ben.press(screen, "✏️ Type it")
    question = await ben.sees(club, "Reply to this message")
    anna.demote(club, ben)
    ben.reply(question, "tokyo")
    assert "Only admins" in (await ben.sees(club)).text
    assert await holds(anna, club, "timezone") == "UTC"


async def test_who_was_removed_from_the_chat_cannot_press_its_buttons_from_outside(
    anna: Person, ben: Person, club: Group
) -> None:
    anna.promote(club, ben)
    screen = await menu_of(ben, club, "Greetings")
    ben.say("/settings")
    mine = await ben.sees(None, "Your settings")
    anna.remove(club, ben)
    answer = await ben.forge(mine, screen.button("○ Goodbye")["callback_data"])
    assert "Only admins" in answer.text
    assert await holds(anna, club, "goodbye") == "off"


async def test_an_admin_without_the_right_to_change_the_info_may_look_but_not_change(
    anna: Person, ben: Person, club: Group
) -> None:
    anna.promote(club, ben, "can_delete_messages")
    screen = await menu_of(ben, club, "Greetings", "Welcome: off")
    assert screen.buttons == (("‹ Back", "✕ Close"),), "nothing to change with"
    assert "dmins with “Change group info”" in screen.text
    assert "dmins with “Change group info”" in await said(ben, club, "/settings welcome everyone")
    assert await holds(anna, club, "welcome") == "off"


async def test_every_admin_may_change_where_the_owner_says_so(anna: Person, ben: Person, club: Group) -> None:
    anna.promote(club, ben, "can_delete_messages")
    assert "Saved" in await said(anna, club, "/settings editors admins")
    assert "Saved" in await said(ben, club, "/settings welcome everyone")


async def test_only_the_owner_may_change_where_the_owner_says_so(anna: Person, ben: Person, club: Group) -> None:
    anna.promote(club, ben)
    anna.say("/settings editors owner", club)
    await anna.press(await anna.sees(club, "no admin but the owner"), "Yes, change it")
    assert "Only the owner" in await said(ben, club, "/settings welcome everyone")
    assert "Saved" in await said(anna, club, "/settings welcome everyone")


def further(screen: Seen) -> list[str]:
    """The buttons that open another screen."""
    return [label for row in screen.now.buttons for label in row if label.endswith("›")]


async def only_looks(person: Person, screen: Seen, label: str) -> None:
    """Open an editor and those that are opened from it: nothing in them changes anything."""
    await person.press(screen.now, label)
    labels, deeper = [label for row in screen.now.buttons for label in row], further(screen)
    harmless = {"🕘 History of this setting", "👁 Preview", "‹ Back", "✕ Close", *deeper}
    assert not {*labels} - harmless, "nothing to change with"
    for one in deeper:
        await only_looks(person, screen, one)
    await person.press(screen.now, "‹ Back")


async def test_members_may_look_but_not_change_where_the_chat_allows_it(anna: Person, ben: Person, club: Group) -> None:
    await said(anna, club, "/settings members_may_view on")
    await said(anna, club, "/settings welcome everyone")
    screen = await menu_of(ben, club, "Greetings")
    assert "Welcome: to everyone" in screen.text
    for label in further(screen):
        await only_looks(ben, screen, label)
    assert "Only admins" in await said(ben, club, "/settings goodbye on")
    assert await holds(anna, club, "goodbye") == "off"


async def test_a_member_who_may_look_cannot_forge_a_change(anna: Person, ben: Person, club: Group) -> None:
    await said(anna, club, "/settings members_may_view on")
    hers = await menu_of(anna, club, "Greetings")
    his = await menu_of(ben, club)
    answer = await ben.forge(his, hers.button("○ Goodbye")["callback_data"])
    assert answer.alert
    assert "Only admins" in answer.text
    assert await holds(anna, club, "goodbye") == "off"


async def test_the_view_is_closed_again_to_members(anna: Person, ben: Person, club: Group) -> None:
    await said(anna, club, "/settings members_may_view on")
    screen = await menu_of(ben, club)
    await said(anna, club, "/settings members_may_view off")
    assert "Only admins" in (await ben.press(screen, "Greetings")).text


async def test_an_anonymous_admin_gets_a_public_button_whose_press_opens_their_own_view(
    anna: Person, ben: Person, club: Group
) -> None:
    anna.go_anonymous(club)
    ben.catch_up(club)
    anna.say("/settings", club)
    gear = await ben.sees(club, "Press to open the settings")
    assert not gear.ephemeral
    assert await anna.press(gear, "⚙️ Settings") == Answer()
    menu = await anna.sees(club, "All settings are at their defaults")
    assert menu.ephemeral
    assert menu not in ben.screen(club)
    await anna.press(menu, "🧹 Tidiness")
    await anna.press(menu.now, "○ Delete “left”")
    assert "Saved" in menu.now.text


@pytest.mark.parametrize(
    ("text", "button", "offer"),
    [
        ("/settings welcome everyone", "⚙️ Welcome", "Set it to: to everyone"),
        ("/settings welcome_delete_after 90 min", "⚙️ Delete welcome after", "Set it to: 1\xa0h\xa030\xa0min"),
        ("/settings timezone tokyo", "⚙️ Time zone", "Set it to: Asia/Tokyo"),
    ],
)
async def test_an_anonymous_admin_s_typed_change_takes_two_presses(
    anna: Person, ben: Person, club: Group, text: str, button: str, offer: str
) -> None:
    anna.go_anonymous(club)
    anna.say(text, club)
    public = await ben.sees(club, "You write anonymously")
    assert "Only admins" in (await ben.press(public, button)).text
    await anna.press(public, button)
    editor = await anna.sees(club, "Now:")
    assert editor.ephemeral
    await anna.press(editor, offer)
    assert "Saved" in editor.now.text


async def test_an_anonymous_admin_is_not_offered_what_is_set_already(anna: Person, club: Group) -> None:
    anna.go_anonymous(club)
    anna.say("/settings welcome off", club)
    await anna.press(await anna.sees(club, "You write anonymously"), "⚙️ Welcome")
    editor = await anna.sees(club, "Now: off")
    assert not [row for row in editor.buttons if any("Set it to" in label for label in row)]


async def test_an_anonymous_admin_s_key_leads_to_its_setting(anna: Person, club: Group) -> None:
    anna.go_anonymous(club)
    anna.say("/settings rules_text", club)
    await anna.press(await anna.sees(club, "You write anonymously"), "⚙️ Rules")
    editor = await anna.sees(club, "Now:")
    assert not [row for row in editor.buttons if any("Set it to" in label for label in row)]


async def test_an_anonymous_admin_s_value_that_is_none_is_answered_with_what_would_be(
    anna: Person, club: Group
) -> None:
    anna.go_anonymous(club)
    assert "one of: off" in await said(anna, club, "/settings welcome maybe")


async def test_a_channel_that_writes_in_its_discussion_group_is_no_admin(
    telegram: Sandbox, anna: Person, ben: Person
) -> None:
    club = telegram.supergroup("Book club", owner=anna, members=[ben], bot="administrator")
    telegram.channel("News", owner=anna, linked=club, bot="administrator")
    assert "Only admins" in await said(ben, club, "/settings welcome everyone")


async def test_a_bot_that_is_no_admin_finds_the_admins_all_the_same(
    telegram: Sandbox, anna: Person, ben: Person
) -> None:
    club = telegram.supergroup("Book club", owner=anna, members=[ben], bot="member")
    assert "Saved" in await said(anna, club, "/settings welcome everyone")
    assert "Only admins" in await said(ben, club, "/settings welcome off")


async def test_the_setting_of_a_chat_says_nothing_about_another(
    telegram: Sandbox, anna: Person, ben: Person, club: Group
) -> None:
    other = telegram.supergroup("Choir", owner=ben, members=[anna], bot="administrator")
    hers = await menu_of(anna, club, "Greetings")
    ben.say("/settings", other)
    his = await ben.sees(other, "Choir")
    answer = await ben.forge(his, hers.button("○ Goodbye")["callback_data"])
    assert "belongs to another chat" in answer.text
    assert await holds(anna, club, "goodbye") == "off"


async def test_in_private_the_rights_in_the_group_are_asked_again_at_every_change(
    bot: RunningBot, anna: Person, ben: Person, club: Group
) -> None:
    anna.promote(club, ben)
    hers = await menu_of(ben, club)
    ben.say("/settings")
    mine = await ben.sees(None, "Your settings")
    data = hers.button("Greetings")["callback_data"]
    await ben.forge(mine, data)
    assert "Book club" in mine.now.text
    anna.demote(club, ben)
    answer = await ben.press(mine.now, "○ Goodbye")
    assert "Only admins" in answer.text


async def test_an_anonymous_admin_answers_a_question_that_nobody_else_sees(
    anna: Person, ben: Person, club: Group
) -> None:
    anna.go_anonymous(club)
    anna.say("/settings rules_text", club)
    await anna.press(await anna.sees(club, "You write anonymously"), "⚙️ Rules")
    await anna.press(await anna.sees(club, "Now:"), "Type it")
    question = await anna.sees(club, "Reply to this message")
    anna.reply(question, "Be kind.")
    await anna.sees(club, "Saved – Rules: “Be kind.”")
    assert "Be kind." not in str([one.text for one in ben.screen(club)])
