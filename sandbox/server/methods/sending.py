"""Methods that send: texts, photos, GIFs, videos, documents, copies, forwards, rich messages."""

from __future__ import annotations

from typing import Any

from sandbox.server.request_body import Upload
from sandbox.world import World
from sandbox.world.actions.bot_messages import Post, send
from sandbox.world.actions.content import caption_content, text_content
from sandbox.world.errors import bad_request
from sandbox.world.formatting.rich import rich_content
from sandbox.world.state.chats import Chat, Message

from .registry import Parameters, method


def reply_of(p: Parameters) -> dict[str, Any] | None:
    """`reply_parameters`, or the two older parameters in their place."""
    if "reply_parameters" in p:
        found: dict[str, Any] = p["reply_parameters"]
        return found
    if p.get("reply_to_message_id"):
        return {
            "message_id": p["reply_to_message_id"],
            "allow_sending_without_reply": p.get("allow_sending_without_reply", False),
        }
    return None


def private_to(p: Parameters) -> dict[str, Any] | None:
    """`ephemeral_message_parameters`, or the two older parameters in their place."""
    if "ephemeral_message_parameters" in p:
        found: dict[str, Any] = p["ephemeral_message_parameters"]
        return found
    if "receiver_user_id" not in p:
        return None
    return {key: p[key] for key in ("receiver_user_id", "callback_query_id") if key in p}


def post(world: World, p: Parameters, chat: Chat, content: dict[str, Any], **options: Any) -> Message:
    """Send content with the options every send method has."""
    return send(
        world,
        Post(
            chat,
            content,
            markup=p.get("reply_markup"),
            thread=p.get("message_thread_id"),
            reply=reply_of(p),
            private_to=private_to(p),
            protected=p.get("protect_content", False),
            **options,
        ),
    )


@method("sendMessage")
def send_message(world: World, p: Parameters) -> Message:
    """Send a text."""
    chat = world.open_chat(p["chat_id"])
    return post(world, p, chat, text_content(world, p["text"], p.get("parse_mode"), p.get("entities")))


@method("sendPhoto")
def send_photo(world: World, p: Parameters) -> Message:
    """Send a picture: uploaded, or by `file_id`."""
    chat = world.open_chat(p["chat_id"])
    return post(world, p, chat, {**media_content(world, "photo", p["photo"]), **caption_of(world, p)})


@method("sendAnimation")
def send_animation(world: World, p: Parameters) -> Message:
    """Send a GIF: uploaded, or by `file_id`."""
    chat = world.open_chat(p["chat_id"])
    return post(world, p, chat, {**media_content(world, "animation", p["animation"]), **caption_of(world, p)})


@method("sendVideo")
def send_video(world: World, p: Parameters) -> Message:
    """Send a video: uploaded, or by `file_id`."""
    chat = world.open_chat(p["chat_id"])
    return post(world, p, chat, {**media_content(world, "video", p["video"]), **caption_of(world, p)})


@method("sendDocument")
def send_document(world: World, p: Parameters) -> Message:
    """Send a file: uploaded, or by `file_id`."""
    chat = world.open_chat(p["chat_id"])
    return post(world, p, chat, {**media_content(world, "document", p["document"]), **caption_of(world, p)})


@method("sendRichMessage")
def send_rich_message(world: World, p: Parameters) -> Message:
    """Send a rich message; see `rich` for the part of it that is modelled."""
    chat = world.open_chat(p["chat_id"])
    return post(world, p, chat, {"rich_message": rich_content(p["rich_message"])})


def media_content(world: World, kind: str, given: str | Upload) -> dict[str, Any]:
    """The content of a message with a file of a kind; a file that is known already has to be of that kind."""
    if isinstance(given, Upload):
        return world.files.add_as(kind, given.name, given.content).message_fields()
    file = world.files.get(_file_id(given))
    if file.kind != kind:
        raise bad_request(f"can't use file of type {file.kind.title()} as {kind.title()}")
    return file.message_fields()


def _file_id(given: str) -> str:
    if given.lower().startswith(("http://", "https://")):
        raise bad_request("Failed to get HTTP URL content")
    return given


def caption_of(world: World, p: Parameters) -> dict[str, Any]:
    """The caption fields of a request."""
    return caption_content(world, p.get("caption"), p.get("parse_mode"), p.get("caption_entities"))


def _source(world: World, p: Parameters, message_id: int) -> Message:
    found = world.open_chat(p["from_chat_id"]).messages.get(message_id)
    if found is None:
        raise bad_request("message to copy not found" if "caption" in p else "message to forward not found")
    if found.is_service or found.protected:
        raise bad_request("message can't be forwarded")
    return found


@method("copyMessage")
def copy_message(world: World, p: Parameters) -> dict[str, int]:
    """Send the same content without naming its origin; returns only the new id."""
    chat = world.open_chat(p["chat_id"])
    found = world.open_chat(p["from_chat_id"]).messages.get(p["message_id"])
    if found is None:
        raise bad_request("message to copy not found")
    if found.is_service or found.protected:
        raise bad_request("message can't be copied")
    content = dict(found.content)
    if "caption" in p and "text" not in content:
        content = {key: value for key, value in content.items() if not key.startswith("caption")}
        content |= caption_of(world, p)
    return {"message_id": post(world, p, chat, content).id}


@method("forwardMessage")
def forward_message(world: World, p: Parameters) -> Message:
    """Forward a message."""
    chat = world.open_chat(p["chat_id"])
    found = _source(world, p, p["message_id"])
    return post(world, p, chat, dict(found.content), origin=found.as_origin())


@method("copyMessages", "forwardMessages")
def copy_messages(world: World, p: Parameters) -> list[dict[str, int]]:
    """Several at once; those that are not there are skipped. Both methods answer with ids only."""
    chat = world.open_chat(p["chat_id"])
    if not 1 <= len(p["message_ids"]) <= 100:
        raise bad_request("message identifiers are not specified")
    source = world.open_chat(p["from_chat_id"])
    found = [source.messages[number] for number in p["message_ids"] if number in source.messages]
    kept = [message for message in found if not message.is_service and not message.protected]
    if not kept:
        raise bad_request("there are no messages to forward")
    return [{"message_id": post(world, p, chat, dict(message.content)).id} for message in kept]


@method("sendChatAction")
def send_chat_action(world: World, p: Parameters) -> bool:
    """Show "typing..." or another action."""
    chat = world.open_chat(p["chat_id"])
    if p["action"] not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    world.events.add("action", chat, action=p["action"])
    return True


ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
        "cancel",
    ]
)
