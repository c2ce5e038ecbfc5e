"""How people and chats come into the world, and how the bot gets into a chat."""

from __future__ import annotations

from collections.abc import Iterable

from .chats import Chat
from .errors import CannotError
from .membership import change, join, leave, promote
from .people import User
from .rights import Member, checked_rights, rights_of
from .talking import typed, write
from .world import World


def new_person(
    world: World,
    first_name: str,
    *,
    username: str | None = None,
    last_name: str | None = None,
    language_code: str | None = "en",
    is_premium: bool = False,
) -> User:
    """A new account."""
    if username and any((user.username or "").lower() == username.lower() for user in world.users.values()):
        message = f"the username {username!r} is taken"
        raise CannotError(message)
    user = User(next(world.user_ids), first_name, last_name, username, language_code, is_premium=is_premium)
    world.users[user.id] = user
    return user


def inline_bot(world: World, username: str) -> User:
    """The other bot of this username, which people use inline; made when there is none yet."""
    known = next((user for user in world.users.values() if user.is_bot and user.username == username), None)
    if known is world.bot:
        raise CannotError("the sandbox does not model inline mode of the bot itself")
    if known is None:
        known = User(next(world.user_ids), username, username=username, is_bot=True)
        world.users[known.id] = known
    return known


def new_group(
    world: World,
    kind: str,
    title: str,
    owner: User,
    *,
    username: str | None = None,
    forum: bool = False,
    quiet: bool = True,
) -> Chat:
    """A group, supergroup or channel with its owner. `quiet` leaves out the service message of its creation."""
    if kind not in {"group", "supergroup", "channel"}:
        message = f"no such kind of chat: {kind!r}"
        raise CannotError(message)
    chat = world.new_chat(kind, title, username=username, forum=forum)  # type: ignore[arg-type]  # checked above
    chat.members[owner.id] = Member(owner, "creator")
    if not quiet:
        created = "group_chat_created" if kind == "group" else f"{kind}_chat_created" if kind == "supergroup" else None
        if created:
            world.show(world.add_message(chat, owner, {created: True}))
    world.events.add("chat", chat)
    return chat


def settle(chat: Chat, user: User, *, admin: bool = False) -> Member:
    """Make somebody a member (or an administrator with every right) as if it had always been so: nobody is told."""
    member = chat.enrolled(user)
    member.status = "administrator" if admin else "member"
    member.rights = rights_of(chat.type, forum=chat.forum) - {"can_promote_members"} if admin else frozenset()
    return member


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


def remove(world: World, chat: Chat, actor: User, target: User) -> None:
    """Somebody with the right removes somebody else, or the bot."""
    mine, theirs = chat.member(actor), chat.member(target)
    if not theirs.present:
        message = f"{target.first_name} is not in {chat.title!r}"
        raise CannotError(message)
    if not mine.has("can_restrict_members") or theirs.status == "creator":
        message = f"{actor.first_name} may not remove {target.first_name} from {chat.title!r}"
        raise CannotError(message)
    leave(world, chat, target, by=actor)


def block(world: World, person: User, *, on: bool = True) -> None:
    """A person stops the bot in the private chat, or lets it in again."""
    if person.blocked == on:
        return
    person.blocked = False
    person.started = True
    chat = world.private(person)
    before = "member" if on else "kicked"
    me = chat.enrolled(world.bot)
    me.status = before  # type: ignore[assignment]  # both are statuses
    change(world, chat, person, world.bot, "kicked" if on else "member")
    person.blocked = on


def start(world: World, person: User, parameter: str = "") -> None:
    """Open the private chat by a deep link and press Start."""
    check_parameter(parameter)
    block(world, person, on=False)
    write(world, person, world.private(person), typed(f"/start {parameter}".strip()))


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
        write(world, person, chat, typed(f"/start@{world.bot.username} {parameter}"))


def check_parameter(parameter: str) -> None:
    """Deep-link parameters: at most 64 of `A-Z a-z 0-9 _ -`."""
    if len(parameter) > 64 or not all(char.isascii() and (char.isalnum() or char in "_-") for char in parameter):
        message = f"no deep link can carry {parameter!r}"
        raise CannotError(message)
