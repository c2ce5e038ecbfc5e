"""What the page can make a person do: `{"person": ID, "do": NAME, ...}` as one table.

Arguments: `chat` is a chat id (left out: the private chat), `message` the `key` of a message in that chat, `who` a
user id (the bot's too).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox.deeds import Group
from sandbox.person import Person
from sandbox.seen import Seen
from sandbox.world import CannotError, User, founding
from sandbox.world.entities import Entity
from sandbox.world.texts import MESSAGE_LIMIT

if TYPE_CHECKING:
    from sandbox.box import Sandbox

# What an app's own shortcuts and menu make of a text.
TYPED_FORMATS = frozenset(
    {"bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "blockquote", "text_link"}
)
Act = Callable[["Sandbox", Person, "Arguments"], Any]


class Arguments:
    """The fields of one action, read with their types; a wrong one is a `CannotError`."""

    def __init__(self, box: Sandbox, given: dict[str, Any]) -> None:
        self._box = box
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
        found = self._box.world.user(self.number(name) or 0)
        if found is None:
            message = f"nobody has the id {self._given.get(name)!r}"
            raise CannotError(message)
        return found

    def chat(self, name: str = "chat") -> Group | None:
        """The chat meant; None is the private one."""
        number = self.number(name)
        found = self._box.world.chats.get(number or 0)
        if number is not None and found is None and number not in self._box.world.users:
            message = f"no chat has the id {number}"
            raise CannotError(message)
        return Group(self._box, found) if found is not None and found.person is None else None

    def group(self) -> Group:
        """The group meant; a private chat will not do."""
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
    """Whether it says what to format, and how; a link's address is the only thing that may stand beside."""
    if not isinstance(value, dict) or not value.keys() <= {"type", "offset", "length", "url", "language"}:
        return False
    span = [value.get("offset"), value.get("length")]
    words = [value.get("type"), value.get("url", ""), value.get("language", "")]
    whole = all(isinstance(one, int) and not isinstance(one, bool) and 0 <= one <= MESSAGE_LIMIT for one in span)
    return whole and value.get("type") in TYPED_FORMATS and all(isinstance(one, str) for one in words)


def _said(seen: Seen) -> dict[str, int]:
    return {"key": seen.message.order}


def _say(box: Sandbox, person: Person, a: Arguments) -> Any:
    del box
    answered = a.message(person, "reply_to") if a.number("reply_to") is not None else None
    return _said(
        person.say(a.text("text"), a.chat(), reply_to=answered, topic=a.number("topic"), entities=a.entities())
    )


def _press(box: Sandbox, person: Person, a: Arguments) -> Any:
    """Press by row and column, so that two buttons may have the same label."""
    del box
    seen = a.message(person)
    rows = seen.message.inline_keyboard
    row, column = a.number("row") or 0, a.number("column") or 0
    if not (0 <= row < len(rows) and 0 <= column < len(rows[row])):
        message = "there is no such button (any more)"
        raise CannotError(message)
    button = rows[row][column]
    if "callback_data" not in button:
        return {"button": button}
    return {"callback_id": person.forge(seen, button["callback_data"]).callback.id}


def _promote(box: Sandbox, person: Person, a: Arguments) -> None:
    del box
    title = a.text("title", "") or None
    person.promote(a.group(), a.user(), *a.names("rights"), title=title, anonymous=a.flag("anonymous"))


def _new_person(box: Sandbox, _person: Person, a: Arguments) -> Any:
    username = a.text("username", "") or None
    made = founding.new_person(box.world, a.text("name"), username=username, language_code=a.text("language", "en"))
    box.world.events.add("chat", box.world.private(made))
    return {"id": made.id}


def _new_group(box: Sandbox, person: Person, a: Arguments) -> Any:
    kind = a.text("kind", "supergroup")
    chat = founding.new_group(
        box.world, kind, a.text("title"), person.user, forum=a.flag("forum") and kind == "supergroup", quiet=False
    )
    return {"id": chat.id}


def _delete(_box: Sandbox, person: Person, a: Arguments) -> None:
    person.delete(a.message(person))


ACTS: dict[str, Act] = {
    "say": _say,
    "press": _press,
    "start": lambda _, p, a: p.start(a.text("parameter", "")),
    "reply": lambda _, p, a: _said(p.reply(a.message(p), a.text("text"))),
    "edit": lambda _, p, a: _said(p.edit(a.message(p), a.text("text"), entities=a.entities())),
    "delete": _delete,
    "forward": lambda _, p, a: _said(p.forward(a.message(p), a.chat("to"))),
    "react": lambda _, p, a: p.react(a.message(p), a.text("emoji", "") or None),
    "pin": lambda _, p, a: p.pin(a.message(p)),
    "unpin": lambda _, p, a: p.unpin(a.message(p)),
    "tap": lambda _, p, a: _said(p.tap(a.chat(), a.text("label"))),
    "share_chat": lambda _, p, a: _said(p.share_chat(a.text("label"), a.group())),
    "join": lambda _, p, a: p.join(a.group()),
    "leave": lambda _, p, a: p.leave(a.group()),
    "add": lambda box, p, a: p.add(a.group(), box.person_of(a.user())),
    "add_bot": lambda _, p, a: p.add_bot(a.group(), *a.names("rights")),
    "remove": lambda _, p, a: p.remove(a.group(), a.user()),
    "ban": lambda _, p, a: p.ban(a.group(), a.user()),
    "startgroup": lambda _, p, a: p.open_startgroup(a.group(), a.text("parameter", ""), a.names("rights")),
    "promote": _promote,
    "demote": lambda _, p, a: p.demote(a.group(), a.user()),
    "restrict": lambda _, p, a: p.restrict(a.group(), a.user(), *a.names("taken")),
    "anonymous": lambda _, p, a: p.go_anonymous(a.group(), on=a.flag("on", default=True)),
    "rename": lambda _, p, a: p.rename(a.group(), a.text("title")),
    "set_photo": lambda _, p, a: p.set_photo(a.group()),
    "upgrade": lambda _, p, a: {"id": p.upgrade(a.group()).id},
    "create_topic": lambda _, p, a: {"topic": p.create_topic(a.group(), a.text("name"))},
    "block": lambda _, p, _a: p.block_bot(),
    "unblock": lambda _, p, _a: p.unblock_bot(),
    "restart_app": lambda _, p, _a: p.restart_app(),
    "new_person": _new_person,
    "new_group": _new_group,
}


def act(box: Sandbox, given: dict[str, Any]) -> Any:
    """Do it; what comes back is for the page (`key` of a new message, `id` of something made, `callback_id`)."""
    arguments = Arguments(box, given)
    name = arguments.text("do")
    if name not in ACTS:
        message = f"nobody can {name!r}"
        raise CannotError(message)
    if name == "new_person":
        return _new_person(box, box.person_of(box.bot), arguments)
    return ACTS[name](box, box.person_of(arguments.user("person")), arguments)
