"""The menu of a group's settings, as people use it."""

from __future__ import annotations

import re

import pytest

from bot.kinds import Section
from bot.settings import parts, visible_settings
from bot.telegram.callback_data import to_base36
from sandbox import Group, Person, Sandbox, Seen
from sandbox.world.state.events import Event

pytestmark = pytest.mark.usefixtures("bot")


async def opened(person: Person, chat: Group | None, *path: str) -> Seen:
    """Open the menu and press the buttons of a path."""
    person.say("/settings", chat)
    screen = await person.sees(chat, "⚙️")
    for label in path:
        await person.press(screen, label)
        screen = screen.now
    return screen


async def typed(person: Person, chat: Group | None, screen: Seen, text: str) -> Seen:
    """Ask for typing and reply to the question; return what comes back."""
    await person.press(screen, "✏️ Type it")
    question = await person.sees(chat, "Reply to this message")
    person.reply(question, text)
    return await person.sees(
        chat, re.compile("Saved|It has to be|text has|I know|no time zone|Did you mean|I do not|Nothing is filled")
    )


async def test_an_admin_opens_the_menu_and_nobody_else_sees_it(anna: Person, ben: Person, club: Group) -> None:
    menu = await opened(anna, club)
    assert menu.ephemeral
    assert "Book club" in menu.text
    assert "All settings are at their defaults" in menu.text
    assert menu not in ben.screen(club)


async def test_a_person_sets_their_own_settings_in_the_private_chat(anna: Person) -> None:
    screen = await opened(anna, None, "General", "Time zone")
    saved = await typed(anna, None, screen, "berlin")
    assert "Saved – Time zone: Europe/Berlin" in saved.text


async def test_a_switch_is_set_by_two_presses_from_the_menu(anna: Person, club: Group) -> None:
    menu = await opened(anna, club)
    await anna.press(menu, "🧹 Tidiness")
    await anna.press(menu.now, "○ Delete “joined”")
    assert "Saved – Delete “joined”: on" in menu.now.text
    assert menu.now.button("✓ Delete “joined”")["style"] == "success"
    await anna.press(menu.now, "✓ Delete “joined”")
    assert "Saved – Delete “joined”: off" in menu.now.text


async def test_a_choice_is_set_by_its_button_and_shows_what_holds(anna: Person, club: Group) -> None:
    screen = await opened(anna, club, "Greetings", "Welcome: off")
    await anna.press(screen, "only to the newcomer")
    assert "Saved – Welcome: only to the newcomer" in screen.now.text
    assert screen.now.button("● only to the newcomer")["style"] == "primary"
    await anna.press(screen.now, "‹ Back")
    assert screen.now.button("Welcome: only to the newcomer")
    await anna.press(screen.now, "‹ Back")
    assert "Welcome: only to the newcomer" in screen.now.text


async def test_a_choice_is_taken_back_to_the_default_by_a_button(anna: Person, club: Group) -> None:
    screen = await opened(anna, club, "Access", "Who may change")
    await anna.press(screen, "every admin")
    assert "Default: admins with “Change group info”" in screen.now.text
    await anna.press(screen.now, "↩️ Default")
    assert ": admins with “Change group info”" in screen.now.text
    assert all("Default" not in label for row in screen.now.buttons for label in row)


async def test_a_text_is_typed_with_its_formatting_and_shown_as_it_will_look(anna: Person, club: Group) -> None:
    screen = await opened(anna, club, "Greetings", "Welcome text")
    await anna.press(screen, "✏️ Type it")
    question = await anna.sees(club, "Reply to this message")
    assert question.ephemeral
    bold = [{"type": "bold", "offset": 0, "length": 2}]
    anna.say("Hi {name} & welcome", club, reply_to=question, entities=bold)
    saved = await anna.sees(club, "Saved")
    assert "Hi {name} & welcome" in saved.text
    shown = saved.text.encode("utf-16-le")
    texts = [
        shown[2 * one["offset"] : 2 * (one["offset"] + one["length"])].decode("utf-16-le") for one in saved.entities
    ]
    assert "Hi" in texts
    await anna.sees_gone(question)


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        (("General", "Time zone"), "new york", "America/New York"),
        (("Greetings", "Goodbye text"), "Bye {name}", "“Bye {name}”"),
        (("Rules", "Rules ›"), "Be nice", "“Be nice”"),
        (("Quiet", "Silent hours"), "11pm-7am", "23:00–07:00"),
    ],
    ids=lambda one: one[-1] if isinstance(one, tuple) else None,
)
async def test_every_kind_that_can_be_typed_takes_a_typed_reply(
    anna: Person, club: Group, path: tuple[str, ...], text: str, said: str
) -> None:
    saved = await typed(anna, club, await opened(anna, club, *path), text)
    assert f": {said}" in saved.text


async def test_a_typed_value_that_is_refused_is_asked_for_again_until_it_fits(anna: Person, club: Group) -> None:
    screen = await opened(anna, club, "General", "Time zone")
    again = await typed(anna, club, screen, "atlantis")
    assert "There is no time zone" in again.text or "Did you mean" in again.text
    assert "Reply to this message" in again.text
    anna.reply(again, "berlin")
    assert "Europe/Berlin" in (await anna.sees(club, "Saved")).text


