"""Telling a chat of its changes: those of a minute in one message, which makes no sound.

What is remembered of a message is lost with the process: the next change is then told in another one. What was said,
and what is still to be said, the outbox knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from aiogram import Bot
from aiogram.exceptions import TelegramAPIError
from aiogram.types import InaccessibleMessage, InlineKeyboardButton, Message

from bot.client.methods import Method
from bot.client.outbox import Outbox
from bot.client.outgoing import MessageKind, Outgoing
from bot.client.rate_limits import Limits
from bot.client.raw_call import raw_call
from bot.errors import Refused
from bot.features.settings.layout import numbered_rows
from bot.features.settings.view import View
from bot.features.settings.wording import change_lines
from bot.kinds.markup import visible_length
from bot.lru import LruCache
from bot.storage.configs.revisions import Change
from bot.telegram.access import named_admin
from bot.telegram.callback_data import Action, Press
from bot.telegram.names import mentioned
from bot.telegram.screens import Button, Screen, button, content, message_to
from bot.words import N_, Html, Words, escape

TOGETHER_SECONDS = 60.0
"""Changes within this time after the first are told in one message."""

_MOST_CHANGES, _MOST_UNITS = 20, 3_600
# Of each change; of a message, so that what is taken back by its buttons still fits into 4,096 characters; its buttons.
_MOST_LINES, _MOST_BUTTONS = 8, 6

Announced = Message | InaccessibleMessage


@dataclass(frozen=True, slots=True)
class Undone:
    """A change that is taken back, and the sentence that says so.

    `whose` names who had made it, where that may be said. `by_button` says that the announcement's own button did it;
    `announced` is that announcement, unless the press was confirmed on another message.
    """

    revision: int
    sentence: str
    whose: Html
    by_button: bool = False
    announced: Announced | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What an announcement says of one change; `undoes` is the revision it took back, 0 for any other change."""

    revision: int
    head: Html
    lines: tuple[str, ...]
    undo: str
    author: Html | None
    undoes: int = 0


class Announcement:
    """One message that tells of changes; what comes later is edited in. It is the outbox's `Combiner` of its changes.

    `text` and `buttons`, by the revision they take back, are those of a message that was found and not made.
    """

    def __init__(
        self,
        chat_id: int,
        words: Words,
        *,
        message_id: int | None = None,
        text: str = "",
        buttons: Mapping[str, Button] | None = None,
    ) -> None:
        self.message_id = message_id
        self.parts: dict[str, Part] = {}
        self._chat_id = chat_id
        self._words = words
        self._text = text
        self._buttons = buttons or {}
        self._said: set[str] = set()
        self._began = self._edit_at = asyncio.get_running_loop().time()

    def takes(self, part: Part, language: str) -> bool:
        """Say whether another change may be told in the same message."""
        now = asyncio.get_running_loop().time()
        if now - self._began >= TOGETHER_SECONDS or language != self._words.language:
            return False
        texts = [(one.head, *one.lines) for one in (*self.parts.values(), part)]
        units = sum(visible_length("\n".join(lines)) + 8 for lines in texts)
        return len(self.parts) < _MOST_CHANGES and units <= _MOST_UNITS

    def wait_seconds(self, pause: float) -> float:
        """Return how long a change waits for others to be told with it; the first one does not."""
        now = asyncio.get_running_loop().time()
        if now > self._edit_at:
            self._edit_at = now + pause
        return self._edit_at - now if self.parts else 0.0

    def call(self, keys: Sequence[str]) -> Method:
        """Return the call after which the message tells of these changes, too."""
        if self.message_id is None:
            return message_to(self._chat_id, self._screen(keys), silent=True)
        shown = self._screen({*self._said, *keys})
        return raw_call("editMessageText", chat_id=self._chat_id, message_id=self.message_id, **content(shown))

    def call_alone(self, key: str) -> Method:
        """Return the call that tells of this change alone, after a restart: who knows what of the others was told."""
        alone = Announcement(self._chat_id, self._words)
        alone.parts = {key: self.parts[key]}
        return alone.call([key])

    def refused(self) -> bool:
        """The message cannot be edited, it was deleted, say: what it does not tell yet is told in a new one."""
        if self.message_id is None:
            return False
        self.parts = {key: part for key, part in self.parts.items() if key not in self._said}
        self._said.clear()
        self.message_id, self._text, self._buttons = None, "", {}
        return True

    def sent(self, key: str, result: Any) -> None:
        """Note that a change was told."""
        self._said.add(key)
        if self.message_id is None and isinstance(result, dict):
            self.message_id = result.get("message_id")

    def _screen(self, keys: Collection[str]) -> Screen:
        shown = sorted((part for key, part in self.parts.items() if key in keys), key=lambda part: part.revision)
        undone = {str(part.undoes) for part in shown}
        changes = [part for part in shown if not part.undoes]
        numbers = {part.revision: number for number, part in enumerate(changes, 1)} if len(changes) > 1 else {}
        buttons = [one for revision, one in self._buttons.items() if revision not in undone]
        for part in changes:
            if part.undo and str(part.revision) not in undone:
                number = numbers.get(part.revision)
                label = self._words.plain(N_("↩️ Undo {n}"), n=number) if number else self._words.plain(N_("↩️ Undo"))
                buttons.append(button(label, part.undo))
        text = "\n\n".join([*([self._text] if self._text else []), *_paragraphs(shown, numbers)])
        return Screen(Html(text), tuple(numbered_rows(buttons[-_MOST_BUTTONS:])))


