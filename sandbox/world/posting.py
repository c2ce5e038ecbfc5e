"""What the bot sends, edits and deletes: ordinary messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import ephemeral
from .chats import Chat
from .errors import bad_request
from .keyboards import checked_markup
from .messages import Message
from .world import World

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)
_PERMISSIONS = {"photo": ("can_send_photos", "photos"), "document": ("can_send_documents", "documents")}


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
    thread = open_thread(chat, post.thread)
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


def open_thread(chat: Chat, thread: int | None) -> int | None:
    """The topic to write to; 1 and nothing are the general one."""
    if thread is None or (thread == 1 and chat.forum):
        return None
    topic = chat.topics.get(thread)
    if topic is None:
        raise bad_request("message thread not found")
    if topic.closed:
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


def edit(
    world: World, chat: Chat, message_id: int, content: dict[str, Any] | None, markup: dict[str, Any] | None
) -> Message:
    """Change content and inline keyboard of the bot's own message; `content=None` changes the keyboard only."""
    message = chat.messages.get(message_id)
    if message is None:
        raise bad_request("message to edit not found")
    if not _editable(world, message):
        raise bad_request("message can't be edited")
    checked = checked_markup(markup, chat)
    world.limits.count(chat)
    change(world, message, content, checked)
    world.events.add("edited", chat, message)
    return message


def change(world: World, message: Message, content: dict[str, Any] | None, markup: dict[str, Any] | None) -> None:
    """Put new content and keyboard into a message, or say that nothing is new."""
    new = message.content if content is None else _merged(message, content)
    if markup is not None and (message.markup or {}).get("force_reply"):
        markup = {**markup, "force_reply": True}
    if new == message.content and (markup or None) == (message.markup or None):
        raise bad_request(NOT_MODIFIED)
    message.content, message.markup, message.edited = new, markup, world.now()


def _merged(message: Message, content: dict[str, Any]) -> dict[str, Any]:
    if "text" in content:
        if "text" not in message.content and "rich_message" not in message.content:
            raise bad_request("there is no text in the message to edit")
        return content
    media = {key: value for key, value in message.content.items() if key in {"photo", "document"}}
    if "caption" in content or not content:
        if not media:
            raise bad_request("there is no caption in the message to edit")
        return media | content
    return content


def _editable(world: World, message: Message) -> bool:
    mine = message.sender is world.bot or (message.chat.type == "channel" and message.chat.member(world.bot).is_admin)
    plain_markup = message.markup is None or "inline_keyboard" in message.markup
    return mine and plain_markup and not message.is_service and message.origin is None


def delete(world: World, chat: Chat, message_id: int) -> None:
    """Delete one message for everybody.

    Source of the rules: https://core.telegram.org/bots/api#deletemessage
    """
    message = chat.messages.get(message_id)
    if message is None:
        raise bad_request("message to delete not found")
    if not _deletable(world, message):
        raise bad_request("message can't be deleted")
    if world.now() - message.date > world.rules.delete_seconds:
        raise bad_request("message can't be deleted for everyone")
    remove(world, message)


def _deletable(world: World, message: Message) -> bool:
    if not {"supergroup_chat_created", "channel_chat_created", "migrate_from_chat_id"}.isdisjoint(message.content):
        return False
    if message.chat.type == "private" or message.sender is world.bot:
        return True
    return message.chat.member(world.bot).has("can_delete_messages")


def remove(world: World, message: Message) -> None:
    """Take a message out of its chat."""
    message.chat.messages.pop(message.id, None)
    message.gone = True
    if message.id in message.chat.pinned:
        message.chat.pinned.remove(message.id)
    world.events.add("deleted", message.chat, message)
