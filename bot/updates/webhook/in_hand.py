"""What one of several processes has in hand: updates, the chats it holds for them, and what others have to be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from bot.storage.connection.chat_locks import MOST_TOLD


class InHand:
    """A chat is idle while it is held and none of its updates is in hand; then it may be given back."""

    def __init__(self) -> None:
        self.done: list[int] = []
        """Updates that ended, of which others have to be told."""
        self.idle: set[int] = set()
        self._chats: dict[int, int | None] = {}  # of each update
        self._busy: Counter[int] = Counter()  # how many of each chat are in hand

    def __len__(self) -> int:
        return len(self._chats)

    def __contains__(self, update_id: int) -> bool:
        return update_id in self._chats

    def begin(self, update_id: int, chat_id: int | None) -> None:
        """Count an update of a chat that is held."""
        self._chats[update_id] = chat_id
        if chat_id is not None:
            self._busy[chat_id] += 1
            self.idle.discard(chat_id)

    def end(self, update_id: int) -> None:
        """Nothing is left of an update."""
        chat_id = self._chats.pop(update_id)
        self.done.append(update_id)
        if chat_id is not None:
            self._busy[chat_id] -= 1
            if not self._busy[chat_id]:
                del self._busy[chat_id]
                self.idle.add(chat_id)

    def held(self, chats: Collection[int]) -> None:
        """Note which chats are held now, for updates that may come."""
        self.idle.update(chat_id for chat_id in chats if chat_id not in self._busy)

    def take_idle(self, held: Collection[int], keep: Collection[int | str]) -> list[int]:
        """Return the idle chats among those `held`, but for those to keep: they are given back."""
        free = [chat_id for chat_id in self.idle if chat_id in held and chat_id not in keep]
        self.idle = {chat_id for chat_id in self.idle if chat_id in held and chat_id in keep}
        return free

    def take_done(self) -> list[int]:
        """Return as many of the updates that ended as are told of at once."""
        done, self.done = self.done[:MOST_TOLD], self.done[MOST_TOLD:]
        return done

    def clear(self) -> None:
        """Forget everything: the locks are lost."""
        for collection in (self.done, self.idle, self._chats, self._busy):
            collection.clear()
