"""What a handler hands over to be sent: calls of the Bot API, who sees them, and how long they are worth sending."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, NamedTuple, Protocol

from bot.client.methods import Method, destination, edited_message, edits, parameter, receiver
from bot.client.raw_call import raw_call

Json = Mapping[str, Any]


class Storing(Enum):
    """When a message is stored, so that a restart does not lose it."""

    NEVER = "never"
    WHEN_WAITING = "when it has to wait longer than a second"
    BEFORE_SENDING = "before it is sent"


class Policy(NamedTuple):
    """How long a message is worth sending, and what becomes of it when nobody knows whether it arrived."""

    expires_seconds: float
    storing: Storing = Storing.WHEN_WAITING
    repeat: bool = True
    """Whether it is sent again when the connection broke after it was sent."""
    once: bool = False
    """Whether it must not be said twice, also when Telegram delivers the update again: its row is the proof."""


class MessageKind(StrEnum):
    """What a message is for. Stored in `outbox.kind`."""

    POPUP = "popup"
    REDRAW = "redraw"
    EPHEMERAL = "ephemeral"
    ANSWER = "answer"
    CONFIRMATION = "confirmation"
    HINT = "hint"
    GREETING = "greeting"
    ARRIVAL = "arrival"
    ANNOUNCEMENT = "announcement"
    DELETION = "deletion"
    FILE = "file"
    DIRECT = "direct"
    """Sent by aiogram's own methods; the caller waits for the result."""


HOUR, DAY = 3600.0, 86_400.0

POLICIES: Mapping[MessageKind, Policy] = {
    MessageKind.POPUP: Policy(10.0, Storing.NEVER),
    MessageKind.REDRAW: Policy(15.0),
    MessageKind.EPHEMERAL: Policy(120.0),
    MessageKind.ANSWER: Policy(120.0),
    MessageKind.CONFIRMATION: Policy(600.0),
    MessageKind.HINT: Policy(10.0, Storing.NEVER, repeat=False),
    MessageKind.GREETING: Policy(HOUR, Storing.BEFORE_SENDING, repeat=False, once=True),
    MessageKind.ARRIVAL: Policy(DAY, Storing.BEFORE_SENDING, repeat=False, once=True),
    MessageKind.ANNOUNCEMENT: Policy(7 * DAY, Storing.BEFORE_SENDING, once=True),
    MessageKind.DELETION: Policy(7 * DAY),
    MessageKind.FILE: Policy(30.0, Storing.NEVER, repeat=False),
    MessageKind.DIRECT: Policy(60.0, Storing.NEVER, repeat=False),
}

EPHEMERAL_REPLY_SECONDS = 14.0
"""For so long any bot may answer a press or a command ephemerally, later only an administrator: Telegram allows 15 s
(https://core.telegram.org/bots/api#ephemeral-messages-and-commands)."""


class Recipient(NamedTuple):
    """Those who see messages in order: a chat, or one person in a group (`receiver_id`, 0 for everybody)."""

    chat_id: int | str
    receiver_id: int = 0


class Combiner(Protocol):
    """Says several messages to one recipient in one; in the memory of this process, and once each all the same."""

    def call(self, keys: Sequence[str]) -> Method:
        """Return the call that says the messages with these keys, which wait at the same time."""
        ...

    def refused(self) -> bool:
        """Telegram refused that call; return whether another one may be accepted."""
        ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message, an edit, a deletion or a pop-up on its way to Telegram.

    `calls` are alternatives, tried in order: the next one when Telegram refuses the one before. `key` tells equal
    messages of a recipient apart: an edit or a deletion replaces the one with its key, any other message with a known
    key was said already. `by_admin` gives it a part of a group's rate that others cannot use up. `on_sent` is called
    with Telegram's answer, in this process only; `delete_after_seconds` also holds after a restart, and is meant for
    those who see the last of the alternatives. What waits with the same `combiner` is sent as one; `calls` say each
    alone, as after a restart.
    """

    kind: MessageKind
    calls: tuple[Method, ...]
    key: str = ""
    delay_seconds: float = 0.0
    delete_after_seconds: float = 0.0
    by_admin: bool = False
    on_sent: Callable[[Any], None] | None = None
    combiner: Combiner | None = None

    @property
    def policy(self) -> Policy:
        """The rules of its kind."""
        return POLICIES[self.kind]

    def topic_written(self, alternative: int, sent: Json) -> tuple[int, bool] | None:
        """Return the topic it was meant for, and whether Telegram refused that and took it elsewhere, once it is sent.

        None where that tells nothing: of an edit, or of a message that goes nowhere else.
        """
        threads = [parameter(call, "message_thread_id") for call in self.calls if not edits(call)]
        thread = next((one for one in threads if one is not None), None)
        if thread is None or None not in threads or edits(self.calls[alternative]):
            return None
        return thread, sent.get("message_thread_id") != thread

    def is_deleted_later(self, alternative: int) -> bool:
        """Say whether this alternative, once sent, is to be deleted: an edit changes what has its deletion already."""
        call = self.calls[alternative]
        return self.delete_after_seconds > 0 and not edits(call) and recipient_of(call) == recipient_of(self.calls[-1])


def recipient_of(method: Method) -> Recipient:
    """Return in whose queue a call waits. Deletions have a queue of their own in each chat, as they need no order."""
    chat = destination(method)
    return Recipient(chat if isinstance(chat, int | str) else 0, receiver(method))


def natural_key(method: Method) -> str:
    """Return the key of an edit or a deletion, which is what it is done to; "" for other calls."""
    name = method.__api_method__
    if edits(method):
        # New buttons alone do not replace a new text.
        part = "markup" if name.endswith("ReplyMarkup") else "text"
        return ":".join(["edit", part, *(str(one) for one in edited_message(method) if one is not None)])
    if not name.startswith("delete"):
        return ""
    number = parameter(method, "ephemeral_message_id") or parameter(method, "message_id")
    return f"delete:{number}" if number is not None else ""


def size_of(message: Outgoing) -> int:
    """Return about how many bytes a message takes."""
    return 1_000 + sum(len(parameter(call, "text") or parameter(call, "caption") or "") for call in message.calls)


def deletion_of(recipient: Recipient, sent: Json) -> Outgoing | None:
    """Return what deletes a message that was sent, None where there is nothing to delete."""
    if number := sent.get("ephemeral_message_id"):
        whose = {"receiver_user_id": recipient.receiver_id, "ephemeral_message_id": number}
        call = raw_call("deleteEphemeralMessage", chat_id=recipient.chat_id, **whose)
    elif number := sent.get("message_id"):
        call = raw_call("deleteMessage", chat_id=recipient.chat_id, message_id=number)
    else:
        return None
    return Outgoing(MessageKind.DELETION, (call,))
