"""What people see: messages as they were on the screen, and answers to their presses."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from sandbox.world import World
from sandbox.world.errors import CannotError
from sandbox.world.state.callbacks import Callback
from sandbox.world.state.chats import Message
from sandbox.world.state.events import Event


@dataclass(frozen=True)
class Seen:
    """A message as somebody saw it at one moment. Two are equal when they are the same message, edited or not."""

    message: Message = field(repr=False)
    text: str = ""
    buttons: tuple[tuple[str, ...], ...] = ()
    sender: str = ""
    ephemeral: bool = False
    raw: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, message: Message) -> Seen:
        """The message as it is now."""
        raw = message.to_api()
        author = message.sender_chat.title if message.sender_chat is not None else None
        return cls(
            message,
            message.words,
            tuple(tuple(button["text"] for button in row) for row in message.inline_keyboard),
            author or (message.sender.first_name if message.sender is not None else ""),
            message.ephemeral_id is not None,
            raw,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Seen) and other.message is self.message

    def __hash__(self) -> int:
        return id(self.message)

    @property
    def id(self) -> int:
        """`message_id`; 0 for an ephemeral message."""
        return self.message.id

    @property
    def entities(self) -> list[dict[str, Any]]:
        """Entities of the text or the caption."""
        found: list[dict[str, Any]] = self.raw.get("entities") or self.raw.get("caption_entities") or []
        return found

    @property
    def reply_to(self) -> Seen | None:
        """The message it answers."""
        return None if self.message.reply_to is None else Seen.of(self.message.reply_to)

    @property
    def document(self) -> dict[str, Any] | None:
        """The `Document` object, if it carries a file."""
        return self.raw.get("document")

    @property
    def media(self) -> str:
        """What it shows besides words: "photo", "animation", "video", or nothing."""
        return next((kind for kind in ("photo", "animation", "video") if kind in self.raw), "")

    @property
    def gone(self) -> bool:
        """Whether the message has been deleted since."""
        return self.message.gone

    @property
    def now(self) -> Seen:
        """The same message as it is at this moment."""
        return Seen.of(self.message)

    def button(self, label: str) -> dict[str, Any]:
        """The button with this label, or the only one whose label contains it."""
        rows: list[list[dict[str, Any]]] = self.raw.get("reply_markup", {}).get("inline_keyboard", [])
        every = [button for row in rows for button in row]
        exact = [button for button in every if button["text"] == label]
        found = exact or [button for button in every if label in button["text"]]
        if len(found) == 1 or exact:
            return found[0]
        problem = "no button" if not found else "more than one button"
        message = f"{problem} {label!r} under {self.text!r}; there are: {self.buttons}"
        raise CannotError(message)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot answered to a press: `text` on top of the chat, or as an `alert`; `url` opens a deep link."""

    text: str = ""
    alert: bool = False
    url: str | None = None


class Press:
    """A press on a button. `await` it (or `answer(within)`) for the bot's answer."""

    def __init__(self, world: World, callback: Callback, description: str) -> None:
        self._world = world
        self.callback = callback
        self._description = description

    def __await__(self) -> Generator[Any, None, Answer]:
        return self.answer().__await__()

    @property
    def answered(self) -> Answer | None:
        """The answer, if there is one already."""
        found = self.callback.answer
        return None if found is None else Answer(**found)

    async def answer(self, within: float = 15.0) -> Answer:
        """Wait for the answer; TimeoutError after `within` seconds."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def listen(event: Event) -> None:
            if event.kind == "answer" and event.details["callback_id"] == self.callback.id and not done.done():
                done.set_result(None)

        self._world.events.listeners.append(listen)
        try:
            if self.answered is None:
                async with asyncio.timeout(within):
                    await done
        except TimeoutError:
            message = f"no answer within {within} s to: {self._description}"
            raise TimeoutError(message) from None
        finally:
            self._world.events.listeners.remove(listen)
        return self.answered or Answer()
