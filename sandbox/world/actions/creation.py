"""Creating people and chats."""

from __future__ import annotations

from sandbox.world.errors import CannotError
from sandbox.world.state.chats import Chat
from sandbox.world.state.members import Member, rights_of
from sandbox.world.state.users import User
from sandbox.world.state.world import World


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


def add_silently(chat: Chat, user: User, *, admin: bool = False) -> Member:
    """Make somebody a member (or an administrator with every right) without updates and service messages."""
    member = chat.stored_member(user)
    member.status = "administrator" if admin else "member"
    member.rights = rights_of(chat.type, forum=chat.forum) - {"can_promote_members"} if admin else frozenset()
    return member
