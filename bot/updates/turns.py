"""Whose update comes next in a chat: admins first, then people in turn, what each of them sent in its order."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field

from bot.updates.raw_updates import RawUpdate


@dataclass(eq=False, slots=True)
class Turns:
    """What waits in a chat: by person, those of known admins apart."""

    admins: OrderedDict[Hashable, deque[RawUpdate]] = field(default_factory=OrderedDict)
    others: OrderedDict[Hashable, deque[RawUpdate]] = field(default_factory=OrderedDict)

    def put(self, person: Hashable, updates: Sequence[RawUpdate], *, by_admin: bool, first: bool = False) -> None:
        """Have updates of a person wait: behind their other ones, or `first`."""
        # Who waits already stays where they wait: what one person sends keeps its order.
        people = self.others if person in self.others or not (by_admin or person in self.admins) else self.admins
        waiting = people.setdefault(person, deque())
        if first:
            waiting.extendleft(reversed(updates))
        else:
            waiting.extend(updates)

    def take(self) -> RawUpdate | None:
        """Return the next update: an admin's first, and then the next person's in turn."""
        for people in (self.admins, self.others):
            if people:
                person, waiting = people.popitem(last=False)
                update = waiting.popleft()
                if waiting:
                    people[person] = waiting
                return update
        return None

    def take_all(self, person: Hashable) -> deque[RawUpdate]:
        """Return what waits of a person, who waits here no more."""
        return self.admins.pop(person, None) or self.others.pop(person, None) or deque()

    def __iter__(self) -> Iterator[RawUpdate]:
        for people in (self.admins, self.others):
            for waiting in people.values():
                yield from waiting