def _paragraphs(shown: Sequence[Part], numbers: dict[int, int]) -> list[str]:
    """Return what is said of changes: one person's in a row under one heading, with numbers where they are several."""
    paragraphs: list[str] = []
    heading = None
    for part in shown:
        first, *others = part.lines
        number = numbers.get(part.revision)
        lines = [f"{number}. {first}", *(f"\u2003{line}" for line in others)] if number else part.lines
        if part.head == heading and not part.undoes:
            paragraphs[-1] = "\n".join([paragraphs[-1], *lines])
        else:
            paragraphs.append("\n".join([part.head, *lines]))
        heading = part.head
    return paragraphs


class Announcer:
    """Tells chats of their changes, and finds the message that told of a change.

    Of a group's rate it takes no more than half.
    """

    def __init__(self, outbox: Outbox, limits: Limits, size: int = 1_000) -> None:
        messages, seconds = limits.in_group
        self._pause = 2 * seconds / messages
        self._outbox = outbox
        self._newest: LruCache[tuple[int, int], Announcement] = LruCache(size)
        self._telling: LruCache[tuple[int, int], Announcement] = LruCache(size)

    def tell(self, view: View, change: Change, undone: Undone | None = None, place: int | None = None) -> None:
        """Tell a place of a change: the chat itself, or its log; once, also if its update is handled again.

        `view` is in the chat's language.
        """
        if place is None or place == view.chat_id:
            part, key = _part(view, change, undone), f"announce:{change.revision}"
            announcement = self._announcement(view, part, undone)
            delay = 0.0 if undone and undone.by_button else announcement.wait_seconds(self._pause)
            self._telling.put((view.chat_id, change.revision), announcement)
        else:
            part, key = _logged(view, _part(view, change, undone)), f"log:{view.chat_id}:{change.revision}"
            announcement = self._newest_in(place, view, part)
            delay = announcement.wait_seconds(self._pause)
        announcement.parts[key] = part
        self._outbox.deliver(
            Outgoing(
                MessageKind.ANNOUNCEMENT,
                (announcement.call_alone(key),),
                key,
                delay_seconds=delay,
                on_sent=partial(announcement.sent, key),
                combiner=announcement,
            )
        )

    async def undone(
        self, bot: Bot, view: View, change: Change, *, by_button: bool, announced: Announced | None
    ) -> Undone:
        """Return how to say that the person of the view takes this change back."""
        whose, own = Html(""), change.changed_by == view.person.id
        if own and change.anonymous == view.anonymous:
            sentence = N_("↩️ {who} took back their own change:")
        elif whose := await self._author(bot, view.chat_id, change):
            sentence = N_("↩️ {who} took back {whose}'s change:")
        elif own or change.changed_by is None:
            # Their own, in another name: nobody learns here who the anonymous admin was.
            sentence = N_("↩️ {who} took back a change:")
        else:
            sentence = N_("↩️ {who} took back another admin's change:")
        return Undone(change.revision, sentence, whose, by_button, announced)

    async def _author(self, bot: Bot, chat_id: int, change: Change) -> Html:
        """Return who made a change as everybody may read it; nothing for an anonymous or a former admin."""
        announcement = self._telling.get((chat_id, change.revision))
        part = announcement.parts.get(f"announce:{change.revision}") if announcement else None
        if part is not None or change.changed_by is None or change.anonymous:
            return (part and part.author) or Html("")
        try:
            person = await named_admin(bot, chat_id, change.changed_by)
        except TelegramAPIError:
            return Html("")
        return mentioned(person) if person else Html("")

    def _announcement(self, view: View, part: Part, undone: Undone | None) -> Announcement:
        """Return the message in which to tell of a change."""
        if undone is not None and undone.by_button:
            known = self._telling.get((view.chat_id, undone.revision))
            announced = undone.announced
            if announced is not None and (known is None or known.message_id != announced.message_id):
                known = _found(view, announced)
                self._telling.put((view.chat_id, undone.revision), known)
            if known is not None:
                return known
        return self._newest_in(view.chat_id, view, part)

    def _newest_in(self, place: int, view: View, part: Part) -> Announcement:
        newest = self._newest.get((place, view.chat_id))
        if newest is None or not newest.takes(part, view.words.language):
            newest = Announcement(place, view.words)
            self._newest.put((place, view.chat_id), newest)
        return newest


def _part(view: View, change: Change, undone: Undone | None) -> Part:
    """Return what is said of a change that the person of the view made."""
    who = view.mention()
    if undone is None:
        head = view.words(N_("⚙️ {who} changed the settings:"), who=who)
    else:
        head = view.words(undone.sentence, who=who, whose=undone.whose)
    return Part(
        change.revision,
        head,
        tuple(change_lines(view, change, most=_MOST_LINES)),
        view.press(Action.REVERT, value=str(change.revision)),
        None if view.anonymous else who,
        undone.revision if undone else 0,
    )


def _logged(view: View, part: Part) -> Part:
    """Return what the log of a chat is told: which chat it is; changes are undone there."""
    return replace(part, head=Html(f"👥 <b>{escape(view.title)}</b>\n{part.head}"), undo="")


def _found(view: View, announced: Announced) -> Announcement:
    """Return an announcement of which nothing is remembered, as it stands in the chat."""
    number = announced.message_id
    if not isinstance(announced, Message):
        return Announcement(view.chat_id, view.words, message_id=number)
    rows = announced.reply_markup.inline_keyboard if announced.reply_markup else []
    known = (_known_button(one) for row in rows for one in row)
    buttons = {one[0]: one[1] for one in known if one is not None}
    return Announcement(view.chat_id, view.words, message_id=number, text=announced.html_text, buttons=buttons)


def _known_button(found: InlineKeyboardButton) -> tuple[str, Button] | None:
    """Return which revision a button takes back, and the button; None for one of another release."""
    try:
        press = Press.unpack(found.callback_data)
    except Refused:
        return None
    return press.value, button(found.text, press.pack())
