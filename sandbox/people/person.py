"""People for tests: a test plays a human, waits for the next visible thing, and looks at what is on the screen."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

from sandbox.world import World
from sandbox.world.actions import visibility
from sandbox.world.state.chats import Chat
from sandbox.world.state.events import Event
from sandbox.world.state.users import User

from .group import Group
from .messaging import Messaging
from .moderation import Moderation
from .screen import Seen

Wanted = str | re.Pattern[str] | None


class Person(Messaging, Moderation):
    """One human with Telegram's app. What it does happens at once; what it waits for has a deadline.

    `recent_calls` is for the message of a wait that ran out: what the bot called last, as lines of text.
    """

    def __init__(self, world: World, user: User, recent_calls: Callable[[], str]) -> None:
        super().__init__(world, user)
        self.recent_calls = recent_calls
        self._read_until: dict[int, int] = {}

    def screen(self, chat: Group | None = None) -> list[Seen]:
        """Exactly what this person sees in the chat now, oldest first."""
        return [Seen.of(message) for message in visibility.visible_messages(self.chat_of(chat), self.user)]

    def last(self, chat: Group | None = None) -> Seen:
        """The newest message on the screen."""
        shown = self.screen(chat)
        if not shown:
            message = f"{self.name} sees nothing in {self._place(chat)}"
            raise LookupError(message)
        return shown[-1]

    def commands(self, chat: Group | None = None) -> list[dict[str, Any]]:
        """The command menu of this person in this chat."""
        return self.world.commands.seen_by(self.user, self.chat_of(chat))

    def keyboard(self, chat: Group | None = None) -> list[list[str]]:
        """The labels of the reply keyboard shown."""
        return [[button["text"] for button in row] for row in visibility.reply_keyboard(self.chat_of(chat), self.user)]

    def catch_up(self, chat: Group | None = None) -> None:
        """Skip everything so far: `sees` waits for what comes later."""
        self._read_until[self.chat_of(chat).id] = self.world.events.number

    async def sees(
        self,
        chat: Group | None = None,
        text: Wanted = None,
        *,
        within: float = 15.0,
        where: Callable[[Seen], bool] | None = None,
    ) -> Seen:
        """The next new or edited message of somebody else that fits; what lies before it is skipped.

        Service messages are skipped; look at them with `screen`.
        """
        place = self.chat_of(chat)

        def fits(event: Event) -> bool:
            return self._is_news(event, place) and _fits(event, text, where)

        what = f"{self.name} did not see {_named(text)} in {self._place(chat)}"
        event = await self._wait(fits, self._read_until.get(place.id, 0), within, what, chat)
        self._read_until[place.id] = event.number
        if event.message is None:
            raise LookupError(what)
        return Seen.of(event.message)

    async def sees_edit(self, message: Seen, text: Wanted = None, *, within: float = 15.0) -> Seen:
        """Wait until this message differs from what was seen, and fits."""

        def changed(event: Event | None) -> bool:
            now = message.now
            mine = event is None or (event.message is message.message and event.kind == "edited")
            return mine and now.raw != message.raw and _matches(now, text)

        if not changed(None):
            what = f"{self.name} did not see {message.text!r} become {_named(text)}"
            await self._wait(changed, self.world.events.number, within, what, None)
        return message.now

    async def sees_gone(self, message: Seen, *, within: float = 15.0) -> None:
        """Wait until the message is deleted."""
        if not message.gone:
            what = f"{self.name} still sees {message.text!r}"
            await self._wait(lambda _: message.gone, self.world.events.number, within, what, None)

    def _is_news(self, event: Event, place: Chat) -> bool:
        message = event.message
        if message is None or event.chat is not place or event.kind not in {"message", "edited"}:
            return False
        by_me = message.author is self.user or message.sender is self.user
        return not by_me and not message.gone and not message.is_service and visibility.is_visible(event, self.user)

    async def _wait(
        self, fits: Callable[[Event], bool], after: int, within: float, what: str, chat: Group | None
    ) -> Event:
        found = next((event for event in self.world.events.after(after) if fits(event)), None)
        if found is not None:
            return found
        future: asyncio.Future[Event] = asyncio.get_running_loop().create_future()

        def listen(event: Event) -> None:
            if not future.done() and fits(event):
                future.set_result(event)

        self.world.events.listeners.append(listen)
        try:
            async with asyncio.timeout(within):
                return await future
        except TimeoutError:
            raise TimeoutError(f"{what} within {within} s.\n{self._report(chat)}") from None
        finally:
            self.world.events.listeners.remove(listen)

    def _report(self, chat: Group | None) -> str:
        rows = [
            f"  {seen.sender}: {seen.text or list(seen.raw)[-1]!r} {seen.buttons or ''}" for seen in self.screen(chat)
        ]
        shown = "\n".join(rows[-6:]) or "  (nothing)"
        return f"On the screen:\n{shown}\nThe last API calls:\n{self.recent_calls()}"


def _fits(event: Event, text: Wanted, where: Callable[[Seen], bool] | None) -> bool:
    if event.message is None:
        return False
    seen = Seen.of(event.message)
    return _matches(seen, text) and (where is None or where(seen))


def _matches(seen: Seen, text: Wanted) -> bool:
    if text is None:
        return True
    return text in seen.text if isinstance(text, str) else text.search(seen.text) is not None


def _named(text: Wanted) -> str:
    return "anything new" if text is None else repr(text if isinstance(text, str) else text.pattern)
