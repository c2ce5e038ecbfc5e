"""Screens: a text with buttons, and the ways to put one before a person.

In a group a screen is ephemeral wherever Telegram allows it: only the person who asked sees it. Rules:
https://core.telegram.org/bots/api#ephemeral-messages-and-commands

What one person alone sees is drawn in their words, what everybody sees in those of the chat: so screens are handed over
as functions of words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from aiogram.enums import ChatType
from aiogram.types import (
    CallbackQuery,
    Chat,
    InaccessibleMessage,
    Message,
)

from bot.client.attempts import Entry
from bot.client.methods import Method
from bot.client.outbox import Outbox
from bot.client.outgoing import MessageKind, Outgoing
from bot.client.raw_call import raw_call
from bot.kinds.filling import cut
from bot.telegram.access import author
from bot.words import Html, Languages, Words

Json = dict[str, Any]
Shown = Message | InaccessibleMessage

# Telegram refuses longer pop-ups (https://core.telegram.org/bots/api#answercallbackquery).
MOST_OF_AN_ANSWER = 200


class Button(NamedTuple):
    """A button under a message; see `button` and `link`."""

    text: str
    callback_data: str | None = None
    url: str | None = None
    style: str | None = None


@dataclass(frozen=True, slots=True)
class Screen:
    """A text in Telegram HTML, at most 4,096 characters, with rows of buttons; `ask` opens the person's reply field."""

    text: Html
    rows: tuple[tuple[Button, ...], ...] = ()
    ask: bool = False

    def keyboard(self) -> Json | None:
        """Return the keyboard as Telegram takes it."""
        if not self.rows:
            return None
        keyboard: Json = {"inline_keyboard": [[_as_json(one) for one in row] for row in self.rows]}
        if self.ask:
            keyboard["force_reply"] = True
        return keyboard


Draw = Callable[[Words], Screen]


def _as_json(one: Button) -> Json:
    as_json = {"text": one.text}
    if one.callback_data is not None:
        as_json["callback_data"] = one.callback_data
    if one.url is not None:
        as_json["url"] = one.url
    if one.style is not None:
        as_json["style"] = one.style
    return as_json


def button(label: str, data: str, style: str | None = None) -> Button:
    """Return a button that carries callback data; `style` is "primary", "success" or "danger"."""
    return Button(label, data, None, style)


def link(label: str, url: str) -> Button:
    """Return a button that opens a link."""
    return Button(label, None, url)


def is_private(message: Message) -> bool:
    """Say whether a message stands in a person's chat with the bot."""
    return message.chat.type == ChatType.PRIVATE


def reply(
    outbox: Outbox, message: Message, draw: Draw, languages: Languages, *, delete_after_seconds: float = 0.0
) -> None:
    """Answer a message where it stands: to its author only if it was ephemeral itself, else for everyone there.

    In private nobody writes between a message and its answer, so that none is quoted there.
    """
    only = _only_for_author(message) if message.ephemeral_message_id else None
    screen = draw(_own(outbox, message.chat, languages) if only or is_private(message) else languages.everybody)
    quote = None if is_private(message) else message
    call = message_to(message.chat.id, screen, topic=topic(message), quote=quote, only=only)
    outbox.deliver(Outgoing(MessageKind.ANSWER, (call,), delete_after_seconds=delete_after_seconds))


def post(outbox: Outbox, message: Message, draw: Draw, languages: Languages) -> None:
    """Say something to everybody where a message stands, even if only its author saw that one."""
    call = message_to(message.chat.id, draw(languages.everybody), topic=topic(message))
    outbox.deliver(Outgoing(MessageKind.ANSWER, (call,)))


