"""The whole thing as a newcomer meets it: the bot, the sandbox and a real browser."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from sandbox import Group, Person, Sandbox
from tests.browsing import chromium_running, looking_at, message, messages, write
from tests.e2e.running import RunningBot

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


async def press(page: Page, *labels: str) -> None:
    """Press buttons of the newest menu one after the other, each when it is there."""
    for label in labels:
        await page.locator(".pane.first .keyboard").last.get_by_role("button", name=label).click()


async def add_the_bot(page: Page) -> None:
    await page.get_by_role("button", name="Start", exact=True).click()
    await press(page, "Add me")
    await page.get_by_role("dialog").get_by_role("button", name="Book club").click()
    await expect(message(page, "/settings")).to_be_visible()


async def test_from_the_first_start_to_a_changed_text(telegram: Sandbox, bot: RunningBot) -> None:
    anna, ben = telegram.person("Anna"), telegram.person("Ben")
    group = telegram.supergroup("Book club", owner=anna, members=[ben])
    async with chromium_running() as browser, looking_at(browser, telegram) as looking:
        page = await looking.page(anna)
        await add_the_bot(page)
        assert "can_delete_messages" in group.bot_rights
        await page.get_by_label("See it as two people").click()
        await write(page, "/settings")
        menu = message(page, "All settings are at their defaults")
        await expect(menu).to_contain_text("Only you see this")
        await press(page, "Tidiness", "○ Delete “joined”")
        await expect(message(page, "Saved – Delete “joined”: on")).to_be_visible()
        await press(page, "Back", "General", "Language", "Deutsch")
        await expect(message(page, "Saved – Language: Deutsch")).to_be_visible()
        await press(page, "English")
        await expect(message(page, "Saved – Language: English")).to_be_visible()
        await press(page, "Back")
        await expect(page.locator(".pane.first .keyboard").last).to_contain_text("Time zone")
        await press(page, "Back", "Greetings", "Welcome text", "Type it")
        await expect(page.locator(".pane.first .bar")).to_contain_text("Reply to Sandbox Bot")
        await page.get_by_label("Message", exact=True).first.fill("Hello {name}, sit down!")
        await page.keyboard.press("Enter")
        await expect(message(page, "Saved – Welcome text")).to_contain_text("sit down!")
        await expect(messages(page, "second").filter(has_text="Saved")).to_have_count(0)
        await expect(messages(page, "second").filter(has_text="⚙️ Book club")).to_have_count(0)
        await is_refused(page, group, anna, ben)


async def is_refused(page: Page, group: Group, anna: Person, ben: Person) -> None:
    """A member forges a press on a menu that he cannot see: he is told so, and nothing changes."""
    menu = next(seen for seen in reversed(anna.screen(group)) if "↩️ Default" in sum(seen.buttons, ()))
    ben.forge(menu, menu.button("Default")["callback_data"])
    await expect(page.locator(".pane.second .toast, dialog .alert-text")).to_contain_text("admin")
    await page.keyboard.press("Escape")
    await write(page, "/settings welcome_text")
    await expect(message(page, "Example:")).to_contain_text("sit down!")
