"""Takes the README's pictures: the bot itself plays a short scene in the sandbox, a real Chromium looks on.

`make pictures`. Needs Chromium and, for the emoji, Debian's `fonts-noto-color-emoji`; `pngquant`, where there is one,
makes the files smaller.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from bot.storage.schema.embedded import start_embedded
from sandbox import Group, Person, Sandbox, Seen
from tests.browsing import ARGUMENTS, chromium

PROJECT = Path(__file__).parents[1]
FOLDER = PROJECT / "docs" / "pictures"
WIDE = ViewportSize(width=1180, height=820)
PATIENCE = 90.0  # seconds: in groups the bot keeps to twenty messages a minute
PHONE = ViewportSize(width=390, height=800)


@dataclass
class Scene:
    """Who is there, and the menus that the pictures show."""

    box: Sandbox
    group: Group
    anna: Person
    ben: Person
    cem: Person
    dora: Person


@asynccontextmanager
async def bot_running(box: Sandbox) -> AsyncIterator[None]:
    """`python -m bot` at this sandbox, with a database of its own."""
    with tempfile.TemporaryDirectory(prefix="pictures-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101, S103  # readable for the server's own user
        server = await start_embedded(Path(folder))
        variables = {"BOT_TOKEN": box.token, "BOT_API_URL": box.url, "DATABASE_URL": server.dsn}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot"),
            cwd=PROJECT,
            env={**os.environ, **variables},
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            await box.polled(60)
            yield
        finally:
            process.terminate()
            await process.wait()
            await server.stop()


async def play(box: Sandbox) -> Scene:
    """A book club, its people, and some settings that were made."""
    anna, ben = box.person("Anna", username="anna"), box.person("Ben", username="ben")
    cem, dora = box.person("Cem"), box.person("Dora", language_code="es")
    group = box.supergroup("Book club", owner=anna, admins=[ben, cem], members=[dora], bot="administrator")
    family = box.group("Sunday hikers", owner=ben, members=[anna, dora])
    scene = Scene(box, group, anna, ben, cem, dora)
    cem.go_anonymous(group)
    anna.start()
    await anna.sees(None)
    ben.say("The weather will be fine on Sunday", family)
    await change(scene)
    await talk(scene)
    return scene


async def change(scene: Scene) -> None:
    """Anna and Ben set some settings, by typing and by buttons; then they start their apps anew."""
    anna, ben, group = scene.anna, scene.ben, scene.group
    for key, value, bold in (
        (
            "welcome_text",
            "Welcome to {chat}, {name}! 📚\nWe read one chapter a week. Sit down, there is tea.",
            "{chat}",
        ),
        ("rules_text", "No spoilers before Thursday.", "No spoilers"),
    ):
        text = f"/settings {key} {value}"
        anna.say(text, group, entities=[{"type": "bold", "offset": text.index(bold), "length": len(bold)}])
        await anna.sees(group, "Saved", within=PATIENCE)
    await opened(anna, group, "Greetings", "Welcome: off", "to everyone")
    await opened(anna, group, "Rules", "○ Rules button")
    ben.say("/settings timezone Europe/Berlin", group)
    await ben.sees(group, "Saved", within=PATIENCE)
    await opened(ben, group, "Tidiness", "○ Delete “joined”")
    ben.say("/settings quiet_hours 22:30-07:00", group)
    await ben.sees(group, "Saved", within=PATIENCE)
    for person in (anna, ben):
        person.restart_app()


async def talk(scene: Scene) -> None:
    """What has been said when the pictures are taken."""
    group, clock = scene.group, scene.box.clock
    scene.dora.say("Has anybody finished chapter seven? No spoilers, please!", group)
    clock.advance(95)
    question = scene.ben.say("Nearly. Shall we meet tomorrow evening?", group)
    clock.advance(40)
    answer = scene.dora.reply(question, "Yes! I bring the cake 🍰")
    scene.anna.react(answer, "❤️")
    scene.cem.react(answer, "❤️")
    scene.ben.pin(question)
    clock.advance(130)
    scene.box.person("Emil", language_code="fr").join(group)
    await scene.dora.sees(group, "Emil", within=PATIENCE)
    clock.advance(60)
    scene.cem.say("Welcome, Emil! Next week it is chapter eight, everybody.", group)
    clock.advance(200)
    await scene.box.settled(PATIENCE)


async def opened(who: Person, group: Group, *path: str) -> Seen:
    """Open the menu and press the buttons of a path."""
    who.catch_up(group)
    who.say("/settings", group)
    screen = await who.sees(group, "⚙️", within=PATIENCE)
    for label in path:
        await who.press(screen, label).answer(PATIENCE)
        screen = await who.sees_edit(screen, within=PATIENCE)
    return screen


async def main() -> None:
    """Take them all, in both themes."""
    FOLDER.mkdir(exist_ok=True)
    async with (
        Sandbox(name="Settings Bot", username="settings_bot") as box,
        bot_running(box),
        async_playwright() as play_,
    ):
        program = chromium()
        if program is None:
            sys.exit("No Chromium: install it (Debian: apt-get install chromium) or name its program in CHROMIUM.")
        browser = await play_.chromium.launch(executable_path=program, args=ARGUMENTS)
        scene = await play(box)
        await opened(scene.anna, scene.group)
        await both(browser, scene, "menu")
        await both(browser, scene, "phone", phone=True)
        await shows(browser, scene, "two-people", "Rules", also=scene.dora)
        await shows(browser, scene, "editor", "Greetings", "Welcome text")
        await shows(browser, scene, "history", "History")
        scene.anna.restart_app()
        scene.anna.say("/settings card", scene.group)
        await scene.anna.sees(scene.group, "As of", within=PATIENCE)
        await both(browser, scene, "card", phone=True)
        await browser.close()
    shrink()


async def shows(browser: Browser, scene: Scene, name: str, *path: str, also: Person | None = None) -> None:
    """A screen of the menu, with nothing of the former one."""
    scene.anna.restart_app()
    await opened(scene.anna, scene.group, *path)
    await both(browser, scene, name, also=also)


async def both(browser: Browser, scene: Scene, name: str, *, also: Person | None = None, phone: bool = False) -> None:
    """One picture in light and in dark."""
    for scheme in ("light", "dark"):
        size, scale = (PHONE, 2) if phone else (WIDE, 1.5)
        page = await browser.new_page(
            viewport=size, device_scale_factor=scale, color_scheme=scheme, timezone_id="Europe/Berlin"
        )
        also_ = f"&also={also.id}" if also else ""
        await page.goto(f"{scene.box.url}/#as={scene.anna.id}&chat={scene.group.id}{also_}")
        await page.locator("#app[data-ready]").wait_for()
        await page.locator(".pane.first .keyboard").last.wait_for()
        await still(page)
        await page.screenshot(path=FOLDER / f"{name}-{scheme}.png")
        await page.close()


async def still(page: Page) -> None:
    """No blinking cursor, no focus ring; two frames for what is being drawn."""
    await page.evaluate("document.activeElement?.blur()")
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def shrink() -> None:
    """Fewer colours, where pngquant is installed."""
    program = shutil.which("pngquant")
    for picture in sorted(FOLDER.glob("*.png")):
        if program is not None:
            command = [program, "--force", "--strip", "--skip-if-larger", "--output", str(picture), str(picture)]
            subprocess.run(command, check=False)  # noqa: S603  # our own files
        sys.stdout.write(f"{picture.name}: {picture.stat().st_size // 1024} KB\n")


if __name__ == "__main__":
    asyncio.run(main())