def answer(
    outbox: Outbox,
    message: Message,
    draw: Draw,
    languages: Languages,
    *,
    quote: Message | None = None,
    openly: Draw | None = None,
    openly_seconds: float = 0.0,
    kind: MessageKind = MessageKind.ANSWER,
    press_id: str = "",
) -> None:
    """Answer a message to its author only; where Telegram does not allow that, for everyone there.

    Everybody then sees the screen `openly`, if one is given; with `openly_seconds` it is deleted so much later. What
    only its author saw is answered in their private chat instead. With `quote` the answer is a reply to that message;
    without one it quotes what it answers where everybody reads it. `press_id` is the press that this answers, too.
    """
    only, chat_id, thread, seconds = _only_for_author(message, press_id), message.chat.id, topic(message), 0.0
    own = draw(_own(outbox, message.chat, languages))
    if is_private(message):
        calls = [message_to(chat_id, own, topic=thread, quote=quote)]
    elif only is not None and message.ephemeral_message_id:
        # A bot that is no administrator cannot answer it any more after 15 s.
        calls = [
            message_to(chat_id, own, topic=thread, quote=quote or message, only=only),
            message_to(only["receiver_user_id"], own),
        ]
    else:
        public, seconds = (openly or draw)(languages.everybody), openly_seconds
        calls = [message_to(chat_id, public, topic=thread, quote=quote or message)]
        if only is not None:
            calls.insert(0, message_to(chat_id, own, topic=thread, quote=quote, only=only))
    outbox.deliver(Outgoing(kind, tuple(calls), delete_after_seconds=seconds))


def hint(outbox: Outbox, message: Message, text: Html) -> None:
    """Say something to the author of a message in a group alone, or in private; to nobody where that is not allowed."""
    only = _only_for_author(message)
    if only is None and not is_private(message):
        return
    quote = message if message.ephemeral_message_id else None
    call = message_to(message.chat.id, Screen(text), topic=topic(message), quote=quote, only=only)
    outbox.deliver(Outgoing(MessageKind.HINT, (call,)))


def answer_press(
    outbox: Outbox,
    query: CallbackQuery,
    draw: Draw,
    languages: Languages,
    *,
    openly: Draw | None = None,
    in_place: bool = False,
    on_sent: Callable[[Any], None] | None = None,
) -> Entry | None:
    """Answer a press by a new message: in a group only the presser sees it, or everybody sees the screen `openly`.

    With `in_place` everybody sees it in the pressed message instead. `on_sent` is called with Telegram's answer.
    """
    message = query.message
    if message is None:
        return None
    own, calls = draw(_own(outbox, message.chat, languages)), []
    thread, private = topic(message) if isinstance(message, Message) else None, message.chat.type == ChatType.PRIVATE
    if not private:
        calls.append(message_to(message.chat.id, own, topic=thread, only=_only_for_presser(query)))
    if in_place:
        calls.append(_edit(query, message, own if _seen_alone(message) else draw(languages.everybody)))
    elif private or openly is not None:
        quote = message if isinstance(message, Message) and not private else None
        shown = own if private or openly is None else openly(languages.everybody)
        calls.append(message_to(message.chat.id, shown, topic=thread, quote=quote))
    return outbox.deliver(Outgoing(MessageKind.EPHEMERAL, tuple(calls), on_sent=on_sent))


def redraw(outbox: Outbox, query: CallbackQuery, draw: Draw, languages: Languages) -> None:
    """Put another screen in the place of the one that was pressed; where that is gone, show it to the presser anew."""
    message = query.message
    if message is None:
        return
    own = draw(_own(outbox, message.chat, languages))
    calls = [_edit(query, message, own if _seen_alone(message) else draw(languages.everybody))]
    if message.chat.type != ChatType.PRIVATE:
        thread = topic(message) if isinstance(message, Message) else None
        calls.append(message_to(message.chat.id, own, topic=thread, only=_only_for_presser(query)))
    outbox.deliver(Outgoing(MessageKind.REDRAW, tuple(calls)))


def close(outbox: Outbox, query: CallbackQuery) -> None:
    """Take the pressed screen away."""
    if query.message is not None:
        delete(outbox, query.message, query.from_user.id)


