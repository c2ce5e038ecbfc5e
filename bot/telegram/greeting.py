"""A greeting as it is sent: its text filled in, with its photo, GIF or video and its buttons.

Who joins or leaves sees it, and as a preview who sets it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from bot.client.methods import Method
from bot.client.raw_call import RawCall, raw_call
from bot.kinds import buttons, markup
from bot.kinds.filling import fill
from bot.kinds.media import LABELS, File, read
from bot.kinds.placeholders import fillings
from bot.kinds.text import MOST_IN_CAPTION, MOST_IN_MESSAGE
from bot.settings import ChatConfig, settings
from bot.telegram.callback_data import Action, Press
from bot.telegram.screens import Button, Screen, button, content, link, message_to
from bot.words import N_, Html, Words

Rows = tuple[tuple[Button, ...], ...]

# How each kind of media is sent; the parameter of the file is called like the kind.
_METHODS = {"photo": "sendPhoto", "animation": "sendAnimation", "video": "sendVideo"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a greeting is filled in with: ids and names of people, the chat's title, its number of members, and when."""

    people: Sequence[tuple[int, str]]
    chat: str
    members: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Composed:
    """A text with its buttons, and what is shown above it."""

    screen: Screen
    media: File | None = None

    def calls(self, chat_id: int, **where: Any) -> tuple[Method, ...]:
        """Return the calls that send it: the whole, and where Telegram refuses a file or a link, without these.

        `where` are the options of `message_to`.
        """
        calls: list[Method] = []
        without_links = replace(self.screen, rows=tuple(row for row in self.screen.rows if row[0].url is None))
        for screen in dict.fromkeys((self.screen, without_links)):
            text = message_to(chat_id, screen, **where)
            calls += [text] if self.media is None else [_with_media(self.media, text), text]
        return tuple(calls)

    def with_links(self, url: str) -> Composed:
        """Return the same with a link in the place of each button that means something in its chat only."""
        rows = tuple(tuple(link(one.text, one.url or url) for one in row) for row in self.screen.rows)
        return replace(self, screen=replace(self.screen, rows=rows))

    def edit(self, chat_id: int, message_id: int, *, caption: bool) -> Method:
        """Return the call that shows it in a message that was sent; `caption` says whether that shows media."""
        changed = content(self.screen)
        if not caption:
            return raw_call("editMessageText", chat_id=chat_id, message_id=message_id, **changed)
        return raw_call("editMessageCaption", chat_id=chat_id, message_id=message_id, **_as_caption(changed))


def _with_media(file: File, text: Method) -> Method:
    """Return the call that sends a file, its caption being the text of another call."""
    parameters = _as_caption(cast("RawCall", text).parameters)
    return raw_call(_METHODS[file.kind], **{file.kind: file.file_id}, **parameters)


def _as_caption(parameters: Mapping[str, Any]) -> dict[str, Any]:
    names = {"text": "caption"}
    return {names.get(name, name): value for name, value in parameters.items() if name != "link_preview_options"}


def shows_media(sent: object) -> bool:
    """Say whether a message, as Telegram describes it, shows a photo, a GIF or a video."""
    return isinstance(sent, dict) and not sent.keys().isdisjoint(LABELS)


def compose(config: ChatConfig, key: str, words: Words, facts: Facts, *, chat_id: int, bot_id: int) -> Composed:
    """Return the text of the setting `key` as it is sent. A file of another bot is left out."""
    text = text_of(config, key, words)
    file = read(getattr(config, settings()[key].media)) if settings()[key].media else None
    # Two admins at once can choose a text and media that do not fit together.
    if file is not None and (file.bot_id != bot_id or markup.visible_length(text) > MOST_IN_CAPTION):
        file = None
    if not settings()[key].kind.placeholders:
        return Composed(Screen(Html(text)), file)
    local = facts.at.astimezone(ZoneInfo(config.timezone))
    filled = fill(
        text,
        fillings(facts.people, facts.chat, facts.members, local, words),
        MOST_IN_CAPTION if file else MOST_IN_MESSAGE,
    )
    rows = link_rows(config, key)
    if not is_goodbye(key):
        rows += rules_rows(config, words, chat_id)
    return Composed(Screen(filled, rows), file)


def is_goodbye(key: str) -> bool:
    """Say whether a text is said to people who leave."""
    return "goodbye_text" in {key, settings()[key].variant_of}


def one_of_texts(config: ChatConfig, key: str, seed: int) -> str:
    """Return the key of a text or of one of its variants; the same one for the same seed."""
    variants = (one.key for one in settings().values() if one.variant_of == key and getattr(config, one.key))
    return random.Random(seed).choice((key, *variants))  # noqa: S311 - nobody gains by guessing it


def link_rows(config: ChatConfig, key: str) -> Rows:
    """Return the rows of link buttons under a text."""
    chosen = settings()[key].buttons
    rows = buttons.read(getattr(config, chosen)) if chosen else ()
    return tuple(tuple(link(one.label, one.url) for one in row) for row in rows)


def text_of(config: ChatConfig, key: str, words: Words) -> str:
    """Return a text as the chat chose it; our own is said in the language of `words`."""
    return str(settings()[key].localized(getattr(config, key), words))


def rules_rows(config: ChatConfig, words: Words, chat_id: int) -> Rows:
    """Return the row of the rules button, where the chat has both rules and the button."""
    if not config.rules_button or not config.rules_text:
        return ()
    return ((button(words.plain(N_("📜 Rules")), Press(Action.SHOW_RULES, chat_id).pack()),),)
