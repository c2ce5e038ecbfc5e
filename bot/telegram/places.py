"""Where a screen stands, packed into the button of another message, so that it can be redrawn when that is answered."""

from __future__ import annotations

import re

from aiogram.enums import ChatType
from aiogram.types import Chat, Message

from bot.client.outbox import Outbox
from bot.client.outgoing import MessageKind, Outgoing
from bot.client.raw_call import raw_call
from bot.telegram.callback_data import from_base36, to_base36
from bot.telegram.screens import Draw, content
from bot.words import Languages

_PLACE = re.compile(r"([em])([0-9a-z]{1,9})")


def packed_place(message: Message) -> str:
    """Return where a message stands in its chat."""
    if message.ephemeral_message_id is not None:
        return f"e{to_base36(message.ephemeral_message_id)}"
    return f"m{to_base36(message.message_id)}"


def redraw_place(outbox: Outbox, chat: Chat, place: str, draw: Draw, languages: Languages, *, receiver_id: int) -> None:
    """Show another screen where `packed_place` says; nothing happens if that is gone, or says nothing.

    `receiver_id` is who sees an ephemeral screen; any other one in a group is drawn for everybody.
    """
    match = _PLACE.fullmatch(place)
    if match is None:
        return
    number, alone = from_base36(match[2]), match[1] == "e"
    screen = content(draw(languages.own if alone or chat.type == ChatType.PRIVATE else languages.everybody))
    if alone:
        whose = {"receiver_user_id": receiver_id, "ephemeral_message_id": number}
        call = raw_call("editEphemeralMessageText", chat_id=chat.id, **whose, **screen)
    else:
        call = raw_call("editMessageText", chat_id=chat.id, message_id=number, **screen)
    outbox.deliver(Outgoing(MessageKind.REDRAW, (call,)))
