"""One account in Telegram's app: the base of everything a person can do."""

from __future__ import annotations

from sandbox.world import World
from sandbox.world.errors import CannotError
from sandbox.world.state.chats import Chat
from sandbox.world.state.users import User

from .group import Group


class Account:
    """A person's account in a world."""

    def __init__(self, world: World, user: User) -> None:
        self.world = world
        self.user = user

    @property
    def id(self) -> int:
        """The account's id, which is the id of the private chat too."""
        return self.user.id

    @property
    def name(self) -> str:
        """The first name."""
        return self.user.first_name

    def chat_of(self, chat: Group | None) -> Chat:
        """The chat meant; None is the private chat with the bot."""
        return self.world.private(self.user) if chat is None else chat.chat

    def _place(self, chat: Group | None) -> str:
        return "the private chat" if chat is None else repr(chat.title)

    def _require(self, chat: Chat, right: str) -> None:
        if not chat.member(self.user).has(right):
            message = f"{self.name} has not the right {right} in {chat.title!r}"
            raise CannotError(message)
