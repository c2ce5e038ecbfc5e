"""What a person does about who is in a chat and what they may do there."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.world.actions import bot_presence, ephemeral, membership
from sandbox.world.errors import CannotError
from sandbox.world.state.members import DEFAULT_PERMISSIONS, PERMISSIONS, checked_rights
from sandbox.world.state.users import User

from .account import Account
from .group import Group


class Moderation(Account):
    """Joining and leaving, and what owners and administrators do to others."""

    def _user(self, who: Account | User) -> User:
        return who if isinstance(who, User) else who.user

    def join(self, chat: Group) -> None:
        """Join."""
        member = chat.chat.member(self.user)
        if member.present or member.status == "kicked":
            message = f"{self.name} cannot join {chat.title!r}: {member.status}"
            raise CannotError(message)
        membership.join(self.world, chat.chat, self.user)

    def leave(self, chat: Group) -> None:
        """Leave."""
        if not chat.chat.member(self.user).present:
            message = f"{self.name} is not in {chat.title!r}"
            raise CannotError(message)
        membership.leave(self.world, chat.chat, self.user)

    def add(self, chat: Group, *people: Account) -> None:
        """Add others."""
        if not chat.chat.member(self.user).present:
            message = f"{self.name} is not in {chat.title!r}"
            raise CannotError(message)
        for person in people:
            membership.join(self.world, chat.chat, person.user, by=self.user)

    def remove(self, chat: Group, who: Account | User) -> None:
        """Remove somebody."""
        membership.remove(self.world, chat.chat, self.user, self._user(who))

    def ban(self, chat: Group, who: Account | User) -> None:
        """Ban somebody."""
        membership.remove(self.world, chat.chat, self.user, self._user(who))
        membership.set_status(self.world, chat.chat, self.user, self._user(who), "kicked")

    def add_bot(self, chat: Group, *rights: str) -> None:
        """Add the bot: as a member, or with rights as an administrator."""
        bot_presence.add_bot(self.world, chat.chat, self.user, rights or None)

    def remove_bot(self, chat: Group) -> None:
        """Remove the bot."""
        membership.remove(self.world, chat.chat, self.user, self.world.bot)

    def open_startgroup(self, chat: Group, parameter: str = "", rights: Iterable[str] = ()) -> None:
        """Follow a link `?startgroup=PARAMETER&admin=right+right` and pick this group."""
        bot_presence.start_in_group(self.world, self.user, chat.chat, parameter, tuple(rights))

    def promote(
        self, chat: Group, who: Account | User, *rights: str, title: str | None = None, anonymous: bool = False
    ) -> None:
        """Make somebody (or the bot) an administrator; without named rights, with all rights this person has."""
        self._require(chat.chat, "can_promote_members")
        wanted = checked_rights(rights) if rights else None
        target = self._user(who)
        membership.promote(self.world, chat.chat, self.user, target, wanted, title=title, anonymous=anonymous)

    def demote(self, chat: Group, who: Account | User) -> None:
        """Make an administrator a plain member."""
        self._require(chat.chat, "can_promote_members")
        target = chat.chat.member(self._user(who))
        if target.status != "administrator":
            message = f"{target.user.first_name} is no administrator of {chat.title!r}"
            raise CannotError(message)
        membership.demote(self.world, chat.chat, self.user, target.user)

    def restrict(self, chat: Group, who: Account | User, *taken: str) -> None:
        """Take permissions from a member; without a name, all of them."""
        self._require(chat.chat, "can_restrict_members")
        left = DEFAULT_PERMISSIONS - frozenset(taken or PERMISSIONS)
        membership.set_status(self.world, chat.chat, self.user, self._user(who), "restricted", permissions=left)

    def go_anonymous(self, chat: Group, *, on: bool = True) -> None:
        """What this administrator writes from now on comes from the group itself."""
        member = chat.chat.member(self.user)
        if not member.is_admin:
            message = f"{self.name} is no administrator of {chat.title!r}"
            raise CannotError(message)
        fields = {"rights": member.rights, "title": member.title, "anonymous": on, "by_bot": member.by_bot}
        membership.set_status(self.world, chat.chat, self.user, self.user, member.status, **fields)

    def upgrade(self, chat: Group) -> Group:
        """Turn one's own basic group into a supergroup."""
        if chat.chat.member(self.user).status != "creator":
            message = f"only the owner can upgrade {chat.title!r}"
            raise CannotError(message)
        return chat.upgrade()

    def block_bot(self) -> None:
        """Block the bot in the private chat."""
        bot_presence.block(self.world, self.user)

    def unblock_bot(self) -> None:
        """Unblock it."""
        bot_presence.block(self.world, self.user, on=False)

    def delete_account(self) -> None:
        """Delete the account; the bot can no longer write to it."""
        self.user.deactivated = True
        self.user.first_name = ""

    def restart_app(self) -> None:
        """Ephemeral messages do not survive a restart of the app."""
        ephemeral.forget_ephemeral(self.world, self.user)
