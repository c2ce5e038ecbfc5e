"""The actions the page can make a person do: `{"person": ID, "do": NAME, ...}`.

Arguments: `chat` is a chat id (left out: the private chat), `message` the `key` of a message in that chat, `who` a
user id (the bot's too).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.people.person import Person
from sandbox.people.screen import Seen
from sandbox.world import CannotError
from sandbox.world.actions import creation

from .arguments import Arguments

Action = Callable[[Person, Arguments], Any]


def _key_of(seen: Seen) -> dict[str, int]:
    return {"key": seen.message.order}


def _say(person: Person, a: Arguments) -> Any:
    answered = a.message(person, "reply_to") if a.number("reply_to") is not None else None
    return _key_of(
        person.say(a.text("text"), a.chat(), reply_to=answered, topic=a.number("topic"), entities=a.entities())
    )


def _press(person: Person, a: Arguments) -> Any:
    """Press by row and column, so that two buttons may have the same label."""
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


def _promote(person: Person, a: Arguments) -> None:
    title = a.text("title", "") or None
    person.promote(a.group(), a.user(), *a.names("rights"), title=title, anonymous=a.flag("anonymous"))


def _new_person(_person: Person, a: Arguments) -> Any:
    username = a.text("username", "") or None
    made = creation.new_person(a.world, a.text("name"), username=username, language_code=a.text("language", "en"))
    a.world.events.add("chat", a.world.private(made))
    return {"id": made.id}


def _new_group(person: Person, a: Arguments) -> Any:
    kind = a.text("kind", "supergroup")
    chat = creation.new_group(
        a.world, kind, a.text("title"), person.user, forum=a.flag("forum") and kind == "supergroup", quiet=False
    )
    return {"id": chat.id}


def _delete(person: Person, a: Arguments) -> None:
    person.delete(a.message(person))


ACTIONS: dict[str, Action] = {
    "say": _say,
    "press": _press,
    "start": lambda p, a: p.start(a.text("parameter", "")),
    "reply": lambda p, a: _key_of(p.reply(a.message(p), a.text("text"))),
    "edit": lambda p, a: _key_of(p.edit(a.message(p), a.text("text"), entities=a.entities())),
    "delete": _delete,
    "forward": lambda p, a: _key_of(p.forward(a.message(p), a.chat("to"))),
    "react": lambda p, a: p.react(a.message(p), a.text("emoji", "") or None),
    "pin": lambda p, a: p.pin(a.message(p)),
    "unpin": lambda p, a: p.unpin(a.message(p)),
    "tap": lambda p, a: _key_of(p.tap(a.chat(), a.text("label"))),
    "share_chat": lambda p, a: _key_of(p.share_chat(a.text("label"), a.group())),
    "join": lambda p, a: p.join(a.group()),
    "leave": lambda p, a: p.leave(a.group()),
    "add": lambda p, a: p.add(a.group(), a.person_of(a.user())),
    "add_bot": lambda p, a: p.add_bot(a.group(), *a.names("rights")),
    "remove": lambda p, a: p.remove(a.group(), a.user()),
    "ban": lambda p, a: p.ban(a.group(), a.user()),
    "startgroup": lambda p, a: p.open_startgroup(a.group(), a.text("parameter", ""), a.names("rights")),
    "promote": _promote,
    "demote": lambda p, a: p.demote(a.group(), a.user()),
    "restrict": lambda p, a: p.restrict(a.group(), a.user(), *a.names("taken")),
    "anonymous": lambda p, a: p.go_anonymous(a.group(), on=a.flag("on", default=True)),
    "rename": lambda p, a: p.rename(a.group(), a.text("title")),
    "set_photo": lambda p, a: p.set_photo(a.group()),
    "upgrade": lambda p, a: {"id": p.upgrade(a.group()).id},
    "create_topic": lambda p, a: {"topic": p.create_topic(a.group(), a.text("name"))},
    "close_topic": lambda p, a: p.close_topic(a.group(), a.number("topic") or 0),
    "reopen_topic": lambda p, a: p.reopen_topic(a.group(), a.number("topic") or 0),
    "delete_topic": lambda p, a: p.delete_topic(a.group(), a.number("topic") or 0),
    "block": lambda p, _a: p.block_bot(),
    "unblock": lambda p, _a: p.unblock_bot(),
    "restart_app": lambda p, _a: p.restart_app(),
    "new_person": _new_person,
    "new_group": _new_group,
}


def perform(a: Arguments) -> Any:
    """Perform the action; the page gets the `key` of a new message, the `id` of something made, or `callback_id`."""
    name = a.text("do")
    if name not in ACTIONS:
        message = f"nobody can {name!r}"
        raise CannotError(message)
    actor = a.world.bot if name == "new_person" else a.user("person")
    return ACTIONS[name](a.person_of(actor), a)
