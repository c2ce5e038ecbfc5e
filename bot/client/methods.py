"""What is known of single Bot API methods: which write, which may be repeated, which refusals mean nothing."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from aiogram.exceptions import ClientDecodeError, TelegramBadRequest, TelegramNetworkError, TelegramServerError
from aiogram.methods import TelegramMethod
from aiohttp import ClientConnectorError
from pydantic import ValidationError

from bot.client.raw_call import RawCall

Method = TelegramMethod[Any]

_WRITES = ("send", "copyMessage", "forwardMessage", "editMessage", "editEphemeralMessage")
_WRITES_NOTHING = {
    "sendChatAction",
    "sendChatJoinRequestWebApp",
    "sendGift",
    "sendMessageDraft",
    "sendRichMessageDraft",
}

# Done twice, these have the effect of once. Whoever sends, forwards, copies, creates or uploads would do so twice.
_REPEATABLE = (
    "get", "edit", "delete", "set", "answerCallbackQuery", "pin", "unpin", "ban", "unban", "restrict", "promote",
    "approve", "decline", "close", "reopen", "hide", "unhide", "sendChatAction", "leaveChat",
)  # fmt: skip

# (method prefix, words of the refusal, what is returned instead): True where it is so already, False where there is
# nothing left to do it to.
_HARMLESS = (
    ("edit", "message is not modified", True),
    ("edit", "message to edit not found", False),
    ("edit", "message_id_invalid", False),
    ("delete", "message to delete not found", True),
    ("delete", "message identifier is not specified", True),
    ("unpin", "message to unpin not found", True),
    ("answerCallbackQuery", "query is too old", False),
    ("answerCallbackQuery", "query id is invalid", False),
)

_TOO_LATE = ("message to be replied not found", "query is too old")


def name_of(method: Method) -> str:
    """Return the method's name in the Bot API."""
    return method.__api_method__


def parameter(method: Method, name: str) -> Any:
    """Return a parameter of a call, None where it has none of that name."""
    return method.parameters.get(name) if isinstance(method, RawCall) else getattr(method, name, None)


def writes(method: Method) -> bool:
    """Whether it writes or changes a message, and so counts for Telegram's limits."""
    name = name_of(method)
    return name.startswith(_WRITES) and name not in _WRITES_NOTHING


def edits(method: Method) -> bool:
    """Whether it changes a message; its answer may be True instead of the message."""
    return name_of(method).startswith("edit")


def repeatable(method: Method) -> bool:
    """Whether it may be called again when nobody knows if the first call arrived."""
    return name_of(method).startswith(_REPEATABLE)


def destination(method: Method) -> Hashable:
    """Return the chat it concerns, else the inline message, else None."""
    chat: Hashable = parameter(method, "chat_id")
    return chat if chat is not None else parameter(method, "inline_message_id")


def receiver(method: Method) -> int:
    """Return the one person in the chat who sees it; 0 where everybody does."""
    only = parameter(method, "ephemeral_message_parameters")
    return _part(only, "receiver_user_id") or parameter(method, "receiver_user_id") or 0


def edited_message(method: Method) -> tuple[object, ...]:
    """Return what identifies the message an edit changes within its chat."""
    names = ("message_id", "ephemeral_message_id", "inline_message_id")
    return tuple(parameter(method, name) for name in names)


def harmless(method: Method, error: TelegramBadRequest) -> bool | None:
    """Return what to answer in place of a refusal that means nothing; None when it means something."""
    name, words = name_of(method), error.message.lower()
    for prefix, refusal, value in _HARMLESS:
        if name.startswith(prefix) and refusal in words:
            return value
    return None


def passing(error: Exception) -> bool:
    """Whether the network or Telegram's own servers failed, so that another try may succeed."""
    if isinstance(error, ClientDecodeError):
        return not isinstance(error.original, ValidationError)  # a gateway's page of HTML instead of an answer
    return isinstance(error, TelegramNetworkError | TelegramServerError | OSError)


def never_left(error: Exception) -> bool:
    """Whether the connection was not even made, so that Telegram cannot have acted on the call."""
    return isinstance(error.__cause__, ClientConnectorError)


def worth_repeating(method: Method, error: Exception) -> bool:
    """Whether calling again is useful and does nothing twice."""
    return passing(error) and (repeatable(method) or never_left(error))


def moved(method: Method, chat_id: int) -> Method:
    """Return the same call for the supergroup that a group became. What it replied to stayed in the old group."""
    update: dict[str, Any] = {"chat_id": chat_id}
    if parameter(method, "reply_parameters") is not None:
        update["reply_parameters"] = None
    return method.model_copy(update=update)


def belated(method: Method, error: TelegramBadRequest) -> Method | None:
    """Return the ephemeral message as an administrator may send it at any time, when its 15 s are over.

    They run from the press or the command it answers, and a restart or a flood wait takes longer. None where that was
    not the reason of the refusal.
    """
    only = parameter(method, "ephemeral_message_parameters")
    tied = parameter(method, "reply_parameters") is not None or _part(only, "callback_query_id") is not None
    if only is None or not tied or not any(words in error.message.lower() for words in _TOO_LATE):
        return None
    free = {"callback_query_id": None, "replace_callback_query_message": None}
    if isinstance(only, dict):
        only = {name: value for name, value in only.items() if name not in free}
    else:
        only = only.model_copy(update=free)
    return method.model_copy(update={"ephemeral_message_parameters": only, "reply_parameters": None})


def _part(found: Any, name: str) -> Any:
    """Return a field of a parameter that is an object, plain JSON or one of aiogram's types."""
    return found.get(name) if isinstance(found, dict) else getattr(found, name, None)
