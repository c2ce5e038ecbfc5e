"""The button in the group that opens the settings for whoever presses it: it is there for two minutes, or one use."""

from __future__ import annotations

import asyncio

import pytest

from bot.features.settings.menu.opening import PUBLIC_BUTTON_SECONDS
from bot.storage.connection.availability import Pool
from sandbox import Group, Person, Sandbox, Seen
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose

_DUE_IN = "SELECT extract(epoch FROM due_at - created_at) FROM outbox WHERE kind = 'deletion'"


async def button_for_anonymous(admin: Person, chat: Group, text: str = "/settings") -> Seen:
    admin.go_anonymous(chat)
    admin.say(text, chat)
    return await admin.sees(chat, "Press")


async def promised(pool: Pool) -> float:
    """Wait until one deletion is stored, and return the seconds until it is due."""
    async with asyncio.timeout(10):
        while True:
            due = await pool.connections.fetchval(_DUE_IN)
            if due is not None:
                return float(due)
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("text", ["/settings", "/settings welcome everyone"])
async def test_it_goes_away_when_an_admin_has_used_it(
    bot: RunningBot, anna: Person, ben: Person, club: Group, text: str
) -> None:
    public = await button_for_anonymous(anna, club, text)
    assert public in ben.screen(club)
    await anna.press(public, "⚙️")
    assert (await anna.sees(club, "Book club")).ephemeral
    await anna.sees_gone(public)


async def test_nobody_takes_it_from_the_admin_who_asked_for_it(
    bot: RunningBot, anna: Person, ben: Person, club: Group
) -> None:
    public = await button_for_anonymous(anna, club)
    assert "Only admins" in (await ben.press(public, "⚙️ Settings")).text
    await choose(bot, club, members_may_view=True)
    await ben.press(public, "⚙️ Settings")
    assert (await ben.sees(club, "You can look")).ephemeral
    await anna.press(public, "⚙️ Settings")
    await anna.sees(club, "Book club")
    await anna.sees_gone(public)


async def test_unused_it_goes_away_after_two_minutes_also_when_the_bot_was_restarted(
    bot: RunningBot, anna: Person, club: Group, pool: Pool
) -> None:
    public = await button_for_anonymous(anna, club)
    assert PUBLIC_BUTTON_SECONDS / 2 < await promised(pool) < PUBLIC_BUTTON_SECONDS + 1
    await bot.stop()
    assert not public.gone
    await pool.connections.execute("UPDATE outbox SET due_at = clock_timestamp()")
    await bot.start()
    await anna.sees_gone(public)


async def test_a_menu_that_its_reader_alone_sees_stays(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group, pool: Pool
) -> None:
    anna.say("/settings", club)
    assert (await anna.sees(club, "Book club")).ephemeral
    await telegram.settled()
    assert await pool.connections.fetchval("SELECT count(*) FROM outbox") == 0


@pytest.mark.parametrize("sandbox_options", [{"ephemeral": False}])
async def test_on_an_older_server_a_menu_for_everybody_stays_and_the_button_goes(
    telegram: Sandbox, bot: RunningBot, anna: Person, club: Group
) -> None:
    anna.say("/settings", club)
    public = await anna.sees(club, "Press to open")
    await anna.press(public, "⚙️ Settings")
    menu = await anna.sees(club, "All settings are at their defaults")
    await anna.sees_gone(public)
    await telegram.settled()
    assert not menu.gone


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("history", "Goodbye: off → on"),
        ("HISTORY goodbye", "History › Goodbye"),
        ("history Delete joined", "History › Delete “joined”"),
        ("keys", "🔑 Keys"),
        ("check", "🩺 Check"),
        ("copy", "Copy from another group"),
        ("reset", "go back to their default"),
        ("reset goodbye", "Saved – Goodbye: off"),
        ("undo", "Undone"),
        ("nonsense", "There is no setting “nonsense”."),
        ("rules_text Be <b>kind</b>.", "Rules: nothing → Be <b>kind</b>."),
        ("clean", "Settings like “clean”"),
        ("timezone Moscow", "Time zone"),
        ("goodbye off\nwelcome on", "2 changes."),
    ],
)
@pytest.mark.parametrize("rights", ["administrator", "member"])
async def test_it_does_what_was_typed_for_its_presser_alone(
    bot: RunningBot, telegram: Sandbox, anna: Person, typed: str, seen: str, rights: str
) -> None:
    club = telegram.supergroup("Book club", owner=anna, bot=rights)
    await choose(bot, club, goodbye=True)
    public = await button_for_anonymous(anna, club, f"/settings {typed}")
    await anna.press(public, public.buttons[0][0])
    assert (await anna.sees(club, seen)).ephemeral
    await anna.sees_gone(public)


