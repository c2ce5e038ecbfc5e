"""The fields of one action, read with their types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.people.group import Group
from sandbox.people.person import Person
from sandbox.people.screen import Seen
from sandbox.world import CannotError, User, World
from sandbox.world.actions.content import MAX_MESSAGE_LENGTH
from sandbox.world.formatting.entities import Entity

# What an app's own shortcuts and menu make of a text.
TYPED_FORMATS = frozenset(
    {"bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "blockquote", "text_link"}
)


class Arguments:
    """What the page sent; a field of the wrong type is a `CannotError`."""

    def __init__(self, world: World, person_of: Callable[[User], Person], given: dict[str, Any]) -> None:
        self.world = world
        self.person_of = person_of
        self._given = given

    def text(self, name: str, default: str | None = None) -> str:
        """A text; required without a default."""
        value = self._given.get(name, default)
        if not isinstance(value, str):
            message = f"{name!r} must be a text"
            raise CannotError(message)
        return value

    def number(self, name: str) -> int | None:
        """A whole number, or None when it is left out."""
        value = self._given.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            message = f"{name!r} must be a whole number"
            raise CannotError(message)
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Yes or no."""
        return bool(self._given.get(name, default))

    def names(self, name: str) -> list[str]:
        """A list of texts; left out, empty."""
        value = self._given.get(name) or []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            message = f"{name!r} must be a list of texts"
            raise CannotError(message)
        return value

    def entities(self) -> list[Entity]:
        """The formatting of the text: entities as the Bot API writes them, of the kinds a person can type."""
        value = self._given.get("entities") or []
        if not isinstance(value, list) or not all(_is_entity(one) for one in value):
            message = "'entities' must be a list of entities with type, offset and length"
            raise CannotError(message)
        return value

    def user(self, name: str = "who") -> User:
        """A person or the bot."""
        found = self.world.user(self.number(name) or 0)
        if found is None:
            message = f"nobody has the id {self._given.get(name)!r}"
            raise CannotError(message)
        return found

    def chat(self, name: str = "chat") -> Group | None:
        """The chat meant; None is the private one."""
        number = self.number(name)
        found = self.world.chats.get(number or 0)
        if number is not None and found is None and number not in self.world.users:
            message = f"no chat has the id {number}"
            raise CannotError(message)
        return Group(self.world, found) if found is not None and found.person is None else None

    def group(self) -> Group:
        """The group meant; a private chat is refused."""
        found = self.chat()
        if found is None:
            message = "that is done in groups"
            raise CannotError(message)
        return found

    def message(self, person: Person, name: str = "message") -> Seen:
        """The message meant, among those the person sees."""
        key = self.number(name)
        found = next((seen for seen in person.screen(self.chat()) if seen.message.order == key), None)
        if found is None:
            message = f"{person.name} sees no such message"
            raise CannotError(message)
        return found


def _is_entity(value: object) -> bool:
    """Whether it has a known type, a valid span, and no other fields than `url` and `language`."""
    if not isinstance(value, dict) or not value.keys() <= {"type", "offset", "length", "url", "language"}:
        return False
    span = [value.get("offset"), value.get("length")]
    words = [value.get("type"), value.get("url", ""), value.get("language", "")]
    whole = all(isinstance(one, int) and not isinstance(one, bool) and 0 <= one <= MAX_MESSAGE_LENGTH for one in span)
    return whole and value.get("type") in TYPED_FORMATS and all(isinstance(one, str) for one in words)
