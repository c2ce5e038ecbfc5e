"""Telling people that something of theirs was passed over because it came too fast."""

from __future__ import annotations

import math
from typing import Any

from bot.client.outbox import Outbox
from bot.client.outgoing import MessageKind, Outgoing
from bot.client.raw_call import raw_call
from bot.telegram.languages import PersonalWords
from bot.updates.raw_updates import RawUpdate, sender_of
from bot.updates.shares import ShareLimits
from bot.words import N_, Words


class TooFast:
    """Called with the raw update that was passed over; says so to its person alone, in their language."""

    def __init__(self, outbox: Outbox, personal_words: PersonalWords, limits: ShareLimits) -> None:
        self._outbox = outbox
        self._personal_words = personal_words
        self._limits = limits

    def __call__(self, update: RawUpdate) -> None:
        """Say it, where that is possible without others seeing it."""
        press = update.get("callback_query")
        event = press or update["message"]
        person, chat = event.get("from", {}), (event.get("message") or event).get("chat", {})
        words = self._personal_words.known(person.get("id", 0), person.get("language_code"), chat.get("id", 0))
        if press is not None:
            text = words.plain(N_("Too many presses at once, so this one was not done. Try again in a few seconds."))
            call = raw_call("answerCallbackQuery", callback_query_id=press["id"], text=text, show_alert=True)
            self._outbox.deliver(Outgoing(MessageKind.POPUP, (call,)))
        else:
            self._tell_writer(event, sender_of(update).user_id, words)

    def _tell_writer(self, message: dict[str, Any], user_id: int | None, words: Words) -> None:
        only = ephemeral = None
        if message["chat"]["type"] != "private":
            if user_id is None:
                return
            only = {"receiver_user_id": user_id}
            ephemeral = message.get("ephemeral_message_id")
        seconds = math.ceil(self._limits.commands[1])
        text = words(N_("Too many messages at once, so this one was not done. Try again in {n} seconds."), n=seconds)
        call = raw_call(
            "sendMessage",
            chat_id=message["chat"]["id"],
            message_thread_id=message.get("message_thread_id") if message.get("is_topic_message") else None,
            text=text,
            parse_mode="HTML",
            disable_notification=None,
            ephemeral_message_parameters=only,
            reply_parameters={"ephemeral_message_id": ephemeral} if ephemeral else None,
        )
        self._outbox.deliver(Outgoing(MessageKind.HINT, (call,)))
