"""From the private chat: the groups somebody may configure, and the way back to them."""

from __future__ import annotations

import pytest

from bot.telegram.callback_data import Press
from sandbox import Group, Person, Sandbox, Seen
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose


async def started(person: Person, text: str) -> Seen:
    person.start()
    return await person.sees(None, text)


async def test_who_added_the_bot_finds_the_group_at_once(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person
) -> None:
    club = telegram.supergroup("Book club", owner=anna, members=[ben])
    first = await started(anna, "I help you run a group")
    assert [label for row in first.buttons for label in row] == ["➕ Add me to a group"]
    anna.add_bot(club)
    await telegram.settled()
    screen = await started(anna, "Choose a group")
    assert screen.buttons == (("👥 Book club",), ("➕ Add me to a group",))
    await anna.press(screen, "👥 Book club")
    menu = await anna.sees_edit(screen, "All settings are at their defaults")
    await anna.press(menu, "👥 Your groups")
    await anna.sees_edit(menu, "or search:")
    await started(ben, "I help you run a group")


async def test_who_may_not_change_anything_there_has_no_group_on_the_list(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person
) -> None:
    club = telegram.group("Book club", owner=anna, members=[ben])
    ben.add_bot(club)
    await anna.sees(club, "Thanks for adding me")
    await telegram.settled()
    await started(ben, "I help you run a group")


async def test_a_group_that_the_bot_left_is_not_listed_until_it_is_back(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group
) -> None:
    anna.say("/settings", club)
    await anna.sees(club, "Book club")
    await started(anna, "Choose a group")
    anna.remove_bot(club)
    await telegram.settled()
    await started(anna, "I help you run a group")
    anna.add_bot(club)
    await telegram.settled()
    await started(anna, "Choose a group")


async def test_a_group_chosen_in_the_picker_is_on_the_list_from_then_on(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group
) -> None:
    anna.say("/settings chats")
    await anna.press(await anna.sees(text="Your groups"), "Choose another group")
    await anna.sees(text="Choose the group")
    anna.share_chat("👥 Choose a group", club)
    await anna.sees(text="Book club")
    await telegram.settled()
    assert (await started(anna, "Choose a group")).buttons[0] == ("👥 Book club",)


async def test_what_takes_the_picker_away_goes_away_itself(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group
) -> None:
    anna.say("/settings chats")
    await anna.press(await anna.sees(text="Your groups"), "Choose another group")
    await anna.sees(text="Choose the group")
    anna.share_chat("👥 Choose a group", club)
    await anna.sees(text="Book club")
    said = [event.message for event in telegram.world.events.after(0) if event.message is not None]
    await anna.sees_gone(Seen.of(next(one for one in said if one.words == "One moment.")))


@pytest.mark.parametrize(
    "said", ["/start", "/help", "/settings", "/settings keys", "/settings timezone", "/privacy", "?"]
)
async def test_an_answer_in_private_quotes_nothing(bot: RunningBot, anna: Person, said: str) -> None:
    anna.say(said)
    assert (await anna.sees()).reply_to is None


async def test_a_question_in_private_quotes_nothing(bot: RunningBot, anna: Person) -> None:
    anna.say("/settings timezone")
    shown = await anna.sees(text="Accepted")
    await anna.press(shown, "Change it")
    await anna.press(await anna.sees_edit(shown), "Type it")
    assert (await anna.sees(text="Reply to this message")).reply_to is None


async def test_an_answer_that_everybody_reads_quotes_what_it_answers(
    bot: RunningBot, telegram: Sandbox, anna: Person
) -> None:
    chess = telegram.group("Chess", owner=anna, bot="member")
    asked = anna.say("/help", chess)
    assert (await anna.sees(chess)).reply_to == asked


def buttons(screen: Seen) -> dict[str, str]:
    """Return the label of each button of a screen with what it carries."""
    shown = [screen.button(label) for row in screen.buttons for label in row]
    return {one["text"]: one["callback_data"] for one in shown if "callback_data" in one}


async def test_every_screen_of_a_group_leads_back_to_the_list(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group
) -> None:
    """Follow every button that leads to a screen in the same message; from each, Back leads to the list."""
    await choose(bot, club, goodbye=True, welcome_text="Hi")
    anna.start(f"s_{Press('h', club.id).pack().rpartition('|')[2]}")
    menu = await anna.sees(None, "Book club")
    looking = "hsemlqyjkf"  # what shows something and changes nothing
    waiting, known = list(buttons(menu).values()), set[str]()
    while waiting:
        data = waiting.pop()
        press = Press.unpack(data)
        if press.action not in looking or press.chat_id != club.id or data in known:
            continue
        known.add(data)
        await anna.forge(menu, data)
        await telegram.settled()
        here = buttons(menu.now)
        waiting += here.values()
        for _ in range(4):
            if "👥 Your groups" in here:
                break
            await anna.forge(menu, here["‹ Back"])
            await telegram.settled()
            here = buttons(menu.now)
        assert "👥 Your groups" in here, data
    assert {Press.unpack(data).action for data in known} >= set("hsemlqjk")


async def test_the_button_under_the_words_on_arrival_opens_ones_own_view_and_stays(
    telegram: Sandbox, bot: RunningBot, anna: Person, ben: Person
) -> None:
    club = telegram.supergroup("Book club", owner=anna, members=[ben])
    anna.add_bot(club)
    said = await anna.sees(club, "Thanks for adding me")
    assert "Only admins" in (await ben.press(said, "⚙️ Settings")).text
    for _ in range(2):
        await anna.press(said, "⚙️ Settings")
        assert (await anna.sees(club, "All settings are at their defaults")).ephemeral
    await telegram.settled()
    assert not said.gone
    assert said.now.text == said.text


@pytest.mark.parametrize("rights", [(), ("can_delete_messages",)])
async def test_on_arrival_missing_rights_are_named_with_the_link_that_grants_them(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group, rights: tuple[str, ...]
) -> None:
    await choose(bot, club, clean_joins=True)
    anna.remove_bot(club)
    anna.add_bot(club, *rights)
    said = await anna.sees(club, "as you left them")
    assert ("“Delete messages” for: Delete “joined”" in said.text) is not bool(rights)
    assert any("🔑 Grant missing rights" in row for row in said.buttons) is not bool(rights)
