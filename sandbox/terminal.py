"""A small chat in the terminal, for machines without a browser.

`anna> text` speaks in the chat chosen last. `/me NAME`, `/in TITLE` (or `/in private`), `/press LABEL`, `/screen`,
`/add_bot`, `/quit` steer; any other command goes to the bot.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

from sandbox.people.group import Group
from sandbox.people.person import Person
from sandbox.people.screen import Seen
from sandbox.world import CannotError
from sandbox.world.actions import visibility
from sandbox.world.state.events import Event

from .sandbox import Sandbox


class Terminal:
    """Plays one person in one chat at a time."""

    def __init__(self, sandbox: Sandbox, show: Callable[[str], None]) -> None:
        self._sandbox = sandbox
        self._world = sandbox.world
        self._show = show
        people = [user for user in sandbox.world.users.values() if not user.is_bot]
        self.person: Person = sandbox.person_of(people[0]) if people else sandbox.person("You")
        self.chat: Group | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Read lines until the end of input or `/quit`."""
        self._world.events.listeners.append(self._on_event)
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        self._show(f"You are {self.person.name}. /me NAME, /in TITLE, /press LABEL, /screen, /add_bot, /quit")
        while not stop.is_set():
            line = (await reader.readline()).decode(errors="replace")
            if not line or line.strip() == "/quit":
                break
            self.handle_line(line.strip())
        stop.set()

    def handle_line(self, line: str) -> None:
        """Handle one line; what is not possible is printed."""
        word, _, rest = line.partition(" ")
        commands = {
            "/me": self._me,
            "/in": self._in,
            "/press": self._press,
            "/screen": self._screen,
            "/add_bot": self._add,
        }
        try:
            if word in commands:
                commands[word](rest.strip())
            elif line:
                self.person.say(line, self.chat)
        except CannotError as error:
            self._show(f"! {error}")

    def _me(self, name: str) -> None:
        users = self._world.users.values()
        found = next((user for user in users if user.first_name.lower() == name.lower() and not user.is_bot), None)
        self.person = self._sandbox.person_of(found) if found is not None else self._sandbox.person(name or "Somebody")
        self._screen("")

    def _in(self, title: str) -> None:
        chats = [chat for chat in self._world.chats.values() if chat.person is None and chat.migrated_to is None]
        found = next((chat for chat in chats if title.lower() in chat.title.lower()), None)
        if found is None and title != "private":
            self._show(f"! chats: private, {', '.join(chat.title for chat in chats)}")
            return
        self.chat = None if title == "private" or found is None else Group(self._world, found)
        self._screen("")

    def _press(self, label: str) -> None:
        shown = [seen for seen in self.person.screen(self.chat) if seen.buttons]
        if not shown:
            raise CannotError("there is no button")
        self.person.press(shown[-1], label)

    def _add(self, _rest: str) -> None:
        if self.chat is None:
            raise CannotError("that is done in groups")
        self.person.add_bot(self.chat)

    def _screen(self, _rest: str) -> None:
        self._show(f"-- {self.person.name} in {self.chat.title if self.chat else 'the private chat'}")
        for seen in self.person.screen(self.chat)[-10:]:
            self._show(_line(seen))

    def _on_event(self, event: Event) -> None:
        if event.chat is not self.person.chat_of(self.chat) or not visibility.is_visible(event, self.person.user):
            return
        if event.kind == "answer":
            self._show(f"   ({event.details['text']})")
        elif event.kind in {"message", "edited"} and event.message is not None:
            self._show(_line(Seen.of(event.message)))


def _line(seen: Seen) -> str:
    kind = next((key for key in seen.raw if key in {"photo", "animation", "video", "document", *_SERVICE}), "")
    text = seen.text or f"[{kind}]"
    rows = "".join(f"\n     {'  '.join(f'[{label}]' for label in row)}" for row in seen.buttons)
    return f"   {seen.sender}{' (only you)' if seen.ephemeral else ''}: {text}{rows}"


_SERVICE = ("new_chat_members", "left_chat_member", "new_chat_title", "pinned_message", "migrate_to_chat_id")
