"""A real Chromium that looks at the chat page, for tests and for the pictures."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, Route, async_playwright, expect

from sandbox import Group, Person, Sandbox

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
PATIENCE_MS = 20_000


def chromium() -> str | None:
    """The program named by `CHROMIUM`, or one in the PATH."""
    given = os.environ.get("CHROMIUM")
    return given or next((path for path in map(shutil.which, NAMES) if path), None)


@asynccontextmanager
async def chromium_running() -> AsyncIterator[Browser]:
    """A browser, closed at the end. Without one a test is skipped; in CI it fails."""
    program = chromium()
    if program is None:
        word = "no Chromium: install it (Debian: apt-get install chromium) or name its program in CHROMIUM"
        if os.environ.get("CI") == "true":
            pytest.fail(word)
        pytest.skip(word)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        await browser.close()


class Looking:
    """Chat pages of one sandbox, and everything that must not happen in them."""

    def __init__(self, browser: Browser, box: Sandbox) -> None:
        self.box = box
        self.complaints: list[str] = []
        self._browser = browser
        self._contexts: list[BrowserContext] = []

    async def page(
        self, person: Person | None = None, chat: Group | None = None, *, also: Person | None = None, **options: Any
    ) -> Page:
        """The page as this person sees this chat (None: the private one); `options` are the browser context's."""
        options = {"viewport": {"width": 1280, "height": 800}, "timezone_id": "Europe/Berlin", **options}
        context = await self._browser.new_context(**options)
        self._contexts.append(context)
        await context.route("**/*", self._only_here)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda said: self._note("console", said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self._note("script", str(error)))
        page.on("dialog", self._dismiss)
        await page.goto(self.address(person, chat, also))
        await expect(page.locator("#app[data-ready]")).to_be_attached()
        return page

    def address(self, person: Person | None = None, chat: Group | None = None, also: Person | None = None) -> str:
        """Where the page shows just this."""
        parts = {"chat": "bot" if chat is None else chat.id, "also": also.id if also else None}
        known = "".join(f"&{name}={value}" for name, value in parts.items() if value is not None)
        return f"{self.box.url}/#as={person.id}{known}" if person is not None else f"{self.box.url}/"

    async def close(self) -> None:
        """Close every page."""
        for context in self._contexts:
            await context.close()

    def forgive(self, text: str) -> None:
        """Drop the complaints with this text: the test itself caused them."""
        self.complaints = [one for one in self.complaints if text not in one]

    def _note(self, kind: str, text: str) -> None:
        self.complaints.append(f"{kind}: {text}")

    async def _dismiss(self, dialog: Any) -> None:
        self._note("dialog", dialog.message)
        await dialog.dismiss()

    async def _only_here(self, route: Route) -> None:
        if route.request.url.startswith((f"{self.box.url}/", "data:", "blob:")):
            await route.continue_()
        else:
            self._note("request", route.request.url)
            await route.abort()


@asynccontextmanager
async def looking_at(browser: Browser, box: Sandbox) -> AsyncIterator[Looking]:
    """Open pages of this sandbox; at the end nothing may have been complained about."""
    looking = Looking(browser, box)
    yield looking
    await looking.close()
    assert not looking.complaints, looking.complaints


def messages(page: Page, side: str = "first") -> Locator:
    """The messages on one side of the page."""
    return page.locator(f".pane.{side} .message")


def message(page: Page, text: str, side: str = "first") -> Locator:
    """The newest message with this text."""
    return messages(page, side).filter(has_text=text).last


async def write(page: Page, text: str) -> None:
    """Type into the field and send."""
    field = page.get_by_label("Message", exact=True).first
    await field.fill(text)
    await field.press("Escape" if text.startswith("/") else "End")
    await field.press("Enter")


async def fill_form(page: Page, yes: str, **values: str | bool) -> None:
    """Fill in the dialog by its labels (underscores are spaces) and confirm it."""
    dialog = page.get_by_role("dialog").last
    for name, value in values.items():
        field = dialog.get_by_label(name.replace("_", " "), exact=True)
        await (field.set_checked(value) if isinstance(value, bool) else field.fill(value))
    await dialog.get_by_role("button", name=yes, exact=True).click()
