"""What the bot sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.world.errors import bad_request
from sandbox.world.state.chats import Chat, Message
from sandbox.world.state.world import World

from . import ephemeral
from .keyboards import checked_markup

# A GIF is a document, too, so it stands before documents.
_PERMISSIONS = {
    "photo": ("can_send_photos", "photos"),
    "video": ("can_send_videos", "videos"),
    "animation": ("can_send_other_messages", "animations"),
    "document": ("can_send_documents", "documents"),
}


@dataclass(slots=True)
class Post:
    """What a bot asks to send. `reply` is a `ReplyParameters` object, `private_to` an `EphemeralMessageParameters`."""

    chat: Chat
    content: dict[str, Any]
    markup: dict[str, Any] | None = None
    thread: int | None = None
    reply: dict[str, Any] | None = None
    private_to: dict[str, Any] | None = None
    protected: bool = False
    origin: dict[str, Any] | None = None


def send(world: World, post: Post) -> Message:
    """Send what the bot asks for, or say why not."""
    chat = post.chat
    _may_send(world, post)
    markup = checked_markup(post.markup, chat, ephemeral=post.private_to is not None)
    thread = open_thread(world, chat, post.thread)
    answered = _replied(world, post)
    world.limits.count(chat, post.private_to["receiver_user_id"] if post.private_to is not None else None)
    if post.private_to is not None:
        return ephemeral.send(
            world, chat, post.content, post.private_to, markup=markup, thread=thread, reply_to=answered
        )
    in_channel = chat.type == "channel"
    message = world.add_message(
        chat,
        None if in_channel else world.bot,
        post.content,
        sender_chat=chat if in_channel else None,
        markup=markup,
        thread=thread if thread is not None else _thread_of(answered),
        reply_to=answered,
        protected=post.protected,
        origin=post.origin,
    )
    _keep_keyboard(chat, message)
    world.show(message)
    return message


def _may_send(world: World, post: Post) -> None:
    me = post.chat.member(world.bot) if post.chat.type != "private" else None
    if me is None or post.private_to is not None:
        return
    if post.chat.type == "channel":
        if not me.has("can_post_messages"):
            raise bad_request("need administrator rights in the channel chat")
        return
    kind = next((name for name in _PERMISSIONS if name in post.content), "text")
    permission, noun = _PERMISSIONS.get(kind, ("can_send_messages", "text messages"))
    if not me.may(permission, post.chat.permissions):
        raise bad_request(f"not enough rights to send {noun} to the chat")


def open_thread(world: World, chat: Chat, thread: int | None) -> int | None:
    """The topic to write to; 1 and nothing are the general one. In a closed one only who manages topics may write."""
    if thread is None or (thread == 1 and chat.forum):
        return None
    topic = chat.topics.get(thread)
    if topic is None:
        raise bad_request("message thread not found")
    if topic.closed and not chat.member(world.bot).has("can_manage_topics"):
        raise bad_request("TOPIC_CLOSED")
    return thread


def _thread_of(answered: Message | None) -> int | None:
    return answered.thread if answered is not None and answered.chat.forum else None


def _replied(world: World, post: Post) -> Message | None:
    reply = post.reply
    if reply is None:
        return None
    if reply.get("ephemeral_message_id") is not None:
        return ephemeral.answered(world, post.chat, reply["ephemeral_message_id"], post.private_to)
    if not reply.get("message_id"):
        raise bad_request("message identifier is not specified")
    source = post.chat if reply.get("chat_id") is None else world.open_chat(reply["chat_id"])
    found = source.messages.get(reply["message_id"])
    if found is None or (found.chat is not post.chat and post.private_to is not None):
        if reply.get("allow_sending_without_reply") and source is post.chat:
            return None
        raise bad_request("message to be replied not found")
    if reply.get("quote") and reply["quote"] not in found.words:
        raise bad_request("QUOTE_TEXT_INVALID")
    return found


def _keep_keyboard(chat: Chat, message: Message) -> None:
    """A reply keyboard stays under the input field until another takes its place or it is removed."""
    markup = message.markup or {}
    for user_id in _targets(chat, message, selective=bool(markup.get("selective"))):
        if "keyboard" in markup:
            chat.keyboards[user_id] = markup
        elif markup.get("remove_keyboard"):
            chat.keyboards.pop(user_id, None)


def _targets(chat: Chat, message: Message, *, selective: bool) -> list[int]:
    if chat.person is not None:
        return [chat.person.id]
    if not selective:
        return [member.user.id for member in chat.present()]
    mentioned = [entity["user"]["id"] for entity in message.content.get("entities", []) if "user" in entity]
    author = message.reply_to.sender.id if message.reply_to is not None and message.reply_to.sender else None
    return [*mentioned, *([author] if author else [])]
