"""Shows every screen of the bot at a phone's width, in both themes and all languages, to be looked at by somebody.

`python -m scripts.every_screen FOLDER [LANGUAGE ...]` writes sheets of several screens each. The bot plays in the
sandbox; from the first screen on every button that leads somewhere is followed, so a new screen is on the sheets by
itself.
"""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from bot.kinds.media import File
from bot.storage.schema.embedded import start_embedded
from bot.telegram.callback_data import Action, Press
from bot.words import Catalogues
from sandbox import Group, Person, Sandbox, Seen
from scripts.take_pictures import PHONE, still
from tests.browsing import ARGUMENTS, chromium
from tests.conftest import environment_for
from tests.e2e.running import RunningBot

SCHEMES = ("light", "dark")
PER_SHEET = 8
SHEET = "body { background: #777; display: flex; flex-wrap: wrap; align-items: start; gap: 8px } img { width: 396px }"
# What leads nowhere or changes something; the screens after it are reached once, at the end.
CHANGING = {Action.SET, Action.DEFAULT, Action.CANCEL, Action.CLOSE, Action.UNDO, Action.APPLY}
CHANGING |= {Action.RESET, Action.ERASE, Action.EXPORT, Action.POST, Action.PICK}
TYPED = (
    *("/settings welcome_text", "/settings timezone", "/settings clean", "/settings wellcome on", "/settings history"),
    *("/settings history goodbye", "/settings history clean_pins", "/settings announce_changes on"),
    *("/settings card", "/settings check", "/settings copy", "/settings import", "/settings reset", "/settings xyzzy"),
    *("/settings welcome maybe", "/settings goodbye on", "/settings rules_text Be <b>kind</b>.", "/settings undo"),
    *("/help", "/rules", "/privacy", "/start"),
)
TYPED_IN_PRIVATE = (
    "/start",
    "/help",
    "/privacy",
    "hello",
    "/settings",
    "/settings chats",
    "/settings wel",
    "/settings card",
)


class Screens:
    """Collects pictures of the newest message on Anna's phone."""

    def __init__(self, pages: dict[str, Page], folder: Path, name: str) -> None:
        self._pages = pages
        self._folder = folder
        self._name = name
        self.taken: dict[str, list[bytes]] = {scheme: [] for scheme in pages}

    async def take(self, box: Sandbox) -> None:
        """One picture in each theme."""
        await box.settled(60)
        for scheme, page in self._pages.items():
            await still(page)
            await page.wait_for_timeout(120)
            pop_up = await page.locator("dialog[open]").count()
            shown = page if pop_up else page.locator(".pane.first .column").last
            self.taken[scheme].append(await shown.screenshot())
            if pop_up:
                await page.keyboard.press("Escape")

    async def sheets(self, browser: Browser) -> None:
        """Put the pictures side by side, several on a sheet."""
        for scheme, pictures in self.taken.items():
            for first in range(0, len(pictures), PER_SHEET):
                page = await browser.new_page(viewport={"width": 1640, "height": 400})
                coded = [base64.b64encode(one).decode() for one in pictures[first : first + PER_SHEET]]
                images = "".join(f'<img src="data:image/png;base64,{one}">' for one in coded)
                await page.set_content(f"<style>{SHEET}</style>{images}")
                name = f"{self._name}-{first // PER_SHEET + 1:02}-{scheme}.png"
                await page.screenshot(path=self._folder / name, full_page=True)
                await page.close()