async def test_export_and_card_come_to_its_presser_alone(bot: RunningBot, anna: Person, club: Group) -> None:
    for word in ("export", "card"):
        public = await button_for_anonymous(anna, club, f"/settings {word}")
        await anna.press(public, word)
        found = await anna.sees(club, where=lambda seen: seen.document is not None or "rich_message" in seen.raw)
        assert found.ephemeral


async def test_a_typed_text_is_shown_before_it_is_set(bot: RunningBot, anna: Person, club: Group) -> None:
    bold = [{"type": "bold", "offset": 16, "length": 2}]
    anna.go_anonymous(club)
    anna.say("/settings rules Be kind.", club, entities=bold)
    await anna.press(await anna.sees(club, "Press"), "/settings rules")
    preview = await anna.sees(club, "1 change.")
    assert (await bot.configs.read(club.id)).revision == 0
    await anna.press(preview, "Apply")
    await anna.sees_edit(preview, "✅ Applied.")
    assert (await bot.configs.read(club.id)).config.rules_text == "<b>Be</b> kind."


async def test_a_file_under_the_command_is_imported(bot: RunningBot, anna: Person, club: Group) -> None:
    anna.go_anonymous(club)
    anna.send_file(club, "s.json", b'{"schema": 1, "settings": {"goodbye": true}}', caption="/settings import")
    await anna.press(await anna.sees(club, "Press"), "/settings import")
    preview = await anna.sees(club, "1 change.")
    await anna.press(preview, "Apply")
    await anna.sees_edit(preview, "✅ Applied.")
    assert (await bot.configs.read(club.id)).config.goodbye


async def test_it_does_nothing_that_its_presser_may_not_do(
    bot: RunningBot, anna: Person, ben: Person, club: Group
) -> None:
    await choose(bot, club, goodbye=True, members_may_view=True)
    for typed in ("undo", "rules Be kind.", "reset goodbye"):
        public = await button_for_anonymous(anna, club, f"/settings {typed}")
        assert "Only admins" in (await ben.press(public, "/settings")).text
        assert not public.gone
    assert (await bot.configs.read(club.id)).revision == 1


async def test_what_was_edited_or_deleted_meanwhile_is_not_done(bot: RunningBot, anna: Person, club: Group) -> None:
    anna.go_anonymous(club)
    for delete in (False, True):
        typed = anna.say("/settings rules Be kind.", club)
        public = await anna.sees(club, "Press")
        if delete:
            anna.delete(typed)
        else:
            anna.edit(typed, "/settings rules Be rude.")
        assert "nothing was done" in (await anna.press(public, "/settings")).text
    assert (await bot.configs.read(club.id)).revision == 0


async def test_what_was_changed_since_the_command_is_not_undone_by_it(
    bot: RunningBot, anna: Person, club: Group
) -> None:
    await choose(bot, club, goodbye=True)
    public = await button_for_anonymous(anna, club, "/settings undo")
    await choose(bot, club, clean_joins=True)
    assert "changed meanwhile" in (await anna.press(public, "undo")).text
    assert (await bot.configs.read(club.id)).revision == 2