async def test_the_editor_above_a_question_shows_the_value_that_was_typed(anna: Person, club: Group) -> None:
    above = await opened(anna, club, "General", "Time zone")
    again = await typed(anna, club, above, "atlantis")
    assert "Now: UTC" in above.now.text
    anna.reply(again, "berlin")
    await anna.sees(club, "Saved")
    above = await anna.sees_edit(above, "Now: Europe/Berlin")
    await anna.press(above, "✏️ Type it")
    await anna.press(await anna.sees(club, "Reply to this message"), "↩️ Default")
    await anna.sees(club, "Saved – Time zone: UTC")
    await anna.sees_edit(above, "Now: UTC")


async def test_the_editor_above_a_question_in_private_shows_a_long_text(anna: Person, club: Group) -> None:
    anna.start(f"s_{to_base36(club.id)}")
    menu = await anna.sees(None, "Book club")
    await anna.press(menu, "Rules")
    await anna.press(await anna.sees_edit(menu), "Rules ›")
    above = await anna.sees_edit(menu, "Now:")
    text = "Be kind to everybody. " * 30
    assert "Saved" in (await typed(anna, None, above, text)).text
    await anna.sees_edit(above, text.strip())


@pytest.mark.parametrize("sandbox_options", [{"ephemeral": False}])
async def test_the_editor_that_everybody_sees_shows_what_was_typed(anna: Person, club: Group) -> None:
    anna.say("/settings timezone", club)
    above = await anna.sees(club, "Accepted")
    await anna.press(above, "Change it")
    above = await anna.sees_edit(above)
    await typed(anna, club, above, "berlin")
    await anna.sees_edit(above, "Now: Europe/Berlin")


async def test_a_question_is_taken_away_by_cancel(anna: Person, club: Group) -> None:
    screen = await opened(anna, club, "General", "Time zone")
    await anna.press(screen, "✏️ Type it")
    question = await anna.sees(club, "Reply to this message")
    await anna.press(question, "✕ Cancel")
    await anna.sees_gone(question)


async def test_the_menu_is_taken_away_by_close(anna: Person, club: Group) -> None:
    menu = await opened(anna, club)
    await anna.press(menu, "✕ Close")
    await anna.sees_gone(menu)


@pytest.mark.parametrize("section", Section, ids=lambda section: section.title)
async def test_every_setting_can_be_reached_explained_and_left_again(
    anna: Person, club: Group, section: Section
) -> None:
    menu = await opened(anna, club, section.title)
    for setting in visible_settings(private=False).values():
        if setting.section is section and setting.key not in parts() and not setting.forums:
            assert setting.title in menu.now.text
            assert setting.help in menu.now.text
    for label in [label for row in menu.now.buttons for label in row if label.endswith("›")]:
        await anna.press(menu.now, label)
        assert label.partition(":")[0].removesuffix(" ›") in menu.now.text
        await anna.press(menu.now, "‹ Back")
    await anna.press(menu.now, "‹ Back")
    assert "All settings are at their defaults" in menu.now.text


async def test_no_setting_takes_more_than_four_presses(anna: Person, telegram: Sandbox, club: Group) -> None:
    screen = await opened(anna, club, "Greetings", "Welcome: off")
    await anna.press(screen, "to everyone")
    assert "Saved" in screen.now.text
    assert len(telegram.world.callbacks) <= 4


async def test_a_press_costs_at_most_two_calls_besides_the_rights_check(
    anna: Person, telegram: Sandbox, club: Group
) -> None:
    menu = await opened(anna, club)
    for label in ("🧹 Tidiness", "○ Delete “pinned”", "‹ Back", "👋 Greetings", "Welcome: off ›", "to everyone"):
        telegram.calls.clear()
        await anna.press(menu.now, label)
        await telegram.settled()
        calls = [call.method for call in telegram.calls.all() if call.method not in RIGHTS_CHECKS | AT_START]
        assert len(calls) <= 2, f"{label}: {calls}"


RIGHTS_CHECKS = {"getChatMember", "getChatAdministrators"}
AT_START = {"setMyCommands", "getUpdates"}


async def test_an_opened_menu_costs_at_most_three_calls(anna: Person, telegram: Sandbox, club: Group) -> None:
    telegram.calls.clear()
    await opened(anna, club)
    await telegram.settled()
    assert sum(call.method not in AT_START for call in telegram.calls.all()) <= 3, telegram.calls.summary()


@pytest.mark.parametrize("pace", [1.0])
async def test_quick_presses_are_all_answered_and_the_screen_of_the_last_one_stays(
    telegram: Sandbox, anna: Person, club: Group
) -> None:
    menu = await opened(anna, club)
    sections = [section.title for section in Section]
    telegram.faults.flood(club.id, "editEphemeralMessageText", retry_after=2, times=1)
    drawn: list[str] = []

    def note(event: Event) -> None:
        if event.kind == "edited" and event.message is menu.message:
            drawn.append(next(title for title in sections if f"{title}\n" in menu.now.text))

    telegram.world.events.listeners.append(note)
    for press in [anna.press(menu, title) for title in sections]:
        await press
    await anna.sees_edit(menu, f"{sections[-1]}\n")
    await telegram.settled()
    assert drawn == sorted(drawn, key=sections.index)
    assert drawn[-1] == sections[-1]