def delete(outbox: Outbox, message: Shown, receiver_id: int = 0) -> None:
    """Delete a message; `receiver_id` is who alone sees it, if it is an ephemeral one."""
    if isinstance(message, Message) and message.ephemeral_message_id is not None:
        whose = {"receiver_user_id": receiver_id, "ephemeral_message_id": message.ephemeral_message_id}
        call = raw_call("deleteEphemeralMessage", chat_id=message.chat.id, **whose)
    else:
        call = raw_call("deleteMessage", chat_id=message.chat.id, message_id=message.message_id)
    outbox.deliver(Outgoing(MessageKind.DELETION, (call,)))


def say(outbox: Outbox, query: CallbackQuery, text: str = "", *, alert: bool = False, url: str | None = None) -> None:
    """Answer a press: quietly, by a short pop-up, by an `alert` that stays until it is confirmed, or by a link."""
    shown = cut(text, MOST_OF_AN_ANSWER) or None
    call = raw_call("answerCallbackQuery", callback_query_id=query.id, text=shown, show_alert=alert or None, url=url)
    outbox.deliver(Outgoing(MessageKind.POPUP, (call,)))


def topic(message: Message) -> int | None:
    """Return the forum topic to answer in."""
    return message.message_thread_id if message.is_topic_message else None


def _own(outbox: Outbox, chat: Chat, languages: Languages) -> Words:
    """Return the words for what is meant for one person; those of the chat where the server shows it to everybody."""
    return languages.everybody if outbox.ephemeral_ignored and chat.type != ChatType.PRIVATE else languages.own


def _seen_alone(message: Shown) -> bool:
    """Say whether one person alone sees a message."""
    ephemeral = isinstance(message, Message) and message.ephemeral_message_id is not None
    return ephemeral or message.chat.type == ChatType.PRIVATE


def message_to(
    chat_id: int,
    screen: Screen,
    *,
    topic: int | None = None,
    quote: Message | None = None,
    only: Json | None = None,
    silent: bool = False,
) -> Method:
    """Return the call that sends a screen; `quote` is the message it replies to, `only` says who alone sees it."""
    return raw_call(
        "sendMessage",
        chat_id=chat_id,
        message_thread_id=topic,
        disable_notification=silent or None,
        reply_parameters=_quoting(quote) if quote else None,
        ephemeral_message_parameters=only,
        **content(screen),
    )


def _edit(query: CallbackQuery, message: Shown, screen: Screen) -> Method:
    """Return the call that shows a screen in a message that was pressed."""
    chat_id = message.chat.id
    if isinstance(message, Message) and message.ephemeral_message_id is not None:
        place = {"receiver_user_id": query.from_user.id, "ephemeral_message_id": message.ephemeral_message_id}
        return raw_call("editEphemeralMessageText", chat_id=chat_id, **place, **content(screen))
    return raw_call("editMessageText", chat_id=chat_id, message_id=message.message_id, **content(screen))


def content(screen: Screen) -> Json:
    """Return the parameters of a call that shows a screen."""
    return {
        "text": screen.text,
        "parse_mode": "HTML",
        "reply_markup": screen.keyboard(),
        "link_preview_options": {"is_disabled": True},
    }


def _quoting(message: Message) -> Json:
    if message.ephemeral_message_id is not None:
        return {"ephemeral_message_id": message.ephemeral_message_id}
    return {"message_id": message.message_id, "allow_sending_without_reply": True}


def _only_for_presser(query: CallbackQuery) -> Json:
    return {"receiver_user_id": query.from_user.id, "callback_query_id": query.id}


def _only_for_author(message: Message, press_id: str = "") -> Json | None:
    person = author(message)
    if person is None or is_private(message):
        return None
    return {"receiver_user_id": person.id, **({"callback_query_id": press_id} if press_id else {})}
