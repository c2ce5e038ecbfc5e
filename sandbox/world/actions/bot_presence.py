"""How the bot is added to a chat, started, blocked and unblocked."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.world.errors import CannotError
from sandbox.world.state.chats import Chat
from sandbox.world.state.members import checked_rights
from sandbox.world.state.users import User
from sandbox.world.state.world import World

from .membership import join, promote, set_status
from .user_messages import send, typed_text


def add_bot(world: World, chat: Chat, actor: User, rights: Iterable[str] | None = None) -> None:
    """Somebody adds the bot: as a member, or with rights as an administrator."""
    me = chat.member(world.bot)
    if me.present:
        message = f"the bot is already in {chat.title!r}"
        raise CannotError(message)
    mine = chat.member(actor)
    if not mine.present:
        message = f"{actor.first_name} is not in {chat.title!r}"
        raise CannotError(message)
    if rights is None and chat.type != "channel":
        join(world, chat, world.bot, by=actor)
        return
    if not mine.has("can_promote_members"):
        message = f"{actor.first_name} may not add administrators to {chat.title!r}"
        raise CannotError(message)
    promote(world, chat, actor, world.bot, None if rights is None else checked_rights(rights))


def block(world: World, person: User, *, on: bool = True) -> None:
    """A person stops the bot in the private chat, or lets it in again."""
    if person.blocked == on:
        return
    person.blocked = False
    person.started = True
    chat = world.private(person)
    before = "member" if on else "kicked"
    me = chat.stored_member(world.bot)
    me.status = before  # type: ignore[assignment]  # both are statuses
    set_status(world, chat, person, world.bot, "kicked" if on else "member")
    person.blocked = on


def start(world: World, person: User, parameter: str = "") -> None:
    """Open the private chat by a deep link and press Start."""
    check_parameter(parameter)
    block(world, person, on=False)
    send(world, person, world.private(person), typed_text(f"/start {parameter}".strip()))


def start_in_group(
    world: World, person: User, chat: Chat, parameter: str = "", rights: Iterable[str] | None = None
) -> None:
    """Follow a `startgroup` link: the bot is added, with the rights asked for, and `/start@bot PARAM` is said."""
    check_parameter(parameter)
    if not chat.member(world.bot).present:
        wanted = checked_rights(rights or ())
        may = chat.member(person).has("can_promote_members")
        add_bot(world, chat, person, wanted if wanted and may else None)
    if parameter:
        send(world, person, chat, typed_text(f"/start@{world.bot.username} {parameter}"))


def check_parameter(parameter: str) -> None:
    """Deep-link parameters: at most 64 of `A-Z a-z 0-9 _ -`."""
    if len(parameter) > 64 or not all(char.isascii() and (char.isalnum() or char in "_-") for char in parameter):
        message = f"no deep link can carry {parameter!r}"
        raise CannotError(message)
