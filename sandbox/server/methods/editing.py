"""Methods that change or delete what was sent, and answer presses."""

from __future__ import annotations

from typing import Any

from sandbox.world import World
from sandbox.world.actions import callback_queries, ephemeral, message_changes
from sandbox.world.actions.chat_changes import react
from sandbox.world.actions.content import caption_content, text_content
from sandbox.world.errors import bad_request
from sandbox.world.formatting.rich import rich_content
from sandbox.world.state.chats import Message

from .registry import Parameters, method
from .sending import caption_of, media_content

_MEDIA = frozenset({"photo", "animation", "video", "document"})


def _edit(world: World, p: Parameters, content: dict[str, Any] | None) -> Message:
    if "inline_message_id" in p:
        raise bad_request("MESSAGE_ID_INVALID")
    chat = world.open_chat(_required(p, "chat_id", "chat_id is empty"))
    number = _required(p, "message_id", "message identifier is not specified")
    return message_changes.edit(world, chat, number, content, p.get("reply_markup"))


def _required(p: Parameters, name: str, problem: str) -> Any:
    if name not in p:
        raise bad_request(problem)
    return p[name]


def _new_text(world: World, p: Parameters) -> dict[str, Any]:
    if "rich_message" in p:
        return {"rich_message": rich_content(p["rich_message"])}
    return text_content(world, p.get("text", ""), p.get("parse_mode"), p.get("entities"))


@method("editMessageText")
def edit_message_text(world: World, p: Parameters) -> Message:
    """A new text; without `reply_markup` the keyboard goes."""
    return _edit(world, p, _new_text(world, p))


@method("editMessageCaption")
def edit_message_caption(world: World, p: Parameters) -> Message:
    """A new caption, or none."""
    return _edit(world, p, caption_of(world, p))


@method("editMessageReplyMarkup")
def edit_message_reply_markup(world: World, p: Parameters) -> Message:
    """A new keyboard, or none."""
    return _edit(world, p, None)


@method("editMessageMedia")
def edit_message_media(world: World, p: Parameters) -> Message:
    """Another photo, GIF, video or document in the place of the present content."""
    return _edit(world, p, _new_media(world, p["media"]))


def _new_media(world: World, media: dict[str, Any]) -> dict[str, Any]:
    if media["type"] not in _MEDIA:
        raise bad_request(f"the sandbox does not model media of type {media['type']}")
    caption = caption_content(world, media.get("caption"), media.get("parse_mode"), media.get("caption_entities"))
    return {**media_content(world, media["type"], media["media"]), **caption}


def _ephemeral(world: World, p: Parameters, purpose: str) -> Message:
    chat = world.open_chat(p["chat_id"])
    return ephemeral.find(world, chat, p["receiver_user_id"], p["ephemeral_message_id"], purpose)


@method("editEphemeralMessageText")
def edit_ephemeral_text(world: World, p: Parameters) -> bool:
    """A new text for the one who sees it."""
    message = _ephemeral(world, p, "edit")
    ephemeral.edit(world, message, _new_text(world, p), p.get("reply_markup"))
    return True


@method("editEphemeralMessageCaption")
def edit_ephemeral_caption(world: World, p: Parameters) -> bool:
    """A new caption for the one who sees it."""
    message = _ephemeral(world, p, "edit")
    ephemeral.edit(world, message, caption_of(world, p), p.get("reply_markup"))
    return True


@method("editEphemeralMessageReplyMarkup")
def edit_ephemeral_markup(world: World, p: Parameters) -> bool:
    """A new keyboard for the one who sees it."""
    ephemeral.edit(world, _ephemeral(world, p, "edit"), None, p.get("reply_markup"))
    return True


@method("editEphemeralMessageMedia")
def edit_ephemeral_media(world: World, p: Parameters) -> bool:
    """Another photo, GIF, video or document for the one who sees it."""
    message = _ephemeral(world, p, "edit")
    ephemeral.edit(world, message, _new_media(world, p["media"]), p.get("reply_markup"))
    return True


@method("deleteEphemeralMessage")
def delete_ephemeral(world: World, p: Parameters) -> bool:
    """Take an ephemeral message off its receiver's screen."""
    ephemeral.delete(world, _ephemeral(world, p, "delete"))
    return True


@method("deleteMessage")
def delete_message(world: World, p: Parameters) -> bool:
    """Delete one message for everybody."""
    message_changes.delete(world, world.open_chat(p["chat_id"]), p["message_id"])
    return True


@method("deleteMessages")
def delete_messages(world: World, p: Parameters) -> bool:
    """Delete up to 100; those that are not there are skipped."""
    chat = world.open_chat(p["chat_id"])
    if not 1 <= len(p["message_ids"]) <= 100:
        raise bad_request("message identifiers are not specified")
    for number in p["message_ids"]:
        if number in chat.messages:
            message_changes.delete(world, chat, number)
    return True


@method("answerCallbackQuery")
def answer_callback_query(world: World, p: Parameters) -> bool:
    """The answer to a press."""
    callback_queries.answer(
        world, p["callback_query_id"], p.get("text", ""), alert=p.get("show_alert", False), url=p.get("url")
    )
    return True


@method("setMessageReaction")
def set_message_reaction(world: World, p: Parameters) -> bool:
    """The bot's reaction to a message: one emoji, or none."""
    chat = world.open_chat(p["chat_id"])
    message = chat.messages.get(p["message_id"])
    if message is None:
        raise bad_request("message to react not found")
    reactions = p.get("reaction", [])
    if len(reactions) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    if any(reaction["type"] != "emoji" for reaction in reactions):
        raise bad_request("REACTION_INVALID")
    react(world, world.bot, message, reactions[0]["emoji"] if reactions else None)
    world.events.add("reaction", chat, message)
    return True
