"""A handle of a chat for tests; it stays valid when the chat gets another id."""

from __future__ import annotations

from sandbox.world import World
from sandbox.world.actions import membership
from sandbox.world.errors import CannotError
from sandbox.world.state.chats import Chat


class Group:
    """A group, supergroup or channel in a test. The handle follows a group that becomes a supergroup."""

    def __init__(self, world: World, chat: Chat) -> None:
        self._world = world
        self._chat = chat

    @property
    def chat(self) -> Chat:
        """The chat as it is now."""
        return self._chat.migrated_to or self._chat

    @property
    def id(self) -> int:
        """The chat's id, the new one after an upgrade."""
        return self.chat.id

    @property
    def old_id(self) -> int:
        """The id from before an upgrade."""
        return self._chat.id

    @property
    def title(self) -> str:
        """The title as it is now."""
        return self.chat.title

    @property
    def bot_rights(self) -> frozenset[str]:
        """The administrator rights of the bot here."""
        return self.chat.member(self._world.bot).rights

    @property
    def bot_status(self) -> str:
        """What the bot is here."""
        return self.chat.member(self._world.bot).status

    def upgrade(self, *, notice_last: bool = False) -> Group:
        """Become a supergroup. With `notice_last` the bot gets updates of the new chat before the notice."""
        owner = self.chat.owner()
        if owner is None or self.chat.type != "group":
            message = f"{self.title!r} cannot become a supergroup"
            raise CannotError(message)
        membership.upgrade(self._world, self.chat, owner.user, notice_last=notice_last)
        return self
