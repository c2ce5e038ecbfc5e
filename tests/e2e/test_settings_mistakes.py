"""Nothing wrong is ever saved: commands as answers, pictures, one's own rights, files that are no files."""

from __future__ import annotations

import pytest

from bot.kinds import Setting
from bot.settings import visible_settings
from sandbox import Group, Person, Sandbox, Seen
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose

pytestmark = pytest.mark.usefixtures("bot")

TYPED = [one for one in visible_settings(private=False).values() if one.kind.typed]


async def prompt_for(person: Person, chat: Group, key: str) -> Seen:
    """Ask for a typed value of a setting."""
    person.say(f"/settings {key}", chat)
    screen = await person.sees(chat, "Accepted")
    await person.press(screen, "Change it")
    labels = [label for row in screen.now.buttons for label in row]
    await person.press(
        screen.now, next(one for one in ("✏️ Type it", "📎 Send a photo or video", "➕ Add buttons") if one in labels)
    )
    return await person.sees(chat, "Reply to this message")


async def stored(bot: RunningBot, chat: Group) -> dict[str, object]:
    """What is stored of a chat."""
    return dict((await bot.configs.read(chat.id)).chosen)


@pytest.mark.parametrize("setting", TYPED, ids=lambda one: one.key)
async def test_a_command_in_reply_to_a_prompt_is_a_command(
    bot: RunningBot, anna: Person, club: Group, setting: Setting
) -> None:
    key = getattr(setting, "key", "")
    prompt = await prompt_for(anna, club, key)
    anna.reply(prompt, "/help")
    await anna.sees(club, "What can be set in a group")
    anna.reply(prompt, "/Settings@sandbox_bot goodbye on")
    await anna.sees(club, "Saved – Goodbye: on")
    assert await stored(bot, club) == {"goodbye": True}
    assert prompt in anna.screen(club), "the question stays open"


async def test_who_wants_a_text_that_looks_like_a_command_is_shown_how(
    bot: RunningBot, anna: Person, club: Group
) -> None:
    anna.reply(await prompt_for(anna, club, "rules_text"), "/rules")
    shown = await anna.sees(club, "I took that as a command")
    assert "send: /settings rules_text /rules" in shown.text
    anna.say("/settings rules_text /rules", club)
    await anna.sees(club, "Saved – Rules: “/rules”")
    assert await stored(bot, club) == {"rules_text": "/rules"}


@pytest.mark.parametrize("text", ["/foo", "/helpful", "/help@other_bot", "no /help", "/"])
async def test_what_is_no_command_of_ours_is_a_text(bot: RunningBot, anna: Person, club: Group, text: str) -> None:
    anna.reply(await prompt_for(anna, club, "rules_text"), text)
    await anna.sees(club, "Saved")
    assert await stored(bot, club) == {"rules_text": text}


async def test_a_picture_with_a_text_is_refused_where_only_the_text_would_be_kept(
    bot: RunningBot, anna: Person, club: Group
) -> None:
    anna.send_photo(club, caption="/settings rules_text Be kind")
    await anna.sees(club, "I can keep only text")
    prompt = await prompt_for(anna, club, "rules_text")
    anna.send_photo(club, caption="Be kind", reply_to=prompt)
    again = await anna.sees(club, "I can keep only text")
    assert await stored(bot, club) == {}
    anna.reply(again, "Be kind")
    await anna.sees(club, "Saved")
    assert await stored(bot, club) == {"rules_text": "Be kind"}


async def test_a_placeholder_is_understood_however_it_is_typed(bot: RunningBot, anna: Person, club: Group) -> None:
    anna.reply(await prompt_for(anna, club, "welcome_text"), "Hi { Name }")
    await anna.sees(club, "Saved")
    assert await stored(bot, club) == {"welcome_text": "Hi {name}"}


async def test_doubled_braces_are_said_as_one(anna: Person, ben: Person, club: Group, telegram: Sandbox) -> None:
    anna.say("/settings goodbye on", club)
    anna.say("/settings goodbye_text Bye {{name}}, {NAME}", club)
    await anna.sees(club, "Saved – Goodbye text")
    ben.leave(club)
    await anna.sees(club, "Bye {name}, Ben")


@pytest.fixture
def cleo(telegram: Sandbox, anna: Person, club: Group) -> Person:
    """An admin who may change the chat's info."""
    person = telegram.person("Cleo")
    person.join(club)
    anna.promote(club, person)
    return person


