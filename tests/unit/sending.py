"""What the tests of the outbox share: messages to hand over, and a Telegram that answers them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from aiogram.exceptions import TelegramNetworkError
from aiohttp import ClientConnectorError

from bot.client.outbox import Outbox
from bot.client.outgoing import MessageKind, Outgoing
from bot.client.rate_limits import Limits
from bot.client.raw_call import raw_call
from bot.settling import CURRENT_UPDATE, Settling
from bot.storage.outbox import OutboxRows
from tests.unit.clockwork import now
from tests.unit.telegram_border import Call, Telegram, bot_on, no_rows, nothing_migrated, refusal

GROUP, ANNA, BEN = -100, 11, 12
UNLIMITED = Limits(*[(10_000, 1.0)] * 5)


class Answering(Telegram):
    """Answers like Telegram; `failures[method]` come first, one a call. Ephemeral messages have other numbers."""

    def __init__(self, latency: float = 0.01) -> None:
        super().__init__(latency=latency)
        self.failures: dict[str, deque[Any]] = {}
        for name in ("sendMessage", "editMessageText", "editMessageReplyMarkup", "editEphemeralMessageText"):
            self.answers[name] = self.reply
        for name in ("deleteMessage", "deleteEphemeralMessage", "answerCallbackQuery", "getChat"):
            self.answers[name] = self.reply

    def fail(self, method: str, *failures: Any) -> None:
        self.failures.setdefault(method, deque()).extend(failures)

    def reply(self, call: Call) -> Any:
        if waiting := self.failures.get(call.method):
            return waiting.popleft()
        if call.method.startswith(("send", "edit")):
            number = "ephemeral_message_id" if "ephemeral_message_parameters" in call.arguments else "message_id"
            chat = {"id": call.arguments.get("chat_id", 1), "type": "private"}
            sent = {"message_id": 0, "date": 1, "chat": chat, "text": call.arguments.get("text")}
            return {**sent, number: len(self.calls)}
        return True

    def texts(self, chat_id: int | None = None) -> list[str]:
        """The texts that were tried, in order."""
        return [call.arguments["text"] for call in self.writes(chat_id)]

    def times(self, chat_id: int | None = None) -> list[float]:
        """When each text was tried."""
        return [call.at for call in self.writes(chat_id)]

    def writes(self, chat_id: int | None = None) -> list[Call]:
        return [
            call for call in self.calls if "text" in call.arguments and chat_id in (None, call.arguments.get("chat_id"))
        ]


class CountedRows(OutboxRows):
    """Rows of a database that is away, and how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __getattribute__(self, name: str) -> Any:
        if name in {"store", "release", "delete", "waiting", "due_deletions", "purge"}:
            self.asked += 1
            return getattr(no_rows(), name)
        return super().__getattribute__(name)


def outbox_on(telegram: Telegram, *, limits: Limits | None = None, rows: Any = None, leads: bool = True) -> Outbox:
    """An outbox as the wiring builds it, without a database."""
    outbox = Outbox(bot_on(telegram), rows if rows is not None else no_rows(), nothing_migrated, limits)
    if leads:
        outbox.start()
    return outbox


def text(chat_id: int, words: str, kind: MessageKind = MessageKind.ANSWER, **options: Any) -> Outgoing:
    return Outgoing(kind, (raw_call("sendMessage", chat_id=chat_id, text=words),), **options)


def ephemeral(words: str, *, reply: bool = False, **parameters: Any) -> Any:
    """A call whose message Anna alone sees in the group; `reply` ties it to her command."""
    if reply:
        parameters["reply_parameters"] = {"ephemeral_message_id": 3}
    only = {"receiver_user_id": ANNA}
    return raw_call("sendMessage", chat_id=GROUP, text=words, ephemeral_message_parameters=only, **parameters)


def redraw(words: str, message_id: int = 7, chat_id: int = GROUP) -> Outgoing:
    return Outgoing(
        MessageKind.REDRAW, (raw_call("editMessageText", chat_id=chat_id, message_id=message_id, text=words),)
    )


def popup(words: str, query_id: str = "1") -> Outgoing:
    return Outgoing(MessageKind.POPUP, (raw_call("answerCallbackQuery", callback_query_id=query_id, text=words),))


def deletion(message_id: int, delay_seconds: float = 0.0, chat_id: int = GROUP) -> Outgoing:
    call = raw_call("deleteMessage", chat_id=chat_id, message_id=message_id)
    return Outgoing(MessageKind.DELETION, (call,), delay_seconds=delay_seconds)


class Updates:
    """Handles updates by hand, and notes when each is settled."""

    def __init__(self) -> None:
        self.settled: dict[int, float] = {}

    def handle(self, update_id: int, handler: Callable[[], object], *, by_admin: bool = False) -> Settling:
        """Run what a handler does, as the queues of chats would."""
        settling = Settling(update_id, self._note, lambda: by_admin)
        token = CURRENT_UPDATE.set(settling)
        handler()
        CURRENT_UPDATE.reset(token)
        settling.handled()
        return settling

    def _note(self, update_id: int) -> None:
        self.settled[update_id] = now()


def flood(seconds: float) -> tuple[int, str]:
    return refusal(429, "Too Many Requests", retry_after=seconds)


def refused(words: str) -> tuple[int, str]:
    return refusal(400, f"Bad Request: {words}")


def html_page() -> tuple[int, str]:
    return 502, "<html>Bad Gateway</html>"


def refused_connection() -> Exception:
    error = TelegramNetworkError(None, "Cannot connect")  # type: ignore[arg-type]
    error.__cause__ = ClientConnectorError(None, OSError())  # type: ignore[arg-type]
    return error


def lost_answer() -> Exception:
    return TelegramNetworkError(None, "Request timeout error")  # type: ignore[arg-type]
