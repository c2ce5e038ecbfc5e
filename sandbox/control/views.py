"""What the page shows, as JSON: people, chats, one person's view of one chat, the log of calls."""

from __future__ import annotations

from typing import Any

from sandbox.server.bot_api import BotApi
from sandbox.server.call_log import Call
from sandbox.world import World
from sandbox.world.actions import visibility
from sandbox.world.state.chats import Chat, Message
from sandbox.world.state.events import Event
from sandbox.world.state.members import Member
from sandbox.world.state.users import User


def state(api: BotApi) -> dict[str, Any]:
    """Everything but the messages."""
    world = api.world
    people = [person(user) for user in world.users.values() if not user.is_bot]
    groups = [chat for chat in world.chats.values() if chat.person is None and chat.migrated_to is None]
    return {
        "bot": {**world.bot.to_api(), "description": world.profile.get("description", "")},
        "people": people,
        "chats": [group(chat) for chat in groups],
        "faults": api.faults.state(),
        "limits": world.limits.on,
        "ephemeral": world.rules.ephemeral,
        "privacy": world.rules.privacy,
        "webhook": api.delivery.webhook.url,
        "polling": api.delivery.waiting is not None,
        "pending": len(world.updates),
        "event": world.events.number,
        "time": world.now(),
    }


def person(user: User) -> dict[str, Any]:
    """One person."""
    return {**user.to_api(), "started": user.started, "blocked": user.blocked, "deactivated": user.deactivated}


def group(chat: Chat) -> dict[str, Any]:
    """One group, supergroup or channel with its members."""
    return {
        **chat.to_api(),
        "linked": chat.linked.id if chat.linked is not None else None,
        "topics": [{"id": topic.id, "name": topic.name, "closed": topic.closed} for topic in chat.topics.values()],
        "members": [member(found) for found in chat.members.values()],
    }


def member(found: Member) -> dict[str, Any]:
    """One member."""
    return {
        "id": found.user.id,
        "name": found.user.first_name,
        "is_bot": found.user.is_bot,
        "status": found.status,
        "present": found.present,
        "anonymous": found.anonymous,
        "title": found.title,
        "rights": sorted(found.rights),
    }


def view(world: World, user: User, chat: Chat) -> dict[str, Any]:
    """The chat as this person sees it now."""
    seen = visibility.visible_messages(chat, user)
    pinned = [chat.messages[number] for number in chat.pinned if number in chat.messages]
    markup = chat.keyboards.get(user.id, {})
    return {
        "chat": chat.to_api() if chat.person is not None else group(chat),
        "person": user.id,
        "member": member(chat.member(user)) if chat.person is None else None,
        "messages": [message(user, found) for found in seen],
        "pinned": [found.order for found in pinned],
        "keyboard": {**markup, "keyboard": visibility.reply_keyboard(chat, user)} if markup else None,
        "force_reply": _forced(seen),
        "commands": world.commands.seen_by(user, chat),
        "menu_button": world.profile.menu_buttons.get(chat.id),
        "event": world.events.number,
    }


def message(user: User, found: Message) -> dict[str, Any]:
    """A message: the Bot API's object, and fields only the app knows. `key` identifies it in actions."""
    return {
        **found.to_api(),
        "key": found.order,
        "mine": user in {found.author, found.sender},
        "ephemeral": found.ephemeral_id is not None,
        "service": found.is_service,
        "replaces": found.replaces,
        "reply_key": found.reply_to.order if found.reply_to is not None else None,
        "reactions": [reaction["emoji"] for given in found.reactions.values() for reaction in given],
    }


def _forced(seen: list[Message]) -> int | None:
    """The key of the newest message, if it asks for a reply."""
    return seen[-1].order if seen and (seen[-1].markup or {}).get("force_reply") else None


def call(found: Call) -> dict[str, Any]:
    """One API call for the drawer."""
    return {
        "number": found.number,
        "method": found.method,
        "parameters": found.parameters,
        "status": found.status,
        "answer": found.answer,
        "milliseconds": round(found.seconds * 1000, 1),
        "at": found.at,
    }


def event(found: Event) -> dict[str, Any]:
    """One event for the event stream."""
    return {
        "number": found.number,
        "kind": found.kind,
        "chat": found.chat.id,
        "key": found.message.order if found.message is not None else None,
        "only": found.only,
        **({"details": found.details} if found.details else {}),
    }
