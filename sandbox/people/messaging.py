"""What a person writes, presses and changes in Telegram's app."""

from __future__ import annotations

from typing import Any

from sandbox.world.actions import (
    bot_presence,
    callback_queries,
    chat_changes,
    creation,
    message_changes,
    user_messages,
    visibility,
)
from sandbox.world.errors import CannotError
from sandbox.world.formatting.entities import Entity

from .account import Account
from .group import Group
from .screen import Press, Seen

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cf5000000382018025c0bb990000000049454e44ae426082"
)


class Messaging(Account):
    """Writing, pressing, sharing, and changing what a chat looks like."""

    def say(
        self,
        text: str,
        chat: Group | None = None,
        *,
        reply_to: Seen | None = None,
        topic: int | None = None,
        entities: list[Entity] | None = None,
        via_bot: str | None = None,
    ) -> Seen:
        """Write a text, or with `via_bot` have the inline bot of that username write it."""
        content, place = user_messages.typed_text(text, entities), self.chat_of(chat)
        answered = reply_to.message if reply_to is not None else None
        via = creation.inline_bot(self.world, via_bot) if via_bot is not None else None
        written = user_messages.send(
            self.world, self.user, place, content, reply_to=answered, thread=topic, via_bot=via
        )
        return Seen.of(written)

    def say_as_channel(self, channel: Group, text: str, chat: Group) -> Seen:
        """Write a text in a group in the name of one's own channel."""
        return Seen.of(
            user_messages.send_as_channel(
                self.world, self.user, channel.chat, chat.chat, user_messages.typed_text(text)
            )
        )

    def start(self, parameter: str = "") -> None:
        """Open the private chat by a deep link and press Start."""
        bot_presence.start(self.world, self.user, parameter)

    def reply(self, message: Seen, text: str) -> Seen:
        """Answer a message in its chat."""
        chat = message.message.chat
        content = user_messages.typed_text(text)
        return Seen.of(user_messages.send(self.world, self.user, chat, content, reply_to=message.message))

    def forward(self, message: Seen, chat: Group | None = None, *, topic: int | None = None) -> Seen:
        """Forward a message."""
        found, place = message.message, self.chat_of(chat)
        if found.is_service or found.protected or found.ephemeral_id is not None:
            raise CannotError(f"{message.text!r} cannot be forwarded")
        options: dict[str, Any] = {"origin": found.as_origin(), "via_bot": found.via_bot, "thread": topic}
        return Seen.of(user_messages.send(self.world, self.user, place, dict(found.content), **options))

    def edit(self, message: Seen, text: str, *, entities: list[Entity] | None = None) -> Seen:
        """Edit one's own message."""
        user_messages.edit(self.world, self.user, message.message, text, entities)
        return message.now

    def delete(self, message: Seen) -> None:
        """Delete one's own message, or with the right anybody's. The bot gets no update for it."""
        target = message.message
        mine = self.user in {target.author, target.sender} or target.chat.person is self.user
        if not mine and not target.chat.member(self.user).has("can_delete_messages"):
            raise CannotError(f"{self.name} may not delete that")
        if target.ephemeral_id is not None:
            target.chat.ephemeral.pop((self.id, target.ephemeral_id), None)
        message_changes.remove(self.world, target)

    def press(self, message: Seen, label: str) -> Press:
        """Press the button with this label as it was seen (also when the keyboard has changed since)."""
        if message.gone or not self._can_see(message):
            raise CannotError(f"{self.name} does not see {message.text!r} (any more)")
        button = message.button(label)
        if "callback_data" not in button:
            raise CannotError(f"{label!r} is no button to press: {button}")
        return self.forge(message, button["callback_data"])

    def _can_see(self, message: Seen) -> bool:
        return any(shown is message.message for shown in visibility.visible_messages(message.message.chat, self.user))

    def forge(self, message: Seen, data: str, *, inaccessible: bool = False) -> Press:
        """What a modified client can do: any data, on any message. `inaccessible`: the bot can no longer read it."""
        callback = callback_queries.press(self.world, self.user, message.message, data, inaccessible=inaccessible)
        return Press(self.world, callback, f"{self.name} pressed {data!r} under {message.text!r}")

    def send_file(
        self,
        chat: Group | None,
        name: str,
        content: bytes,
        *,
        kind: str = "document",
        caption: str | None = None,
        entities: list[Entity] | None = None,
        reply_to: Seen | None = None,
        topic: int | None = None,
        album: str | None = None,
    ) -> Seen:
        """Send a document, or a file as another `kind`: "photo", "animation" (a GIF) or "video".

        `entities` are those of the caption; files with the same `album` are shown together.
        """
        file = self.world.files.add_as(kind, name, content).message_fields()
        file |= {"media_group_id": album} if album else {}
        return self._send(chat, user_messages.with_caption(file, caption, entities), reply_to, topic)

    def send_photo(self, chat: Group | None, content: bytes = PIXEL, **options: Any) -> Seen:
        """Send a picture; options as of `send_file`."""
        return self.send_file(chat, "photo.png", content, kind="photo", **options)

    def send_animation(self, chat: Group | None, content: bytes = PIXEL, **options: Any) -> Seen:
        """Send a GIF; options as of `send_file`."""
        return self.send_file(chat, "animation.gif", content, kind="animation", **options)

    def send_video(self, chat: Group | None, content: bytes = PIXEL, **options: Any) -> Seen:
        """Send a video; options as of `send_file`."""
        return self.send_file(chat, "video.mp4", content, kind="video", **options)

    def _send(self, chat: Group | None, content: dict[str, Any], reply_to: Seen | None, topic: int | None) -> Seen:
        answered = reply_to.message if reply_to is not None else None
        place = self.chat_of(chat)
        return Seen.of(user_messages.send(self.world, self.user, place, content, reply_to=answered, thread=topic))

    def tap(self, chat: Group | None, label: str) -> Seen:
        """Tap a button of the reply keyboard; it sends its label."""
        return self.say(self._key(chat, label)["text"], chat)

    def share_chat(self, label: str, group: Group) -> Seen:
        """A chat-picker button in the private chat: pick this group."""
        button = self._key(None, label)
        wanted = button.get("request_chat")
        if wanted is None:
            raise CannotError(f"{label!r} asks for no chat")
        own, given = wanted.get("user_administrator_rights"), wanted.get("bot_administrator_rights")
        mine = group.chat.member(self.user)
        if own is not None and not (mine.is_admin and all(mine.has(right) for right in _asked(own))):
            raise CannotError(f"the picker does not offer {group.title!r} to {self.name}")
        if not group.chat.member(self.world.bot).present:
            # Telegram offers to add the bot, with the rights it asks for.
            if given is not None:
                bot_presence.add_bot(self.world, group.chat, self.user, _asked(given))
            elif wanted.get("bot_is_member"):
                bot_presence.add_bot(self.world, group.chat, self.user)
        shared = {"request_id": wanted["request_id"], "chat_id": group.id}
        shared |= {"title": group.title} if wanted.get("request_title") else {}
        return Seen.of(
            user_messages.send(self.world, self.user, self.world.private(self.user), {"chat_shared": shared})
        )

    def _key(self, chat: Group | None, label: str) -> dict[str, Any]:
        keys = [key for row in visibility.reply_keyboard(self.chat_of(chat), self.user) for key in row]
        found = next((key for key in keys if key["text"] == label), None)
        if found is None:
            raise CannotError(f"no key {label!r}; there are: {[key['text'] for key in keys]}")
        return found

    def react(self, message: Seen, emoji: str | None) -> None:
        """Set a reaction, or remove it with None."""
        chat_changes.react(self.world, self.user, message.message, emoji)

    def pin(self, message: Seen) -> None:
        """Pin a message."""
        chat_changes.pin(self.world, self.user, message.message)

    def unpin(self, message: Seen) -> None:
        """Unpin a message."""
        chat_changes.unpin(self.world, self.user, message.message)

    def create_topic(self, chat: Group, name: str) -> int:
        """Open a topic in a forum; its id comes back."""
        return chat_changes.create_topic(self.world, self.user, chat.chat, name).id

    def close_topic(self, chat: Group, topic: int) -> None:
        """Close a topic: only who manages topics may write in it."""
        chat_changes.close_topic(self.world, self.user, chat.chat, topic, closed=True)

    def reopen_topic(self, chat: Group, topic: int) -> None:
        """Open a closed topic again."""
        chat_changes.close_topic(self.world, self.user, chat.chat, topic, closed=False)

    def delete_topic(self, chat: Group, topic: int) -> None:
        """Delete a topic and all that is in it. The bot gets no update for it."""
        chat_changes.delete_topic(self.world, self.user, chat.chat, topic)

    def rename(self, chat: Group, title: str) -> None:
        """Change a title."""
        chat_changes.rename(self.world, self.user, chat.chat, title)

    def set_photo(self, chat: Group) -> None:
        """Change a picture."""
        photo = self.world.files.add_photo("photo.png", PIXEL).photo()
        chat_changes.set_photo(self.world, self.user, chat.chat, photo)


def _asked(rights: dict[str, Any]) -> list[str]:
    """The rights that an object of the Bot API names."""
    return [name for name, wanted in rights.items() if wanted is True and name.startswith("can_")]