@asynccontextmanager
async def running(box: Sandbox) -> AsyncIterator[RunningBot]:
    """The bot in this process, which need not keep to Telegram's pace here."""
    with tempfile.TemporaryDirectory(prefix="screens-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101, S103  # readable for the server's own user
        server = await start_embedded(Path(folder))
        bot = RunningBot(environment_for(server.dsn, bot_token=box.token, bot_api_url=box.url), box, 100_000.0)
        await bot.start()
        try:
            yield bot
        finally:
            await bot.stop()
            await server.stop()


async def follow(box: Sandbox, person: Person, chat: Group | None, shots: Screens) -> None:
    """Open the menu and press whatever leads to another screen; every button is pressed on the same message."""
    person.catch_up(chat)
    person.say("/settings", chat)
    menu = await person.sees(chat, "⚙️")
    await shots.take(box)
    waiting, known = buttons(menu), {""}
    while waiting:
        data = waiting.pop(0)
        meaning = "|".join(data.split("|")[:3])
        # From a group the picker opens the private chat.
        if meaning in known or (chat and Press.unpack(data).action == Action.PICK_LOG):
            continue
        known.add(meaning)
        before = person.last(chat)
        await person.forge(menu, data)
        await box.settled(60)
        await shots.take(box)
        waiting += buttons(menu.now)
        question = person.last(chat)
        if question != before:  # a message of its own
            await person.forge(question, Press(Action.CLOSE, Press.unpack(data).chat_id).pack())
            await box.settled(60)
            if not question.gone:
                person.delete(question)


def buttons(screen: Seen) -> list[str]:
    """The data of the buttons that lead to another screen."""
    rows = screen.raw.get("reply_markup", {}).get("inline_keyboard", [])
    data = [one["callback_data"] for row in rows for one in row if "callback_data" in one]
    return [one for one in data if Press.unpack(one).action not in CHANGING]


async def type_all(box: Sandbox, person: Person, chat: Group | None, texts: tuple[str, ...], shots: Screens) -> None:
    """The answers to what is typed."""
    for text in texts:
        person.say(text, chat)
        await shots.take(box)


async def greet(browser: Browser, box: Sandbox, bot: RunningBot, group: Group, anna: Person, shots: Screens) -> None:
    """A greeting with a photo and buttons, for names of both directions; then how it is set and looks in advance."""
    sent = anna.send_photo(group, await picture(browser))
    photo = File("photo", box.world.bot.id, sent.raw["photo"][-1]["file_id"]).stored()
    links = "Book list - https://example.org/list && نادي - https://example.org/club\nShop - https://example.org/shop"
    changes = {"welcome": "everyone", "welcome_media": photo, "welcome_buttons": links, "clean_joins": False}
    await bot.configs.change(group.id, changes, by=anna.id, via="menu", remove={"welcome_text"})
    for name in ("Tom <b>", "نور"):
        box.person(name).join(group)
        await shots.take(box)
    await type_all(box, anna, group, ("/settings welcome_media", "/settings welcome_text {mention}!"), shots)


async def picture(browser: Browser) -> bytes:
    """A photo to send."""
    page = await browser.new_page(viewport={"width": 480, "height": 270})
    await page.set_content("<body style='background: linear-gradient(160deg, #f6d365, #fda085 45%, #5a3f73)'>")
    content = await page.screenshot()
    await page.close()
    return content


async def visit(browser: Browser, folder: Path, language: str) -> None:
    """All screens in one language."""
    async with Sandbox(name="Settings Bot", username="settings_bot") as box, running(box) as bot:
        anna, ben = box.person("Anna", language_code=language), box.person("Ben", language_code=language)
        group = box.supergroup("Book club", owner=anna, admins=[ben], bot="administrator")
        other = box.supergroup("Chess & more", owner=anna, bot="member")
        configs = bot.configs
        await configs.change(
            other.id, {"welcome": "everyone", "clean_joins": True, "language": language}, by=None, via="menu"
        )
        await configs.change(group.id, {"language": language}, by=ben.id, via="menu")
        anna.start()
        for place, texts in ((group, TYPED), (None, TYPED_IN_PRIVATE)):
            pages = {scheme: await phone(browser, box, anna, place, scheme) for scheme in SCHEMES}
            shots = Screens(pages, folder, f"{language}-{'group' if place else 'private'}")
            await follow(box, anna, place, shots)
            if place:
                changes = {
                    "welcome": "newcomer",
                    "welcome_text": "<b>Welcome</b> to {chat}, {name}!\nThere is tea.",
                    "timezone": "America/Argentina/ComodRivadavia",
                    "quiet_hours": "22:30-07:00",
                    "welcome_delete_after": 5_400,
                    "clean_joins": True,
                }
                await configs.change(group.id, changes, by=ben.id, via="menu")
                await follow(box, anna, place, shots)
            await type_all(box, anna, place, texts, shots)
            if place:
                await greet(browser, box, bot, place, anna, shots)
            await shots.sheets(browser)
            for page in pages.values():
                await page.close()


async def phone(browser: Browser, box: Sandbox, person: Person, chat: Group | None, scheme: str) -> Page:
    """The chat page as a phone shows it."""
    page = await browser.new_page(viewport=PHONE, device_scale_factor=1.5, color_scheme=scheme)  # type: ignore[arg-type]
    where = chat.id if chat else "bot"
    await page.goto(f"{box.url}/#as={person.id}&chat={where}")
    await page.locator("#app[data-ready]").wait_for()
    return page


async def main(folder: Path, languages: list[str]) -> None:
    """Write all sheets. When it is ended, so are the server and the browser."""
    if me := asyncio.current_task():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, me.cancel)
    async with async_playwright() as playing:
        browser = await playing.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        for language in languages:
            await visit(browser, folder, language)
        await browser.close()


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2:] or list(Catalogues().languages)))
