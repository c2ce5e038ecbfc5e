"""What people write: messages, files, edits. People in the app, not bots through the API."""

from __future__ import annotations

from typing import Any

from sandbox.world.errors import ApiError, CannotError
from sandbox.world.formatting.entities import Entity, clean, detect, ordered, trim, utf16_length
from sandbox.world.state.chats import Chat, Message
from sandbox.world.state.members import Member
from sandbox.world.state.users import CHANNEL_BOT, GROUP_ANONYMOUS_BOT, TELEGRAM, User
from sandbox.world.state.world import World

from .content import MAX_CAPTION_LENGTH, MAX_MESSAGE_LENGTH


def typed_text(text: str, entities: list[Entity] | None = None) -> dict[str, Any]:
    """The content of a text message a person typed; the app cuts nothing, so a text that is too long cannot be sent."""
    try:
        plain, kept = trim(clean(text), list(entities or []))
    except ApiError as error:
        raise CannotError(error.description) from error
    if not plain:
        message = "the app sends no empty text"
        raise CannotError(message)
    if utf16_length(plain) > MAX_MESSAGE_LENGTH:
        message = f"the app would split a text of more than {MAX_MESSAGE_LENGTH} characters"
        raise CannotError(message)
    found = ordered([*kept, *detect(plain, kept)])
    return {"text": plain, **({"entities": found} if found else {})}


def with_caption(content: dict[str, Any], caption: str | None, entities: list[Entity] | None = None) -> dict[str, Any]:
    """The content with a caption under the file."""
    if not caption:
        return content
    words = typed_text(caption, entities)
    if utf16_length(words["text"]) > MAX_CAPTION_LENGTH:
        message = f"a caption has at most {MAX_CAPTION_LENGTH} characters"
        raise CannotError(message)
    formatting = {"caption_entities": words["entities"]} if "entities" in words else {}
    return {**content, "caption": words["text"], **formatting}


def send(
    world: World,
    user: User,
    chat: Chat,
    content: dict[str, Any],
    *,
    reply_to: Message | None = None,
    thread: int | None = None,
    origin: dict[str, Any] | None = None,
    via_bot: User | None = None,
) -> Message:
    """A person sends something; the bot is told if it may read it.

    An ephemeral command of the bot, or a reply to an ephemeral message, is seen by the writer and the bot alone.
    """
    member = require_present(user, chat)
    if chat.type == "channel":
        return _post(world, chat, member, content, origin=origin, via_bot=via_bot)
    if chat.type != "private" and not member.may("can_send_messages", chat.permissions):
        problem = f"{user.first_name} may not write in {chat.title!r}"
        raise CannotError(problem)
    options: dict[str, Any] = {"reply_to": reply_to, "thread": _thread(member, chat, thread, reply_to), "author": user}
    options |= {"origin": origin, "via_bot": via_bot}
    if _is_ephemeral(world, chat, content, reply_to, member):
        if reply_to is not None and reply_to.ephemeral_id and not world.rules.ephemeral_replies_carry_message:
            options["reply_to"] = None
        message = world.add_ephemeral(chat, user, world.bot, content, **options)
    elif member.anonymous:
        options |= {"sender_chat": chat, "signature": member.title}
        message = world.add_message(chat, GROUP_ANONYMOUS_BOT, content, **options)
    else:
        message = world.add_message(chat, user, content, **options)
    world.show(message)
    world.tell_bot(message)
    return message


def require_present(user: User, chat: Chat) -> Member:
    """The person as a member; refused where the person is not in the chat or the chat has moved."""
    if chat.migrated_to is not None:
        message = f"{chat.title!r} became a supergroup; the old group is closed"
        raise CannotError(message)
    if chat.person is not None:
        if chat.person is not user:
            message = f"{user.first_name} cannot write in somebody else's private chat"
            raise CannotError(message)
        if user.blocked:
            message = f"{user.first_name} has blocked the bot; unblock it first"
            raise CannotError(message)
        user.started = True
        return Member(user, "member")
    member = chat.member(user)
    if not member.present:
        message = f"{user.first_name} is not in {chat.title!r}"
        raise CannotError(message)
    return member


def _is_ephemeral(world: World, chat: Chat, content: dict[str, Any], reply_to: Message | None, member: Member) -> bool:
    """An anonymous administrator's command is public: an ephemeral one would have to name a sender."""
    if not world.rules.ephemeral or not chat.is_group:
        return False
    if reply_to is not None and reply_to.ephemeral_id is not None:
        return True
    if member.anonymous or not chat.member(world.bot).present:
        return False
    return world.commands.is_ephemeral(member.user, chat, content.get("text", ""), world.bot.username)


def _thread(member: Member, chat: Chat, thread: int | None, reply_to: Message | None) -> int | None:
    if thread is None:
        return reply_to.thread if reply_to is not None else None
    topic = chat.topics.get(thread)
    if topic is None or (topic.closed and not member.has("can_manage_topics")):
        message = f"no open topic {thread} in {chat.title!r}"
        raise CannotError(message)
    return thread


def _post(world: World, channel: Chat, member: Member, content: dict[str, Any], **options: Any) -> Message:
    """A channel post; a linked group gets a copy of it from Telegram itself."""
    if not member.has("can_post_messages"):
        message = f"only administrators post in {channel.title!r}"
        raise CannotError(message)
    post = world.add_message(channel, None, content, sender_chat=channel, author=member.user, **options)
    world.show(post)
    world.tell_bot(post)
    if channel.linked is not None:
        origin = {"type": "channel", "chat": channel.to_api(), "message_id": post.id, "date": post.date}
        options |= {"origin": origin, "automatic": True}
        copy = world.add_message(channel.linked, TELEGRAM, content, sender_chat=channel, **options)
        world.show(copy)
        world.tell_bot(copy)
    return post


def send_as_channel(world: World, user: User, channel: Chat, chat: Chat, content: dict[str, Any]) -> Message:
    """The owner of a channel writes in a group in the channel's name."""
    require_present(user, chat)
    if channel.type != "channel" or channel.member(user).status != "creator":
        message = f"{user.first_name} cannot write as {channel.title!r}"
        raise CannotError(message)
    written = world.add_message(chat, CHANNEL_BOT, content, sender_chat=channel, author=user)
    world.show(written)
    world.tell_bot(written)
    return written


def edit(world: World, user: User, message: Message, text: str, entities: list[Entity] | None = None) -> None:
    """A person changes what it wrote, within 48 hours."""
    if message.gone or message.author is not user or message.is_service:
        raise CannotError("only one's own messages can be edited")
    if world.now() - message.date > world.rules.delete_seconds:
        raise CannotError("a message can be edited for 48 hours")
    content = typed_text(text, entities)
    message.content = content if "text" in message.content else with_caption(dict(message.content), text, entities)
    message.edited = world.now()
    only = user.id if message.ephemeral_id is not None else None
    world.events.add("edited", message.chat, message, only=only)
    world.tell_bot(message, edited=True)
