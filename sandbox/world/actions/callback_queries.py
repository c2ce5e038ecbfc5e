"""Presses on inline buttons, and the bot's answers."""

from __future__ import annotations

import zlib

from sandbox.world.errors import bad_request
from sandbox.world.formatting.entities import utf16_length
from sandbox.world.state.callbacks import Callback
from sandbox.world.state.chats import Message
from sandbox.world.state.users import User
from sandbox.world.state.world import World

MAX_ANSWER_LENGTH = 200


def press(world: World, user: User, message: Message, data: str, *, inaccessible: bool = False) -> Callback:
    """A person presses a button with this data; the update names the real person, also an anonymous admin.

    An inaccessible message is shown to the bot by chat and id alone, its date 0.
    """
    callback = Callback(str(next(world.callback_ids)), user, message.chat, message, data, world.clock.now())
    _forget_old(world)
    world.callbacks[callback.id] = callback
    shown = message.to_api()
    if inaccessible:
        shown = {"chat": shown["chat"], "message_id": message.id, "date": 0}
    if world.access_error(message.chat) is None:
        instance = str(zlib.crc32(str(message.chat.id).encode()) << 20)
        payload = {"id": callback.id, "from": user.to_api(), "message": shown, "chat_instance": instance, "data": data}
        world.updates.push("callback_query", payload)
    return callback


def answer(world: World, callback_id: str, text: str, *, alert: bool = False, url: str | None = None) -> None:
    """Answer a press, once and in time."""
    callback = world.callbacks.get(callback_id)
    if callback is None or callback.answer is not None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if world.clock.now() - callback.at > world.rules.callback_seconds:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if utf16_length(text) > MAX_ANSWER_LENGTH:
        raise bad_request("MESSAGE_TOO_LONG")
    if url is not None and not url.startswith((f"https://t.me/{world.bot.username}?", f"t.me/{world.bot.username}?")):
        raise bad_request("URL_INVALID")
    callback.answer = {"text": text, "alert": alert, "url": url}
    details = {"callback_id": callback.id, **callback.answer}
    world.events.add("answer", callback.chat, callback.message, only=callback.user.id, **details)


def _forget_old(world: World) -> None:
    oldest = world.clock.now() - 2 * max(world.rules.callback_seconds, world.rules.ephemeral_seconds)
    for key in [key for key, callback in world.callbacks.items() if callback.at < oldest]:
        del world.callbacks[key]