async def test_nobody_locks_themselves_out_without_being_asked(bot: RunningBot, cleo: Person, club: Group) -> None:
    cleo.say("/settings editors owner", club)
    question = await cleo.sees(club, "you can no longer change the settings")
    assert await stored(bot, club) == {}
    await cleo.press(question, "Yes, change it")
    assert "Saved – Who may change: only the owner" in question.now.text
    assert await stored(bot, club) == {"editors": "owner"}


async def test_the_owner_is_asked_before_the_others_are_locked_out(bot: RunningBot, anna: Person, club: Group) -> None:
    anna.say("/settings editors", club)
    screen = await anna.sees(club, "Example")
    await anna.press(screen, "Change it")
    await anna.press(screen.now, "only the owner")
    assert "no admin but the owner" in screen.now.text
    assert await stored(bot, club) == {}
    await anna.press(screen.now, "Yes, change it")
    assert await stored(bot, club) == {"editors": "owner"}
    anna.say("/settings editors admins", club)
    await anna.sees(club, "Saved")
    anna.say("/settings undo", club)
    question = await anna.sees(club, "no admin but the owner")
    assert await stored(bot, club) == {"editors": "admins"}
    await anna.press(question, "Yes, change it")
    assert await stored(bot, club) == {"editors": "owner"}


async def test_a_reset_and_an_undo_ask_a_plain_admin_who_would_lose_the_right(
    bot: RunningBot, telegram: Sandbox, anna: Person, club: Group
) -> None:
    plain = telegram.person("Dora")
    plain.join(club)
    anna.promote(club, plain, "can_delete_messages")
    await choose(bot, club, editors="admins", goodbye=True)
    plain.say("/settings reset editors", club)
    await plain.sees(club, "you can no longer change")
    plain.say("/settings reset", club)
    question = await plain.sees(club, "These go back to their default")
    await plain.press(question, "Reset")
    assert "you can no longer change" in question.now.text
    assert await stored(bot, club) == {"editors": "admins", "goodbye": True}
    await plain.press(question.now, "Yes, change it")
    assert await stored(bot, club) == {}


async def test_a_file_asks_before_it_takes_the_right_to_change(bot: RunningBot, cleo: Person, club: Group) -> None:
    cleo.send_file(club, "s.json", b'{"schema":1,"settings":{"editors":"owner"}}', caption="/settings import")
    preview = await cleo.sees(club, "change")
    await cleo.press(preview, "Apply")
    assert "you can no longer change" in preview.now.text
    assert await stored(bot, club) == {}
    await cleo.press(preview.now, "Yes, change it")
    assert await stored(bot, club) == {"editors": "owner"}


@pytest.mark.parametrize("content", [b"[1]", b'{"name": "a package"}'])
async def test_a_file_that_is_refused_is_asked_for_again(
    bot: RunningBot, anna: Person, club: Group, content: bytes
) -> None:
    anna.say("/settings import", club)
    question = await anna.sees(club, "Reply to this message")
    anna.send_file(club, "x.json", content, reply_to=question)
    again = await anna.sees(club, "Reply to this message")
    assert again.ephemeral
    assert "This is not a settings file" in again.text
    await anna.sees_gone(question)
    anna.send_file(club, "x.json", b'{"schema":1,"settings":{"goodbye":true}}', reply_to=again)
    preview = await anna.sees(club, "change")
    await anna.press(preview, "Apply")
    await anna.sees_gone(again)
    assert await stored(bot, club) == {"goodbye": True}


async def test_a_question_is_open_for_an_hour(bot: RunningBot, telegram: Sandbox, anna: Person, club: Group) -> None:
    prompt = await prompt_for(anna, club, "rules_text")
    telegram.world.clock.advance(3_500)
    anna.reply(prompt, "Be kind.")
    await anna.sees(club, "Saved")
    prompt = await prompt_for(anna, club, "rules_text")
    telegram.world.clock.advance(3_700)
    anna.reply(prompt, "Be late.")
    await anna.sees(club, "more than an hour old")
    await anna.sees_gone(prompt)
    assert await stored(bot, club) == {"rules_text": "Be kind."}


async def test_a_question_that_is_answered_by_a_button_goes_away(bot: RunningBot, anna: Person, club: Group) -> None:
    prompt = await prompt_for(anna, club, "timezone")
    anna.reply(prompt, "Springfield")
    offered = await anna.sees(club, "Did you mean")
    await anna.press(offered, "Chicago")
    await anna.sees(club, "Saved – Time zone")
    await anna.sees_gone(offered)
    prompt = await prompt_for(anna, club, "timezone")
    await anna.press(prompt, "Default")
    await anna.sees_gone(prompt)
    assert await stored(bot, club) == {}
